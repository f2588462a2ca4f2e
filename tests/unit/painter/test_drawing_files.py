"""The SVG files of the painter, and what CONTRIBUTING.md promises to a designer of them."""

import io
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter
from resvg import render, usvg

import app.painter
from app.painter.dice import Dice
from app.painter.drawing import draw, draw_part
from app.painter.figure import figure
from app.painter.palette import palette
from app.painter.raster import OccupiedArea
from app.painter.vocabulary import MOTIFS
from tests.support.tables import each_row

FOLDER = Path(app.painter.__file__).parent
MOTIF_FILES = sorted((FOLDER / "motifs").glob("*.svg"))
PARTS = sorted((FOLDER / "parts").glob("*.svg"))
FILES = [*MOTIF_FILES, *PARTS]
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"path", "circle", "ellipse", "rect", "line", "polyline", "polygon"}
GEOMETRY = set("d cx cy r rx ry x y width height x1 y1 x2 y2 points fill-rule".split())
CHOICES = {
    f"data-{name}" for name in "pick weight chance recolor turn part kinds gap side key".split()
}
COLORS = palette(Dice("any"), None)


@cache
def root_of(file: Path) -> ET.Element:
    """Return the parsed file."""
    return ET.parse(file).getroot()  # noqa: S314 - reason: our own file


def shapes_of(file: Path) -> list[ET.Element]:
    """Return all elements that draw something, of all variants."""
    return [e for e in root_of(file).iter() if e.tag.removeprefix(SVG) in SHAPES]


def groups_of(file: Path) -> list[ET.Element]:
    """Return all groups."""
    return list(root_of(file).iter(f"{SVG}g"))


def rendered(markup: str) -> Image.Image:
    """Return the markup on a transparent motif's artboard, a pixel a unit."""
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320" fill="none"'
        ' viewBox="-160 -160 320 320" stroke-linecap="round" stroke-linejoin="round">'
    )
    tree = usvg.Tree.from_str(f"{root}{markup}</svg>", usvg.Options.default())
    with Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))) as image:
        return image.convert("RGBA")


def flooded_from_corner(mask: Image.Image) -> Image.Image:
    """Return the mask with 128 in the region that is connected to its upper left corner."""
    pixels = np.array(mask)
    cv2.floodFill(pixels, None, (0, 0), 128)
    return Image.fromarray(pixels)


files = each_row("file", FILES)
motifs = each_row("name", sorted(MOTIFS))


def test_every_motif_has_a_file_and_a_table() -> None:
    """The files of motifs/ are those that vocabulary.toml has tables for."""
    names = {name.replace(" ", "-") for name in MOTIFS}
    assert {file.stem for file in MOTIF_FILES} == names


@files
def test_a_file_holds_shapes_and_groups_only(file: Path) -> None:
    """No filter, image, clip or reference; and only attributes that the painter reads."""
    for element in root_of(file):
        assert element.tag.removeprefix(SVG) in {"title", "style", "g", *SHAPES}
    for group in groups_of(file):
        assert {child.tag.removeprefix(SVG) for child in group} <= {"g", *SHAPES}
        assert set(group.keys()) <= {"id", "transform", "display", *CHOICES}
    for shape in shapes_of(file):
        own = {"id", "class", "transform", "display", "stroke-width"}
        assert set(shape.keys()) <= own | GEOMETRY, ET.tostring(shape)


@files
def test_a_file_has_the_common_artboard_and_pen(file: Path) -> None:
    """The origin is the middle; lines are 3.6 units wide and round unless a shape says more."""
    root = root_of(file)
    assert re.fullmatch(r"-(\d+) -\1 (\d+) \2", root.get("viewBox", ""))
    if file in MOTIF_FILES:
        assert root.get("viewBox") == "-160 -160 320 320"
    pen = [root.get(f"stroke-{name}") for name in ("width", "linecap", "linejoin")]
    assert (root.get("fill"), pen) == ("none", ["3.6", "round", "round"])


@files
def test_roles_are_known_and_have_a_default_color(file: Path) -> None:
    """Every class is a role of the palette, and the file's style shows it in an editor."""
    style = root_of(file).findtext(f"{SVG}style", "")
    for shape in shapes_of(file):
        classes = shape.get("class", "").split()
        assert classes, ET.tostring(shape)
        for token in set(classes) - {"hole"}:
            assert f".{token}{{" in style, token
            if token not in {"line", "outlined"}:
                assert token.removeprefix("line-") in COLORS, token


