"""What all views share: contracts, errors, request ids, logs, limits."""
