import io
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.cutout.metrics import BEST, measure, read
from bench.cutout.truth import Floats, Truth, placed, truth_of

Pixels = NDArray[np.uint8]

SIDE = 1024
SQUARE = slice(256, 768)  # of a truth; in the result it is 64..192: 128 x 128 pixels
PIXELS, INSIDE = 256 * 256, 128 * 128


def a_square(color: int = 0, width: int = SIDE, height: int = SIDE) -> Floats:
    """Give the full-size truth of an opaque gray square, premultiplied."""
    truth = np.zeros((height, width, 4), np.float32)
    truth[SQUARE, SQUARE] = [color / 255] * 3 + [1]
    return truth


def a_result(color: int = 0) -> Pixels:
    """Give the perfect result of it."""
    result = np.zeros((256, 256, 4), np.uint8)
    result[64:192, 64:192] = [color] * 3 + [255]
    return result


def png(pixels: Pixels) -> bytes:
    """Encode a result."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def a_truth(pixels: Pixels) -> Truth:
    """Take a result for the only right one."""
    return Truth((read(png(pixels)),), np.zeros((256, 256), np.bool_))


TRUTH, EXACT = truth_of(a_square()), a_truth(a_result())


def test_a_perfect_result_is_capped() -> None:
    """Nothing is wrong with it, and its PSNR is the cap, not infinite."""
    perfect = {"psnr": BEST, "sure": BEST, "left": 0.0, "eaten": 0.0}
    measured = measure(png(a_result()), TRUTH)
    assert {name: measured[name] for name in perfect} == perfect


def test_psnr_is_of_the_composite_over_magenta() -> None:
    """A black square that was wholly eaten is magenta: two of three channels are wrong by 255."""
    gone = np.zeros((256, 256, 4), np.uint8)
    error = 2 / 3 * INSIDE / PIXELS
    assert measure(png(gone), EXACT)["psnr"] == pytest.approx(-10 * math.log10(error))


def test_a_color_that_is_off_counts_as_it_is_seen() -> None:
    """Gray 51 instead of black is wrong by a fifth in each channel of a quarter of the pixels."""
    error = 0.2**2 * INSIDE / PIXELS
    expected = -10 * math.log10(error)
    assert measure(png(a_result(51)), EXACT)["psnr"] == pytest.approx(expected)


def test_color_beneath_nothing_does_not_count() -> None:
    """What color a fully transparent pixel has, nobody sees."""
    result = a_result()
    result[:64, :, :3] = 200
    assert measure(png(result), TRUTH)["psnr"] == BEST


def test_left_is_the_percentage_of_background_that_stayed() -> None:
    """Faint remains up to an alpha of 0.1 don't count, stronger ones do, as a share of paper."""
    result = a_result()
    result[:16] = [255, 255, 255, 25]
    result[16:32] = [255, 255, 255, 26]
    measured = measure(png(result), EXACT)
    assert measured["left"] == pytest.approx(100 * 16 * 256 / (PIXELS - INSIDE))
    assert measured["eaten"] == 0


def test_eaten_is_the_percentage_of_subject_that_is_lost() -> None:
    """Half transparent is still there, less is eaten."""
    result = a_result()
    result[64:96, 64:192, 3] = 128
    result[96:112, 64:192, 3] = 127
    measured = measure(png(result), EXACT)
    assert measured["eaten"] == pytest.approx(100 * 16 / 128)
    assert measured["left"] == 0


def test_halo_is_the_color_error_of_the_edge_alone() -> None:
    """An edge of 0.5 that came out opaque white: over black 255, over magenta 127.5 and 255."""
    reference = np.zeros((256, 256, 4), np.float32)
    reference[:, 100, 3] = 0.5  # black paint, half covering, one pixel wide
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
    """Where nothing ends, nothing can shine."""
    nothing = Truth((np.zeros((256, 256, 4), np.float32),), np.zeros((256, 256), np.bool_))
    assert measure(png(np.zeros((256, 256, 4), np.uint8)), nothing)["halo"] is None


@pytest.mark.parametrize("painted", [True, False])
def test_sure_leaves_out_enclosed_white_whatever_it_is(painted: bool) -> None:
    """White paint and a hole within the subject look the same, so `sure` asks for neither."""
    truth = a_square()
    truth[448:576, 448:576] = 1 if painted else 0  # in the result: 112..144
    wrong = a_result()
    wrong[112:144, 112:144] = 0 if painted else 255
    measured = measure(png(wrong), truth_of(truth))
    error = 1 / 3 * 32**2 / PIXELS  # white beside magenta: green is wrong by 255
    assert measured["psnr"] == pytest.approx(-10 * math.log10(error), abs=0.1)
    assert measured["sure"] == BEST


def test_white_around_the_subject_is_sure() -> None:
    """Only enclosed areas are left out: paper that reaches the border is not."""
    assert not TRUTH.enclosed.any()


def test_any_good_filter_is_right() -> None:
    """A result is held against the nearest of several ways to resize, premultiplied."""
    slanted = np.zeros((SIDE, SIDE, 4), np.float32)
    rows, columns = np.indices((SIDE, SIDE))
    slanted[rows + 2 * columns < SIDE] = [0.8, 0.4, 0.2, 1]
    truth = truth_of(slanted)
    for reference in truth.references:
        straight = reference.copy()
        straight[..., :3] /= np.maximum(straight[..., 3:], 1e-6)
        straight[..., 3] *= 255
        result = np.rint(straight).astype(np.uint8)
        assert measure(png(result), truth)["psnr"] == BEST
    spread = [np.abs(each - truth.references[0]).max() for each in truth.references[1:]]
    assert min(spread) > 1


@pytest.mark.parametrize(
    ("width", "height", "window"),
    [(1024, 1024, (0, 0, 256, 256)), (1536, 1024, (0, 42, 256, 171)), (1, 1000, (127, 0, 1, 256))],
)
def test_other_shapes_are_expected_centered(
    width: int, height: int, window: tuple[int, int, int, int]
) -> None:
    """The truth of an image that isn't square has transparent bars on both sides."""
    assert placed(width, height) == window


def test_a_result_of_another_size_is_no_result() -> None:
    """A method that doesn't give 256 x 256 pixels is not measured."""
    with pytest.raises(ValueError, match="128x128"):
        measure(png(np.zeros((128, 128, 4), np.uint8)), TRUTH)
