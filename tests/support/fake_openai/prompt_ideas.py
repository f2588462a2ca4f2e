"""An endless supply of distinct, varied ideas for images."""

from collections.abc import Iterator
from itertools import count

_SUBJECTS = (
    *("a red fox", "a lighthouse", "a paper boat", "an old typewriter", "a sleeping dragon"),
    *("a teapot", "a hot-air balloon", "a robot gardener", "a snow owl", "a pocket watch"),
    *("a cactus", "a sailing ship", "a violin"),
)
_DOINGS = (
    *("wearing a knitted scarf", "built from folded paper", "covered in moss"),
    *("seen from above", "glowing softly from within", "carrying a tiny lantern"),
    *("as a glazed ceramic figure", "surrounded by floating leaves"),
)
_STYLES = (
    *("in watercolor", "as a linocut", "in flat colors", "as a clay model"),
    *("in fine ink lines", "as a plush toy", "in pastel chalk"),
)


def ideas() -> Iterator[str]:
    """Yield ideas that never repeat: the list lengths share no factor, then rounds are numbered."""
    whole = len(_SUBJECTS) * len(_DOINGS) * len(_STYLES)
    for number in count():
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        doing = _DOINGS[number % len(_DOINGS)]
        style = _STYLES[number % len(_STYLES)]
        again = "" if number < whole else f", variation {number // whole}"
        yield f"{subject[0].upper()}{subject[1:]} {doing}, {style}{again}"
