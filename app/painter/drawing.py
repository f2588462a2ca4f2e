"""Drawings: SVG files whose shapes have roles, read in one of their variants.

CONTRIBUTING.md says how to draw one. Attributes choose between variants:

- data-pick: one child of the group is kept, as likely as its data-weight is large.
- data-chance: the group is kept in that share of all variants.
- data-recolor: one of the options between bars, such as "|main=white leaf=glow-light", renames
  roles; an empty one leaves them as drawn.
- data-turn: one of these angles, or an angle in one of these ranges ("14..26"), in place of the
  group's transform.
- data-part: the group's content is replaced by a part of parts/face.svg, whose kinds can be limited
  by data-kinds, and whose eyes are data-gap away from the middle.
- data-key: groups with the same key make the same choice.
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

Recolor = dict[str, str]


@dataclass(frozen=True)
class Shape:
    """One shape of a drawing, its fill and stroke given as tones of the palette.

    The edge of a hole has no rim: a rim would close the hole.
    """

    geometry: str
    transform: str = ""
    fill: str | None = None
    stroke: str | None = None
    width: float = _STROKE
    has_rim: bool = True


@dataclass(frozen=True)
class _Place:
    """What the groups around an element say about it."""

    transform: str = ""
    recolor: tuple[Recolor, ...] = ()
    shift: float = 0.0


def draw(name: str, dice: Dice) -> list[Shape]:
    """Return a motif in a variant that the dice choose."""
    root = _load(f"motifs/{name.replace(' ', '-')}")
    return list(_children(root, _Place(), dice))


def draw_part(name: str, dice: Dice) -> list[Shape]:
    """Return a part, such as an ornament, in a variant that the dice choose."""
    return list(_children(_load(f"parts/{name}"), _Place(), dice))


@cache
def _load(path: str) -> ET.Element:
    # Our own files, not input.
    return ET.parse(_FOLDER / f"{path}.svg").getroot()  # noqa: S314


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
    if (chance := group.get("data-chance")) and not throw.chance(float(chance)):
        return
    inner = _inside(group, place, throw)
    if part := group.get("data-part"):
        yield from _face(group, part, inner, dice)
    elif group.get("data-pick") is not None:
        yield from _element(_choose(group, (), throw), inner, dice)
    else:
        yield from _children(group, inner, dice)


def _inside(group: ET.Element, place: _Place, throw: Dice) -> _Place:
    """Return what the group says about its children."""
    transform = group.get("transform", "")
    if turns := group.get("data-turn"):
        transform = f"rotate({_angle(throw.pick(turns.split()), throw)})"
    if side := group.get("data-side"):
        transform = f"translate({float(side) * place.shift:g} 0)"
    recolor = place.recolor
    if (options := group.get("data-recolor")) is not None:
        pairs = throw.pick(options.split("|")).split()
        recolor = (dict(_renamed(pair) for pair in pairs), *recolor)
    return replace(place, transform=f"{place.transform} {transform}".strip(), recolor=recolor)


def _angle(turn: str, throw: Dice) -> str:
    low, dots, high = turn.partition("..")
    return f"{throw.between(float(low), float(high)):.1f}" if dots else turn


def _renamed(pair: str) -> tuple[str, str]:
    old, _, new = pair.partition("=")
    return old, new


def _choose(group: ET.Element, kinds: Sequence[str], throw: Dice) -> ET.Element:
    if kinds:
        wanted = throw.pick(kinds)
        return next(child for child in group if child.get("id") == wanted)
    return throw.weighted(list(group), [float(child.get("data-weight", "1")) for child in group])


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
    tokens = element.get("class", "").split()
    fill, stroke = _roles(tokens)
    geometry = " ".join(f'{k}="{v}"' for k, v in element.items() if k not in _OWN)
    return Shape(
        f"{tag} {geometry}",
        transform,
        fill=_tone(fill, place.recolor) if fill else None,
        stroke=_tone(stroke, place.recolor) if stroke else None,
        width=float(element.get("stroke-width", _STROKE)),
        has_rim="hole" not in tokens and element.get("fill-rule") != "evenodd",
    )


def _roles(tokens: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the tones of fill and stroke that an element's classes stand for."""
    fill, stroke = None, None
    for token in tokens:
        if token in {"line", "outlined"}:
            stroke = INK
        elif token.startswith("line-"):
            stroke = token.removeprefix("line-")
        elif token != "hole":
            fill = token
    return fill, stroke


def _tone(tone: str, recolor: tuple[Recolor, ...]) -> str:
    """Rename a tone, or its role, by the innermost group first."""
    for names in recolor:
        role, dash, suffix = tone.partition("-")
        tone = names[tone] if tone in names else names.get(role, role) + dash + suffix
    return tone
