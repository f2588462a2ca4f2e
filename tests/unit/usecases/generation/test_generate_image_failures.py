"""Failures at each step of a generation: their cost, and what is stored and recorded."""

from typing import Any

import pytest

from app.errors import (
    AppError,
    Charged,
    ImagePendingUpload,
    PromptRejected,
    ProviderBadResponse,
    ProviderError,
    ProviderRateLimited,
    ProviderTimeout,
    ProviderUnreachable,
    RecordsUnavailable,
    StorageUnavailable,
    TransparencyRefused,
)
from app.imaging import UnusableImage
from app.models import GeneratedImage, ImageRequest, State
from app.models.prompts import PROMPT_SUFFIX, TRANSPARENT_PROMPT_SUFFIX
from tests.support.builders import World, a_request
from tests.support.observability.log_capture import log_lines


def failed_request(world: World, kind: type[AppError], **fields: Any) -> Any:
    """Request an image, which must fail, and return the error."""
    with pytest.raises(kind) as caught:
        world.generate(a_request(**fields))
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("moderator", "check", PromptRejected()),
        ("moderator", "check", ProviderError()),
        ("store", "ping", StorageUnavailable()),
        ("records", "ping", RecordsUnavailable()),
        ("spool", "room", StorageUnavailable()),
        ("records", "insert", RecordsUnavailable()),
    ],
)
def test_failure_before_the_record_costs_nothing(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A failure before the record is written costs nothing, says so, and stores nothing."""
    getattr(world, port).fail(step, error)
    assert failed_request(world, type(error), enhance=True).charged is Charged.NO
    assert world.generator.requests == []
    assert (world.records.by_id, world.store.objects) == ({}, {})


def test_rejected_prompt_reaches_no_other_port(world: World) -> None:
    """Neither the stores nor the text model receive a rejected prompt."""
    world.moderator.fail("check", PromptRejected())
    failed_request(world, PromptRejected, enhance=True)
    assert world.events == ["spool room", "moderator check"]


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("writer", "enhance", ProviderTimeout()),
        ("records", "compare_and_swap", RecordsUnavailable()),
    ],
)
def test_failure_before_the_paid_call_costs_nothing(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A failure after the record is written, but before the paid call, costs nothing."""
    getattr(world, port).fail(step, error)
    assert failed_request(world, type(error), enhance=True).charged is Charged.NO
    assert world.generator.requests == []
    assert (world.record.charged, world.store.objects) == (Charged.NO, {})


@pytest.mark.parametrize(
    ("error", "charged", "state"),
    [
        (PromptRejected(), Charged.NO, State.FAILED),
        (ProviderUnreachable(), Charged.NO, State.FAILED),
        (ProviderRateLimited(), Charged.NO, State.FAILED),
        (ProviderTimeout(charged=Charged.UNKNOWN), Charged.UNKNOWN, State.UNKNOWN),
        (ProviderError(), Charged.UNKNOWN, State.UNKNOWN),
        (ProviderBadResponse("", charged=Charged.YES), Charged.YES, State.FAILED),
        (ProviderBadResponse(""), Charged.UNKNOWN, State.UNKNOWN),
    ],
)
def test_failed_call_is_recorded(
    world: World, error: AppError, charged: Charged, state: State
) -> None:
    """The record has the outcome and the charge; an unreported charge is unknown."""
    world.generator.fail("draw", error)
    assert failed_request(world, type(error)).charged is charged
    assert (world.record.state, world.record.charged) == (state, charged)
    assert world.record.error == error.code
    assert len(world.generator.requests) == 1


def test_paid_call_is_never_repeated(world: World) -> None:
    """One request calls the image model once, whatever fails afterwards."""
    world.store.fail("put originals", StorageUnavailable())
    failed_request(world, ImagePendingUpload)
    assert world.events.count("generator draw") == 1


def test_unusable_response_is_kept_as_evidence(world: World) -> None:
    """The bytes of a response that may have cost money are stored under the record's id."""
    error = ProviderBadResponse("html", evidence=b"<html>", charged=Charged.YES)
    world.generator.fail("draw", error)
    failed_request(world, ProviderBadResponse)
    stored = world.store.objects[f"originals/{world.record.id}.bin"]
    assert (stored.data, stored.content_type) == (b"<html>", "application/octet-stream")


@pytest.mark.parametrize("spool_works", [True, False])
def test_unstored_evidence_does_not_hide_the_error(world: World, spool_works: bool) -> None:
    """The error is the same whether the evidence is in the spool, or could not be stored."""
    world.generator.fail("draw", ProviderBadResponse("", evidence=b"x", charged=Charged.YES))
    world.store.fail("put originals", StorageUnavailable())
    if not spool_works:
        world.spool.fail("put originals", StorageUnavailable())
    assert failed_request(world, ProviderBadResponse).charged is Charged.YES
    assert world.record.state is State.FAILED
    evidence = f"originals/{world.record.id}.bin"
    assert [key for key in world.spool.objects if key == evidence] == [evidence] * spool_works


@pytest.mark.parametrize("costs_money", [True, False])
def test_original_waits_in_the_spool_if_the_store_fails(world: World, costs_money: bool) -> None:
    """The spool has the paid bytes, and the record stays pending."""
    world.generator.costs_money = costs_money
    world.store.fail("put originals", StorageUnavailable("gone"))
    error = failed_request(world, ImagePendingUpload)
    key = f"originals/{world.record.id}.png"
    assert world.spool.objects[key].data == world.generator.data
    assert error.charged is world.record.charged is (Charged.YES if costs_money else Charged.NO)
    assert world.record.state is State.PENDING
    assert "kept safely" in error.message
    assert error.retry_after


def test_lost_original_is_not_called_safe(world: World) -> None:
    """If store and spool fail, the message does not say that the image is kept."""
    world.store.fail("put originals", StorageUnavailable())
    world.spool.fail("put originals", StorageUnavailable())
    error = failed_request(world, StorageUnavailable)
    assert error.charged is Charged.YES
    assert "kept safely" not in error.message


@pytest.mark.parametrize("step", ["inspect", "cut_out"])
def test_paid_bytes_that_are_no_image_are_kept(world: World, step: str) -> None:
    """Unusable bytes are stored first, and the error says that they were charged for."""
    world.image_processor.fail(step, UnusableImage("an SVG"))
    error = failed_request(world, ProviderBadResponse)
    assert error.charged is Charged.YES
    extension = "bin" if step == "inspect" else "png"
    assert (
        world.store.objects[f"originals/{world.record.id}.{extension}"].data == world.generator.data
    )
    assert (world.record.state, world.record.charged) == (State.FAILED, Charged.YES)
    assert world.record.error == "provider_bad_response"


def test_unstored_cutout_leaves_the_original(world: World) -> None:
    """If the store fails after the original, the record stays pending and names the original."""
    world.store.fail("put images", StorageUnavailable())
    assert failed_request(world, ImagePendingUpload).charged is Charged.YES
    original, note = f"originals/{world.record.id}.png", f"originals/{world.record.id}.json"
    assert list(world.store.objects) == [original, note]
    assert world.record.state is State.PENDING
    assert world.record.original is not None
    assert world.spool.objects == {}


def test_unexpected_exception_leaves_original_and_record(world: World) -> None:
    """After an unexpected exception the original is stored and the record is pending."""
    world.image_processor.fail("cut_out", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        world.generate(a_request())
    original, note = f"originals/{world.record.id}.png", f"originals/{world.record.id}.json"
    assert list(world.store.objects) == [original, note]
    assert world.record.state is State.PENDING


def test_first_error_survives_failing_records(world: World) -> None:
    """The caller gets the provider's error; the failure of the records is logged."""
    world.generator.fail("draw", ProviderTimeout(charged=Charged.UNKNOWN))
    world.records.fail("compare_and_swap", RecordsUnavailable(), after=1)
    with log_lines() as lines:
        failed_request(world, ProviderTimeout)
    assert world.record.state is State.PENDING
    assert [line for line in lines if world.record.id in line]


def test_recovered_store_is_used_again(world: World) -> None:
    """An outage is found before paying, and forgotten seconds after its end."""
    world.store.fail("ping", StorageUnavailable())
    failed_request(world, StorageUnavailable)
    world.store.repair()
    world.clock.advance(5)
    assert world.generate(a_request()).state is State.READY


def test_failure_after_refused_transparency_is_recorded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the model refuses transparency and then fails, the record has that outcome."""

    def draw(request: ImageRequest, **_: object) -> GeneratedImage:
        world.clock.advance(30)
        world.generator.requests.append(request)
        if world.generator.transparent:
            world.generator.transparent = False
            raise TransparencyRefused
        raise ProviderTimeout(charged=Charged.UNKNOWN)

    world.generator.transparent = True
    monkeypatch.setattr(world.generator, "draw", draw)
    failed_request(world, ProviderTimeout)
    suffixes = [request.prompt_suffix for request in world.generator.requests]
    assert suffixes == [TRANSPARENT_PROMPT_SUFFIX, PROMPT_SUFFIX]
    assert (world.record.state, world.record.prompt_suffix) == (State.UNKNOWN, PROMPT_SUFFIX)
