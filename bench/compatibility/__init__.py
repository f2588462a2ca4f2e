"""Clients of others for OpenAI's images, unchanged, against this service."""
