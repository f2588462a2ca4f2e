"""Log lines and metrics of generations, which never fail a generation."""

import logging
from typing import Any, get_args

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ImagePendingUpload,
    PromptRejected,
    ProviderBadResponse,
    StorageUnavailable,
)
from app.models import Caller, GeneratedImage, ImageRequest, PartHealth, Scope
from app.ports.observer import Step
from app.services.observability.metrics import Metrics
from app.services.observability.observer import TelemetryObserver
from tests.support.builders import World, a_request
from tests.support.observability.log_capture import log_records
from tests.support.observability.prometheus import value

STEPS = set(get_args(Step))
PART = PartHealth(name="storage", kind="s3", up=False, required=True)


def lines_of(records: list[logging.LogRecord]) -> list[dict[str, Any]]:
    """Return the fields of each log line about a generation."""
    return [record.__dict__["fields"] for record in records]


def page(world: World) -> str:
    """Return the metrics."""
    return world.ports.observer.page([PART], waiting=2).decode()


def test_a_generation_is_one_line_with_the_time_of_each_step(world: World) -> None:
    """The line has id, caller, provider, outcome, cost, and the time of each step."""
    caller = Caller(id="c1", name="shop", scopes=frozenset(Scope))
    with log_records("app.services.observability.observer") as records:
        made = world.make(a_request(enhance=True), caller=caller).record
    (line,) = lines_of(records)
    spent = line.pop("steps_ms")
    assert set(spent) == STEPS
    assert line.pop("ms") >= max(spent.values()) >= 0
    assert line == {
        "event": "generation",
        "generation": made.id,
        "caller": "c1",
        "provider": made.provider,
        "model": made.model,
        "outcome": "ready",
        "replayed": False,
        "charged": "yes",
        "cost_usd": (made.cost_micros or 0) / 1e6,
    }
    assert line["cost_usd"] > 0
    assert value(page(world), "imageapi_cost_dollars_total") == line["cost_usd"]


@pytest.mark.parametrize(
    ("step", "error", "outcome", "charged", "last"),
    [
        ("moderator check", PromptRejected("no"), "prompt_rejected", "no", "moderation"),
        (
            "generator draw",
            ProviderBadResponse("html", charged=Charged.YES),
            "provider_bad_response",
            "yes",
            "upstream",
        ),
        ("store put images", StorageUnavailable("down"), "storage_unavailable", "yes", "store"),
        ("image_processor cut_out", RuntimeError("a bug"), "internal_error", "unknown", "cutout"),
    ],
)
def test_a_failure_is_reported_like_a_success(
    world: World, step: str, error: Exception, outcome: str, charged: str, last: str
) -> None:
    """The line of a failure has the error's code, the charge, and the steps that were taken."""
    part, _, name = step.partition(" ")
    getattr(world, part).fail(name, error)
    with (
        log_records("app.services.observability.observer") as records,
        pytest.raises((AppError, RuntimeError)),
    ):
        world.generate(a_request())
    (line,) = lines_of(records)
    assert (line["outcome"], line["charged"], line["replayed"]) == (outcome, charged, False)
    assert last in line["steps_ms"]
    labels = {"outcome": outcome, "charged": charged}
    assert value(page(world), "imageapi_generations_total", **labels) == 1
    assert value(page(world), "imageapi_generations_in_flight") == 0


def test_a_repeated_request_is_reported_as_one_and_costs_nothing(world: World) -> None:
    """A replayed response is logged with the same image's id, and counted separately."""
    with log_records("app.services.observability.observer") as records:
        for _ in range(2):
            made = world.generate(a_request(), claim="key")
    first, second = lines_of(records)
    assert (first["generation"], second["generation"]) == (made.id, made.id)
    assert (first["replayed"], second["replayed"], second["steps_ms"]) == (False, True, {})
    labels = {"outcome": "replayed", "charged": "no"}
    assert value(page(world), "imageapi_generations_total", **labels) == 1
    assert value(page(world), "imageapi_generations_total", charged="yes") == 1


def test_a_spooled_image_is_counted_once(world: World) -> None:
    """Repeating the key of a spooled image counts its cost and payment only once."""
    world.store.fail("put originals", StorageUnavailable())
    for _ in range(3):
        with pytest.raises(ImagePendingUpload):
            world.generate(a_request(), claim="key")
    reported = page(world)
    assert len(world.generator.requests) == 1
    assert (
        value(reported, "imageapi_cost_dollars_total") == (world.record.cost_micros or 0) / 1e6 > 0
    )
    assert value(reported, "imageapi_charged_failures_total", charged="yes") == 1


def test_a_request_for_a_running_generation_is_no_payment(world: World) -> None:
    """The 409 of a key whose generation is running is `unknown`, and counts as no payment."""
    draw = world.generator.draw

    def asked_meanwhile(request: ImageRequest, **_: object) -> GeneratedImage:
        with pytest.raises(GenerationInProgress):
            world.generate(a_request(), claim="key")
        return draw(request)

    world.generator.draw = asked_meanwhile  # type: ignore[method-assign]  # reason: looks on
    world.generate(a_request(), claim="key")
    reported = page(world)
    assert value(reported, "imageapi_charged_failures_total", charged="unknown") == 0
    assert value(reported, "imageapi_generations_total", outcome="ready", charged="yes") == 1


def test_prompts_are_reported_at_debug_only(world: World) -> None:
    """No line above DEBUG contains a word of the prompt."""
    with log_records("app") as records:
        world.generate(a_request(prompt="A secret fox"))
    levels = {record.levelname for record in records if "secret fox" in record.getMessage()}
    assert levels == {"DEBUG"}


def test_a_failing_metric_fails_no_generation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If every metric fails, the image is generated all the same, and the failure is logged."""

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    for name in ("generation", "step", "request", "cache_read", "refused_object"):
        monkeypatch.setattr(Metrics, name, full)
    with log_records("app.services.observability.observer") as records:
        assert world.generate(a_request()).image is not None
        world.ports.observer.request(method="GET", route="/x", status=200, seconds=0.1)
    assert {record.levelname for record in records} == {"ERROR", "INFO"}


def test_labels_have_few_values_whatever_callers_send(world: World) -> None:
    """Invented methods share one label, so clients cannot fill the memory with labels."""
    watch = TelemetryObserver(version="1")
    for number in range(50):
        watch.request(method=f"BREW{number}", route="other", status=405, seconds=0.001)
    text = watch.page([PART], waiting=None).decode()
    assert value(text, "imageapi_requests_total", method="other", status="405") == 50
    assert "BREW" not in text
    assert "imageapi_spool_images" not in text
    assert value(page(world), "imageapi_spool_images") == 2
    assert value(page(world), "imageapi_part_up", part="storage") == 0


def test_errors_carry_what_the_line_reports() -> None:
    """An error without a known charge counts as not charged."""
    watch = TelemetryObserver(version="1").generation(caller="", provider="openai", model="m")
    with (
        log_records("app.services.observability.observer") as records,
        pytest.raises(AppError),
        watch,
    ):
        raise PromptRejected("no")
    (line,) = lines_of(records)
    assert (line["charged"], line["generation"], line["caller"]) == ("no", None, None)
