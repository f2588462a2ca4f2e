"""The API of OpenAI's images."""
