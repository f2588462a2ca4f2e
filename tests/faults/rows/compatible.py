"""Compatible servers: other forms of responses and refusals, and requests that never leave."""

import gzip
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from requests import Response

from app.services.openai.client import lazy_client
from app.services.runtime.lazy_client import LazyClient
from tests.faults.rig import Rig
from tests.faults.row import (
    GENERATED_NOW,
    OUTCOME_UNKNOWN,
    READY,
    REPLAYED,
    SUCCESS,
    ExpectedResponse,
    Repeat,
    Row,
    StoredState,
    Topic,
    failed,
)
from tests.support.fake_openai import Behavior, Fault
from tests.support.fake_openai.reply import Reply
from tests.support.openai.refusals import MISCONFIGURED, PARAMETERS, POLICY, QUOTA
from tests.support.openai.wrappings import WRAPPINGS

if TYPE_CHECKING:
    from openai import OpenAI

_REFUSED = ExpectedResponse(400, "prompt_rejected", "no")
_QUOTA = ExpectedResponse(503, "provider_quota", "no")
_WRONG_SETTING = ExpectedResponse(503, "provider_misconfigured", "no")
_UNREACHABLE = ExpectedResponse(503, "provider_unreachable", "no", {"Retry-After": "5"})
_UNREADABLE = ExpectedResponse(502, "provider_bad_response", "unknown")
_UNMODERATED = {"openai_moderation_model": "off"}
_KEPT = StoredState(records=("unknown unknown",), objects=("evidence", "sidecar"))
_ELSEWHERE = "http://images.example.com/x.png"
_WRAPPINGS = {wrapping.name: wrapping for wrapping in WRAPPINGS}


def _used(name: str, behavior: Behavior, requests: int = 1) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", behavior),
        response=SUCCESS,
        paid=1,
        stored=READY,
        repeat=Repeat(REPLAYED, paid=1, stored=READY),
        check=_requested(requests),
    )


def _unpaid(name: str, behavior: Behavior, response: ExpectedResponse) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", behavior),
        response=response,
        stored=failed(),
        repeat=GENERATED_NOW,
        check=_requested(1),
    )


def _unreadable(name: str, behavior: Behavior) -> Row:
    return Row(
        name=name,
        cause=lambda rig: rig.fake.script("images", behavior),
        response=_UNREADABLE,
        stored=_KEPT,
        repeat=Repeat(OUTCOME_UNKNOWN, paid=0, stored=_KEPT),
        check=_requested(1),
    )


def _compressed(body: bytes) -> Behavior:
    reply = Reply(200, gzip.compress(body, 1), headers={"content-encoding": "gzip"})
    return Behavior("compressed", reply=reply)


def _unsent(name: str, cause: Callable[[Rig], object], response: ExpectedResponse) -> Row:
    return Row(
        name=name,
        cause=cause,
        settings=_UNMODERATED,
        response=response,
        stored=failed(),
        repeat=GENERATED_NOW,
        check=_unreserved,
    )


def _requested(times: int) -> Callable[[Rig, Response], None]:
    def check(rig: Rig, _: Response) -> None:
        assert len(rig.fake.requests_to("images")) == times

    return check


def _unreserved(rig: Rig, _: Response) -> None:
    """Check that nothing was sent, and that no budget is held for it."""
    assert rig.fake.requests_to("images") == []
    today = rig.clock.now().date().isoformat()
    assert rig.service.ports.ledger.spent("", today).micros == 0


def _with_client(rig: Rig, **changes: str) -> None:
    """Give the generator another client until the row is over."""
    key = rig.parts.settings["openai_api_key"]
    _replace_client(rig, lazy_client(**{"api_key": key, "base_url": rig.fake.base_url} | changes))


def _with_bad_proxy(rig: Rig) -> None:
    """Make the generator's client find a proxy in the environment, and only this client."""

    def make() -> "OpenAI":
        os.environ["ALL_PROXY"] = "socks5://127.0.0.1:1"
        try:
            return lazy_client(api_key="sk-test", base_url=rig.fake.base_url)()
        finally:
            del os.environ["ALL_PROXY"]

    _replace_client(rig, LazyClient(make))


