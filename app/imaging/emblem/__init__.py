"""The offline painter: a deterministic emblem for every prompt, where no image model is at hand.

It is no AI and does not pretend to be: it looks for words that it knows (a cat, a rocket, a red
cup), draws that motif in one of very many variants, and invents an emblem for anything else.
"""

from .compose import compose
from .dice import Dice, canonical
from .drafts import drafts
from .motifs import MOTIFS
from .palette import paired, palette
from .raster import render
from .reading import read

SMALLEST, LARGEST = 64, 2048

__all__ = ["LARGEST", "SMALLEST", "drafts", "motif_of", "paint"]


def paint(prompt: str, *, width: int = 1024, height: int = 1024) -> bytes:
    """Return an RGB PNG of an emblem on pure white, the same bytes for the same arguments.

    Args:
        prompt: Any text; its case and its spacing make no difference.
        width: 64 to 2048 pixels.
        height: 64 to 2048 pixels.

    Raises:
        ValueError: A side is out of range.
    """
    if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
        raise ValueError(f"width and height must be {SMALLEST} to {LARGEST}, not {width}x{height}")
    dice = Dice(canonical(prompt))
    reading = read(prompt)
    name, emblem = compose(reading, dice.branch("composition"))
    colors = palette(dice.branch("palette"), reading.wish or MOTIFS[name].wish(dice))
    if reading.companion:
        wish = MOTIFS[reading.companion].wish(dice)
        colors = paired(colors, palette(dice.branch("companion"), wish))
    share = dice.branch("size").between(0.77, 0.84)
    return render(emblem, colors, width, height, share)


def motif_of(prompt: str) -> str | None:
    """Return the name of the motif that the prompt's words choose, None if they name none."""
    return read(prompt).motif
