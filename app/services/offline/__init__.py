"""The provider that works without a network."""
