"""The veil that image models leave, and images that are opaque after all."""

import numpy as np
import numpy.typing as npt

from app.imaging.cutout.native_alpha.cleaning import clean_alpha, is_nearly_opaque, lay_on
from tests.support.tables import each_row


def image(alpha: npt.ArrayLike, shape: tuple[int, int] = (64, 64)) -> np.ndarray:
    """Return BGRA of one color with this alpha."""
    pixels = np.full((*shape, 4), 90, np.uint8)
    pixels[..., 3] = np.asarray(alpha)
    return pixels


@each_row("level, cleaned", [(0, 0), (1, 0), (7, 0), (8, 8), (247, 247), (248, 255), (255, 255)])
def test_levels_at_the_ends_are_cleaned(level: int, cleaned: int) -> None:
    """Up to 7 is 0 and from 248 on is 255; all levels between and all colors stay."""
    given = image(np.where(np.arange(64) < 60, level, 0))
    found = clean_alpha(given)
    assert (found[:, :60, 3] == cleaned).all()
    assert (found[..., :3] == given[..., :3]).all()


def test_the_input_is_not_changed() -> None:
    """The pixels that are passed in stay as they are."""
    given = image(3)
    clean_alpha(given)
    assert (given == image(3)).all()


def test_narrow_edges_are_cleaned_at_both_ends() -> None:
    """An edge of a few pixels loses its faint ends, as the truth of a hard edge has none."""
    edge = np.repeat([0, 5, 60, 128, 200, 250, 255], [28, 1, 1, 1, 1, 1, 31])
    found = clean_alpha(image(edge))[0, :, 3]
    assert found[28:33].tolist() == [0, 60, 128, 200, 255]


def test_wide_gradients_keep_their_ends() -> None:
    """A gradient as wide as a glow stays smooth: no step where it fades."""
    ramp = np.clip(np.arange(512) - 128, 0, 255)
    found = clean_alpha(image(ramp, (512, 512)))[256, :, 3].astype(int)
    assert (found == ramp).all()


def test_veil_far_from_gradients_is_removed() -> None:
    """A glow doesn't keep the veil in the rest of the image."""
    alpha = np.full((512, 512), 4)
    alpha[:100, :100] = 120
    found = clean_alpha(image(alpha, (512, 512)))[..., 3]
    assert found[50, 50] == 120
    assert not found[200:, 200:].any()


def test_nearly_opaque() -> None:
    """A few stray pixels make no transparent image, but a hole or rounded corners do."""
    alpha = np.full((256, 256), 255)
    alpha[100:105, 100:105] = 0
    assert is_nearly_opaque(image(alpha, (256, 256)))
    alpha[100:130, 100:130] = 0
    assert not is_nearly_opaque(image(alpha, (256, 256)))
    corners = np.full((256, 256), 255)
    corners[:2, :2] = 0
    assert not is_nearly_opaque(image(corners, (256, 256)))


def test_laying_on_a_color() -> None:
    """Colors are mixed in proportion to alpha."""
    found = lay_on(image(np.where(np.arange(64) < 32, 0, 128)), np.array([200, 100, 0]))
    assert found[0, 0].tolist() == [200, 100, 0]
    assert np.abs(found[0, 63].astype(int) - [145, 95, 45]).max() <= 1
