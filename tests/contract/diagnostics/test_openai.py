"""What the provider tells of key and models, over the real protocol, and that it costs nothing."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.models import Finding, Level
from app.services.diagnostics import openai
from app.services.diagnostics.openai import RequiredModels, check_models
from app.services.openai.client import lazy_client
from tests.support.diagnostic_findings import FAILED, NOT_USED, OK, WARNING, levels, texts, the
from tests.support.fake_openai import SECRET_MARKER, Behavior, FakeOpenAI, Fault
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.free_ports import HOST

IMAGE = RequiredModels("image model", "gpt-image-2.6-flare", "OPENAI_IMAGE_MODEL")
TEXT = RequiredModels("text model", "gpt-6-luna", "OPENAI_TEXT_MODEL")
MODERATION = RequiredModels("moderation", "omni-moderation-latest", "OPENAI_MODERATION_MODEL")
WANTED = (IMAGE, TEXT, MODERATION)
TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL_OK = {"key": OK, "image model": OK, "text model": OK, "moderation": OK}
BAD_ANSWERS = {
    "429": Fault.rate_limited(),
    "500": Fault.status(500),
    "503": Fault.status(503),
    "a page": Fault.html(paid=False),
    "a text": Fault.answer({"data": "none"}),
    "a list": Fault.answer([SECRET_MARKER]),
    "numbers": Fault.answer({"data": [1]}),
    "nothing": Fault.drop_before_response(paid=False),
    "cut": Fault.cut(20, paid=False),
}


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def check(fake: FakeOpenAI, *wanted: RequiredModels, **changes: Any) -> list[Finding]:
    """Check with the fake; nothing is paid, and no word of it or of the key is told."""
    key = changes.pop("key", fake.api_key)
    address = changes.pop("address", fake.base_url)
    options: dict[str, Any] = {"now": lambda: TODAY, "report_time": False} | changes
    client = lazy_client(api_key=key, base_url=address)
    found = list(check_models(client, wanted or WANTED, **options))
    assert {request.endpoint for request in fake.requests} <= {"models", "unknown"}
    assert fake.paid == 0
    for private in (SECRET_MARKER, key, fake.api_key, key[-6:], f":{fake.port}"):
        assert private not in texts(found)
    return found


def test_all_is_well(fake_openai: FakeOpenAI) -> None:
    """A good key and known models are found with a single request."""
    assert levels(check(fake_openai)) == ALL_OK
    assert len(fake_openai.requests) == 1


def test_a_wrong_key_fails_and_nothing_more_is_asked(fake_openai: FakeOpenAI) -> None:
    """The provider echoes parts of a wrong key; we do not."""
    found = check(fake_openai, key="sk-wrong-000000000000-secret")
    assert levels(found) == {"key": FAILED}
    assert "401" in the("key", found).found
    assert len(fake_openai.requests) == 1


@pytest.mark.parametrize("key", ["sk-with-newline-000000\n", "sk-mit-ümlaut-0000000"])
def test_a_key_that_cannot_be_sent_fails(fake_openai: FakeOpenAI, key: str) -> None:
    """Characters that no header can hold are hinted at."""
    found = check(fake_openai, key=key)
    assert levels(found) == {"key": FAILED}
    assert "stray characters" in found[0].advice


@pytest.mark.parametrize("one", WANTED, ids=lambda one: one.check)
def test_a_model_that_is_not_there_fails(fake_openai: FakeOpenAI, one: RequiredModels) -> None:
    """Each kind of model is looked up by name before it is called missing."""
    others = [other for other in WANTED if other is not one]
    found = check(fake_openai, RequiredModels(one.check, "no-such-model", one.setting), *others)
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
def test_the_end_of_a_model(fake_openai: FakeOpenAI, days: int, level: Level, word: str) -> None:
    """Past ends fail, those within 60 days warn, and the date is told."""
    end = (TODAY + timedelta(days=days)).date().isoformat()
    fake_openai.shutdown_dates[IMAGE.name] = end
    found = check(fake_openai)
    assert levels(found) == ALL_OK | {"image model": level}
    assert word in the("image model", found).found
    assert end in the("image model", found).found


def test_an_end_that_cannot_be_read_is_a_warning(fake_openai: FakeOpenAI) -> None:
    """What the provider wrote instead of a date is not told."""
    fake_openai.shutdown_dates[TEXT.name] = SECRET_MARKER
    assert levels(check(fake_openai)) == ALL_OK | {"text model": WARNING}


def test_a_model_can_be_missing_from_the_list(fake_openai: FakeOpenAI) -> None:
    """Aliases are found by their name alone, with their end."""
    fake_openai.listed = False
    fake_openai.shutdown_dates[TEXT.name] = "2026-12-01"
    assert levels(check(fake_openai)) == ALL_OK | {"text model": WARNING}


@pytest.mark.parametrize(
    "fault", [Fault.status(403), Fault.status(404)], ids=lambda fault: fault.name
)
def test_a_list_that_is_not_given_leaves_doubt(fake_openai: FakeOpenAI, fault: Behavior) -> None:
    """A restricted key or another server may draw all the same, so nothing is called failed."""
    fake_openai.always("models", fault)
    assert levels(check(fake_openai)) == dict.fromkeys(ALL_OK, WARNING)


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_any_other_answer_fails(fake_openai: FakeOpenAI, name: str) -> None:
    """What is no list, or no whole one, fails at once and without a word of it."""
    fake_openai.always("models", BAD_ANSWERS[name])
    assert levels(check(fake_openai)) == {"key": FAILED}


def test_a_model_whose_look_up_breaks_off_fails(fake_openai: FakeOpenAI) -> None:
    """Trouble between the list and a model is told at that model."""
    fake_openai.listed = False
    fake_openai.script("models", Behavior("as usual"), Fault.drop_before_response(paid=False))
    found = check(fake_openai, TEXT, MODERATION)
    assert levels(found) == {"key": OK, "text model": FAILED, "moderation": OK}


def test_an_address_that_is_not_the_api_fails(fake_openai: FakeOpenAI) -> None:
    """Without /v1 there is no list and no model, which nobody can call well."""
    found = check(fake_openai, address=fake_openai.base_url.removesuffix("/v1"))
    assert OK not in levels(found).values()


@contextlib.contextmanager
def proxied(fake: FakeOpenAI) -> Iterator[FaultProxy]:
    """Put a proxy before the fake."""
    with FaultProxy(HOST, fake.port) as proxy:
        yield proxy


@pytest.mark.parametrize("fault", [FaultProxy.refuse, FaultProxy.black_hole, FaultProxy.reset])
def test_an_unreachable_provider_fails_in_time(
    fake_openai: FakeOpenAI, fault: Callable[[FaultProxy], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether refused, silent or reset: one finding, after one request's patience."""
    assert openai._TIMEOUT_SECONDS <= 4
    monkeypatch.setattr(openai, "_TIMEOUT_SECONDS", 0.5)  # lest this test take as long
    with proxied(fake_openai) as proxy:
        fault(proxy)
        began = time.monotonic()
        found = check(fake_openai, address=f"http://{proxy.host}:{proxy.port}/v1", report_time=True)
        assert time.monotonic() - began < 3
    assert levels(found) == {"key": FAILED, "skew": NOT_USED}


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, OK), (60, WARNING), (-60, WARNING), (400, FAILED)]
)
def test_the_provider_reports_the_time(fake_openai: FakeOpenAI, ahead: float, level: Level) -> None:
    """Where S3 is not used, the provider's Date header is what the clock is judged by."""
    fake_openai.clock_ahead = ahead
    found = check(fake_openai, now=now, report_time=True)
    assert levels(found) == ALL_OK | {"skew": level}


def test_a_refusal_reports_the_time_too(fake_openai: FakeOpenAI) -> None:
    """A wrong clock is told beside a wrong key."""
    fake_openai.clock_ahead = 400
    found = check(fake_openai, key="sk-wrong-000000000000-secret", now=now, report_time=True)
    assert levels(found) == {"key": FAILED, "skew": FAILED}
