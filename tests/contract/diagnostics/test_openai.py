"""The check of API key and models, over the real protocol and free of charge."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.models import Finding, Level
from app.services.diagnostics import openai
from app.services.diagnostics.openai import RequiredModel, check_models
from app.services.openai.client import lazy_client
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, texts, the
from tests.support.fake_openai import SECRET_MARKER, Behavior, FakeOpenAI, Fault
from tests.support.fake_openai.reply import Reply
from tests.support.openai.wrappings import rewritten
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.free_ports import HOST
from tests.support.time_limits import SHIPPED

IMAGE = RequiredModel("image model", "gpt-image-2.6-flare", "OPENAI_IMAGE_MODEL")
TEXT = RequiredModel("text model", "gpt-6-luna", "OPENAI_TEXT_MODEL")
MODERATION = RequiredModel("moderation", "omni-moderation-latest", "OPENAI_MODERATION_MODEL")
REQUIRED = (IMAGE, TEXT, MODERATION)
TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL_OK = {"key": OK, "image model": OK, "text model": OK, "moderation": OK}
BAD_RESPONSES = {
    "429": Fault.rate_limited(),
    "500": Fault.status(500),
    "503": Fault.status(503),
    "html": Fault.html(paid=False),
    "data is text": Fault.json_response({"data": "none"}),
    "not an object": Fault.json_response([SECRET_MARKER]),
    "numbers": Fault.json_response({"data": [1]}),
    "no response": Fault.drop_before_response(paid=False),
    "truncated": Fault.cut(20, paid=False),
}


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def check(fake: FakeOpenAI, *required: RequiredModel, **changes: Any) -> list[Finding]:
    """Check the fake; nothing is paid, and no finding shows its texts, its port or a key."""
    key = changes.pop("key", fake.api_key)
    address = changes.pop("address", fake.base_url)
    options: dict[str, Any] = {"now": lambda: TODAY, "compare_clock": False} | changes
    client = lazy_client(api_key=key, base_url=address)
    found = list(check_models(client, required or REQUIRED, **options))
    assert {request.endpoint for request in fake.requests} <= {"models", "unknown"}
    assert fake.paid == 0
    for private in (SECRET_MARKER, key, fake.api_key, key[-6:], f":{fake.port}"):
        assert private not in texts(found)
    return found


def test_a_good_key_and_good_models_pass(fake_openai: FakeOpenAI) -> None:
    """A single request is enough."""
    assert levels(check(fake_openai)) == ALL_OK
    assert len(fake_openai.requests) == 1


def test_a_byte_order_mark_is_skipped(fake_openai: FakeOpenAI) -> None:
    """A server that begins its list with one is read like any other."""
    fake_openai.script("models", rewritten("a mark", _with_mark))
    assert levels(check(fake_openai)) == ALL_OK


def _with_mark(reply: Reply) -> Reply:
    return Reply(reply.status, b"\xef\xbb\xbf" + reply.body)


def test_a_wrong_key_fails_without_further_requests(fake_openai: FakeOpenAI) -> None:
    """The provider's message quotes parts of a wrong key; the finding does not."""
    found = check(fake_openai, key="sk-wrong-000000000000-secret")
    assert levels(found) == {"key": FAILED}
    assert "401" in the("key", found).found
    assert len(fake_openai.requests) == 1


@pytest.mark.parametrize("key", ["sk-with-newline-000000\n", "sk-mit-ümlaut-0000000"])
def test_a_key_that_cannot_be_sent_fails(fake_openai: FakeOpenAI, key: str) -> None:
    """The advice mentions characters that a header can't hold."""
    found = check(fake_openai, key=key)
    assert levels(found) == {"key": FAILED}
    assert "stray characters" in found[0].advice


@pytest.mark.parametrize("one", REQUIRED, ids=lambda one: one.check)
def test_a_missing_model_fails(fake_openai: FakeOpenAI, one: RequiredModel) -> None:
    """Each model is looked up by name before it is reported missing."""
    others = [other for other in REQUIRED if other is not one]
    found = check(fake_openai, RequiredModel(one.check, "no-such-model", one.setting), *others)
    assert levels(found) == ALL_OK | {one.check: FAILED}
    assert "no-such-model" in the(one.check, found).found
    assert one.setting in the(one.check, found).advice


