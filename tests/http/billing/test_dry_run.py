"""Dry runs: estimates and upstream requests without a charge."""

from tests.support.fake_openai import FakeOpenAI
from tests.support.service import Service


def test_dry_run_shows_the_exact_upstream_request(
    paid_service: Service, fake_openai: FakeOpenAI
) -> None:
    """The shown request equals the one sent later, and the estimate is at least the cost."""
    options = {"quality": "low", "size": "1536x1024"}
    dry = paid_service.generate("A red fox 🦊", dry_run=True, **options)
    assert (dry.status_code, dry.json()["dry_run"]) == (200, True)
    assert fake_openai.requests == []
    assert (paid_service.usage()["days"], paid_service.images()) == ([], [])
    image = paid_service.generate("A red fox 🦊", **options).json()
    (sent,) = fake_openai.requests_to("images")
    assert dry.json()["requests"] == [
        {"method": "POST", "path": "/images/generations", "body": sent.body}
    ]
    assert image["cost_usd"] <= dry.json()["estimate_usd"] < 2 * image["cost_usd"]


def test_dry_run_with_enhance_shows_both_requests(
    paid_service: Service, fake_openai: FakeOpenAI
) -> None:
    """The text model's request equals the one sent later; the estimate covers both."""
    dry = paid_service.generate("A red fox", dry_run=True, enhance=True).json()
    image = paid_service.generate("A red fox", enhance=True).json()
    (text,) = fake_openai.requests_to("chat")
    assert [request["path"] for request in dry["requests"]] == [
        "/chat/completions",
        "/images/generations",
    ]
    assert dry["requests"][0]["body"] == text.body
    assert image["cost_usd"] <= dry["estimate_usd"]


def test_offline_dry_run_is_empty_and_free(embedded: Service) -> None:
    """An offline dry run has no upstream requests and costs nothing."""
    dry = embedded.generate(dry_run=True).json()
    assert (dry["estimate_usd"], dry["requests"]) == (0, [])


def test_dry_run_rejects_an_idempotency_key(embedded: Service) -> None:
    """A dry run with an idempotency key is 400."""
    body, headers = {"prompt": "A red fox", "dry_run": True}, {"Idempotency-Key": "one"}
    response = embedded.call("POST", "/generate-image", json=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
