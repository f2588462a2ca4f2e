"""Drawings: SVG files whose shapes have roles; CONTRIBUTING.md explains the attributes."""

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
_GAP = 30.0  # between the eyes in parts/face.svg
# Attributes that are not part of a shape's geometry.
_NOT_GEOMETRY = frozenset({"class", "display", "id", "stroke-width", "transform"})
INK: Final = "ink"


@dataclass(frozen=True)
class Shape:
    """A shape of a drawing.

    The geometry is the element's tag and attributes. Fill and stroke are tones of the palette, or
    "" for none. The edge of a hole has no rim, because a rim would close the hole.
    """

    geometry: str
    fill: str = ""
    stroke: str = ""
    width: float = _STROKE
    has_rim: bool = True


@dataclass(frozen=True)
class _Inherited:
    """What an element inherits from the groups around it."""

    transform: str = ""
    recolor: tuple[dict[str, str], ...] = ()
    shift: float = 0.0


def draw(name: str, dice: Dice) -> list[Shape]:
    """Return a motif in a random variant."""
    return list(_children(_load(f"motifs/{name.replace(' ', '-')}"), _Inherited(), dice))


def draw_part(name: str, dice: Dice) -> list[Shape]:
    """Return a part, such as an ornament, in a random variant."""
    return list(_children(_load(f"parts/{name}"), _Inherited(), dice))


@cache
def _load(path: str) -> ET.Element:
    return ET.parse(_FOLDER / f"{path}.svg").getroot()  # noqa: S314 - reason: our own file


def _children(parent: ET.Element, inherited: _Inherited, dice: Dice) -> Iterator[Shape]:
    for element in parent:
        yield from _element(element, inherited, dice)


def _element(element: ET.Element, inherited: _Inherited, dice: Dice) -> Iterator[Shape]:
    tag = element.tag.removeprefix(_SVG)
    if tag == "g":
        yield from _group(element, inherited, dice)
    elif tag not in {"title", "style"}:
        yield _shape(tag, element, inherited)


def _group(group: ET.Element, inherited: _Inherited, dice: Dice) -> Iterator[Shape]:
    choices = dice.branch(key) if (key := group.get("data-key")) else dice
    if not choices.chance(float(group.get("data-chance", 1))):
        return
    inner = _inherit(group, inherited, choices)
    if part := group.get("data-part"):
        yield from _face(group, part, inner, dice)
    elif group.get("data-pick") is not None:
        yield from _element(_choose(group, (), choices), inner, dice)
    else:
        yield from _children(group, inner, dice)


def _inherit(group: ET.Element, inherited: _Inherited, choices: Dice) -> _Inherited:
    """Return what the children of the group inherit."""
    transform = group.get("transform", "")
    if turns := group.get("data-turn"):
        low, dots, high = choices.pick(turns.split()).partition("..")
        angle = choices.between(float(low), float(high)) if dots else float(low)
        transform = f"rotate({angle:.1f})"
    if side := group.get("data-side"):
        transform = f"translate({float(side) * inherited.shift:g} 0)"
    pairs = choices.pick(group.get("data-recolor", "").split("|")).split()
    recolor = {old: new for old, _, new in (pair.partition("=") for pair in pairs)}
    transforms = f"{inherited.transform} {transform}".strip()
    return replace(inherited, transform=transforms, recolor=(recolor, *inherited.recolor))


def _choose(group: ET.Element, kinds: Sequence[str], choices: Dice) -> ET.Element:
    if kinds:
        kind = choices.pick(kinds)
        return next(child for child in group if child.get("id") == kind)
    return choices.pick([c for c in group for _ in range(int(c.get("data-weight", 1)))])


def _face(group: ET.Element, part: str, inherited: _Inherited, dice: Dice) -> Iterator[Shape]:
    """Yield a face, or only its eyes or mouth, at the group's position."""
    root = _load("parts/face")
    inherited = replace(inherited, shift=float(group.get("data-gap", _GAP)) - _GAP)
    if part == "face":
        yield from _children(root, inherited, dice)
    else:
        kinds = next(element for element in root if element.get("id") == part)
        yield from _element(
            _choose(kinds, group.get("data-kinds", "").split(), dice), inherited, dice
        )


def _shape(tag: str, element: ET.Element, inherited: _Inherited) -> Shape:
    transform = f"{inherited.transform} {element.get('transform', '')}".strip()
    geometry = {name: value for name, value in element.items() if name not in _NOT_GEOMETRY}
    geometry |= {"transform": transform} if transform else {}
    fill, stroke, has_rim = "", "", element.get("fill-rule") != "evenodd"
    for role in element.get("class", "").split():
        if role == "hole":
            has_rim = False
        elif role in {"line", "outlined"}:
            stroke = INK
        elif role.startswith("line-"):
            stroke = _tone(role.removeprefix("line-"), inherited)
        else:
            fill = _tone(role, inherited)
    width = float(element.get("stroke-width", _STROKE))
    text = " ".join(f'{name}="{value}"' for name, value in geometry.items())
    return Shape(f"{tag} {text}", fill, stroke, width, has_rim)


def _tone(tone: str, inherited: _Inherited) -> str:
    """Apply the groups' recoloring to a tone or its role, innermost first."""
    for names in inherited.recolor:
        role, dash, suffix = tone.partition("-")
        tone = names[tone] if tone in names else names.get(role, role) + dash + suffix
    return tone
