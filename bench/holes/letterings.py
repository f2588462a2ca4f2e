"""Words set in open fonts: the counters of their letters are holes."""

import io
import tarfile
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.cutout import artwork
from bench.holes.lattice import random_color
from bench.holes.table import Array

COUNT = 400
SIDE = 1024  # px
VERSION = "5.3.0"
# Fonts of npm, all under the SIL Open Font License 1.1, with a weight.
FONTS = {
    "lobster": 400, "pacifico": 400, "bebas-neue": 400, "montserrat": 700,
    "playfair-display": 700, "fredoka": 600, "bangers": 400, "abril-fatface": 400,
    "poppins": 600, "righteous": 400,
}  # fmt: skip
WORDS = (
    "Field & Flour,DUCK,Good Bread,Boba Bar,OPEN ROAD,Dog Days,Garden,Roastery,Blue Moon,"
    "Paddle Boat,"
    "BREW CO,Pond & Peak,Adobe,Oak Barrel,Quartz,DRAGON,Pepper,Gelato,Bagel Lab,Sea Otter,BADGER,"
    "Radio 8,Echo,Coding Dojo,Apollo,ORBIT,Ballroom,Book Nook,Agora,Rapid,ROBOT,Pizza Pep,Bloom,"
    "Aqua,Bob's Diner,Deep Blue,Good Dog,Daybreak,PROPER,Amoeba,Odd Job,Opal,Boxcar,GAMEPAD"
).split(",")


def load_letterings() -> Iterator[tuple[str, Array]]:
    """Yield names and (SIDE, SIDE, 4) uint8 BGRA pixels: one or two lines of text."""
    rng = np.random.default_rng(11)
    names = list(FONTS)
    for number in range(COUNT):
        font_name = names[number % len(names)]
        text = WORDS[int(rng.integers(len(WORDS)))]
        stroked = rng.random() < 0.3
        yield f"{font_name}{number}", _set_text(text, font_name, rng, stroked=stroked)


def read_font(name: str) -> bytes:
    """Return a font file, fetched by npm if it is not cached."""
    archive = artwork.fetch_package(f"@fontsource/{name}", VERSION)
    with tarfile.open(archive) as files:
        member = files.extractfile(f"package/files/{name}-latin-{FONTS[name]}-normal.woff")
        assert member is not None
        return member.read()


def _set_text(text: str, font_name: str, rng: np.random.Generator, *, stroked: bool) -> Array:
    """Set a text in one color, or white with an outline."""
    lines = text.split(" ") if rng.random() < 0.5 else [text]
    data = read_font(font_name)
    longest = max(lines, key=len)
    reference = ImageFont.truetype(io.BytesIO(data), 100)
    width = reference.getbbox(longest)[2]
    share = rng.uniform(0.55, 0.88)
    size = int(min(100 * share * SIDE / width, share * SIDE / (1.15 * len(lines))))
    font = ImageFont.truetype(io.BytesIO(data), size)
    image = Image.new("RGBA", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    ink = tuple(int(level) for level in random_color(rng))
    fill = (255, 255, 255) if stroked else ink
    stroke = max(2, int(size * rng.uniform(0.03, 0.08))) if stroked else 0
    top = SIDE / 2 - len(lines) * size * 0.56
    for place, line in enumerate(lines):
        middle = SIDE / 2, top + size * (1.12 * place + 0.56)
        draw.text(
            middle, line, font=font, anchor="mm", fill=fill, stroke_width=stroke, stroke_fill=ink
        )
    return np.asarray(image)[..., [2, 1, 0, 3]]
