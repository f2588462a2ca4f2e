"""Retries by a client of OpenAI's, which sends no Idempotency-Key."""

import base64
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from openai import OpenAI

from app.blueprints.dependencies import dependencies_of
from tests.attacks import Observe, attack
from tests.support.concurrency.threads import in_threads, wait_until
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.authenticated_service import AuthenticatedService
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.service import Service
from tests.support.tables import each_row

PATH = "/v1/images/generations"
FILE = encoded(owl(300, 300))


@pytest.fixture
def fake(fake_openai_server: FakeOpenAI) -> FakeOpenAI:
    """Return the fake without what earlier tests have scripted or paid."""
    fake_openai_server.reset()
    return fake_openai_server


@contextlib.contextmanager
def proxied(service: Service) -> Iterator[tuple[OpenAI, FaultProxy]]:
    """Yield a client with its usual retries, and the proxy on its way to the service."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    with (
        FaultProxy(host, int(port)) as proxy,
        OpenAI(base_url=f"http://{proxy.host}:{proxy.port}/v1", api_key="none") as client,
    ):
        yield client, proxy


def attempt(number: int) -> bytes:
    """Return what only this attempt of a call contains."""
    return b"x-stainless-retry-count: %d" % number


def post(
    service: Service, prompt: str, retry: str | None = None, **headers: str
) -> requests.Response:
    """Send a request as a client would, with the number of its earlier attempts."""
    counted = {} if retry is None else {"x-stainless-retry-count": retry}
    body = {"prompt": prompt, "size": "256x256"}
    return requests.post(service.url + PATH, json=body, headers={**counted, **headers}, timeout=120)


def test_three_posts_of_one_call_are_one_payment(shared_real: Service, fake: FakeOpenAI) -> None:
    """The connection is cut twice after the request was sent; the third response arrives."""
    finish, responses = threading.Event(), list[Any]()
    fake.always("images", Fault.until(finish))
    with proxied(shared_real) as (client, proxy):
        proxy.hold_at(attempt(0), forward=True)
        call = threading.Thread(
            target=lambda: responses.append(client.images.generate(prompt="Cut twice"))
        )
        call.start()
        fake.wait_in_flight()
        proxy.hold_at(attempt(1), forward=True)  # cuts the first connection
        finish.set()
        proxy.wait_until_held()  # the second request has its response
        proxy.pass_through()  # cuts the second connection
        call.join()
    assert (fake.paid, len(fake.requests_to("images"))) == (1, 1)
    assert [image["prompt"] for image in shared_real.images()].count("Cut twice") == 1
    assert base64.b64decode(responses[0].data[0].b64_json).startswith(b"\x89PNG")


@each_row("kind", ["plain", "stream", "edit"])
def test_a_lost_response_is_sent_again(kind: str, shared_real: Service, fake: FakeOpenAI) -> None:
    """The image is drawn and stored, and its response is cut off; the retry costs nothing."""
    paid, results = fake.paid, list[Any]()

    def call(client: OpenAI) -> None:
        images: Any = client.images
        if kind == "edit":
            results.append(images.edit(image=FILE, prompt="Lost edit").data[0].b64_json)
        elif kind == "stream":
            results.append(list(images.generate(prompt="Lost stream", stream=True))[-1].b64_json)
        else:
            results.append(images.generate(prompt="Lost response").data[0].b64_json)

    with proxied(shared_real) as (client, proxy):
        proxy.hold_at(attempt(0), forward=True)
        caller = threading.Thread(target=call, args=(client,))
        caller.start()
        proxy.wait_until_held()
        proxy.pass_through()
        caller.join()
    assert base64.b64decode(results[0]).startswith(b"\x89PNG")
    assert fake.paid == paid + 1


def test_a_retry_waits_for_the_first_request(shared_real: Service, fake: FakeOpenAI) -> None:
    """It gets the result as soon as there is one, instead of a conflict."""
    finish, limit = threading.Event(), dependencies_of(shared_real.app).concurrency_limit
    fake.always("images", Fault.until(finish))

    def send(number: int) -> requests.Response:
        if number == 3:
            wait_until(lambda: limit._active == 3)
            finish.set()
            return requests.Response()
        if number > 0:
            fake.wait_in_flight()
        return post(shared_real, "Still running", str(number))

    first, *retries, _ = in_threads(4, send)
    assert "Idempotency-Replayed" not in first.headers
    for retry in retries:
        assert (retry.status_code, retry.headers["Idempotency-Replayed"]) == (200, "true")
        assert retry.json() == first.json()
    assert fake.paid == 1


@each_row(
    "prompt, requests_, payments",
    [
        ("two calls", [{}, {}], 2),
        ("two counted calls", [{"retry": "0"}, {"retry": "0"}], 2),
        ("a call and its retries", [{"retry": "0"}, {"retry": "1"}, {"retry": "2"}], 1),
        ("a retry that comes first", [{"retry": "1"}, {"retry": "0"}, {"retry": "2"}], 1),
        ("a retry alone, then two calls", [{"retry": "1"}, {}, {}], 2),
        ("two calls, then a retry", [{"retry": "0"}, {}, {"retry": "1"}], 2),
        ("a key", [{"Idempotency-Key": "k"}, {"Idempotency-Key": "k"}], 1),
        ("keys of two calls", [{"Idempotency-Key": "a"}, {"Idempotency-Key": "b"}], 2),
        ("a key wins", [{"retry": "0"}, {"retry": "1", "Idempotency-Key": "c"}], 2),
        ("counts that are none", [{"retry": "-1"}, {"retry": "x"}, {"retry": "\u00b2"}], 3),
    ],
)
def test_payments_of_equal_requests(
    prompt: str,
    requests_: list[dict[str, str]],
    payments: int,
    shared_real: Service,
    fake: FakeOpenAI,
) -> None:
    """A retry joins the newest request that is equal; a key decides alone."""
    paid = fake.paid
    for fields in requests_:
        assert post(shared_real, prompt, **fields).status_code == 200
    assert fake.paid == paid + payments


def test_only_equal_requests_are_joined(shared_real: Service, fake: FakeOpenAI) -> None:
    """A retry with another body is a request of its own."""
    post(shared_real, "This one", "0")
    assert post(shared_real, "Another one", "1").status_code == 200
    assert fake.paid == 2


@attack(
    "A retry of /v1 with another caller's prompt and a raised retry count",
    expect="an image of its own",
)
def test_a_retry_never_joins_another_caller(
    real_auth_service: AuthenticatedService, fake_openai_server: FakeOpenAI, observe: Observe
) -> None:
    """Nor does an equal Idempotency-Key."""
    fake_openai_server.reset()
    keys = [real_auth_service.create_key(name) for name in ("alice", "bob")]
    body = {"prompt": "A red fox", "response_format": "url"}
    for headers in ({"x-stainless-retry-count": "2"}, {"Idempotency-Key": "same"}):
        urls = set()
        for key in keys:
            response = real_auth_service.call("POST", PATH, key, json=body, headers=headers)
            assert "Idempotency-Replayed" not in response.headers
            urls.add(response.json()["data"][0]["url"])
        observe("an image of its own" if len(urls) == 2 else urls)
    assert fake_openai_server.paid == 4


def test_errors_say_whether_to_repeat(shared_real: Service, fake: FakeOpenAI) -> None:
    """One that may have been charged isn't repeated; one that was not is, and then succeeds."""
    fake.script("images", Fault.status(500))
    with OpenAI(base_url=f"{shared_real.url}/v1", api_key="none") as client:
        with pytest.raises(Exception, match="may have been charged"):
            client.images.generate(prompt="Uncertain")
        assert len(fake.requests_to("images")) == 1
    late = post(shared_real, "Uncertain again", "0")
    assert late.status_code == 200
