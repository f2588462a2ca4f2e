"""How callers learn of the limits, and that a refused one costs nothing."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.config import Settings
from app.models import Rate
from tests.attacks import Seen, attack
from tests.support.servers.gunicorn import gunicorn
from tests.support.service import NO_LIMITS, Parts, Service, serving, settings_for

LIMITS = {
    "rate_limit_generate": "2/minute",
    "rate_limit_prompts": "1/minute",
    "rate_limit_default": "3/hour",
    "trusted_proxies": "127.0.0.1",
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve with low limits on embedded parts, behind a proxy on this machine."""
    with serving(settings_for(data_dir=tmp_path, **LIMITS)) as service:
        yield service


@attack("More images in a minute than the caller may have", expect="429 rate_limited")
def test_every_answer_reports_how_the_caller_stands(service: Service, seen: Seen) -> None:
    """Images, lists, errors and refusals carry the headers; a refusal says when to retry."""
    made, bad, refused = service.generate(), service.generate(prompt=""), service.generate()
    for answer, status, left in ((made, 200, 1), (bad, 400, 0), (refused, 429, 0)):
        assert answer.status_code == status
        assert answer.headers["RateLimit-Policy"] == '"generate";q=2;w=60'
        assert re.fullmatch(rf'"generate";r={left};t=\d+', answer.headers["RateLimit"])
    seen(refused)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "RateLimit" in made.headers["Access-Control-Expose-Headers"]
    assert len(service.images()) == 1


def test_each_limit_is_counted_by_itself(service: Service) -> None:
    """Prompts and lists have limits of their own, and what is free of them says nothing."""
    assert [service.get("/generate-prompts").status_code for _ in range(2)] == [200, 429]
    assert [service.get("/images").status_code for _ in range(4)] == [200, 200, 200, 429]
    for path in ("/healthz", "/readyz", "/openapi.json", "/"):
        for _ in range(4):
            answer = service.get(path)
            assert answer.status_code == 200
            assert "RateLimit" not in answer.headers


def test_clients_behind_a_trusted_proxy_are_counted_apart(service: Service) -> None:
    """The address that the proxy saw counts, whatever its client claimed before."""

    def ask(chain: str) -> int:
        return service.get("/generate-prompts", headers={"X-Forwarded-For": chain}).status_code

    assert [ask("192.0.2.1"), ask("192.0.2.2")] == [200, 200]
    assert [ask(f"198.51.100.{each}, 192.0.2.1") for each in range(3)] == [429] * 3


@attack("A new forged address with each request, to be counted anew", expect="429 rate_limited")
def test_a_forged_address_changes_nothing_without_trusted_proxies(
    tmp_path: Path, seen: Seen
) -> None:
    """Who invents addresses is counted as who it is."""
    settings = LIMITS | {"trusted_proxies": ""}
    with serving(settings_for(data_dir=tmp_path, **settings)) as service:
        answers = [
            service.get(
                "/generate-prompts",
                headers={"X-Forwarded-For": f"192.0.2.{each}", "X-Real-IP": f"192.0.2.{each}"},
            )
            for each in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    seen(answers[1])


def test_the_url_in_answers_is_the_proxys(service: Service) -> None:
    """Scheme and host that a trusted proxy names are those of addresses in answers."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "images.example.com"}
    answer = service.call("POST", "/generate-image", json={"prompt": "A fox"}, headers=headers)
    assert "https://images.example.com/images/" in answer.text


def test_redis_counts_for_all_servers(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers with one Redis share a count; cut off from it, they go on counting."""
    # However busy this machine is, the first request has to be counted in Redis.
    monkeypatch.setattr("app.services.caching.redis.TIMEOUT_SECONDS", 10)
    settings = settings_for(**(parts.settings | LIMITS), data_dir=tmp_path)
    with serving(settings) as one, serving(settings) as other:
        assert one.get("/generate-prompts").status_code == 200
        assert other.get("/generate-prompts").status_code == 429
        parts.redis.refuse()
        assert [one.get("/generate-prompts").status_code for _ in range(2)] == [200, 429]
        parts.redis.pass_through()


def test_two_workers_share_the_count(tmp_path: Path) -> None:
    """With the shipped gunicorn, two workers and no Redis, `10/minute` means ten a minute."""
    with gunicorn(tmp_path, rate_limit_default="10/minute", web_concurrency=2) as server:
        codes = [server.get("/images").status_code for _ in range(30)]
    assert codes == [200] * 10 + [429] * 20


def test_gunicorn_believes_no_forwarded_header(tmp_path: Path) -> None:
    """A caller on this machine can't set the scheme of addresses in answers."""
    with gunicorn(tmp_path, web_concurrency=1) as server:
        answer = requests.post(
            f"{server.url}/generate-image",
            json={"prompt": "A fox"},
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"},
            timeout=60,
        )
    assert answer.json()["image_url"].startswith(server.url)


@pytest.mark.parametrize("text", ["10", "0/minute", "10/week", "-1/day", "10 / minute", "Off"])
def test_a_wrong_rate_stops_the_start(text: str) -> None:
    """Settings and rates of keys have one form."""
    for read in (Rate.parse, lambda text: settings_for(rate_limit_generate=text)):
        reader: Callable[[str], Any] = read
        with pytest.raises(ValueError, match="must be like 10/minute"):
            reader(text)


def test_the_shipped_limits() -> None:
    """Drawing ten a minute, prompts twenty; wrong proxies stop the start."""
    shipped = Settings(_env_file=None)
    given = [getattr(shipped, name) for name in NO_LIMITS]
    assert given == ["10/minute", "20/minute", "300/minute"]
    with pytest.raises(ValueError, match="must be addresses and networks"):
        settings_for(trusted_proxies="127.0.0.1, proxy.example")
