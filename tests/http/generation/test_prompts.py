"""GET /generate-prompts."""

import pytest

from tests.support.fake_openai import Fault
from tests.support.service import Parts, Service


@pytest.mark.parametrize("count", [1, 10, 20])
def test_count_sets_the_number_of_distinct_prompts(service: Service, count: int) -> None:
    """The response has exactly `count` prompts, all different."""
    response = service.get(f"/generate-prompts?count={count}")
    prompts = response.json()["prompts"]
    assert (response.status_code, response.json()["status"]) == (200, "success")
    assert response.headers["Cache-Control"] == "no-store"
    assert len({prompt.casefold() for prompt in prompts}) == len(prompts) == count
    assert all(prompt.strip() for prompt in prompts)


def test_default_count_is_ten(service: Service) -> None:
    """Without `count` there are ten prompts."""
    assert len(service.get("/generate-prompts").json()["prompts"]) == 10


def test_polling_costs_one_model_call_and_varies(real: Service, parts: Parts) -> None:
    """Many requests within a minute cause one model call, and their responses differ."""
    responses = {tuple(real.get("/generate-prompts?count=5").json()["prompts"]) for _ in range(8)}
    assert len(responses) == 8
    assert [request.endpoint for request in parts.fake.requests] == ["chat"]


def test_theme_is_sent_to_the_model(real: Service, parts: Parts) -> None:
    """The theme is part of the model call; each theme has a call of its own."""
    real.get("/generate-prompts?theme=pirates")
    real.get("/generate-prompts?theme=Pirates")
    real.get("/generate-prompts?theme=winter")
    messages = [str(request.body["messages"]) for request in parts.fake.requests]
    assert ["pirates" in message for message in messages] == [True, False]
    assert parts.fake.requests[0].body["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("count=0", "count"),
        ("count=21", "count"),
        ("count=ten", "count"),
        ("theme=" + "x" * 101, "theme"),
        ("theme=a%00b", "theme"),
        ("lang=de", "lang"),
    ],
)
def test_invalid_query_is_rejected(real: Service, parts: Parts, query: str, field: str) -> None:
    """An invalid parameter is 400, names the parameter and causes no model call."""
    response = real.get(f"/generate-prompts?{query}")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)
    assert parts.fake.requests == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.prose(), 502, "provider_bad_response"),
        (Fault.few(3), 502, "provider_bad_response"),
        (Fault.html(paid=False), 502, "provider_bad_response"),
        (Fault.refusal(), 400, "prompt_rejected"),
        (Fault.rate_limited(7), 503, "provider_rate_limited"),
        (Fault.quota(), 503, "provider_quota"),
        (Fault.status(500, "server_error"), 502, "provider_error"),
        (Fault.status(401, "invalid_api_key"), 503, "provider_misconfigured"),
    ],
)
def test_text_model_errors(
    real: Service, parts: Parts, fault: Fault, status: int, code: str
) -> None:
    """Each error has its status and code, and the next request tries again."""
    parts.fake.script("chat", fault)
    response = real.get("/generate-prompts")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert real.get("/generate-prompts").status_code == 200


def test_prompts_in_a_code_fence_are_extracted(real: Service, parts: Parts) -> None:
    """Prompts that a compatible server wraps in a code fence are extracted."""
    parts.fake.script("chat", Fault.fenced())
    assert len(real.get("/generate-prompts").json()["prompts"]) == 10


def test_offline_prompts_are_marked_as_offline(embedded: Service) -> None:
    """Offline prompts are combined from word lists, with `offline` as the provider."""
    response = embedded.get("/generate-prompts?theme=winter").json()
    assert response["provider"] == "offline"
    assert all("winter" in prompt for prompt in response["prompts"])
