"""Deadlines of OpenAI calls, and their connections."""

import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.errors import (
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnreachable,
)
from app.services.openai import image_generator
from app.services.openai.image_generator import OpenAIGenerator
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.timing import FailOpenSemaphore
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import (
    MODEL,
    TIMEOUT_SECONDS,
    AdjustableClock,
    draw,
    fails_as,
    generator_at,
    use_clock,
)
from tests.support.openai.faults import NO, UNKNOWN
from tests.support.servers.free_ports import HOST, free_port

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.mark.parametrize(
    "fault",
    [Fault.delay(120), Fault.drip(chunk=100, pause=0.05)],
    ids=["silence", "drip"],
)
def test_deadline_applies_to_the_whole_call(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """A response that is missing or slow beyond the time limit is a timeout of unknown charge."""
    fake_openai.script("images", fault)
    with fails_as(ProviderTimeout, charged=UNKNOWN, fake=fake_openai, endpoint="images"):
        draw(OpenAIGenerator(lazy_openai, model=MODEL, timeout_seconds=0.5))


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"], ids=["refused", "no such name"])
def test_failed_connection_is_free(host: str) -> None:
    """Without a connection nothing was sent, so the call was not charged."""
    with (
        generator_at(f"http://{host}:{free_port()}/v1") as generator,
        pytest.raises(ProviderUnreachable) as caught,
    ):
        draw(generator)
    assert caught.value.charged is NO
    assert host not in f"{caught.value} {caught.value.detail}"


def test_connection_timeout_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the provider does not accept the connection, the call was not charged."""
    monkeypatch.setattr("app.services.openai.image_generator._CONNECT_SECONDS", 0.2)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(4):  # fill the queue of connections that wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        generator = stack.enter_context(generator_at(f"http://{HOST}:{full.getsockname()[1]}"))
        with pytest.raises(ProviderUnreachable) as caught:
            draw(generator)
    assert caught.value.charged is NO


def test_idle_connection_that_was_closed_is_replaced(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A provider that closes an idle connection or restarts causes no error."""
    draw(generator)
    fake_openai.stop()
    fake_openai.start()
    assert draw(generator).data
    assert fake_openai.paid == 2


def test_wrong_api_key_is_a_misconfiguration(fake_openai: FakeOpenAI) -> None:
    """A rejected API key is an error of the configuration, whose text does not contain it."""
    with (
        generator_at(fake_openai.base_url) as generator,
        fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"),
    ):
        draw(generator)
    assert fake_openai.paid == 0


def test_threads_share_one_client(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """Sixteen concurrent calls send sixteen requests, and each gets an image of its own."""
    images = in_threads(16, lambda _: draw(generator).data)
    assert set(images) == set(fake_openai.images)
    assert (len(set(images)), fake_openai.paid, len(fake_openai.requests)) == (16, 16, 16)


class _LateSlots(FailOpenSemaphore):
    """Read slots that are free only after the time limit of the call."""

    def __init__(self, clock: AdjustableClock) -> None:
        super().__init__(max_concurrent=1, timeout_seconds=0)
        self._clock = clock

    @contextlib.contextmanager
    def slot(self) -> Iterator[float]:
        """See FailOpenSemaphore."""
        with super().slot() as waited:
            self._clock.advance(2 * TIMEOUT_SECONDS)
            yield waited + 2 * TIMEOUT_SECONDS


def test_waiting_for_a_read_slot_does_not_count_towards_the_deadline(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response that had to wait for other reads is read, although its deadline has passed."""
    monkeypatch.setattr(generator, "_read_slots", _LateSlots(use_clock(monkeypatch)))
    assert [draw(generator).data] == fake_openai.images


def test_hanging_reads_do_not_block_others(
    fake_openai: FakeOpenAI, lazy_openai: "LazyClient[OpenAI]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """If all read slots hang, a response is read without a slot after a short wait."""
    monkeypatch.setattr(image_generator, "_MAX_READ_WAIT_SECONDS", 0.1)
    generator = OpenAIGenerator(lazy_openai, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)
    with contextlib.ExitStack() as hanging:
        for _ in range(image_generator._MAX_CONCURRENT_READS):
            hanging.enter_context(generator._read_slots.slot())
        assert [draw(generator).data] == fake_openai.images


def test_invalid_response_does_not_affect_concurrent_calls(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Of eight concurrent calls one gets invalid base64; the others get their own images."""
    fake_openai.script("images", Fault.bad_b64())

    def one(_: int) -> bytes | ProviderBadResponse:
        try:
            return bytes(draw(generator).data)
        except ProviderBadResponse as error:
            return error

    results = in_threads(8, one)
    (bad,) = (result for result in results if isinstance(result, ProviderBadResponse))
    images = {result for result in results if isinstance(result, bytes)}
    assert bad.evidence.startswith(b'{"created"')
    assert (len(images), images <= set(fake_openai.images)) == (7, True)
