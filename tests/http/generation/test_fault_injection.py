"""X-Simulate: errors on demand, on servers without a paid provider."""

from pathlib import Path
from typing import Any

import pytest
import requests

from app.usecases.generation import fault_injection
from tests.support.fake_openai import FakeOpenAI
from tests.support.http.clients import streaming
from tests.support.service import Service, openai_settings, serving, settings_for


def generate_with(service: Service, faults: str, key: str = "") -> requests.Response:
    """Request an image with these simulated faults."""
    headers = {"X-Simulate": faults} | ({"Idempotency-Key": key} if key else {})
    return service.call("POST", "/generate-image", json={"prompt": "A fox"}, headers=headers)


def test_one_of_several_images_can_fail(embedded: Service) -> None:
    """A front end sees a partial success; an error of the whole request can't be that of one."""
    headers = {"X-Simulate": "provider_quota, candidate=1"}
    body = {"prompt": "A fox", "n": 3}
    response = embedded.call("POST", "/generate-image", json=body, headers=headers)
    found = response.json()
    failures = [(one["index"], one["code"]) for one in found["failures"]]
    assert (response.status_code, failures) == (200, [(1, "provider_quota")])
    assert [one["index"] for one in found["images"]] == [0, 2]
    for faults in ("busy, candidate=1", "timeout, candidate=4", "timeout, candidate=x"):
        assert generate_with(embedded, faults).status_code == 400


@pytest.mark.parametrize(
    ("faults", "status", "code", "charged", "repeated"),
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
def test_simulated_fault_has_the_real_faults_response(
    embedded: Service, faults: str, status: int, code: str, charged: str, repeated: str | None
) -> None:
    """Status, code and charge are those of the real fault, also for a repeated key."""
    response = generate_with(embedded, faults, key=f"{faults}-key")
    body = response.json()
    assert (response.status_code, body["code"], body["charged"]) == (status, code, charged)
    if status == 429:
        assert int(response.headers["Retry-After"]) > 0
    repetition = embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": "A fox"},
        headers={"Idempotency-Key": f"{faults}-key"},
    )
    assert repetition.json().get("code") == repeated
    assert (repetition.status_code == 200) is (repeated is None)


def test_all_faults_are_tested() -> None:
    """The test above covers all faults that can be simulated."""
    (marks,) = test_simulated_fault_has_the_real_faults_response.pytestmark  # type: ignore[attr-defined]  # reason: pytest's
    tested = {case[2] for case in marks.args[1]}
    assert tested == {*fault_injection._WHILE_DRAWING, *fault_injection._BEFORE_DRAWING}


def test_delay_comes_before_a_fault(embedded: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """`slow=SECONDS` delays the response, whether it is an image or an error."""
    slept: list[float] = []
    monkeypatch.setattr(fault_injection, "_sleep", slept.append)
    assert generate_with(embedded, "slow=8").status_code == 200
    assert generate_with(embedded, "timeout, slow=2.5").status_code == 504
    assert generate_with(embedded, "SLOW=1,Moderation").status_code == 400
    assert [seconds for seconds in slept if seconds] == [8, 2.5, 1]


def test_faults_apply_to_prompts_and_streams(embedded: Service) -> None:
    """/generate-prompts returns the fault, and a stream ends with it."""
    response = embedded.get("/generate-prompts", headers={"X-Simulate": "provider_quota"})
    assert (response.status_code, response.json()["code"]) == (503, "provider_quota")
    assert embedded.get("/generate-prompts").status_code == 200
    with streaming(embedded.url, {"X-Simulate": "timeout"}) as stream:
        last = stream.rest()[-1]
    assert (last.name, last.data["code"], last.data["http_status"]) == (
        *("error", "provider_timeout"),
        504,
    )


def test_fault_applies_to_one_request(embedded: Service) -> None:
    """A fault does not affect the next request, also on the same thread and connection."""
    for _ in range(3):
        assert generate_with(embedded, "timeout").status_code == 504
        assert embedded.generate().status_code == 200


@pytest.mark.parametrize("faults", ["", "teapot", "slow=", "slow=121", "slow=-1", "200", "429;x"])
def test_invalid_header_is_rejected(embedded: Service, faults: str) -> None:
    """An invalid header is 400, which names the header; no image is generated."""
    before = len(embedded.images())
    response = generate_with(embedded, faults)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "X-Simulate")
    assert len(embedded.images()) == before


@pytest.mark.parametrize("values", [{}, {"image_provider": "record"}])
def test_header_is_rejected_with_a_paid_provider(
    tmp_path: Path, fake_openai: FakeOpenAI, values: dict[str, Any]
) -> None:
    """With a paid provider the header is 400, and no provider call is made."""
    settings = openai_settings(fake_openai) | values | {"data_dir": tmp_path}
    with serving(settings_for(**settings)) as service:
        image = generate_with(service, "timeout")
        prompts = service.get("/generate-prompts", headers={"X-Simulate": "timeout"})
    for response in (image, prompts):
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert (
        fake_openai.paid,
        fake_openai.requests_to("chat"),
        fake_openai.requests_to("moderations"),
    ) == (
        *(0, []),
        [],
    )
