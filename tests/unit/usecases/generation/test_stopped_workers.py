"""A worker that is stopped for longer than its lease, and then goes on."""

from collections.abc import Callable

import pytest

from app.errors import Charged, GenerationInProgress, RecordsUnavailable
from app.models import EnhancedPrompt, GeneratedImage, ImageRecord, ImageRequest, Spending, State
from app.ports import paid_calls
from tests.attacks import Observe, attack
from tests.support.builders import LEASE, World, a_request

CLAIM = "c" * 64
REQUEST = a_request(enhance=True)
PAST = LEASE.total_seconds() + 1
NOT_SENT = "not sent, charged no, same key generates it"


def stop(world: World) -> None:
    """Let the lease end while this process is stopped, and another server take over."""
    world.clock.advance(PAST)
    world.recover(world.record)


def stop_alone(world: World) -> None:
    """Let the lease end while this process is stopped; no other server notices."""
    world.clock.advance(PAST)


def sending(
    world: World, *, connected: Callable[[], None], headers_sent: Callable[[], None]
) -> None:
    """Make the model check the call like a client that connects, then sends headers and body."""

    def draw(request: ImageRequest, **_: object) -> GeneratedImage:
        call = paid_calls.current()
        assert call is not None
        connected()
        call.begin()
        headers_sent()
        call.check()
        world.generator.requests.append(request)
        return GeneratedImage(data=world.generator.data, model="late")

    world.generator.draw = draw  # type: ignore[method-assign]  # reason: this one call is scripted


def nothing() -> None:
    """Go on immediately."""


def check_nothing_was_sent(world: World, error: GenerationInProgress) -> str:
    """Check that nothing was paid, and that the same key generates the image; describe it."""
    sent, charged = len(world.generator.requests), error.charged
    world.clock.advance(PAST)
    sending(world, connected=nothing, headers_sent=nothing)
    assert world.generate(REQUEST, claim=CLAIM).state is State.READY
    assert len(world.generator.requests) == sent + 1
    assert world.ledger.spent("", "2026-11-22").images == 1
    return f"{'sent' if sent else 'not sent'}, charged {charged}, same key generates it"


@pytest.mark.parametrize("how", [stop, stop_alone])
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("start", marks=attack("SIGSTOP before the call is marked", expect=NOT_SENT)),
        pytest.param("connected", marks=attack("SIGSTOP while it connects", expect=NOT_SENT)),
        pytest.param("renewal", marks=attack("SIGSTOP at the last check", expect=NOT_SENT)),
        pytest.param("headers", marks=attack("SIGSTOP before the body", expect=NOT_SENT)),
    ],
)
def test_a_stopped_worker_sends_nothing(
    world: World, point: str, how: Callable[[World], None], observe: Observe
) -> None:
    """Wherever it is stopped before the body is sent, it pays nothing when it goes on."""
    enhance, swap = world.writer.enhance, world.records.compare_and_swap

    def enhance_and_stop(prompt: str) -> EnhancedPrompt:
        enhanced = enhance(prompt)
        how(world)
        return enhanced

    def stop_after_next_swap() -> None:
        def swap_and_stop(old: ImageRecord, new: ImageRecord) -> bool:
            world.records.compare_and_swap = swap  # type: ignore[method-assign]  # reason: as before
            swapped = swap(old, new)
            how(world)
            return swapped

        world.records.compare_and_swap = swap_and_stop  # type: ignore[method-assign]  # reason: stops once

    if point == "start":
        world.writer.enhance = enhance_and_stop  # type: ignore[method-assign]  # reason: stops once
    connected = {"connected": lambda: how(world), "renewal": stop_after_next_swap}
    sending(
        world,
        connected=connected.get(point, nothing),
        headers_sent=(lambda: how(world)) if point == "headers" else nothing,
    )
    with pytest.raises(GenerationInProgress) as caught:
        world.generate(REQUEST, claim=CLAIM)
    world.writer.enhance = enhance  # type: ignore[method-assign]  # reason: as before
    observe(check_nothing_was_sent(world, caught.value))


def test_a_lease_that_cannot_be_renewed_is_not_paid_for(world: World) -> None:
    """If the records do not respond at the last moment, nothing is sent."""
    sending(
        world,
        connected=lambda: world.records.fail("compare_and_swap", RecordsUnavailable()),
        headers_sent=nothing,
    )
    with pytest.raises(RecordsUnavailable) as caught:
        world.generate(REQUEST, claim=CLAIM)
    assert caught.value.charged is Charged.NO
    assert world.generator.requests == []


def test_a_slow_connection_is_no_reason_to_stop(world: World) -> None:
    """Within the lease, connecting may take any time; the lease then begins again."""
    leases: list[object] = []
    sending(
        world,
        connected=lambda: world.clock.advance(PAST - 2),
        headers_sent=lambda: leases.append(world.record.lease_until - world.clock.now()),
    )
    record = world.generate(REQUEST, claim=CLAIM)
    assert leases == [LEASE]
    assert world.ledger.spent("", "2026-11-22") == Spending(
        micros=record.booked_micros, images=1, images_of_unknown_cost=1
    )
