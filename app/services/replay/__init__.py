"""Record a provider's responses and replay them without cost."""
