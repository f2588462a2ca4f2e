"""Rate limits over HTTP: headers, separate counts, trusted proxies and shared counts."""

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from app.config import Settings
from app.models import Rate
from app.services.rate_limiting.backend import mongodb_backend
from tests.attacks import Observe, attack
from tests.support.servers.gunicorn import gunicorn
from tests.support.service import NO_LIMITS, Parts, Service, serving, settings_for

LIMITS = {
    "rate_limit_generate": "2/minute",
    "rate_limit_prompts": "1/hour",
    "rate_limit_default": "3/hour",
    "trusted_proxies": "127.0.0.1",
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve with low limits on embedded parts, behind a local proxy."""
    with serving(settings_for(data_dir=tmp_path, **LIMITS)) as service:
        yield service


@attack("More images per minute than the rate limit allows", expect="429 rate_limited")
def test_every_response_has_rate_limit_headers(service: Service, observe: Observe) -> None:
    """Images, errors and 429 responses have the headers; a 429 says when to retry."""
    created, invalid, limited = service.generate(), service.generate(prompt=""), service.generate()
    for response, status, remaining in ((created, 200, 1), (invalid, 400, 0), (limited, 429, 0)):
        assert response.status_code == status
        assert response.headers["RateLimit-Policy"] == '"generate";q=2;w=60'
        assert re.fullmatch(rf'"generate";r={remaining};t=\d+', response.headers["RateLimit"])
    observe(limited)
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert "RateLimit" in created.headers["Access-Control-Expose-Headers"]
    assert re.fullmatch(
        r"You've hit the rate limit\. Try again in \d+ seconds?\.", limited.json()["message"]
    )
    assert len(service.images()) == 1


def test_limits_are_counted_separately(service: Service) -> None:
    """Prompts and lists have limits of their own; unlimited endpoints send no headers."""
    assert [service.get("/generate-prompts").status_code for _ in range(2)] == [200, 429]
    assert [service.get("/images").status_code for _ in range(4)] == [200, 200, 200, 429]
    for path in ("/healthz", "/readyz", "/openapi.json", "/"):
        for _ in range(4):
            response = service.get(path)
            assert response.status_code == 200
            assert "RateLimit" not in response.headers


def test_clients_behind_a_trusted_proxy_are_counted_separately(service: Service) -> None:
    """The address that the proxy added counts, whatever the client sent before it."""

    def status_for(chain: str) -> int:
        return service.get("/generate-prompts", headers={"X-Forwarded-For": chain}).status_code

    assert [status_for("192.0.2.1"), status_for("192.0.2.2")] == [200, 200]
    assert [status_for(f"198.51.100.{n}, 192.0.2.1") for n in range(3)] == [429] * 3


@attack("A new forged address in each request, to evade the rate limit", expect="429 rate_limited")
def test_forged_address_is_ignored_without_trusted_proxies(
    tmp_path: Path, observe: Observe
) -> None:
    """Requests with made-up addresses count against the sender's real address."""
    settings = LIMITS | {"trusted_proxies": ""}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        responses = [
            service.get(
                "/generate-prompts",
                headers={"X-Forwarded-For": f"192.0.2.{n}", "X-Real-IP": f"192.0.2.{n}"},
            )
            for n in range(3)
        ]
    assert [response.status_code for response in responses] == [200, 429, 429]
    observe(responses[1])


def test_urls_use_the_proxys_scheme_and_host(service: Service) -> None:
    """URLs in responses use the scheme and host that a trusted proxy forwards."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "images.example.com"}
    response = service.call("POST", "/generate-image", json={"prompt": "A fox"}, headers=headers)
    assert "https://images.example.com/images/" in response.text


def test_servers_share_counts_in_redis(parts: Parts, tmp_path: Path) -> None:
    """Two servers share a count in Redis, and each counts on without it."""
    with two_servers(parts.settings | LIMITS, tmp_path) as (one, other):
        assert one.get("/generate-prompts").status_code == 200
        assert other.get("/generate-prompts").status_code == 429
        parts.redis.refuse()
        for server in (one, other):
            codes = [server.get("/generate-prompts").status_code for _ in range(2)]
            assert codes == [200, 429]


def test_servers_share_counts_in_mongodb(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Redis, two servers share a count in MongoDB."""
    patient = partial(mongodb_backend, timeout_seconds=60)
    monkeypatch.setattr("app.container.adapters.mongodb_backend", patient)
    with two_servers(parts.settings | LIMITS | {"redis_url": None}, tmp_path) as (one, other):
        assert one.get("/generate-prompts").status_code == 200
        assert other.get("/generate-prompts").status_code == 429


@contextlib.contextmanager
def two_servers(settings: dict[str, Any], folder: Path) -> Iterator[tuple[Service, Service]]:
    """Serve on two servers with data folders of their own."""
    with (
        serving(settings_for(**settings, data_dir=folder / "one")) as one,
        serving(settings_for(**settings, data_dir=folder / "other")) as other,
    ):
        yield one, other


def test_workers_share_counts(tmp_path: Path) -> None:
    """With two gunicorn workers and no Redis, `10/hour` allows ten requests."""
    with gunicorn(tmp_path, rate_limit_default="10/hour", web_concurrency=2) as server:
        codes = [server.get("/images").status_code for _ in range(30)]
    assert codes == [200] * 10 + [429] * 20


def test_gunicorn_ignores_forwarded_headers(tmp_path: Path) -> None:
    """A local client can't set the scheme or host of URLs in responses."""
    with gunicorn(tmp_path, web_concurrency=1) as server:
        response = requests.post(
            f"{server.url}/generate-image",
            json={"prompt": "A fox"},
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
            timeout=60,
        )
    assert response.json()["image_url"].startswith(server.url)


@pytest.mark.parametrize("text", ["10", "0/minute", "10/week", "-1/day", "1000000/day", "1_0/day"])
def test_invalid_rate_is_rejected(text: str) -> None:
    """Settings and API keys accept rates in the same notation only."""
    parsers: tuple[Callable[[str], Any], ...] = (
        Rate.parse,
        lambda text: settings_for(rate_limit_generate=text),
    )
    for parse in parsers:
        with pytest.raises(ValueError, match=r"must be like 10/minute .* from 1 to 999999"):
            parse(text)


@pytest.mark.parametrize("text", ["10/minute", "10 / Minute", "10/MINUTE"])
def test_usual_spellings_of_a_rate_are_read(text: str) -> None:
    """Settings and API keys accept any case, and spaces beside the slash."""
    assert Rate.parse(text) == Rate(10, 60)
    assert settings_for(rate_limit_generate=text).rate_limit_generate == "10/minute"
    assert Rate.parse("Off") is None


def test_default_limits() -> None:
    """Ten images, 20 prompts, 300 variants, 300 others per minute; bad proxies are rejected."""
    defaults = Settings()
    rates = [getattr(defaults, name) for name in NO_LIMITS]
    assert rates == ["10/minute", "20/minute", "300/minute", "300/minute"]
    with pytest.raises(ValueError, match="must be a comma-separated list of IP addresses"):
        settings_for(trusted_proxies="127.0.0.1, proxy.example")
