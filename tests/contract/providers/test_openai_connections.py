"""Time and connections to the image model: deadlines, outages, keys, threads."""

import contextlib
import socket
import time
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
from tests.support.concurrency.threads import at_once
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import MODEL, draw, fails_as, generator_at
from tests.support.openai.faults import NO, UNKNOWN
from tests.support.servers.free_ports import HOST, free_port

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.mark.parametrize(
    "fault",
    [Fault.delay(20), Fault.drip(chunk=100, pause=0.05)],
    ids=["silence", "drip"],
)
def test_the_deadline_holds_for_the_whole_call(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI, fault: Fault
) -> None:
    """A model that is silent, or sends byte by byte, is given up on in time, price unknown."""
    fake_openai.script("images", fault)
    began = time.monotonic()
    with fails_as(ProviderTimeout, charged=UNKNOWN, fake=fake_openai, endpoint="images"):
        draw(OpenAIGenerator(lazy_openai, model=MODEL, timeout_seconds=0.5))
    assert 0.4 < time.monotonic() - began < 3


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"], ids=["refused", "no such name"])
def test_without_a_connection_nothing_can_have_been_paid(host: str) -> None:
    """A provider that can't be reached at all was sent nothing, so trying again is safe."""
    with (
        generator_at(f"http://{host}:{free_port()}/v1") as generator,
        pytest.raises(ProviderUnreachable) as caught,
    ):
        draw(generator)
    assert caught.value.charged is NO
    assert host not in f"{caught.value} {caught.value.detail}"


def test_a_connection_that_is_never_accepted_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A provider that doesn't even take the connection was sent nothing either."""
    monkeypatch.setattr("app.services.openai.image_generator._CONNECT_SECONDS", 0.2)
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(4):  # more than the queue of a server that accepts nobody can hold
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        generator = stack.enter_context(generator_at(f"http://{HOST}:{full.getsockname()[1]}"))
        with pytest.raises(ProviderUnreachable) as caught:
            draw(generator)
    assert caught.value.charged is NO


def test_a_connection_closed_while_idle_costs_no_error(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A provider that hangs up between two images, or restarts, is not taken for a failure."""
    draw(generator)
    fake_openai.stop()
    fake_openai.start()
    assert draw(generator).data
    assert fake_openai.paid == 2


def test_a_wrong_key_is_the_operators_affair(fake_openai: FakeOpenAI) -> None:
    """A key that the provider refuses is a misconfiguration, and stays unknown to everyone."""
    with (
        generator_at(fake_openai.base_url) as generator,
        fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="images"),
    ):
        draw(generator)
    assert fake_openai.paid == 0


def test_many_threads_share_one_client(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """Sixteen drawings at once cost sixteen requests, and each caller gets an image of its own."""
    images = at_once(16, lambda _: draw(generator).data)
    assert set(images) == set(fake_openai.images)
    assert (len(set(images)), fake_openai.paid, len(fake_openai.requests)) == (16, 16, 16)


def test_an_answer_that_waits_to_be_read_is_not_given_up(
    lazy_openai: "LazyClient[OpenAI]", fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind lines that hang, an image waits a little and is read, though its time is over."""
    monkeypatch.setattr(image_generator, "_MAX_READ_WAIT_SECONDS", 1.2)
    generator = OpenAIGenerator(lazy_openai, model=MODEL, timeout_seconds=1)
    with contextlib.ExitStack() as hanging:
        for _ in range(image_generator._MAX_CONCURRENT_READS):
            hanging.enter_context(generator._read_slots.turn())
        assert [draw(generator).data] == fake_openai.images


def test_a_bad_answer_among_many_spoils_no_other(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Of eight at once, one gets base64 that is none and keeps it; the others get their own."""
    fake_openai.script("images", Fault.bad_b64())

    def one(_: int) -> bytes | ProviderBadResponse:
        try:
            return bytes(draw(generator).data)
        except ProviderBadResponse as error:
            return error

    answers = at_once(8, one)
    (bad,) = (answer for answer in answers if isinstance(answer, ProviderBadResponse))
    images = {answer for answer in answers if isinstance(answer, bytes)}
    assert bad.evidence.startswith(b'{"created"')
    assert (len(images), images <= set(fake_openai.images)) == (7, True)