@files
def test_ids_are_unique_and_choices_can_be_read(file: Path) -> None:
    """Groups that are chosen from have children, and of those only the first is shown."""
    ids = [element.get("id") for element in root_of(file).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for group in groups_of(file):
        if group.get("data-pick") is not None:
            hidden = [child.get("display") == "none" for child in group]
            assert hidden == [False, *[True] * (len(group) - 1)]
        for pair in group.get("data-recolor", "").replace("|", " ").split():
            assert re.fullmatch(r"[a-z-]+=[a-z-]+", pair)
        turns = re.sub(r"\.\.|-", " ", group.get("data-turn", "0"))
        assert all(float(angle) >= 0 for angle in turns.split())


@files
def test_only_parts_of_faces_are_scaled(file: Path) -> None:
    """Lines keep their width: whatever is scaled in an editor has to be scaled by its points."""
    for element in root_of(file).iter():
        if element.get("data-part") is None:
            names = re.findall(r"([a-zA-Z]+)\(", element.get("transform", ""))
            assert set(names) <= {"translate", "rotate"}


@files
def test_a_file_can_be_seen_as_it_is(file: Path) -> None:
    """Any viewer shows something, within the artboard, where the file is a motif."""
    root = ET.fromstring(file.read_text("utf-8"))  # noqa: S314 - reason: our own file
    root.set("width", "160")
    root.set("height", "160")
    tree = usvg.Tree.from_str(ET.tostring(root, "unicode"), usvg.Options.default())
    with Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))) as image:
        box = image.getchannel("A").getbbox()
    assert box is not None
    if file in MOTIF_FILES:
        assert min(*box[:2], *(160 - side for side in box[2:])) >= 1


@motifs
def test_every_variant_has_colors_and_stays_on_the_artboard(name: str) -> None:
    """Thirty variants use tones of the palette; six are measured, and fill most of 200 units."""
    for variant in range(30):
        shapes = draw(name, Dice(f"{name} {variant}"))
        assert len(shapes) > 3
        assert {s.fill for s in shapes} | {s.stroke for s in shapes} <= {"", *COLORS}
        if variant < 6:
            extent = OccupiedArea(figure(shapes, COLORS).silhouette).extent
            sides = (extent.left, extent.top, extent.right, extent.bottom)
            assert extent.span >= 150
            assert max(map(abs, sides)) <= 156


@pytest.mark.parametrize("part", ["badge", "fields", "ornaments"])
def test_every_variant_of_a_part_has_colors(part: str) -> None:
    """A hundred variants of a part use tones of the palette."""
    for variant in range(100):
        shapes = draw_part(part, Dice(str(variant)))
        assert {s.fill for s in shapes} | {s.stroke for s in shapes} <= {"", *COLORS}


@motifs
def test_a_subject_is_outlined(name: str) -> None:
    """With the rim, what is transparent outside meets ink, never a light fill."""
    shapes = draw(name, Dice(name))
    colors = {tone: "#000000" if tone.startswith("ink") else "#ff0000" for tone in COLORS}
    red, _, _, opacity = rendered(figure(shapes, colors, rims=(("ink", 3.4),)).markup).split()
    outside = flooded_from_corner(opacity.point(lambda a: 255 if a < 8 else 0))
    beside = outside.point(lambda v: 255 if v == 128 else 0).filter(ImageFilter.MaxFilter(5))
    near = Image.composite(red, Image.new("L", red.size, 0), beside)
    assert sum(near.histogram()[128:]) <= 12


@each_row("name", ["doughnut", "gear", "ring", "padlock", "trophy", "bicycle"])
def test_holes_are_transparent(name: str) -> None:
    """Rings and handles enclose transparency, whatever else is drawn around them."""
    shapes = draw(name, Dice(name))
    image = rendered(figure(shapes, COLORS, rims=(("ink", 3.4),)).markup)
    clear = flooded_from_corner(image.getchannel("A").point(lambda a: 255 if a == 0 else 0))
    assert clear.histogram()[255] / (image.width * image.height) > 0.01


@each_row(
    "name, marks",
    [("house", 12), ("cat", 10), ("mushroom", 5), ("gift", 10), ("strawberry", 8), ("lion", 10)],
)
def test_drawings_have_shades_and_white_details(name: str, marks: int) -> None:
    """Rims are shaded, and eyes, windows and gleams are white."""
    shapes = draw(name, Dice(name))
    tones = [tone for shape in shapes for tone in (shape.fill, shape.stroke) if tone]
    assert "white" in tones
    assert sum("-shade" in tone or tone == "white" for tone in tones) >= marks
