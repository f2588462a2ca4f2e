"""Adapters of the OpenAI API, for OpenAI, Azure OpenAI and compatible servers."""
