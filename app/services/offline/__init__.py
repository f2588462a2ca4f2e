"""The provider for use without a network."""
