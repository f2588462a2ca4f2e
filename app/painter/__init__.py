"""The offline painter: a deterministic emblem for every prompt.

It replaces an image model, but is not AI. It looks for words that it knows (a cat, a rocket, a red
cup), draws that motif in one of many variants, and invents an emblem for any other prompt. Motifs
are SVG files in motifs/; the code selects their variants, colors and composition.
"""

import re
from collections.abc import Sequence

from PIL import Image

from . import edit_reader
from .composition import compose
from .dice import Dice, canonical
from .palette import OFF_WHITE
from .prompt_reader import Subject, read
from .raster import cut_out, drafts, to_png

MIN_SIDE, MAX_SIDE = 64, 2048

__all__ = ["MAX_SIDE", "MIN_SIDE", "drafts", "motif_of", "paint", "paint_transparent"]


def paint(
    prompt: str,
    *,
    width: int = 1024,
    height: int = 1024,
    background: str | None = "#ffffff",
    take: int = 0,
    edits: Sequence[str] = (),
) -> bytes:
    """Return a PNG of an emblem, the same bytes for the same arguments.

    The emblem doesn't depend on `background`, so two images of the same prompt and size on
    different backgrounds determine the true opacity of every pixel.

    Args:
        prompt: Any text; case and spacing are ignored.
        width: 64 to 2048 pixels.
        height: 64 to 2048 pixels.
        background: A color such as `#ffffff`, for an RGB file; None for RGBA on transparency.
        take: Another number makes another emblem of the same prompt.
        edits: Further prompts that change the emblem, oldest first. A new color leaves its shapes;
            an edit that names nothing known makes another emblem of the prompt.

    Raises:
        ValueError: A side is out of range, or the background is not a color.
    """
    emblem = paint_transparent(prompt, width=width, height=height, take=take, edits=edits)
    if background is None:
        return to_png(emblem)
    if not re.fullmatch("#[0-9a-fA-F]{6}", background):
        raise ValueError(f"background must be a color such as #ffffff, not {background!r}")
    image = Image.new("RGB", (width, height), background)
    image.paste(emblem, mask=emblem)
    return to_png(image)


def paint_transparent(
    prompt: str,
    *,
    width: int = 1024,
    height: int = 1024,
    white: str = OFF_WHITE,
    take: int = 0,
    edits: Sequence[str] = (),
) -> Image.Image:
    """Return the emblem on a transparent background, as an RGBA image.

    `white` is the color of its white parts; `take` and `edits` as in `paint`.

    Raises:
        ValueError: A side is out of range.
    """
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise ValueError(f"width and height must be {MIN_SIDE} to {MAX_SIDE}, not {width}x{height}")
    subject, words = _read(prompt, edits)
    dice = Dice(f"{words}\n{take}" if take else words)
    emblem = compose(subject, dice, white)
    share = dice.branch("size").between(0.77, 0.83)
    cut = cut_out(emblem.markup, emblem.extent, share * min(width, height))
    image = Image.new("RGBA", (width, height))
    image.paste(cut, ((width - cut.width) // 2, (height - cut.height) // 2))
    return image


def _read(prompt: str, edits: Sequence[str]) -> tuple[Subject, str]:
    """Return the subject, and the words that select its variant."""
    subject, words = read(prompt), canonical(prompt)
    for edit in edits:
        changed = edit_reader.apply(subject, edit)
        if changed == subject:
            words += f", {canonical(edit)}"
        subject = changed
    return subject, words


def motif_of(prompt: str) -> str | None:
    """Return the name of the motif that the prompt names, or None."""
    return read(prompt).motif
