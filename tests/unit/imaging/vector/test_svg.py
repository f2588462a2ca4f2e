"""SVG files: what they contain, how faithful they are, and what is refused."""

import hashlib
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PIL import Image
from resvg import render, usvg

from app import imaging
from app.imaging import NotVectorizable, TracingTimeout, Variant
from app.imaging.vector import svg as svg_module
from app.imaging.vector.flatten import flatten
from app.imaging.vector.svg import MIN_FIDELITY, encode_svg, fidelity_of
from app.imaging.vector.tracer import trace
from app.painter import paint
from tests.support.servers import python_process
from tests.support.tables import each_row

NAMESPACE = "{http://www.w3.org/2000/svg}"
DIGEST = """
import hashlib
from app import imaging
from app.painter import paint
from tests.support.tables import each_row
original = paint("a red fox", width=512, height=512)
image, source = imaging.cutout(original).png, imaging.VariantSource(original)
made = imaging.render_variant(image, lambda: source, imaging.Variant(format="svg"))
print(hashlib.sha256(made).hexdigest())
"""
RED, BLUE = (200, 40, 40, 255), (30, 60, 190, 255)


def disc(side: int = 256, *, noise: int = 0) -> Any:
    """Return a red disc with a blue square, perhaps with noise in its colors."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    image = np.zeros((side, side, 4), np.uint8)
    image[np.hypot(x, y) < 0.4] = RED
    image[(np.abs(x) < 0.15) & (np.abs(y) < 0.15)] = BLUE
    if noise:
        change = np.random.default_rng(1).integers(-noise, noise + 1, (side, side, 3))
        noisy = np.clip(image[..., :3].astype(int) + change, 0, 255)
        image[..., :3] = np.where(image[..., 3:] > 0, noisy, 0)
    return image


def mosaic() -> Any:
    """Return 64 x 64 tiles of random colors."""
    tiles = np.random.default_rng(2).integers(0, 256, (64, 64, 4)).astype(np.uint8)
    tiles[..., 3] = 255
    return tiles.repeat(8, axis=0).repeat(8, axis=1)


def rendered(svg: bytes) -> Any:
    """Return the pixels that resvg draws."""
    tree = usvg.Tree.from_str(svg.decode(), usvg.Options.default())
    with Image.open(io.BytesIO(render(tree, (1, 0, 0, 0, 1, 0)))) as image:
        return np.asarray(image.convert("RGBA"))


def test_a_file_has_only_shapes_and_metadata() -> None:
    """Neither scripts nor styles, foreign objects or references; size and fidelity are stated."""
    original = paint("a red fox")
    provenance = imaging.Provenance(id="fox", source="algorithmicMedia", prompt="<script>&")
    image = imaging.cutout(original, provenance=provenance).png
    variant = Variant(format="svg", width=300, height=300)
    data = imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)
    root = ET.fromstring(data)  # noqa: S314 - reason: made here
    assert (root.get("width"), root.get("height")) == ("300", "300")
    assert root.get("viewBox") == "0 0 1024 1024"
    fidelity = float(root.get("data-fidelity") or 0)
    assert 24 < fidelity < 99
    drawn = {child.tag for child in root}
    assert drawn == {f"{NAMESPACE}path", f"{NAMESPACE}metadata"}
    shapes = root.findall(f"{NAMESPACE}path")
    assert all(set(shape.attrib) == {"d", "fill", "transform"} for shape in shapes)
    assert len({shape.get("fill") for shape in shapes}) <= 24 + 4
    assert b"algorithmicMedia" in data
    assert not re.search(rb"<script|<style|<image|foreignObject|href|url\(|\son\w+=|<!|<\?", data)


def test_the_file_looks_like_the_image() -> None:
    """Colors, position and shape are those of the image; outside it is transparent."""
    image = disc(512)
    drawn = rendered(encode_svg(image, 512, 512, b""))
    assert fidelity_of(image, drawn) >= 30
    assert drawn[0, 0].tolist() == [0, 0, 0, 0]
    assert np.abs(drawn[256, 256].astype(int) - BLUE).max() <= 4
    assert np.abs(drawn[256, 100].astype(int) - RED).max() <= 4


def test_noise_in_colors_is_removed() -> None:
    """A noisy disc becomes the same two shapes as a clean one."""
    flat = flatten(disc(noise=12))
    assert flat.regions == 2
    assert len(np.unique(flat.rgba.reshape(-1, 4), axis=0)) == 3


def test_equal_images_give_equal_bytes() -> None:
    """Nothing depends on time or chance, also in another process."""
    original = paint("a red fox", width=512, height=512)
    child = python_process.start(DIGEST, env={"PYTHONHASHSEED": "77"})
    image, source = imaging.cutout(original).png, imaging.VariantSource(original)
    made = imaging.render_variant(image, lambda: source, Variant(format="svg"))
    assert python_process.finish(child).strip() == hashlib.sha256(made).hexdigest()


def test_too_many_regions_are_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many regions are refused before vtracer, with the fidelity of flat colors."""

    def fail(*_: object) -> None:
        raise AssertionError("it was traced")

    monkeypatch.setattr(svg_module, "trace", fail)
    with pytest.raises(NotVectorizable, match="regions of color") as refused:
        encode_svg(mosaic(), 512, 512, b"")
    assert 10 < refused.value.fidelity < 40


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [("MIN_FIDELITY", 98.0, "different"), ("MAX_PATHS", 1, "shapes"), ("MAX_BYTES", 99, "shapes")],
)
def test_each_limit_refuses(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: float, problem: str
) -> None:
    """A file that is unfaithful or large is refused with its fidelity."""
    monkeypatch.setattr(svg_module, limit, value)
    with pytest.raises(NotVectorizable, match=problem) as refused:
        encode_svg(disc(), 256, 256, b"")
    assert 25 < refused.value.fidelity < 98


