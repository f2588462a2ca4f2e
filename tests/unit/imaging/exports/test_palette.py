"""Palettes: which colors are found, and with which shares."""

import json
from typing import Any

import numpy as np

from app import imaging
from app.imaging.exports.export import PALETTE
from app.imaging.exports.palette import find_palette, palette_document
from tests.support.images.variant_images import encode_stored, no_original, random_image
from tests.support.tables import each_row

RED, GREEN, BLUE = (200, 30, 30), (40, 160, 60), (30, 60, 200)


def stripes(*colors: tuple[int, ...], alpha: int = 255) -> Any:
    """Return vertical stripes of 32 pixels."""
    image = np.zeros((64, 32 * len(colors), 4), np.uint8)
    for number, color in enumerate(colors):
        image[:, 32 * number : 32 * (number + 1)] = (*color, alpha)[:4]
    return image


@each_row(
    "image, expected",
    [
        (stripes(RED, RED, GREEN, BLUE), [(RED, 0.5), (GREEN, 0.25), (BLUE, 0.25)]),
        (stripes(RED, RED, (*GREEN, 0), BLUE), [(RED, 2 / 3), (BLUE, 1 / 3)]),
        (stripes(RED, (*GREEN, 85)), [(RED, 0.75), (GREEN, 0.25)]),
        (stripes(BLUE), [(BLUE, 1.0)]),
        (stripes((0, 0, 0), (255, 255, 255)), [((0, 0, 0), 0.5), ((255, 255, 255), 0.5)]),
        (stripes(RED, alpha=0), []),
    ],
)
def test_flat_colors_are_exact(image: Any, expected: list[tuple[tuple[int, ...], float]]) -> None:
    """Transparent pixels don't count, partly transparent ones count by their opacity."""
    found = find_palette(image)
    assert {color: round(share, 6) for color, share in found} == {
        color: round(share, 6) for color, share in expected
    }
    assert [share for _, share in found] == sorted((s for _, s in found), reverse=True)


def test_many_colors_become_five_to_eight() -> None:
    """A gradient of hues and noise are reduced to a few different colors."""
    for seed in range(3):
        image = random_image(seed).astype(np.uint8)
        found = find_palette(image)
        assert 5 <= len(found) <= 8
        assert len({color for color, _ in found}) == len(found)
        assert abs(sum(share for _, share in found) - 1) < 1e-9


def test_shades_of_one_color_are_five_at_least() -> None:
    """Similar shades are merged only down to five."""
    ramp = np.linspace(0.5, 0.9, 256)[None, :, None] * np.array([200, 120, 60, 0])
    image = np.repeat(ramp, 64, axis=0).astype(np.uint8)
    image[..., 3] = 255
    assert len(find_palette(image)) == 5


def test_blends_at_edges_are_no_colors() -> None:
    """A rim of mixed pixels around a shape gets no color of its own."""
    image = stripes(RED, RED, RED, RED, BLUE, BLUE, BLUE, BLUE)
    image[:, 127] = image[:, 128] = (115, 45, 115, 255)
    image[0, :, :3] = (90, 90, 90)  # one of 64 lines
    assert (115, 45, 115) in {color for color, _ in find_palette(image)}
    image[1:, 127], image[1:, 128] = (*RED, 255), (*BLUE, 255)
    assert (115, 45, 115) not in {color for color, _ in find_palette(image)}


def test_the_document_has_contrast_and_is_repeatable() -> None:
    """Contrast is that of WCAG: 21 for black on white; the same image gives the same bytes."""
    image = stripes((0, 0, 0), (255, 255, 255), (119, 119, 119))
    colors = json.loads(palette_document(image))["colors"]
    by_color = {each["color"]: each for each in colors}
    assert by_color["#000000"]["contrast"] == {"white": 21.0, "black": 1.0}
    assert by_color["#ffffff"]["text"] == "black"
    assert by_color["#777777"]["contrast"]["white"] == 4.48  # the known ratio of #777 on white
    assert by_color["#777777"]["oklch"]["chroma"] < 0.001
    file = encode_stored(random_image(4))
    documents = {imaging.render_variant(file, no_original, PALETTE) for _ in range(3)}
    assert len(documents) == 1
