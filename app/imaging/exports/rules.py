"""The files of each pack, read from packs.toml."""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from app.imaging.exports.export import PackKind
from app.imaging.variants.values import Color, format_value

FileFormat = Literal["png", "webp", "jpeg", "ico", "icns"]

MAX_SHORT_NAME = 12
"""Characters; launchers cut off longer names."""
_PLACEHOLDER = re.compile(r"\{(?:background|name|short_name)\}")
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

    def text(self, background: Color, name: str) -> str:
        """Return the text for a background color and a name, which it has as JSON."""
        lines = "\n".join(self.lines) + "\n"
        values = {
            "{background}": format_value(background),
            "{name}": json.dumps(name, ensure_ascii=False),
            "{short_name}": json.dumps(_shortened(name), ensure_ascii=False),
        }
        return _PLACEHOLDER.sub(lambda found: values[found[0]], lines)


def _shortened(name: str) -> str:
    """Return the name's first words, as many as have room below an icon."""
    if len(name) <= MAX_SHORT_NAME:
        return name
    return name[: MAX_SHORT_NAME + 1].rpartition(" ")[0].rstrip() or name[:MAX_SHORT_NAME]


@dataclass(frozen=True, kw_only=True)
class PackRule:
    """The files and texts of a pack."""

    source: str
    files: tuple[FileRule, ...]
    texts: tuple[TextRule, ...] = ()


@cache
def rules_version() -> str:
    """Return a text that changes with the rules, by which caches distinguish packs."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()[:12]


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
