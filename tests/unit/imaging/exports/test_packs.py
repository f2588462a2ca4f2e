"""Packs: each file is what its store or platform asks for."""

import io
import json
import zipfile
from itertools import pairwise
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from PIL.IcnsImagePlugin import IcnsImageFile
from PIL.IcoImagePlugin import IcoImageFile

from app import imaging
from app.imaging.exports.export import Export, PackKind
from app.imaging.exports.fitting import encode_file
from app.imaging.exports.pack import make_pack
from app.imaging.exports.placing import place
from app.imaging.exports.rules import FileRule, pack_rule
from app.imaging.formats.xmp import Provenance, build_packet, read_packet
from app.painter import paint
from tests.support.images.variant_images import random_image
from tests.support.tables import each_row

KINDS: tuple[PackKind, ...] = get_args(PackKind)
SIGNATURES = {
    "png": b"\x89PNG\r\n\x1a\n",
    "webp": b"RIFF",
    "jpeg": b"\xff\xd8\xff",
    "ico": b"\0\0\1\0",
    "icns": b"icns",
}
WHITE = (255, 255, 255)


def subject(side: int = 512) -> Any:
    """Return a tall ellipse that is off the middle, with a smooth edge."""
    y, x = np.mgrid[:side, :side] / side
    inside = np.clip((1 - np.hypot((x - 0.4) / 0.15, (y - 0.55) / 0.35)) * 60 + 0.5, 0, 1)
    image = np.zeros((side, side, 4), np.uint8)
    image[..., :3] = (200, 60, 30)
    image[..., 3] = np.rint(inside * 255)
    image[image[..., 3] == 0] = 0
    return image


