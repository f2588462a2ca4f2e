"""The metrics of the cutout benchmark, on images whose values can be computed by hand."""

import io
import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.cutout.metrics import MAX_PSNR, measure, read
from bench.cutout.truth import Floats, Truth, fit_window, truth_of

Pixels = NDArray[np.uint8]

SIDE = 1024
SQUARE = slice(256, 768)  # of a truth; in the result it is 64..192: 128 x 128 pixels
PIXELS, INSIDE = 256 * 256, 128 * 128


def square_truth(color: int = 0, width: int = SIDE, height: int = SIDE) -> Floats:
    """Return the full-size truth of an opaque gray square, premultiplied."""
    truth = np.zeros((height, width, 4), np.float32)
    truth[SQUARE, SQUARE] = [color / 255] * 3 + [1]
    return truth


def perfect_result(color: int = 0) -> Pixels:
    """Return the perfect result for it."""
    result = np.zeros((256, 256, 4), np.uint8)
    result[64:192, 64:192] = [color] * 3 + [255]
    return result


def png(pixels: Pixels) -> bytes:
    """Return a result as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def truth_from(pixels: Pixels) -> Truth:
    """Return a truth for which only this result is right."""
    return Truth((read(png(pixels)),), np.zeros((256, 256), np.bool_))


@cache
def black_square() -> Truth:
    """Return the truth of most tests."""
    return truth_of(square_truth())


EXACT = truth_from(perfect_result())


def test_the_psnr_of_a_perfect_result_is_capped() -> None:
    """A perfect result has no error, and a PSNR of the cap instead of infinity."""
    perfect = {"psnr": MAX_PSNR, "sure": MAX_PSNR, "left": 0.0, "eaten": 0.0}
    measured = measure(png(perfect_result()), black_square())
    assert {name: measured[name] for name in perfect} == perfect


def test_psnr_is_that_of_the_composite_over_magenta() -> None:
    """A missing black square is magenta: two of three channels are wrong by 255."""
    gone = np.zeros((256, 256, 4), np.uint8)
    error = 2 / 3 * INSIDE / PIXELS
    assert measure(png(gone), EXACT)["psnr"] == pytest.approx(-10 * math.log10(error))


def test_a_color_error_counts_in_each_channel() -> None:
    """Gray 51 instead of black is wrong by a fifth in each channel of a quarter of the pixels."""
    error = 0.2**2 * INSIDE / PIXELS
    expected = -10 * math.log10(error)
    assert measure(png(perfect_result(51)), EXACT)["psnr"] == pytest.approx(expected)


def test_the_color_of_transparent_pixels_does_not_count() -> None:
    """A fully transparent pixel may have any color."""
    result = perfect_result()
    result[:64, :, :3] = 200
    assert measure(png(result), black_square())["psnr"] == MAX_PSNR


def test_left_is_the_percentage_of_remaining_background() -> None:
    """Remains of an alpha above 0.1 count, as a share of the background."""
    result = perfect_result()
    result[:16] = [255, 255, 255, 25]
    result[16:32] = [255, 255, 255, 26]
    measured = measure(png(result), EXACT)
    assert measured["left"] == pytest.approx(100 * 16 * 256 / (PIXELS - INSIDE))
    assert measured["eaten"] == 0


def test_eaten_is_the_percentage_of_lost_subject() -> None:
    """Subject of an alpha below one half is lost."""
    result = perfect_result()
    result[64:96, 64:192, 3] = 128
    result[96:112, 64:192, 3] = 127
    measured = measure(png(result), EXACT)
    assert measured["eaten"] == pytest.approx(100 * 16 / 128)
    assert measured["left"] == 0


def test_halo_is_the_color_error_at_edges() -> None:
    """An opaque white edge instead of 0.5 is wrong by 255 over black, 127.5 or 255 over magenta."""
    reference = np.zeros((256, 256, 4), np.float32)
    reference[:, 100, 3] = 0.5  # black, half transparent, one pixel wide
    truth = Truth((reference,), np.zeros((256, 256), np.bool_))
    result = np.zeros((256, 256, 4), np.uint8)
    result[:, 100] = 255
    result[:, 150] = 255  # far away from any edge
    over_black = 255.0
    over_magenta = (127.5 + 255 + 127.5) / 3
    # The band is three pixels wide, and only its middle is wrong.
    expected = (over_black + over_magenta) / 2 / 3
    assert measure(png(result), truth)["halo"] == pytest.approx(expected, abs=0.01)


def test_an_image_without_edges_has_no_halo() -> None:
    """Without edges there is no band to measure."""
    nothing = Truth((np.zeros((256, 256, 4), np.float32),), np.zeros((256, 256), np.bool_))
    assert measure(png(np.zeros((256, 256, 4), np.uint8)), nothing)["halo"] is None


@pytest.mark.parametrize("filled", [True, False])
def test_sure_excludes_enclosed_white_areas(filled: bool) -> None:
    """A white part and a hole look the same on white, so `sure` counts neither."""
    truth = square_truth()
    truth[448:576, 448:576] = 1 if filled else 0  # in the result: 112..144
    wrong = perfect_result()
    wrong[112:144, 112:144] = 0 if filled else 255
    measured = measure(png(wrong), truth_of(truth))
    error = 1 / 3 * 32**2 / PIXELS  # white beside magenta: green is wrong by 255
    assert measured["psnr"] == pytest.approx(-10 * math.log10(error), abs=0.1)
    assert measured["sure"] == MAX_PSNR


def test_sure_includes_white_around_the_subject() -> None:
    """Only enclosed areas are excluded, not the background that reaches the border."""
    assert not black_square().enclosed.any()


def test_any_good_filter_counts_as_right() -> None:
    """A result is compared with the nearest of several premultiplied resizes."""
    slanted = np.zeros((SIDE, SIDE, 4), np.float32)
    rows, columns = np.indices((SIDE, SIDE))
    slanted[rows + 2 * columns < SIDE] = [0.8, 0.4, 0.2, 1]
    truth = truth_of(slanted)
    for reference in truth.references:
        straight = reference.copy()
        straight[..., :3] /= np.maximum(straight[..., 3:], 1e-6)
        straight[..., 3] *= 255
        result = np.rint(straight).astype(np.uint8)
        assert measure(png(result), truth)["psnr"] == MAX_PSNR
    spread = [np.abs(each - truth.references[0]).max() for each in truth.references[1:]]
    assert min(spread) > 1


@pytest.mark.parametrize(
    ("width", "height", "window"),
    [(1024, 1024, (0, 0, 256, 256)), (1536, 1024, (0, 42, 256, 171)), (1, 1000, (127, 0, 1, 256))],
)
def test_other_aspect_ratios_are_centered(
    width: int, height: int, window: tuple[int, int, int, int]
) -> None:
    """The truth of an image that isn't square has transparent bars on both sides."""
    assert fit_window(width, height) == window


def test_a_result_of_another_size_is_refused() -> None:
    """A method whose result is not 256 x 256 pixels is not measured."""
    with pytest.raises(ValueError, match="128x128"):
        measure(png(np.zeros((128, 128, 4), np.uint8)), black_square())
