"""HTTP concerns that all views share: contracts, errors, logs, limits."""
