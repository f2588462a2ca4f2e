"""The steps of a generation, and what it stores."""

import hashlib
from typing import Any

import pytest

from app.errors import Charged, RecordsUnavailable
from app.imaging import CutoutOptions, ImageInfo
from app.models import State
from app.models.prompts import PROMPT_SUFFIX
from tests.support.builders import LEASE, World, a_request
from tests.support.fakes.ports import REPORT
from tests.support.observability.log_capture import log_lines


def test_steps_occur_in_the_safe_order(world: World) -> None:
    """Space, checks and the record come before paying; the original is stored before the cutout."""
    world.generate(a_request(enhance=True))
    assert [event for event in world.events if event != "imaging inspect"] == [
        "spool room",
        "moderator check",
        "store ping",
        "records ping",
        "ledger note_open",
        "ledger reserve",
        "records insert",
        "writer enhance",
        "records compare_and_swap",
        "generator draw",
        "store put originals",
        "store put originals",
        "imaging cut_out",
        "store put images",
        "records compare_and_swap",
        "ledger record_spending",
        "ledger note_settled",
    ]


def test_prompts_are_enhanced_on_request_only(world: World) -> None:
    """Without `enhance` the text model is not called."""
    world.generate(a_request())
    assert "writer enhance" not in world.events


def test_drawn_prompt_is_subject_and_suffix(world: World) -> None:
    """The model gets the prompt, a blank line and the prompt suffix."""
    made = world.generate(a_request(prompt="A red fox  \n\nwith a hat"))
    (drawn,) = world.generator.requests
    assert (drawn.subject, drawn.prompt_suffix) == ("A red fox  \n\nwith a hat", PROMPT_SUFFIX)
    assert drawn.new_prompt == f"A red fox  \n\nwith a hat\n\n{PROMPT_SUFFIX}" == made.new_prompt
    assert (drawn.size, drawn.quality) == ("1024x1024", "medium")
    assert "white background" in PROMPT_SUFFIX


def test_subject_has_no_trailing_space(world: World) -> None:
    """One blank line separates the subject from the suffix, however the prompt ends."""
    made = world.generate(a_request(prompt="A red fox \n\n"))
    assert made.new_prompt == f"A red fox\n\n{PROMPT_SUFFIX}"


def test_enhanced_prompt_is_drawn_and_the_callers_kept(world: World) -> None:
    """`new_prompt` is the drawn text; the other fields have the prompt verbatim and trimmed."""
    made = world.generate(a_request(enhance=True, quality="high", size="1536x1024"))
    (drawn,) = world.generator.requests
    assert drawn.new_prompt == f"A red fox, enhanced\n\n{PROMPT_SUFFIX}" == made.new_prompt
    assert (drawn.size, drawn.quality) == ("1536x1024", "high")
    assert (made.first_prompt, made.prompt) == (" A red fox\n", "A red fox")


def test_callers_prompt_is_moderated(world: World) -> None:
    """Moderation checks the caller's prompt, before the text model changes it."""
    world.generate(a_request(enhance=True))
    assert world.moderator.checked == ["A red fox"]


def test_original_is_stored_byte_for_byte(world: World) -> None:
    """The original's key derives from the id; the record has its type, size and hash."""
    world.image_processor.info = ImageInfo("webp", 1536, 1024)
    made = world.generate(a_request())
    assert made.original is not None
    assert made.original.key == f"originals/{made.id}.webp"
    stored = world.store.objects[made.original.key]
    assert (stored.data, stored.content_type) == (world.generator.data, "image/webp")
    assert (made.original.width, made.original.height) == (1536, 1024)
    assert made.original.size_bytes == len(stored.data)
    assert made.original.sha256 == hashlib.sha256(stored.data).hexdigest()


def test_cutout_of_the_original_is_stored(world: World) -> None:
    """The stored image is the cutout of exactly the bytes that were paid for."""
    made = world.generate(a_request())
    assert made.image is not None
    assert made.image.key == f"images/{made.id}.png"
    stored = world.store.objects[made.image.key]
    assert (stored.data, stored.content_type) == (b"cutout of the paid original", "image/png")
    assert (made.image.width, made.image.height) == (256, 256)
    assert made.image.sha256 == hashlib.sha256(stored.data).hexdigest()
    assert made.image.report == REPORT.to_document()
    assert world.image_processor.options == [CutoutOptions(subject=made.prompt)]


def test_record_is_pending_before_paying_and_ready_at_the_end(world: World) -> None:
    """The record is written before the model is called, and updated at the end."""
    made = world.generate(a_request())
    assert [record.state for record in world.records.history] == [
        State.PENDING,
        State.PENDING,
        State.READY,
    ]
    pending = world.records.history[0]
    assert (pending.created_at, pending.original, pending.image) == (None, None, None)
    assert pending.charged is Charged.NO
    assert world.record == made


def test_record_has_times_provider_and_model(world: World) -> None:
    """The lease runs from the request; `created_at` is when the image was drawn."""
    began = world.clock.now()
    world.generate(a_request())
    assert (world.record.requested_at, world.record.lease_until) == (began, began + LEASE)
    assert world.record.created_at == began
    assert (world.record.provider, world.record.model) == ("fake", "fake-painter-2026")
    assert (world.record.quality, world.record.size) == ("medium", "1024x1024")


def test_created_at_is_when_the_image_was_drawn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow image still appears at the head of the list."""
    began, draw = world.clock.now(), world.generator.draw

    def slowly(*args: Any, **kwargs: Any) -> Any:
        world.clock.advance(90)
        return draw(*args, **kwargs)

    monkeypatch.setattr(world.generator, "draw", slowly)
    made = world.generate(a_request())
    assert made.requested_at == began
    assert made.created_at == world.clock.now() != began


def test_record_is_found_by_the_words_of_both_prompts(world: World) -> None:
    """The words of the caller's and of the enhanced prompt are tokens; the suffix's are not."""
    world.generate(a_request(prompt="Ein FUCHS", enhance=True))
    assert set(world.record.tokens) == {"ein", "fuchs", "enhanced"}


@pytest.mark.parametrize("costs_money", [True, False])
def test_images_are_charged_if_the_provider_costs_money(world: World, costs_money: bool) -> None:
    """An image is charged for if and only if its provider costs money."""
    world.generator.costs_money = costs_money
    made = world.generate(a_request())
    assert made.charged is (Charged.YES if costs_money else Charged.NO)


def test_every_image_has_its_own_id(world: World) -> None:
    """Two equal requests make two images with the same fingerprint."""
    first, second = world.generate(a_request()), world.generate(a_request())
    assert first.id != second.id
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"prompt": "A blue fox"}, {"enhance": True}, {"quality": "high"}, {"size": "1536x1024"}],
)
def test_different_requests_have_different_fingerprints(
    world: World, change: dict[str, Any]
) -> None:
    """Each field of the validated request is part of the fingerprint."""
    usual, other = world.generate(a_request()), world.generate(a_request(**change))
    assert usual.fingerprint != other.fingerprint


def test_stored_image_is_returned_if_the_records_fail(world: World) -> None:
    """A stored image is returned though its record can't be updated, which is logged."""
    world.records.fail("compare_and_swap", RecordsUnavailable("disk on fire"), after=1)
    with log_lines() as lines:
        made = world.generate(a_request())
    assert made.state is State.READY
    assert f"images/{made.id}.png" in world.store.objects
    assert world.record.state is State.PENDING
    assert [line for line in lines if line.startswith("ERROR") and made.id in line]
