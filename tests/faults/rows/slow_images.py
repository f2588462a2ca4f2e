"""Images that take longer than usual."""

from collections.abc import Callable

import pytest

from tests.faults.rig import Rig
from tests.faults.row import (
    FINISHED,
    NEVER_PAID_AGAIN,
    READY,
    SUCCESS,
    ExpectedResponse,
    Row,
    Topic,
    failed,
)
from tests.support.fake_openai import Fault
from tests.support.openai.checks import use_clock

_LATE = ExpectedResponse(504, "provider_timeout", "unknown")


def _drawing_for(seconds: float) -> Callable[[Rig], None]:
    """Return a cause that lets this time pass on the service's clock while an image is drawn."""

    def cause(rig: Rig) -> None:
        patch = pytest.MonkeyPatch()
        clock = use_clock(patch)
        rig.repair_by(patch.undo)
        rig.fake.script("images", Fault.meanwhile(lambda: clock.advance(seconds)))

    return cause


def _slow(model: str, quality: str, seconds: float) -> Row:
    return Row(
        name=f"{model} takes {seconds} s for an image of {quality} quality",
        cause=_drawing_for(seconds),
        send=lambda rig: rig.generate(quality=quality),
        response=SUCCESS,
        paid=1,
        stored=READY,
        repeat=FINISHED,
        settings={"openai_timeout_seconds": None, "openai_image_model": model},
    )


TOPIC = Topic(
    "Slow images",
    (
        _slow("gpt-image-2", "high", 126),
        _slow("gpt-image-2", "medium", 200),
        _slow("gpt-image-2.6-sunburst", "auto", 280),
        _slow("gpt-image-2.6-flare", "max", 280),
        Row(
            name="gpt-image-2 takes 301 s for an image",
            cause=_drawing_for(301),
            response=_LATE,
            paid=1,
            stored=failed("unknown"),
            repeat=NEVER_PAID_AGAIN,
            settings={"openai_timeout_seconds": None, "openai_image_model": "gpt-image-2"},
        ),
    ),
)
