"""Watching a generation: what is heard, what it costs, and that it changes nothing else."""

from dataclasses import replace

import pytest

from app.errors import BudgetExceeded, PromptRejected
from app.models import ANONYMOUS, Budget
from app.usecases.generation.progress import ProgressListener
from tests.support.builders import PRICES, World, a_request

CLAIM = "c" * 64


class Watched:
    """Remembers what a viewer heard."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.partials: list[tuple[int, bytes]] = []
        self.viewer = ProgressListener(
            on_step=self.steps.append,
            on_partial=lambda index, data: self.partials.append((index, data)),
        )


def test_each_step_is_heard_of_as_it_begins(world: World) -> None:
    """All steps are told in their order, and the partial images while the model draws."""
    watched = Watched()
    world.generate(a_request(partial_images=2), listener=watched.viewer)
    assert watched.steps == [
        *("moderation", "checks", "record", "record", "upstream"),
        *("original", "cutout", "store", "record"),
    ]
    assert watched.partials == [(0, b"partial 0"), (1, b"partial 1")]


def test_nobody_sees_an_image_of_a_refused_prompt(world: World) -> None:
    """The prompt is judged before the model is asked, so no partial image can come."""
    world.moderator.fail("check", PromptRejected())
    watched = Watched()
    with pytest.raises(PromptRejected):
        world.generate(a_request(partial_images=3), listener=watched.viewer)
    assert (watched.steps, watched.partials) == (["moderation"], [])


def test_an_answer_from_an_earlier_request_shows_nothing(world: World) -> None:
    """Partial images are no part of the wish: the same key answers with or without them."""
    first = world.generate(a_request(), claim=CLAIM)
    watched = Watched()
    again = world.generate(a_request(partial_images=3), claim=CLAIM, listener=watched.viewer)
    assert (again, watched.steps, watched.partials) == (first, [], [])
    assert len(world.generator.requests) == 1


def test_a_budget_has_to_hold_the_partial_images(world: World) -> None:
    """Each adds 100 output tokens, to a dry run and to what is held before anything is paid."""
    plain, shown = (
        world.estimates.estimate(a_request(partial_images=count)).estimate_micros or 0
        for count in (0, 3)
    )
    assert shown - plain == 3 * 100 * PRICES["fake-painter"]["image_out"]
    poor = replace(ANONYMOUS, id="poor", budget=Budget(micros=shown - 1, period="day"))
    with pytest.raises(BudgetExceeded):
        world.generate(a_request(partial_images=3), caller=poor)
    assert world.generator.requests == []
    assert world.generate(a_request(), caller=poor).image


def test_who_watches_can_not_fail_what_is_watched(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong in telling, the image is paid once, stored and answered."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    viewer = ProgressListener(on_step=broken, on_partial=broken)
    assert world.generate(a_request(partial_images=1), listener=viewer).image
    assert len(world.generator.requests) == 1
    assert "a progress listener failed at a partial image" in caplog.text
