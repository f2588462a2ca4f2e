"""A base for image stores that add something to another store."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.models import StoredImage
from app.ports import ImageStore


@dataclass(frozen=True)
class StoreWrapper:
    """Passes each call to another store; subclasses change some of them.

    Args:
        store: the other store.
    """

    store: ImageStore

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        self.store.put(key, data, content_type=content_type)

    def get(self, key: str) -> StoredImage:
        """See ImageStore."""
        return self.store.get(key)

    def delete(self, key: str) -> None:
        """See ImageStore."""
        self.store.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        return self.store.keys(prefix)

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return self.store.public_url(key)

    def link(self, key: str) -> str:
        """See ImageStore."""
        return self.store.link(key)

    def ping(self) -> None:
        """See ImageStore."""
        self.store.ping()
