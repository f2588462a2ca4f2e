"""The files of each pack, read from packs.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from app.imaging.exports.export import PackKind
from app.imaging.variants.values import Color, format_value

FileFormat = Literal["png", "webp", "jpeg", "ico", "icns"]

_FILE = Path(__file__).with_name("packs.toml")


@dataclass(frozen=True, kw_only=True)
class FileRule:
    """A file of a pack; packs.toml describes the attributes."""

    path: str
    format: FileFormat
    size: tuple[int, int] = (0, 0)
    margin: int = 0
    safe_zone: float = 0.0
    opaque: bool = False
    outline: int = 0
    crop: bool = False
    max_bytes: int = 0
    sides: tuple[int, ...] = ()


@dataclass(frozen=True)
class TextRule:
    """A text of a pack."""

    path: str
    lines: tuple[str, ...]

    def text(self, background: Color) -> str:
        """Return the text for a background color."""
        lines = "\n".join(self.lines) + "\n"
        return lines.replace("{background}", format_value(background))


@dataclass(frozen=True, kw_only=True)
class PackRule:
    """The files and texts of a pack."""

    source: str
    files: tuple[FileRule, ...]
    texts: tuple[TextRule, ...] = ()


@cache
def pack_rule(kind: PackKind) -> PackRule:
    """Return the rule of a pack."""
    with _FILE.open("rb") as file:
        table = tomllib.load(file)[kind]
    return PackRule(
        source=table["source"],
        files=tuple(_file_rule(dict(each)) for each in table["files"]),
        texts=tuple(
            TextRule(each["path"], tuple(each["lines"])) for each in table.get("texts", ())
        ),
    )


def _file_rule(values: dict[str, Any]) -> FileRule:
    side = values.pop("side", 0)
    width, height = values.pop("size", (side, side))
    sides = tuple(values.pop("sides", ()))
    return FileRule(size=(width, height), sides=sides, **values)
