"""Drawings: SVG files whose shapes have roles, read in one of their variants.

CONTRIBUTING.md explains the attributes by which a file gives variants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from .dice import Dice

_FOLDER = Path(__file__).parent
_SVG = "{http://www.w3.org/2000/svg}"
_STROKE = 3.6
_GAP = 30.0  # of the eyes in parts/face.svg
# Not part of a shape's geometry.
_OWN = frozenset({"class", "display", "id", "stroke-width", "transform"})
INK: Final = "ink"


@dataclass(frozen=True)
class Shape:
    """One shape of a drawing, its fill and stroke given as tones of the palette, "" for none.

    The geometry is the element's tag and attributes. The edge of a hole has no rim, which would
    close the hole.
    """

    geometry: str
    fill: str = ""
    stroke: str = ""
    width: float = _STROKE
    has_rim: bool = True


@dataclass(frozen=True)
class _Place:
    """What the groups around an element say about it."""

    transform: str = ""
    recolor: tuple[dict[str, str], ...] = ()
    shift: float = 0.0


def draw(name: str, dice: Dice) -> list[Shape]:
    """Return a motif in a variant that the dice choose."""
    return list(_children(_load(f"motifs/{name.replace(' ', '-')}"), _Place(), dice))


def draw_part(name: str, dice: Dice) -> list[Shape]:
    """Return a part, such as an ornament, in a variant that the dice choose."""
    return list(_children(_load(f"parts/{name}"), _Place(), dice))


@cache
def _load(path: str) -> ET.Element:
    return ET.parse(_FOLDER / f"{path}.svg").getroot()  # noqa: S314 - reason: our own file


def _children(parent: ET.Element, place: _Place, dice: Dice) -> Iterator[Shape]:
    for element in parent:
        yield from _element(element, place, dice)


def _element(element: ET.Element, place: _Place, dice: Dice) -> Iterator[Shape]:
    tag = element.tag.removeprefix(_SVG)
    if tag == "g":
        yield from _group(element, place, dice)
    elif tag not in {"title", "style"}:
        yield _shape(tag, element, place)


def _group(group: ET.Element, place: _Place, dice: Dice) -> Iterator[Shape]:
    throw = dice.branch(key) if (key := group.get("data-key")) else dice
    if not throw.chance(float(group.get("data-chance", 1))):
        return
    inner = _inside(group, place, throw)
    if part := group.get("data-part"):
        yield from _face(group, part, inner, dice)
    elif group.get("data-pick") is not None:
        yield from _element(_choose(group, (), throw), inner, dice)
    else:
        yield from _children(group, inner, dice)


def _inside(group: ET.Element, place: _Place, throw: Dice) -> _Place:
    """Return what the group, and those around it, say about its children."""
    transform = group.get("transform", "")
    if turns := group.get("data-turn"):
        low, dots, high = throw.pick(turns.split()).partition("..")
        angle = throw.between(float(low), float(high)) if dots else float(low)
        transform = f"rotate({angle:.1f})"
    if side := group.get("data-side"):
        transform = f"translate({float(side) * place.shift:g} 0)"
    pairs = throw.pick(group.get("data-recolor", "").split("|")).split()
    recolor = {old: new for old, _, new in (pair.partition("=") for pair in pairs)}
    transforms = f"{place.transform} {transform}".strip()
    return replace(place, transform=transforms, recolor=(recolor, *place.recolor))


def _choose(group: ET.Element, kinds: Sequence[str], throw: Dice) -> ET.Element:
    if kinds:
        wanted = throw.pick(kinds)
        return next(child for child in group if child.get("id") == wanted)
    return throw.pick([c for c in group for _ in range(int(c.get("data-weight", 1)))])


def _face(group: ET.Element, part: str, place: _Place, dice: Dice) -> Iterator[Shape]:
    """Yield a face, or its eyes or mouth only, where the group is."""
    root = _load("parts/face")
    place = replace(place, shift=float(group.get("data-gap", _GAP)) - _GAP)
    if part == "face":
        yield from _children(root, place, dice)
    else:
        kinds = next(element for element in root if element.get("id") == part)
        yield from _element(_choose(kinds, group.get("data-kinds", "").split(), dice), place, dice)


def _shape(tag: str, element: ET.Element, place: _Place) -> Shape:
    transform = f"{place.transform} {element.get('transform', '')}".strip()
    geometry = {name: value for name, value in element.items() if name not in _OWN}
    geometry |= {"transform": transform} if transform else {}
    fill, stroke, has_rim = "", "", element.get("fill-rule") != "evenodd"
    for role in element.get("class", "").split():
        if role == "hole":
            has_rim = False
        elif role in {"line", "outlined"}:
            stroke = INK
        elif role.startswith("line-"):
            stroke = _tone(role.removeprefix("line-"), place)
        else:
            fill = _tone(role, place)
    width = float(element.get("stroke-width", _STROKE))
    text = " ".join(f'{name}="{value}"' for name, value in geometry.items())
    return Shape(f"{tag} {text}", fill, stroke, width, has_rim)


def _tone(tone: str, place: _Place) -> str:
    """Rename a tone, or its role, by the innermost group first."""
    for names in place.recolor:
        role, dash, suffix = tone.partition("-")
        tone = names[tone] if tone in names else names.get(role, role) + dash + suffix
    return tone
