import hashlib
from dataclasses import asdict
from typing import Any

import pytest

from app.errors import Charged, RecordsUnavailable
from app.imaging import ImageInfo
from app.models import State
from app.models.prompts import PROMPT_SUFFIX
from tests.support.builders import LEASE, World, a_request
from tests.support.fakes.ports import REPORT
from tests.support.observability.log_capture import log_lines


def test_the_steps_are_in_the_order_that_loses_nothing(world: World) -> None:
    """Make room, refuse, look, write down, enhance, pay; keep what was paid before touching it."""
    world.generate(a_request(enhance=True))
    assert [event for event in world.events if event != "imaging inspect"] == [
        "spool room",
        "moderator check",
        "store ping",
        "records ping",
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
    ]


def test_without_a_wish_for_it_nothing_is_enhanced(world: World) -> None:
    """The text model is asked only if the caller wants it."""
    world.generate(a_request())
    assert "writer enhance" not in world.events


def test_what_is_drawn_has_two_paragraphs(world: World) -> None:
    """The model gets the caller's wish, and after an empty line the house sentence."""
    made = world.generate(a_request(prompt="A red fox  \n\nwith a hat"))
    (drawn,) = world.generator.requests
    assert (drawn.subject, drawn.prompt_suffix) == ("A red fox  \n\nwith a hat", PROMPT_SUFFIX)
    assert drawn.new_prompt == f"A red fox  \n\nwith a hat\n\n{PROMPT_SUFFIX}" == made.new_prompt
    assert (drawn.size, drawn.quality) == ("1024x1024", "medium")
    assert "white background" in PROMPT_SUFFIX


def test_a_wish_never_ends_in_space(world: World) -> None:
    """However a wish ends, exactly one empty line parts it from the house sentence."""
    made = world.generate(a_request(prompt="A red fox \n\n"))
    assert made.new_prompt == f"A red fox\n\n{PROMPT_SUFFIX}"


def test_an_enhanced_wish_is_drawn_and_the_callers_words_are_kept(world: World) -> None:
    """`new_prompt` tells what was drawn, the other two what was asked, verbatim and trimmed."""
    made = world.generate(a_request(enhance=True, quality="high", size="1536x1024"))
    (drawn,) = world.generator.requests
    assert drawn.new_prompt == f"A red fox, enhanced\n\n{PROMPT_SUFFIX}" == made.new_prompt
    assert (drawn.size, drawn.quality) == ("1536x1024", "high")
    assert (made.first_prompt, made.prompt) == (" A red fox\n", "A red fox")


def test_the_callers_own_words_are_moderated(world: World) -> None:
    """Moderation sees what the caller asked for, before any other text model does."""
    world.generate(a_request(enhance=True))
    assert world.moderator.checked == ["A red fox"]


def test_the_original_is_stored_byte_for_byte(world: World) -> None:
    """What was paid for lies under the row's id, with its own type, size and hash."""
    world.image_processor.info = ImageInfo("webp", 1536, 1024)
    made = world.generate(a_request())
    assert made.original is not None
    assert made.original.key == f"originals/{made.id}.webp"
    stored = world.store.objects[made.original.key]
    assert (stored.data, stored.content_type) == (world.generator.data, "image/webp")
    assert (made.original.width, made.original.height) == (1536, 1024)
    assert made.original.size_bytes == len(stored.data)
    assert made.original.sha256 == hashlib.sha256(stored.data).hexdigest()


def test_the_cutout_of_the_original_is_stored(world: World) -> None:
    """The image that callers fetch is the cutout of exactly the bytes that were bought."""
    made = world.generate(a_request())
    assert made.image is not None
    assert made.image.key == f"images/{made.id}.png"
    stored = world.store.objects[made.image.key]
    assert (stored.data, stored.content_type) == (b"cutout of the paid original", "image/png")
    assert (made.image.width, made.image.height) == (256, 256)
    assert made.image.sha256 == hashlib.sha256(stored.data).hexdigest()
    assert made.image.report == asdict(REPORT) | {"reasons": list(REPORT.reasons)}


def test_the_row_is_pending_before_paying_and_ready_at_the_end(world: World) -> None:
    """Whoever looks while the model draws finds the intent, and afterwards what was answered."""
    made = world.generate(a_request())
    assert [row.state for row in world.records.history] == [
        State.PENDING,
        State.PENDING,
        State.READY,
    ]
    intent = world.records.history[0]
    assert (intent.created_at, intent.original, intent.image) == (None, None, None)
    assert intent.charged is Charged.NO
    assert world.record == made


def test_the_row_keeps_its_times_and_who_drew(world: World) -> None:
    """The lease runs from the request, and an image is as old as its completion."""
    began = world.clock.now()
    world.generate(a_request())
    assert (world.record.requested_at, world.record.lease_until) == (began, began + LEASE)
    assert world.record.created_at == began
    assert (world.record.provider, world.record.model) == ("fake", "fake-painter-2026")
    assert (world.record.quality, world.record.size) == ("medium", "1024x1024")


def test_created_at_is_when_the_image_is_ready(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`created_at` is taken after the drawing, so a slow image still heads the list."""
    began, draw = world.clock.now(), world.generator.draw

    def slowly(*args: Any, **kwargs: Any) -> Any:
        world.clock.advance(90)
        return draw(*args, **kwargs)

    monkeypatch.setattr(world.generator, "draw", slowly)
    made = world.generate(a_request())
    assert made.requested_at == began
    assert made.created_at == world.clock.now() != began


def test_the_row_can_be_found_by_all_its_words(world: World) -> None:
    """Words of the caller's prompt and of the enhanced one are searchable, house words are not."""
    world.generate(a_request(prompt="Ein FUCHS", enhance=True))
    assert set(world.record.tokens) == {"ein", "fuchs", "enhanced"}


@pytest.mark.parametrize("costs_money", [True, False])
def test_charged_reports_whether_the_provider_costs_money(world: World, costs_money: bool) -> None:
    """A drawn image was paid for exactly if its provider takes money."""
    world.generator.costs_money = costs_money
    made = world.generate(a_request())
    assert made.charged is (Charged.YES if costs_money else Charged.NO)


def test_every_image_has_an_id_of_its_own(world: World) -> None:
    """The same request twice makes two images with one fingerprint."""
    first, second = world.generate(a_request()), world.generate(a_request())
    assert first.id != second.id
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"prompt": "A blue fox"}, {"enhance": True}, {"quality": "high"}, {"size": "1536x1024"}],
)
def test_other_requests_have_other_fingerprints(world: World, change: dict[str, Any]) -> None:
    """Each field of the validated request counts in its fingerprint."""
    usual, other = world.generate(a_request()), world.generate(a_request(**change))
    assert usual.fingerprint != other.fingerprint


def test_records_that_fail_after_storing_still_let_the_image_be_answered(world: World) -> None:
    """A stored image is answered even if its row can't be updated; the log tells of it."""
    world.records.fail("compare_and_swap", RecordsUnavailable("disk on fire"), after=1)
    with log_lines() as lines:
        made = world.generate(a_request())
    assert made.state is State.READY
    assert f"images/{made.id}.png" in world.store.objects
    assert world.record.state is State.PENDING
    assert [line for line in lines if line.startswith("ERROR") and made.id in line]
