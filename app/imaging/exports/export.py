"""Files made from a stored image, other than variants."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Export:
    """A file made from a stored image.

    Attributes:
        kind: what it is.
    """

    kind: Literal["palette"]

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return "application/json"

    @property
    def needs_original(self) -> bool:
        """Whether the stored image is too small for it."""
        return False

    def canonical(self) -> str:
        """Return the text that identifies it among the variants of an image."""
        return f"export={self.kind}"


PALETTE = Export("palette")
