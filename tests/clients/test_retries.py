"""The clients behind connections that break and a service that is busy: each image is paid once."""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.support.client_packages import Driver, OnPause, Outcome
from tests.support.client_rig import Rig, client_rig
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl

IN_PROGRESS = 5.0
BACKOFF = 0.01  # of the drivers
"""The Retry-After of a 409, which a repetition may get as long as the image is made."""
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def rig(fake_openai_server: FakeOpenAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Serve on embedded parts and a fake OpenAI server."""
    with client_rig(fake_openai_server, tmp_path_factory.mktemp("data")) as rig:
        yield rig


def no_pause(_: float) -> None:
    """Go on immediately."""


def refused(rig: Rig) -> OnPause:
    """Refuse the first connection."""
    rig.proxy.refuse()
    return lambda _: rig.proxy.pass_through()


def cut_in_the_request(rig: Rig) -> OnPause:
    """Cut the connection before the request has arrived."""
    rig.cut_when_held(b'"prompt"', forward=False)
    return no_pause


def cut_after_the_request(rig: Rig) -> OnPause:
    """Cut the connection when the response begins."""
    rig.cut_when_held(b'"prompt"', forward=True)
    return no_pause


def cut_in_the_response(rig: Rig) -> OnPause:
    """Cut the connection after some bytes of the response."""
    rig.proxy.cut_after(400)
    return lambda _: rig.proxy.pass_through()


def cut_while_drawing(rig: Rig) -> OnPause:
    """Cut the connection while the image is drawn: the repetition is 409 at first."""
    released = threading.Event()
    rig.fake.script("images", Fault.until(released))
    rig.afterwards(rig.fake.wait_in_flight, rig.proxy.reset, rig.proxy.pass_through)

    def on_pause(seconds: float) -> None:
        if seconds == IN_PROGRESS:
            released.set()
            rig.fake.wait_in_flight(0)

    return on_pause


def provider_is_busy(rig: Rig) -> OnPause:
    """Let the provider refuse the first request: 503 with its Retry-After."""
    rig.fake.script("images", Fault.rate_limited(retry_after=3))
    return no_pause


def gateway(status: str, headers: Mapping[str, str] = {}) -> Callable[[Rig], OnPause]:
    """Let a proxy respond twice."""

    def cause(rig: Rig) -> OnPause:
        rig.gateway.script.extend([(status, dict(headers))] * 2)
        return no_pause

    return cause


Cause = Callable[[Rig], OnPause]
WAIT, NO_WAIT = {"Retry-After": "7"}, {"Retry-After": "0"}
TROUBLES: dict[str, tuple[Cause, int, set[float]]] = {
    "none": (lambda _: no_pause, 0, set()),
    "refused": (refused, 1, set()),
    "cut in the request": (cut_in_the_request, 1, set()),
    "cut after the request": (cut_after_the_request, 1, set()),
    "cut in the response": (cut_in_the_response, 1, set()),
    "cut while drawing, then 409": (cut_while_drawing, 2, {IN_PROGRESS}),
    "503 of the service": (provider_is_busy, 1, {3.0}),
    "503 of a proxy": (gateway("503 Service Unavailable"), 2, set()),
    "503 of a proxy, with a time": (gateway("503 Service Unavailable", WAIT), 2, {7.0}),
    "429 of a proxy": (gateway("429 Too Many Requests", WAIT), 2, {7.0}),
    "503 of a proxy, with no time": (gateway("503 Service Unavailable", NO_WAIT), 2, set()),
    "502 of a proxy": (gateway("502 Bad Gateway"), 2, set()),
    "504 of a proxy": (gateway("504 Gateway Timeout"), 2, set()),
}
"""What happens, the least number of repetitions, and the long pauses: those of a Retry-After."""
IN_STREAMS = ["refused", "cut in the response", "cut while drawing, then 409", "503 of the service"]


def check_paid_once(rig: Rig, driver: Driver, method: str, trouble: str) -> None:
    """Call a method while this happens, and check payments, pauses and image."""
    (cause, repetitions, pauses), paid = TROUBLES[trouble], rig.fake.paid
    outcome = driver.call(rig.url, method, "A red fox", on_pause=cause(rig))
    assert outcome.error == ""
    stored = driver.call(rig.url, "download", _last(outcome)["filename"]).value
    assert stored.startswith(PNG)
    assert rig.fake.paid - paid == 1
    assert len(outcome.pauses) >= repetitions
    assert all(outcome.pauses), "a repetition without a pause"
    doubled = BACKOFF  # a slow machine repeats so often that this is longer than Retry-After
    for pause in outcome.pauses:
        assert pause in {*pauses, IN_PROGRESS} or pause <= doubled
        doubled *= 2
    assert pauses <= set(outcome.pauses)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_image_is_paid_once_and_arrives(rig: Rig, driver: Driver, trouble: str) -> None:
    """The client repeats the request with its key, after the time that a response states."""
    check_paid_once(rig, driver, "generate", trouble)


@pytest.mark.parametrize("trouble", IN_STREAMS)
def test_a_streamed_image_is_paid_once_and_arrives(rig: Rig, driver: Driver, trouble: str) -> None:
    """A stream that is cut continues with the same key, and ends with the result."""
    check_paid_once(rig, driver, "stream", trouble)


def test_a_silent_service_is_given_up_after_the_timeout(rig: Rig, driver: Driver) -> None:
    """The attempt ends after `timeout` seconds, and the next one gets the image."""
    released, paid = threading.Event(), rig.fake.paid
    rig.fake.script("images", Fault.until(released))
    outcome = driver.call(
        rig.url, "generate", "An owl", client={"timeout": 1}, on_pause=lambda _: released.set()
    )
    assert outcome.value["status"] == "success"
    assert outcome.pauses
    assert rig.fake.paid - paid == 1


@pytest.mark.parametrize("method", ["generate", "stream"])
def test_a_kept_key_continues_after_a_restart(rig: Rig, driver: Driver, method: str) -> None:
    """Another client with the same key and arguments gets the image, paid for once."""
    paid, key = rig.fake.paid, f"order-{method}-{type(driver).__name__}"
    rig.proxy.cut_after(10)
    first = driver.call(rig.url, method, "A boat", idempotency_key=key, on_pause=lambda _: False)
    rig.proxy.pass_through()
    second = driver.call(rig.url, method, "A boat", idempotency_key=key)
    third = driver.call(rig.url, method, "A boat", idempotency_key=key)
    assert first.error == "stopped"
    assert _last(second)["filename"] == _last(third)["filename"]
    assert rig.fake.paid - paid == 1


def test_the_deadline_ends_a_call(rig: Rig, driver: Driver) -> None:
    """An unreachable service is an error with the key, under which the image may yet be made."""
    rig.proxy.refuse()
    outcome = driver.call(rig.url, "generate", "A fox", idempotency_key="key-1", deadline=0.001)
    rig.proxy.pass_through()
    assert outcome.error == "deadline_exceeded"
    assert (outcome.facts["charged"], outcome.facts["idempotency_key"]) == ("unknown", "key-1")


def test_a_page_of_a_proxy_says_nothing_about_the_payment(rig: Rig, driver: Driver) -> None:
    """It is an error with the key, whose charge is unknown."""
    rig.gateway.script.extend([("502 Bad Gateway", {}), ("403 Forbidden", {})])
    outcome = driver.call(rig.url, "generate", "A fox", idempotency_key="key-2")
    assert (outcome.error, outcome.facts["status"]) == ("unexpected_response", 403)
    assert (outcome.facts["charged"], outcome.facts["idempotency_key"]) == ("unknown", "key-2")
    assert len(outcome.pauses) == 1


def test_candidates_are_paid_once_each(rig: Rig, driver: Driver) -> None:
    """A cut response of two candidates, and of two edits, is repeated with its key."""
    paid, on_pause = rig.fake.paid, cut_in_the_response(rig)
    drawn = driver.call(rig.url, "candidates", "A fox", 2, on_pause=on_pause).value
    source = drawn["images"][0]["filename"]
    on_pause = cut_in_the_response(rig)
    edited = driver.call(rig.url, "candidates", "A hat", 2, of=source, on_pause=on_pause).value
    assert [len(each["images"]) for each in (drawn, edited)] == [2, 2]
    assert edited["images"][0]["parents"] == [source]
    assert rig.fake.paid - paid == 4


def test_repetitions_of_free_calls_change_nothing(rig: Rig, driver: Driver) -> None:
    """After a lost response an upload is the same image, and a deleted image stays deleted."""
    file = encoded(owl(120, 120))
    first = driver.call(rig.url, "upload", file, on_pause=cut_in_the_response(rig)).value
    again = driver.call(rig.url, "upload", file).value
    assert first["filename"] == again["filename"]
    rig.cut_when_held(b"DELETE", forward=True)
    deleted = driver.call(rig.url, "delete", first["filename"], purge=True)
    assert (deleted.error, len(deleted.pauses)) == ("", 1)
    repeated = driver.call(rig.url, "delete", first["filename"], purge=True)
    assert repeated.error == "image_not_found"


def _last(outcome: Outcome) -> dict[str, Any]:
    """Return the image of a generation or a stream."""
    image = outcome.value
    return dict(image[-1]["data"] if isinstance(image, list) else image)