def test_glass_and_soft_shadows_lower_the_fidelity() -> None:
    """Partial opacity can't be kept, and that is measured."""
    image = disc()
    image[..., 3] = np.where(image[..., 3] > 0, 140, 0)
    with pytest.raises(NotVectorizable) as refused:
        encode_svg(image, 256, 256, b"")
    assert refused.value.fidelity < 15


@each_row("alpha, color", [(10, (200, 0, 0)), (40, (0, 0, 0)), (18, (255, 255, 255))])
def test_a_faint_image_is_no_empty_file(alpha: int, color: tuple[int, int, int]) -> None:
    """Faint areas become no shapes, which the fidelity alone hardly shows."""
    image = np.zeros((64, 64, 4), np.uint8)
    image[16:48, 16:48] = (*color, alpha)
    with pytest.raises(NotVectorizable, match="empty file") as refused:
        encode_svg(image, 64, 64, b"")
    assert refused.value.fidelity > MIN_FIDELITY


def test_an_invisible_image_is_an_empty_file() -> None:
    """Without visible pixels there are no shapes."""
    data = encode_svg(np.zeros((64, 64, 4), np.uint8), 64, 64, b"")
    assert b"<path" not in data
    assert b'data-fidelity="99.0"' in data


def test_a_time_limit_ends_the_tracing() -> None:
    """The process of vtracer is killed, and nothing waits for it."""
    png = io.BytesIO()
    Image.fromarray(disc()).save(png, "PNG")
    with pytest.raises(TracingTimeout):
        trace(png.getvalue(), (256, 256), (128, 128), timeout=0.001)


def test_broken_input_is_an_error_of_the_server() -> None:
    """If vtracer fails, no file is made of what it left."""
    with pytest.raises(RuntimeError, match="status"):
        trace(b"not an image", (256, 256), (128, 128))


def test_effects_and_size_apply_to_shapes() -> None:
    """Lengths scale with the traced image, and a wide file has its own proportions."""
    original = paint("a red fox")
    image = imaging.cutout(original).png
    variant = Variant(
        format="svg", width=512, height=256, background=(10, 20, 30), padding=8, rotate=90
    )
    data = imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)
    assert b'width="512" height="256" viewBox="0 0 1024 512"' in data
    assert np.abs(rendered(data)[4, 4].astype(int) - (10, 20, 30, 255)).max() <= 4
