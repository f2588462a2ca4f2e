"""The ports on the API of OpenAI, Azure OpenAI and compatible servers."""
