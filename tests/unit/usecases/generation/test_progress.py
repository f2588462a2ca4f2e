"""Progress of a generation: the reported events, and their cost."""

from dataclasses import replace

import pytest

from app.errors import BudgetExceeded, PromptRejected
from app.models import ANONYMOUS, Budget
from app.usecases.generation.progress import ProgressListener
from tests.support.builders import PRICES, World, a_request

CLAIM = "c" * 64


class Recorder:
    """Records the events that a listener receives."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.partials: list[tuple[int, bytes]] = []
        self.listener = ProgressListener(
            on_step=self.steps.append,
            on_partial=lambda index, data: self.partials.append((index, data)),
        )


def test_each_step_is_reported_as_it_begins(world: World) -> None:
    """Steps are reported in their order, and partial images while the model draws."""
    recorder = Recorder()
    world.generate(a_request(partial_images=2), listener=recorder.listener)
    assert recorder.steps == [
        *("moderation", "checks", "record", "record", "upstream"),
        *("original", "cutout", "store", "record"),
    ]
    assert recorder.partials == [(0, b"partial 0"), (1, b"partial 1")]


def test_rejected_prompt_has_no_partial_images(world: World) -> None:
    """The prompt is moderated before the model is called."""
    world.moderator.fail("check", PromptRejected())
    recorder = Recorder()
    with pytest.raises(PromptRejected):
        world.generate(a_request(partial_images=3), listener=recorder.listener)
    assert (recorder.steps, recorder.partials) == (["moderation"], [])


def test_replayed_result_has_no_events(world: World) -> None:
    """The number of partial images is not part of the fingerprint."""
    first = world.generate(a_request(), claim=CLAIM)
    recorder = Recorder()
    again = world.generate(a_request(partial_images=3), claim=CLAIM, listener=recorder.listener)
    assert (again, recorder.steps, recorder.partials) == (first, [], [])
    assert len(world.generator.requests) == 1


def test_partial_images_count_towards_the_budget(world: World) -> None:
    """Each adds 100 output tokens, in a dry run and in the reservation."""
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


def test_failing_listener_does_not_fail_the_generation(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """If the listener raises, the image is paid for once, stored and returned."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    listener = ProgressListener(on_step=broken, on_partial=broken)
    assert world.generate(a_request(partial_images=1), listener=listener).image
    assert len(world.generator.requests) == 1
    assert "a progress listener failed at a partial image" in caplog.text