def _replace_client(rig: Rig, client: "LazyClient[OpenAI]") -> None:
    generator = rig.service.ports.generator.__dict__
    right = generator["_client"]
    generator["_client"] = client
    rig.repair_by(lambda: generator.update(_client=right))


def _another_host(rig: Rig) -> None:
    rig.fake.script("images", Fault.image_url(_ELSEWHERE))
    assert rig.generate("Another fox", key="another").status_code == 502


def _names_the_setting(rig: Rig, response: Response) -> None:
    assert "PROVIDER_IMAGE_HOSTS" in response.json()["message"]
    _requested(1)(rig, response)


def _text(name: str, behavior: Behavior, requests: int = 1) -> Row:
    def check(rig: Rig, response: Response) -> None:
        assert len(rig.fake.requests_to("chat")) == requests
        assert response.json()["new_prompt"].startswith("A red fox")

    return Row(
        name=f"The text model {name}",
        cause=lambda rig: rig.fake.script("chat", behavior),
        send=lambda rig: rig.generate(enhance=True),
        response=SUCCESS,
        paid=1,
        stored=READY,
        check=check,
    )


TOPIC = Topic(
    "Compatible servers and gateways",
    (
        *(
            _used(f"The image is sent in another wrapping: {name}", _WRAPPINGS[name])
            for name in (
                *("data URI in url", "base64 with line breaks", "second entry"),
                *("byte order mark", "events, as JSON"),
            )
        ),
        _used("The address of the image is relative", Fault.image_url("/v1/files/0")),
        Row(
            name="An image was on a host that is not in PROVIDER_IMAGE_HOSTS; the next request",
            cause=_another_host,
            response=_WRONG_SETTING,
            paid=1,
            stored=StoredState(("failed no", "failed yes"), ("evidence", "sidecar")),
            repeat=Repeat(_WRONG_SETTING, paid=1),
            check=_names_the_setting,
        ),
        _unreadable("The server returns a web page with status 200", Fault.html(paid=False)),
        _unreadable("The response expands to millions of values", _compressed(b"[" * 10**7)),
        _unreadable("The response has millions of lines", _compressed(b'{"a":\n1\n' * 10**6)),
        _unreadable("The stream has millions of events", _compressed(b":\n\n" * 10**6)),
        *(
            _unpaid(f"The prompt is rejected: {name}", POLICY[name], _REFUSED)
            for name in (
                *("Azure's innererror", "text of xAI", "a list of errors", "status 200 of xAI"),
            )
        ),
        *(
            _unpaid(f"The account has no credit: {name}", QUOTA[name], _QUOTA)
            for name in ("402", "402 inside 200", "a balance with 403")
        ),
        *(
            _unpaid(f"The request is refused: {name}", MISCONFIGURED[name], _WRONG_SETTING)
            for name in ("400 as a page", "501")
        ),
        *(
            _used(f"A parameter is refused: {name}", PARAMETERS[name][0], requests=2)
            for name in ("xAI", "pydantic", "Gemini")
        ),
        _text("answers in parts", Fault.parts()),
        _text("thinks aloud", Fault.thoughts()),
        _text("does not support structured output", Fault.without_schema(), requests=2),
        _unsent(
            "The API key can't be put into a header",
            lambda rig: _with_client(rig, api_key="sk-test\nkey"),
            _WRONG_SETTING,
        ),
        _unsent("The proxy of the environment can't be used", _with_bad_proxy, _WRONG_SETTING),
        _unsent(
            "The server's certificate can't be checked",
            lambda rig: _with_client(rig, base_url=f"https://127.0.0.1:{rig.fake.port}/v1"),
            _UNREACHABLE,
        ),
        _unsent(
            "The server's name can't be resolved",
            lambda rig: _with_client(rig, base_url="http://nowhere.invalid/v1"),
            _UNREACHABLE,
        ),
    ),
)
