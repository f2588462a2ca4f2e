"""Artwork with a true outline: icons of npm packages, chosen by a fixed rule and rendered."""

import hashlib
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

SIDE = 1024  # of a square image, in pixels
CACHE = Path(__file__).parents[2] / ".cache" / "bench-cutout"

_EACH = 12  # icons of one set
_VARIANTS = re.compile(r"skin-tone|-(light|medium|dark)$|flag")
_WHITE = 240  # level from which all channels count as white
_CONTACT = np.ones((9, 9), np.uint8)  # white within 4 pixels of the background touches it
_MAX_EDGE = np.ones((7, 7), np.uint8)  # wider than any anti-aliased edge
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{0}" height="{1}" viewBox="{2} {3} {4} {5}">{6}</svg>'
)


@dataclass(frozen=True, slots=True)
class IconSet:
    """A package of icons."""

    name: str
    version: str
    license: str
    style: str

    @property
    def package(self) -> str:
        """Its name in npm."""
        return f"@iconify-json/{self.name}"


SETS = (
    IconSet("fluent-emoji", "1.2.7", "MIT", "3D, soft gradients"),
    IconSet("fluent-emoji-flat", "1.2.6", "MIT", "flat"),
    IconSet("noto", "1.2.9", "Apache-2.0", "shaded"),
    IconSet("openmoji", "1.2.29", "CC-BY-SA-4.0", "black outlines"),
    IconSet("twemoji", "1.2.5", "CC-BY-4.0", "flat, without outlines"),
)


@dataclass(frozen=True, slots=True)
class Artwork:
    """A rendered icon; its pixels are RGBA, with straight alpha."""

    source: str
    name: str
    pixels: Pixels


def seed(*parts: str) -> int:
    """Return a number that depends on the words alone, on every machine."""
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:4], "big")


def load_artworks() -> list[Artwork]:
    """Fetch, choose and render icons, using the cache."""
    return [each for icons in SETS for each in _choose(icons)]


def load_artwork(source: str, name: str) -> Artwork:
    """Fetch and render an icon of one of the sets, by name."""
    icons = next(each for each in SETS if each.name == source)
    return Artwork(source, name, render_icon(icons, read_icons(icons), name))


def _choose(icons: IconSet) -> Iterator[Artwork]:
    """Yield the first usable icons, in an order that depends on their names alone."""
    document = read_icons(icons)
    names = [name for name in document["icons"] if not _VARIANTS.search(name)]
    found = 0
    for name in sorted(names, key=lambda name: (seed(icons.name, name), name)):
        pixels = render_icon(icons, document, name)
        if is_usable(pixels):
            yield Artwork(icons.name, name, pixels)
            found += 1
        if found == _EACH:
            return


def read_icons(icons: IconSet) -> dict[str, Any]:
    """Return the icons of a set, fetched by npm if they are not cached."""
    with tarfile.open(fetch_package(icons.package, icons.version)) as files:
        member = files.extractfile("package/icons.json")
        assert member is not None
        return dict(json.load(member))


def fetch_package(name: str, version: str) -> Path:
    """Return the archive of an npm package, fetched if it is not cached."""
    archive = CACHE / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        package = f"{name}@{version}"
        command = ["npm", "pack", "--silent", "--pack-destination", str(CACHE), package]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except FileNotFoundError:
            raise SystemExit("npm is missing; it fetches the artwork") from None
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"npm can't fetch {package}: {error.stderr.decode()}") from None
    return archive


def render_icon(icons: IconSet, document: dict[str, Any], name: str) -> Pixels:
    """Render an icon with a margin of 6 to 12 percent."""
    png = CACHE / "rendered" / f"{icons.name}-{icons.version}-{name}.png"
    if not png.exists():
        png.parent.mkdir(exist_ok=True)
        margin = 0.06 + 0.06 * (seed("margin", icons.name, name) % 1000) / 1000
        rendered = render_svg(document, name, SIDE * (1 - 2 * margin))
        part = png.with_suffix(".part")
        part.write_bytes(rendered)
        part.replace(png)
    return np.asarray(Image.open(io.BytesIO(png.read_bytes())).convert("RGBA"))


def render_svg(document: dict[str, Any], name: str, side: float) -> bytes:
    """Render an icon of an Iconify document as a PNG file.

    Args:
        document: `icons.json` of a set.
        name: of the icon.
        side: the longer side of the image, px.

    Raises:
        ValueError: the renderer doesn't understand the icon.
    """
    import resvg_py

    get = {"left": 0, "top": 0, "width": 16, "height": 16} | document | document["icons"][name]
    scale = side / max(get["width"], get["height"])
    size = [max(1, round(get[length] * scale)) for length in ("width", "height")]
    box = [get[key] for key in ("left", "top", "width", "height", "body")]
    return bytes(resvg_py.svg_to_bytes(svg_string=_SVG.format(*size, *box), skip_system_fonts=True))


def is_usable(pixels: Pixels) -> bool:
    """Return whether the true outline is certain.

    It is not for transparent artwork, and for white parts that touch the white background.
    """
    alpha = pixels[..., 3]
    partial = ((alpha > 5) & (alpha < 250)).astype(np.uint8)
    if cv2.erode(partial, _MAX_EDGE).any():
        return False
    empty = cv2.copyMakeBorder(
        (alpha <= 5).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1
    )
    _, labels = cv2.connectedComponents(empty, connectivity=4)
    near_background = cv2.dilate((labels == labels[0, 0]).astype(np.uint8), _CONTACT)[1:-1, 1:-1]
    white = (pixels[..., :3].min(axis=2) >= _WHITE) & (alpha > 127)
    return int((white & (near_background > 0)).sum()) <= 16
