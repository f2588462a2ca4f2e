"""Files made from a stored image, other than variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from app.imaging.variants.values import Color, format_value

PackKind = Literal[
    "favicon",
    "pwa",
    "ios",
    "android",
    "macos",
    "windows",
    "whatsapp",
    "telegram",
    "discord",
    "slack",
    "social",
]
WHITE: Color = (255, 255, 255)
SHEET_SIDE = 256  # px of each image on a sheet, unless another one is requested


@dataclass(frozen=True, slots=True)
class Export:
    """A file made from a stored image.

    Attributes:
        kind: what it is: the palette, or the kind of a pack.
        background: the color below the opaque files of a pack.
        name: what the manifest of a web app calls it.
    """

    kind: Literal["palette"] | PackKind
    background: Color = WHITE
    name: str = ""

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return "application/zip" if self.is_pack else "application/json"

    @property
    def is_pack(self) -> bool:
        """Whether it is a pack of files."""
        return self.kind != "palette"

    @property
    def needs_original(self) -> bool:
        """Whether the stored image is too small for it."""
        return self.is_pack

    def canonical(self) -> str:
        """Return the text that identifies it among the variants of an image."""
        parts = []
        if self.background != WHITE:
            parts.append(f"background={format_value(self.background)}")
        if self.name:
            parts.append(f"name={quote(self.name, safe='')}")
        return "&".join([*parts, f"export={self.kind}"])


PALETTE = Export("palette")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLayout:
    """How images are laid out on a sheet.

    Attributes:
        side: of each image, in pixels.
        columns: the number of images in a row; 0 for about as many as rows.
        gap: between images, in pixels.
        background: the color of transparent areas, or None.
    """

    side: int = SHEET_SIDE
    columns: int = 0
    gap: int = 0
    background: Color | None = None

    def canonical(self, image_ids: Sequence[str]) -> str:
        """Return the text that identifies the sheet of these images."""
        values = {
            "side": "" if self.side == SHEET_SIDE else self.side,
            "columns": self.columns or "",
            "gap": self.gap or "",
            "background": "" if self.background is None else format_value(self.background),
        }
        parts = [f"image={image_id}" for image_id in image_ids]
        parts += [f"{name}={value}" for name, value in values.items() if value]
        return "&".join([*parts, "export=sheet"])