@pytest.mark.parametrize(
    ("days", "level", "word"),
    [
        (-1, FAILED, "was shut down"), (0, FAILED, "was shut down"),
        (1, WARNING, "will be"), (60, WARNING, "will be"), (61, OK, "will be"),
    ],
)  # fmt: skip
def test_shutdown_dates(fake_openai: FakeOpenAI, days: int, level: Level, word: str) -> None:
    """A past date fails, one within 60 days is a warning, and the finding states it."""
    end = (TODAY + timedelta(days=days)).date().isoformat()
    fake_openai.shutdown_dates[IMAGE.name] = end
    found = check(fake_openai)
    assert levels(found) == ALL_OK | {"image model": level}
    assert word in the("image model", found).found
    assert end in the("image model", found).found


def test_an_unreadable_shutdown_date_is_a_warning(fake_openai: FakeOpenAI) -> None:
    """The finding does not show the provider's text."""
    fake_openai.shutdown_dates[TEXT.name] = SECRET_MARKER
    assert levels(check(fake_openai)) == ALL_OK | {"text model": WARNING}


def test_a_model_can_be_missing_from_the_list(fake_openai: FakeOpenAI) -> None:
    """Aliases are looked up by name, with their shutdown date."""
    fake_openai.listed = False
    fake_openai.shutdown_dates[TEXT.name] = "2026-12-01"
    assert levels(check(fake_openai)) == ALL_OK | {"text model": WARNING}


@pytest.mark.parametrize(
    "fault", [Fault.status(403), Fault.status(404)], ids=lambda fault: fault.name
)
def test_a_refused_list_is_a_warning(fake_openai: FakeOpenAI, fault: Behavior) -> None:
    """A restricted key or a compatible server may still generate images, so nothing fails."""
    fake_openai.always("models", fault)
    assert levels(check(fake_openai)) == dict.fromkeys(ALL_OK, WARNING)


@pytest.mark.parametrize("name", BAD_RESPONSES)
def test_any_other_response_fails(fake_openai: FakeOpenAI, name: str) -> None:
    """A response without a complete list fails, and is not quoted."""
    fake_openai.always("models", BAD_RESPONSES[name])
    assert levels(check(fake_openai)) == {"key": FAILED}


def test_a_failed_lookup_of_a_model_fails(fake_openai: FakeOpenAI) -> None:
    """The finding is at that model; the others are still looked up."""
    fake_openai.listed = False
    fake_openai.script("models", Behavior("as usual"), Fault.drop_before_response(paid=False))
    found = check(fake_openai, TEXT, MODERATION)
    assert levels(found) == {"key": OK, "text model": FAILED, "moderation": OK}


def test_a_base_url_that_is_not_the_api_fails(fake_openai: FakeOpenAI) -> None:
    """Without /v1 neither the list nor a model is found, so no finding is ok."""
    found = check(fake_openai, address=fake_openai.base_url.removesuffix("/v1"))
    assert OK not in levels(found).values()


@contextlib.contextmanager
def proxied(fake: FakeOpenAI) -> Iterator[FaultProxy]:
    """Run a proxy before the fake."""
    with FaultProxy(HOST, fake.port) as proxy:
        yield proxy


@pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset])
def test_an_unreachable_provider_fails_quickly(
    fake_openai: FakeOpenAI, fault: Callable[[FaultProxy], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether refused, silent or reset: one finding, after one request's timeout."""
    assert SHIPPED["app.services.diagnostics.openai._TIMEOUT_SECONDS"] <= 4
    monkeypatch.setattr(openai, "_TIMEOUT_SECONDS", 0.5)  # to keep the test short
    with proxied(fake_openai) as proxy:
        fault(proxy)
        start = time.monotonic()
        found = check(
            fake_openai, address=f"http://{proxy.host}:{proxy.port}/v1", compare_clock=True
        )
        assert time.monotonic() - start < 25  # a busy machine is slow
    assert levels(found) == {"key": FAILED, "skew": NOT_USED}


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, OK), (60, WARNING), (-60, WARNING), (400, FAILED)]
)
def test_the_clock_is_compared_with_the_provider(
    fake_openai: FakeOpenAI, ahead: float, level: Level
) -> None:
    """Without S3, the provider's Date header decides."""
    fake_openai.clock_ahead = ahead
    found = check(fake_openai, now=now, compare_clock=True)
    assert levels(found) == ALL_OK | {"skew": level}


def test_the_date_of_a_refusal_is_compared(fake_openai: FakeOpenAI) -> None:
    """A wrong clock is reported beside a wrong key."""
    fake_openai.clock_ahead = 400
    found = check(fake_openai, key="sk-wrong-000000000000-secret", now=now, compare_clock=True)
    assert levels(found) == {"key": FAILED, "skew": FAILED}
