"""What a failure at each step of a generation costs, keeps and leaves in the records."""

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


def refused(world: World, kind: type[AppError], **wish: Any) -> Any:
    """Ask for an image that can't be had, and return the error."""
    with pytest.raises(kind) as caught:
        world.generate(a_request(**wish))
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
def test_before_the_intent_is_written_nothing_is_bought(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A failure up to the intent row costs nothing, says so, and leaves no trace."""
    getattr(world, port).fail(step, error)
    assert refused(world, type(error), enhance=True).charged is Charged.NO
    assert world.generator.requests == []
    assert (world.records.by_id, world.store.objects) == ({}, {})


def test_a_refused_prompt_reaches_no_other_port(world: World) -> None:
    """Neither the stores nor the text model hear of a refused prompt."""
    world.moderator.fail("check", PromptRejected())
    refused(world, PromptRejected, enhance=True)
    assert world.events == ["spool room", "moderator check"]


@pytest.mark.parametrize(
    ("port", "step", "error"),
    [
        ("writer", "enhance", ProviderTimeout()),
        ("records", "compare_and_swap", RecordsUnavailable()),
    ],
)
def test_between_the_intent_and_the_call_nothing_is_bought(
    world: World, port: str, step: str, error: AppError
) -> None:
    """A failure after the row is written, and before the call is noted in it, costs nothing."""
    getattr(world, port).fail(step, error)
    assert refused(world, type(error), enhance=True).charged is Charged.NO
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
def test_a_failed_drawing_is_written_down(
    world: World, error: AppError, charged: Charged, state: State
) -> None:
    """The row tells how the one drawing ended and whether it was paid; unsure counts as unknown."""
    world.generator.fail("draw", error)
    assert refused(world, type(error)).charged is charged
    assert (world.record.state, world.record.charged) == (state, charged)
    assert world.record.error == error.code
    assert len(world.generator.requests) == 1


def test_a_drawing_is_never_repeated_by_itself(world: World) -> None:
    """Whatever goes wrong afterwards, one request buys one drawing at most."""
    world.store.fail("put originals", StorageUnavailable())
    refused(world, ImagePendingUpload)
    assert world.events.count("generator draw") == 1


def test_an_unusable_answer_is_kept_as_evidence(world: World) -> None:
    """The bytes of an answer that may have cost money are stored under the row's id."""
    error = ProviderBadResponse("html", evidence=b"<html>", charged=Charged.YES)
    world.generator.fail("draw", error)
    refused(world, ProviderBadResponse)
    stored = world.store.objects[f"originals/{world.record.id}.bin"]
    assert (stored.data, stored.content_type) == (b"<html>", "application/octet-stream")


@pytest.mark.parametrize("spool_works", [True, False])
def test_evidence_that_can_not_be_stored_does_not_hide_the_error(
    world: World, spool_works: bool
) -> None:
    """The caller hears of the bad answer even if its evidence reaches only the spool, or none."""
    world.generator.fail("draw", ProviderBadResponse("", evidence=b"x", charged=Charged.YES))
    world.store.fail("put originals", StorageUnavailable())
    if not spool_works:
        world.spool.fail("put originals", StorageUnavailable())
    assert refused(world, ProviderBadResponse).charged is Charged.YES
    assert world.record.state is State.FAILED
    evidence = f"originals/{world.record.id}.bin"
    assert [key for key in world.spool.objects if key == evidence] == [evidence] * spool_works


@pytest.mark.parametrize("costs_money", [True, False])
def test_an_original_that_can_not_be_stored_waits_in_the_spool(
    world: World, costs_money: bool
) -> None:
    """If the store fails after paying, the spool has the bytes and the row stays pending."""
    world.generator.costs_money = costs_money
    world.store.fail("put originals", StorageUnavailable("gone"))
    error = refused(world, ImagePendingUpload)
    key = f"originals/{world.record.id}.png"
    assert world.spool.objects[key].data == world.generator.data
    assert error.charged is world.record.charged is (Charged.YES if costs_money else Charged.NO)
    assert world.record.state is State.PENDING
    assert "kept safely" in error.message
    assert error.retry_after


def test_what_neither_store_nor_spool_takes_is_not_called_safe(world: World) -> None:
    """If the spool fails too, the caller isn't told that the image was kept."""
    world.store.fail("put originals", StorageUnavailable())
    world.spool.fail("put originals", StorageUnavailable())
    error = refused(world, StorageUnavailable)
    assert error.charged is Charged.YES
    assert "kept safely" not in error.message


@pytest.mark.parametrize("step", ["inspect", "cut_out"])
def test_paid_bytes_that_are_no_image_are_kept_before_the_refusal(world: World, step: str) -> None:
    """Bytes that can't be used were still paid for, so they are stored, and the error says so."""
    world.image_processor.fail(step, UnusableImage("an SVG"))
    error = refused(world, ProviderBadResponse)
    assert error.charged is Charged.YES
    ending = "bin" if step == "inspect" else "png"
    assert world.store.objects[f"originals/{world.record.id}.{ending}"].data == world.generator.data
    assert (world.record.state, world.record.charged) == (State.FAILED, Charged.YES)
    assert world.record.error == "provider_bad_response"


def test_a_cutout_that_can_not_be_stored_leaves_the_original(world: World) -> None:
    """If the store fails between the two objects, the paid one is there and the row says where."""
    world.store.fail("put images", StorageUnavailable())
    assert refused(world, ImagePendingUpload).charged is Charged.YES
    original, note = f"originals/{world.record.id}.png", f"originals/{world.record.id}.json"
    assert list(world.store.objects) == [original, note]
    assert world.record.state is State.PENDING
    assert world.record.original is not None
    assert world.spool.objects == {}


def test_a_bug_after_paying_leaves_original_and_intent(world: World) -> None:
    """Even an unforeseen error finds the paid bytes stored and the row still pending."""
    world.image_processor.fail("cut_out", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        world.generate(a_request())
    original, note = f"originals/{world.record.id}.png", f"originals/{world.record.id}.json"
    assert list(world.store.objects) == [original, note]
    assert world.record.state is State.PENDING


def test_the_first_error_survives_records_that_fail_too(world: World) -> None:
    """The caller hears what happened to the drawing, the operator also of the row."""
    world.generator.fail("draw", ProviderTimeout(charged=Charged.UNKNOWN))
    world.records.fail("compare_and_swap", RecordsUnavailable(), after=1)
    with log_lines() as lines:
        refused(world, ProviderTimeout)
    assert world.record.state is State.PENDING
    assert [line for line in lines if world.record.id in line]


def test_a_storage_that_came_back_is_used_again(world: World) -> None:
    """An outage is noticed before paying, and forgotten some seconds after it ended."""
    world.store.fail("ping", StorageUnavailable())
    refused(world, StorageUnavailable)
    world.store.repair()
    world.clock.advance(5)
    assert world.generate(a_request()).state is State.READY


def test_a_failure_on_white_is_recorded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the model refuses transparency and then fails, the record says how it ended."""

    def draw(request: ImageRequest, **_: object) -> GeneratedImage:
        world.clock.advance(30)
        world.generator.requests.append(request)
        if world.generator.transparent:
            world.generator.transparent = False
            raise TransparencyRefused
        raise ProviderTimeout(charged=Charged.UNKNOWN)

    world.generator.transparent = True
    monkeypatch.setattr(world.generator, "draw", draw)
    refused(world, ProviderTimeout)
    suffixes = [request.prompt_suffix for request in world.generator.requests]
    assert suffixes == [TRANSPARENT_PROMPT_SUFFIX, PROMPT_SUFFIX]
    assert (world.record.state, world.record.prompt_suffix) == (State.UNKNOWN, PROMPT_SUFFIX)
