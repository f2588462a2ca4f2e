"""OpenAI, Azure OpenAI and compatible image, text and moderation models."""
