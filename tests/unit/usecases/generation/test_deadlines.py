"""Time limits and leases follow model and quality."""

import pytest

from app.usecases.billing.model_table import FACTS
from app.usecases.generation.deadlines import Deadlines
from tests.support.tables import each_row

QUALITIES = ("low", "medium", "high", "auto", "xhigh", "max")
# Durations that were reported for single images, in seconds.
REPORTED = [
    ("gpt-image-2", "high", 126),
    ("gpt-image-2-2026-04-21", "medium", 200),
    ("gpt-image-2.6-flare", "medium", 12),
    ("gpt-image-2.6-flare-2026-11-05", "low", 12),
]
MODELS = [
    "gpt-image-2",
    "gpt-image-2.6-flare",
    "gpt-image-2.5-sunburst",
    "my-deployment",
    "dall-e-3",
]


@pytest.mark.parametrize(("model", "quality", "seconds"), REPORTED)
def test_the_limit_is_well_above_what_was_reported(
    model: str, quality: str, seconds: float
) -> None:
    """No image that was reported would have been given up."""
    assert Deadlines(model).seconds(quality) >= 1.5 * seconds


@pytest.mark.parametrize("row", FACTS["durations"], ids=lambda row: row["models"][0])
def test_the_limit_is_well_above_the_slowest_documented(row: dict[str, dict[str, float]]) -> None:
    """Each documented duration has a limit that is half as long again."""
    for quality, slowest in row["slowest"].items():
        assert row["deadline"][quality] >= 1.5 * slowest


@each_row("model", MODELS)
@each_row("fixed", [None, 1, 120.0, 900])
def test_a_lease_is_longer_than_two_limits(model: str, fixed: float | None) -> None:
    """A generation ends before its lease does, even if a request is repeated once."""
    deadlines = Deadlines(model, fixed)
    for quality in QUALITIES:
        limit = deadlines.seconds(quality)
        assert deadlines.lease(quality).total_seconds() >= 2 * limit + 60
        assert limit <= deadlines.longest_seconds
        assert fixed in {None, limit}


@pytest.mark.parametrize("model", ["my-deployment", "dall-e-3", "gpt-image-3", ""])
def test_an_unknown_model_gets_the_patience_of_the_sdk(model: str) -> None:
    """What is unknown is given as long as any known model, or as OpenAI's client waits."""
    known = Deadlines("gpt-image-2")
    assert all(Deadlines(model).seconds(q) >= known.seconds(q) for q in QUALITIES)
    assert Deadlines(model).seconds("max") == Deadlines(model).seconds("unheard of") == 600
