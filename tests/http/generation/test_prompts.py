"""GET /generate-prompts."""

import pytest

from tests.support.fake_openai import Fault
from tests.support.service import Parts, Service


@pytest.mark.parametrize("count", [1, 10, 20])
def test_as_many_distinct_prompts_as_asked(service: Service, count: int) -> None:
    """The answer has exactly `count` prompts, all different."""
    answer = service.get(f"/generate-prompts?count={count}")
    prompts = answer.json()["prompts"]
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert answer.headers["Cache-Control"] == "no-store"
    assert len({prompt.casefold() for prompt in prompts}) == len(prompts) == count
    assert all(prompt.strip() for prompt in prompts)


def test_ten_prompts_unless_said_otherwise(service: Service) -> None:
    """Without count there are ten."""
    assert len(service.get("/generate-prompts").json()["prompts"]) == 10


def test_polling_costs_one_call_and_still_varies(real: Service, parts: Parts) -> None:
    """Many calls within a minute ask the model once, and their answers differ."""
    answers = {tuple(real.get("/generate-prompts?count=5").json()["prompts"]) for _ in range(8)}
    assert len(answers) == 8
    assert [request.endpoint for request in parts.fake.requests] == ["chat"]


def test_theme_reaches_the_model(real: Service, parts: Parts) -> None:
    """The theme is what the model is asked for; another theme is another question."""
    real.get("/generate-prompts?theme=pirates")
    real.get("/generate-prompts?theme=Pirates")
    real.get("/generate-prompts?theme=winter")
    questions = [str(request.body["messages"]) for request in parts.fake.requests]
    assert ["pirates" in question for question in questions] == [True, False]
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
def test_bad_query_is_refused(real: Service, parts: Parts, query: str, field: str) -> None:
    """A wrong parameter is 400 that names it, and no call is made."""
    answer = real.get(f"/generate-prompts?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
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
def test_fault_of_the_text_model(
    real: Service, parts: Parts, fault: Fault, status: int, code: str
) -> None:
    """Each fault has its status and code, and the next call tries again."""
    parts.fake.script("chat", fault)
    answer = real.get("/generate-prompts")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert real.get("/generate-prompts").status_code == 200


def test_fenced_answer_is_understood(real: Service, parts: Parts) -> None:
    """Prompts that a compatible server wraps in a code fence are taken out of it."""
    parts.fake.script("chat", Fault.fenced())
    assert len(real.get("/generate-prompts").json()["prompts"]) == 10


def test_offline_prompts_say_so(embedded: Service) -> None:
    """Offline prompts are put together from lists, and the answer says offline."""
    answer = embedded.get("/generate-prompts?theme=winter").json()
    assert answer["provider"] == "offline"
    assert all("winter" in prompt for prompt in answer["prompts"])
