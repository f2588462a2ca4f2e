"""The measurement of damage to the painter's art, on opacities that can be counted by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.holes import painter, paintings
from bench.holes.painter import Damage

SIDE = 10


def square() -> NDArray[np.float32]:
    """Return the opacity of a square of 36 pixels."""
    truth = np.zeros((SIDE, SIDE), np.float32)
    truth[2:8, 2:8] = 1
    return truth


def test_missing_subject_and_remains_are_counted() -> None:
    """Both are in percent of the subject."""
    alpha = square()
    alpha[2, 2:8] = 0
    alpha[9, :3] = 1
    damage = painter.compare(alpha, square())
    assert damage.eaten == pytest.approx(100 * 6 / 36)
    assert damage.left == pytest.approx(100 * 3 / 36)


def test_soft_edges_are_not_counted() -> None:
    """Where the truth is neither empty nor full, a difference is no decision."""
    truth = square()
    truth[1, 2:8] = 0.5
    assert painter.compare(square(), truth) == Damage(0.0, 0.0)


def test_the_table_has_the_shares_of_images() -> None:
    """Damage counts from its limit on, and an image with both kinds counts once."""
    damage = [Damage(0.5, 0.5), Damage(2.0, 0.0), Damage(9.0, 4.0), Damage(0.0, 1.5)]
    cells = painter.describe("drawings", damage).split()
    assert cells == ["drawings", "4", "50.0", "25.0", "25.0", "50.0", "75.0"]


def test_a_painted_prompt_is_measured() -> None:
    """An emblem without enclosed areas loses nothing."""
    damage = painter.measure("A heart logo", evidence=False)
    assert damage.eaten < 1
    assert damage.left < 1


def test_no_prompt_is_trained_on_and_measured() -> None:
    """The bench has 99 and 300 prompts; the training has others, of the same motifs."""
    trained = {prompt for _, prompt in paintings.training_prompts()}
    everyday, others = paintings.everyday_prompts(), paintings.other_prompts()
    assert (len(everyday), len(others)) == (99, 300)
    assert not trained & {*everyday, *others}


@pytest.mark.parametrize("prompt", ["friendly flower app icon", "A wild windmill for a podcast"])
def test_white_parts_of_a_sticker_are_kept_on_the_same_white(prompt: str) -> None:
    """Petals and sails within a white rim are subject, although they look like openings."""
    damage = painter.measure(prompt, evidence=True, white=paintings.BACKGROUND)
    assert max(damage.eaten, damage.left) < painter.VISIBLE
