"""Short ids of the ledger's operations."""

import hashlib

_BYTES = 16


def digest(operation: str) -> bytes:
    """Return the id under which a store keeps an operation: 16 bytes, whatever its text."""
    return hashlib.blake2b(operation.encode(), digest_size=_BYTES).digest()
