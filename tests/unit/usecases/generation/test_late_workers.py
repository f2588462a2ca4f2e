"""Workers that finish after their lease has ended."""

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
from app.usecases.images.images import Images
from tests.support.builders import LEASE, World, a_record, a_request
from tests.support.reconcile.runs import reconcile

CLAIM = "c" * 64
PAST = LEASE.total_seconds() + 1


def meanwhile(world: World, act: Callable[[], object], error: AppError | None = None) -> None:
    """Make the model call this while it draws; then it returns an image, or fails."""

    def draw(request: ImageRequest, **_: object) -> GeneratedImage:
        world.generator.requests.append(request)
        act()
        if error is not None:
            raise error
        return GeneratedImage(data=world.generator.data, model="late")

    world.generator.draw = draw  # type: ignore[method-assign]  # reason: this one call is scripted


def give_up(world: World) -> None:
    """Let the lease end and another server give up the record as unknown."""
    world.clock.advance(PAST)
    assert world.recover(world.record).state is State.UNKNOWN


def test_late_image_is_ready(world: World) -> None:
    """A record that was given up as unknown becomes ready, and its key returns the image."""
    meanwhile(world, lambda: give_up(world))
    made = world.generate(a_request(), claim=CLAIM)
    assert (world.record, made.state) == (made, State.READY)
    assert world.generate(a_request(), claim=CLAIM) == made
    assert len(world.generator.requests) == 1


@pytest.mark.parametrize("state", [State.READY, State.DELETED])
def test_ready_or_deleted_record_is_never_overwritten(world: World, state: State) -> None:
    """A late worker changes neither a finished image nor a deleted one."""
    other = a_record(state=state, claim=CLAIM)

    def finish() -> None:
        world.records.by_id = {world.record.id: replace(other, id=world.record.id)}

    meanwhile(world, finish)
    made = world.generate(a_request(), claim=CLAIM)
    assert world.record == replace(other, id=made.id)


@pytest.mark.parametrize("fault", [None, StorageUnavailable("down")])
def test_nothing_stays_stored_of_an_image_that_was_deleted_meanwhile(
    world: World, fault: AppError | None
) -> None:
    """Its address would serve it; if the store is down by then, `reconcile` removes it."""

    def finish_and_delete() -> None:
        world.clock.advance(PAST)
        world.store.put(f"originals/{world.record.id}.png", b"an image", content_type="image/png")
        assert world.recover(world.record).state is State.READY
        Images(world.store, world.records, world.clock).delete(world.record.id)
        if fault is not None:
            world.store.fail("delete images", fault)

    meanwhile(world, finish_and_delete)
    world.generate(a_request(), claim=CLAIM)
    assert world.record.is_tombstone
    world.store.repair()
    if fault is not None:
        assert world.store.objects
        reconcile(world, fix=True)
    assert world.store.objects == {}


def test_removed_record_is_not_restored(world: World) -> None:
    """If the record was removed meanwhile, it stays removed."""
    meanwhile(world, world.records.by_id.clear)
    world.generate(a_request(), claim=CLAIM)
    assert world.records.by_id == {}


def test_update_is_retried_if_the_record_changes_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If another server gives up the record between read and write, the image still wins."""
    meanwhile(world, lambda: take_over(world))
    get = world.records.get

    def get_and_lose(image_id: str) -> ImageRecord | None:
        seen = get(image_id)
        if seen is not None and seen.state is State.PENDING:
            world.records.by_id[image_id] = replace(seen, state=State.UNKNOWN)
        return seen

    monkeypatch.setattr(world.records, "get", get_and_lose)
    world.generate(a_request(), claim=CLAIM)
    assert world.record.state is State.READY


def take_over(world: World) -> None:
    """Let another server lease the record."""
    until = world.record.lease_until + timedelta(seconds=99)
    world.records.by_id[world.record.id] = replace(world.record, lease_until=until)


def test_forgotten_claim_stays_forgotten(world: World) -> None:
    """A late image does not reclaim a key that may belong to another record by now."""

    def forget() -> None:
        give_up(world)
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
def test_late_outcome_replaces_a_guess(
    world: World, broken: str, error: AppError | None, state: State, charged: Charged
) -> None:
    """A late outcome replaces `unknown`: waiting in the spool, lost, or never charged."""

    def fail_storage() -> None:
        give_up(world)
        if broken:
            world.store.fail("put originals", StorageUnavailable())
        if broken == "both":
            world.spool.fail("put originals", StorageUnavailable())

    meanwhile(world, fail_storage, error)
    with pytest.raises(AppError) as caught:
        world.generate(a_request(), claim=CLAIM)
    assert (world.record.state, world.record.charged, world.record.error) == (
        state,
        charged,
        caught.value.code if state is not State.UNKNOWN else "outcome_unknown",
    )


def test_late_image_in_the_spool_is_returned_later(world: World) -> None:
    """A late image in the spool is returned for its key once storage is back."""

    def fail_storage() -> None:
        give_up(world)
        world.store.fail("put originals", StorageUnavailable())

    meanwhile(world, fail_storage)
    with pytest.raises(ImagePendingUpload):
        world.generate(a_request(), claim=CLAIM)
    world.store.repair()
    assert world.generate(a_request(), claim=CLAIM).state is State.READY
    assert (len(world.generator.requests), world.spool.objects) == (1, {})


def test_late_worker_does_not_change_a_later_attempt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lost its record before paying can't mark the next attempt as free.

    Otherwise a key whose second attempt may have been charged could be charged again.
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
