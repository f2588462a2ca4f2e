"""What becomes of a row whose worker comes back after its lease ran out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ImagePendingUpload,
    ProviderRateLimited,
    ProviderTimeout,
    StorageUnavailable,
)
from app.models import EnhancedPrompt, GeneratedImage, ImageRecord, ImageRequest, State
from tests.support.builders import LEASE, World, a_generation, a_request

CLAIM = "c" * 64
PAST = LEASE.total_seconds() + 1


def meanwhile(world: World, act: Callable[[], object], error: AppError | None = None) -> None:
    """Let this happen while the model draws; then it answers, or fails."""

    def draw(request: ImageRequest, **_: object) -> GeneratedImage:
        world.generator.requests.append(request)
        act()
        if error is not None:
            raise error
        return GeneratedImage(data=world.generator.data, model="late")

    world.generator.draw = draw  # type: ignore[method-assign]  # reason: this one call is scripted


def given_up(world: World) -> None:
    """Let the lease run out and another server look for the image, in vain."""
    world.clock.advance(PAST)
    assert world.recover(world.record).state is State.UNKNOWN


def test_an_image_that_comes_late_is_ready_all_the_same(world: World) -> None:
    """Given up as unknown by another server, then stored: the row is ready, and the key answers."""
    meanwhile(world, lambda: given_up(world))
    made = world.generate(a_request(), claim=CLAIM)
    assert (world.record, made.state) == (made, State.READY)
    assert world.generate(a_request(), claim=CLAIM) == made
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize("state", [State.READY, State.DELETED])
def test_a_row_that_is_ready_or_deleted_is_never_overwritten(world: World, state: State) -> None:
    """Whoever comes late leaves a finished image as it is, and a deleted one deleted."""
    other = a_generation(state=state, claim=CLAIM)

    def finish() -> None:
        world.records.by_id = {world.record.id: replace(other, id=world.record.id)}

    meanwhile(world, finish)
    made = world.generate(a_request(), claim=CLAIM)
    assert world.record == replace(other, id=made.id)


def test_a_row_that_is_gone_is_not_made_again(world: World) -> None:
    """If the row was removed meanwhile, none comes back."""
    meanwhile(world, world.records.by_id.clear)
    world.generate(a_request(), claim=CLAIM)
    assert world.records.by_id == {}


def test_a_row_that_changes_again_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If another server gives the row up in the very moment between, the image still wins."""
    meanwhile(world, lambda: taken(world))
    get = world.records.get

    def get_and_lose(image_id: str) -> ImageRecord | None:
        seen = get(image_id)
        if seen is not None and seen.state is State.PENDING:
            world.records.by_id[image_id] = replace(seen, state=State.UNKNOWN)
        return seen

    monkeypatch.setattr(world.records, "get", get_and_lose)
    world.generate(a_request(), claim=CLAIM)
    assert world.record.state is State.READY


def taken(world: World) -> None:
    """Let another server hold the row, as if it were looking for the image."""
    until = world.record.lease_until + timedelta(seconds=99)
    world.records.by_id[world.record.id] = replace(world.record, lease_until=until)


def test_a_claim_that_was_forgotten_meanwhile_stays_so(world: World) -> None:
    """A late image does not take back a key that may be another row's by now."""

    def forget() -> None:
        given_up(world)
        world.clock.advance(8 * 86_400)
        world.records.forget_claims(world.clock.now())

    meanwhile(world, forget)
    world.generate(a_request(), claim=CLAIM)
    assert (world.record.state, world.record.claim) == (State.READY, "")


@pytest.mark.parametrize(
    ("broken", "error", "state", "charged"),
    [
        ("store", None, State.PENDING, Charged.YES),
        ("both", None, State.FAILED, Charged.YES),
        ("", ProviderRateLimited(), State.FAILED, Charged.NO),
        ("", ProviderTimeout(charged=Charged.UNKNOWN), State.UNKNOWN, Charged.UNKNOWN),
    ],
)
def test_what_a_late_worker_knows_beats_a_guess(
    world: World, broken: str, error: AppError | None, state: State, charged: Charged
) -> None:
    """Given up as unknown, then it turns out: waiting in the spool, lost, or never paid."""

    def act() -> None:
        given_up(world)
        if broken:
            world.store.fail("put originals", StorageUnavailable())
        if broken == "both":
            world.spool.fail("put originals", StorageUnavailable())

    meanwhile(world, act, error)
    with pytest.raises(AppError) as caught:
        world.generate(a_request(), claim=CLAIM)
    assert (world.record.state, world.record.charged, world.record.error) == (
        state,
        charged,
        caught.value.code if state is not State.UNKNOWN else "outcome_unknown",
    )


def test_what_waits_in_the_spool_after_being_given_up_is_answered(world: World) -> None:
    """An image that came late, into the spool, answers its key once storage is back."""

    def act() -> None:
        given_up(world)
        world.store.fail("put originals", StorageUnavailable())

    meanwhile(world, act)
    with pytest.raises(ImagePendingUpload):
        world.generate(a_request(), claim=CLAIM)
    world.store.repair()
    assert world.generate(a_request(), claim=CLAIM).state is State.READY
    assert (len(world.generator.requests), world.spool.objects) == (1, {})


def test_a_late_loser_says_nothing_about_a_later_attempt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lost its row before paying can't tell that the next attempt cost nothing.

    Else a key whose second attempt may have been paid would be free to pay again.
    """

    def later() -> EnhancedPrompt:
        world.clock.advance(PAST)
        world.recover(world.record)
        meanwhile(world, lambda: None, ProviderTimeout(charged=Charged.UNKNOWN))
        monkeypatch.undo()
        with pytest.raises(ProviderTimeout):
            world.generate(a_request(enhance=True), claim=CLAIM)
        return EnhancedPrompt(prompt="too late", usage=None)

    monkeypatch.setattr(world.writer, "enhance", lambda _: later())
    with pytest.raises(GenerationInProgress) as caught:
        world.generate(a_request(enhance=True), claim=CLAIM)
    assert caught.value.charged is Charged.NO
    assert (world.record.state, world.record.charged) == (State.UNKNOWN, Charged.UNKNOWN)
    assert len(world.generator.requests) == 1
