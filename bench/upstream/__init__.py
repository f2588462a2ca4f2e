"""Memory and processor time of the worst responses that a provider can send."""
