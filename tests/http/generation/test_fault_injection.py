"""X-Simulate: every error on demand, where nobody can be paid."""

from pathlib import Path
from typing import Any

import pytest
import requests

from app.usecases.generation import fault_injection
from tests.support.fake_openai import FakeOpenAI
from tests.support.http.sse_client import streaming
from tests.support.service import Service, openai_settings, serving, settings_for


def asked(service: Service, faults: str, key: str = "") -> requests.Response:
    """Ask for an image and these faults."""
    headers = {"X-Simulate": faults} | ({"Idempotency-Key": key} if key else {})
    return service.call("POST", "/generate-image", json={"prompt": "A fox"}, headers=headers)


@pytest.mark.parametrize(
    ("faults", "status", "code", "charged", "again"),
    [
        ("timeout", 504, "provider_timeout", "unknown", "outcome_unknown"),
        ("429", 429, "rate_limited", "no", None),
        ("moderation", 400, "prompt_rejected", "no", None),
        ("provider_error", 502, "provider_error", "unknown", "outcome_unknown"),
        ("provider_rate_limited", 503, "provider_rate_limited", "no", None),
        ("provider_quota", 503, "provider_quota", "no", None),
        ("provider_misconfigured", 503, "provider_misconfigured", "no", None),
        ("provider_unreachable", 503, "provider_unreachable", "no", None),
        ("budget_exceeded", 429, "budget_exceeded", "no", None),
        ("generation_in_progress", 409, "generation_in_progress", "unknown", None),
        ("outcome_unknown", 409, "outcome_unknown", "unknown", None),
        ("records_unavailable", 503, "records_unavailable", "no", None),
        ("busy", 503, "busy", "no", None),
        ("shutting_down", 503, "shutting_down", "no", None),
        ("storage_unavailable", 503, "storage_unavailable", "no", None),
        ("internal_error", 500, "internal_error", "no", None),
    ],
)
def test_each_fault_is_answered_as_the_real_one(
    embedded: Service, faults: str, status: int, code: str, charged: str, again: str | None
) -> None:
    """Status, code and charge; then the same key gets what it would get after the real one."""
    answer = asked(embedded, faults, key=f"{faults}-key")
    body = answer.json()
    assert (answer.status_code, body["code"], body["charged"]) == (status, code, charged)
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0
    later = embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": "A fox"},
        headers={"Idempotency-Key": f"{faults}-key"},
    )
    assert later.json().get("code") == again
    assert (later.status_code == 200) is (again is None)


def test_all_that_can_be_asked_for_is_tried_above() -> None:
    """No fault is left out."""
    (marks,) = test_each_fault_is_answered_as_the_real_one.pytestmark  # type: ignore[attr-defined]  # reason: pytest's
    tried = {row[2] for row in marks.args[1]}
    assert tried == {*fault_injection._WHILE_DRAWING, *fault_injection._BEFORE}


def test_slowness_comes_before_a_fault(embedded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """slow=SECONDS holds the answer back, whether it is an image or an error."""
    slept: list[float] = []
    monkeypatch.setattr(fault_injection, "_sleep", slept.append)
    assert asked(embedded, "slow=8").status_code == 200
    assert asked(embedded, "timeout, slow=2.5").status_code == 504
    assert asked(embedded, "SLOW=1,Moderation").status_code == 400
    assert [seconds for seconds in slept if seconds] == [8, 2.5, 1]


def test_prompts_and_streams_fail_too(embedded: Service) -> None:
    """/generate-prompts answers the fault, and a stream ends with it."""
    reported = embedded.get("/generate-prompts", headers={"X-Simulate": "provider_quota"})
    assert (reported.status_code, reported.json()["code"]) == (503, "provider_quota")
    assert embedded.get("/generate-prompts").status_code == 200
    with streaming(embedded.url, {"X-Simulate": "timeout"}) as stream:
        last = stream.rest()[-1]
    assert (last.name, last.data["code"], last.data["http_status"]) == (
        *("error", "provider_timeout"),
        504,
    )


def test_one_request_leaves_the_next_alone(embedded: Service) -> None:
    """A fault is of one request, also on the same thread and connection."""
    for _ in range(3):
        assert asked(embedded, "timeout").status_code == 504
        assert embedded.generate().status_code == 200


@pytest.mark.parametrize("faults", ["", "teapot", "slow=", "slow=121", "slow=-1", "200", "429;x"])
def test_what_is_no_fault_is_refused(embedded: Service, faults: str) -> None:
    """400 names the header and what may be asked for; nothing is drawn."""
    before = len(embedded.images())
    reported = asked(embedded, faults)
    assert (reported.status_code, reported.json()["errors"][0]["field"]) == (400, "X-Simulate")
    assert len(embedded.images()) == before


@pytest.mark.parametrize("values", [{}, {"image_provider": "record"}])
def test_never_where_somebody_is_paid(
    tmp_path: Path, fake_openai: FakeOpenAI, values: dict[str, Any]
) -> None:
    """With a paid provider the header is refused, and nobody is asked."""
    settings = openai_settings(fake_openai) | values | {"data_dir": tmp_path}
    with serving(settings_for(**settings)) as service:
        reported = asked(service, "timeout")
        prompts = service.get("/generate-prompts", headers={"X-Simulate": "timeout"})
    for answer in (reported, prompts):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert (fake_openai.paid, fake_openai.asked("chat"), fake_openai.asked("moderations")) == (
        *(0, []),
        [],
    )
