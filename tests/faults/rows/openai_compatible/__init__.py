"""Requests by the API of OpenAI's images."""