def noise(side: int = 512) -> Any:
    """Return what compresses worst: random colors and opacities."""
    return random_image(3, side, side).astype(np.uint8)


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP file, in order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def opened(data: bytes) -> Image.Image:
    """Decode a file completely."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def visible(rgba: Any) -> Any:
    """Return rows and columns of the pixels that can be seen."""
    return np.argwhere(np.asarray(rgba)[..., 3] >= 16)


@each_row("kind", KINDS)
def test_every_file_is_what_its_rule_says(kind: PackKind) -> None:
    """Format, size, opacity and the limit of bytes hold for a shape and for noise."""
    rule = pack_rule(kind)
    limited = any(each.max_bytes for each in rule.files)
    for image in (subject(), noise()) if limited else (subject(),):
        files = unpack(make_pack(image, Export(kind), b""))
        assert list(files) == [
            *(each.path for each in rule.files),
            *(each.path for each in rule.texts),
        ]
        for each in rule.files:
            check_file(files[each.path], each)


def check_file(data: bytes, rule: FileRule) -> None:
    """Check a file against its rule."""
    assert data.startswith(SIGNATURES[rule.format]), rule.path
    image = opened(data)
    assert image.format == rule.format.upper()
    assert not rule.max_bytes or len(data) <= rule.max_bytes, rule.path
    if isinstance(image, IcoImageFile):
        assert image.ico.sizes() == {(side, side) for side in rule.sides}
    elif isinstance(image, IcnsImageFile):
        assert {size[0] * size[-1] for size in image.info["sizes"]} == set(rule.sides)
    elif rule.crop:
        assert max(image.size) == max(rule.size)
    else:
        assert image.size == rule.size
    if rule.opaque:
        assert image.mode == "RGB", rule.path
    elif rule.format in {"png", "webp"}:
        assert image.convert("RGBA").getchannel("A").getextrema()[0] != 255


@each_row("kind", ["pwa", "windows", "whatsapp"])
def test_equal_images_give_equal_bytes(kind: PackKind) -> None:
    """Nothing in the file depends on time, place or chance."""
    first, second = (make_pack(subject(), Export(kind), b"") for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@each_row("share, side", [(0.8, 192), (0.8, 512), (0.6111, 108), (0.6111, 432)])
def test_the_safe_zone_holds_all_that_is_visible(share: float, side: int) -> None:
    """All visible pixels are in the circle, and the outermost is near its edge."""
    rule = FileRule(path="", format="png", size=(side, side), safe_zone=share)
    for image in (subject(), noise(256)):
        distance = np.hypot(*(visible(place(image, rule, WHITE)) - (side - 1) / 2).T).max()
        assert share * side / 2 - 4 <= distance <= share * side / 2


@each_row("margin, outline", [(0, 0), (16, 0), (16, 8)])
def test_margin_stays_free(margin: int, outline: int) -> None:
    """The subject touches the margin on its longer side, and nothing is inside of the margin."""
    rule = FileRule(path="", format="png", size=(512, 512), margin=margin, outline=outline)
    pixels = visible(place(subject(), rule, WHITE))
    (top, left), (bottom, right) = pixels.min(axis=0), pixels.max(axis=0)
    assert margin <= top <= margin + 3
    assert margin <= 511 - bottom <= margin + 3
    assert min(left, 511 - right) >= margin
    assert abs(left - (511 - right)) <= 2  # centered, although it is off the middle


def test_a_cropped_file_has_no_margin() -> None:
    """One side is exact, and the other follows from the subject."""
    rule = FileRule(path="", format="png", size=(512, 512), crop=True)
    height, width = place(subject(), rule, WHITE).shape[:2]
    assert (height, 210 <= width <= 230) == (512, True)


@pytest.mark.parametrize("file_format", ["png", "webp", "jpeg"])
def test_a_limit_is_met_with_the_best_quality_that_fits(file_format: Any) -> None:
    """A larger limit gives a larger file, of at least two thirds of it; the smallest is met too."""
    opaque = file_format == "jpeg"
    image = noise(256)
    if opaque:
        image[..., 3] = 255
    limits = [2_500, 30_000, 60_000, 120_000]
    sizes = [
        len(
            encode_file(
                image, FileRule(path="", format=file_format, opaque=opaque, max_bytes=limit), b""
            )
        )
        for limit in limits
    ]
    assert all(size <= limit for size, limit in zip(sizes, limits, strict=True))
    assert all(one < other for one, other in pairwise(sizes)) or file_format == "png"
    assert sizes[-1] > limits[-1] * 0.4


def test_texts_name_files_of_the_pack() -> None:
    """The manifest, the head lines and the catalogs refer to what is there, with its size."""
    for kind in KINDS:
        rule = pack_rule(kind)
        assert rule.source.startswith("https://")
        sizes = {each.path.rpartition("/")[2]: each.size for each in rule.files}
        for text in rule.texts:
            content = text.text((18, 52, 86), "My app")
            assert "{background}" not in content
            if text.path.endswith(("json", "webmanifest")):
                document = json.loads(content)
                for icon in document.get("icons", []) + document.get("images", []):
                    name = icon.get("src", icon.get("filename")).removeprefix("/")
                    side = int(icon["sizes" if "sizes" in icon else "size"].partition("x")[0])
                    scale = int(icon.get("scale", "1x")[0])
                    assert sizes[name] == (side * scale, side * scale)
            for name in ("favicon.ico", "apple-touch-icon.png", "favicon-96.png"):
                assert name not in content or name in sizes


def test_background_shows_in_opaque_files_and_texts() -> None:
    """The color is below opaque icons and in the manifest; transparent icons stay so."""
    files = unpack(make_pack(subject(), Export("pwa", (18, 52, 86)), b""))
    assert opened(files["icon-maskable-192.png"]).getpixel((0, 0)) == (18, 52, 86)
    assert opened(files["icon-192.png"]).getpixel((0, 0)) == (0, 0, 0, 0)
    assert json.loads(files["site.webmanifest"])["theme_color"] == "#123456"
    assert Export("pwa").canonical() == "export=pwa"
    assert Export("pwa", (18, 52, 86)).canonical() == "background=123456&export=pwa"


def test_a_pack_is_made_from_the_original() -> None:
    """Large files show detail that the stored image lacks, and state its provenance."""
    original = paint("a red fox")
    image = imaging.cutout(
        original, provenance=imaging.Provenance(id="fox", source="algorithmicMedia")
    ).png
    source = imaging.VariantSource(original)
    data = imaging.render_variant(image, lambda: source, Export("telegram"))
    sticker = unpack(data)["sticker.png"]
    assert b"algorithmicMedia" in sticker
    enlarged = opened(image).convert("RGBa").resize(opened(sticker).size).convert("RGBA")
    sharpness = [
        float((np.diff(np.asarray(each.convert("L"), float), axis=1) ** 2).mean())
        for each in (opened(sticker), enlarged)
    ]
    assert sharpness[0] > 1.1 * sharpness[1]


def test_a_small_subject_is_as_sharp_as_in_the_original() -> None:
    """A subject of 600 px in an original of 2048 keeps its stripes of one pixel."""
    original = np.full((2048, 2048, 3), 255, np.uint8)
    original[700:1300, 700:1300] = (30, 60, 160)
    original[720:1280, 720:1280][:, np.arange(560) % 2 == 0] = (220, 40, 30)
    png = io.BytesIO()
    Image.fromarray(original).save(png, "PNG", compress_level=1)
    source = imaging.VariantSource(png.getvalue())
    image = imaging.cutout(source.data).png
    files = unpack(imaging.render_variant(image, lambda: source, Export("macos")))
    reds = np.asarray(opened(files["AppIcon.appiconset/icon-1024.png"]))[500, 200:800, 0]
    assert reds.astype(float).std() > 40


@each_row("kind", KINDS)
def test_every_file_with_room_for_it_states_the_provenance(kind: PackKind) -> None:
    """Also an opaque one, and one in fewer colors because of its limit, which is met all the same.

    A long prompt takes half of the smallest limit.
    """
    prompt = "&" * 4000
    packet = build_packet(Provenance(id="fox", source="trainedAlgorithmicMedia", prompt=prompt))
    assert len(packet) > 20_000
    rule = pack_rule(kind)
    limited = any(each.max_bytes for each in rule.files)
    files = unpack(make_pack(noise() if limited else subject(128), Export(kind), packet))
    for each in rule.files:
        check_file(files[each.path], each)
        assert (packet in files[each.path]) == (each.format not in {"ico", "icns"}), each.path
        if each.format == "png":
            assert read_packet(files[each.path]) == packet


def test_an_invisible_image_gives_empty_files() -> None:
    """A cutout without visible pixels is no error."""
    for kind in ("favicon", "whatsapp", "telegram"):
        assert unpack(make_pack(np.zeros((256, 256, 4), np.uint8), Export(kind), b""))
