"""A budget holds: across threads, workers and servers, exactly what it allows is bought."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.attacks import Seen, attack
from tests.support.concurrency.threads import at_once
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import openai_settings

IMAGE = 1056 * 30  # micros: a medium image, where text costs nothing
ALLOWED, ASKED, TRIES = 7, 50, 20
BUDGET = {
    "server_budget": f"{ALLOWED * IMAGE / 1_000_000:.6f}/month",
    "rate_limit_generate": "off",
    "openai_prices": json.dumps({"gpt-image-2.6-flare": {"text_in": 0}}),
}


EXPECTED = f"{ALLOWED} paid, {ASKED - ALLOWED} times 429 budget_exceeded"


def check_race(servers: Sequence[Gunicorn], fake: FakeOpenAI) -> str:
    """Ask for fifty images at once; seven are drawn, and the others told that it is enough.

    Returns:
        What came of it, in words.
    """

    def ask(number: int) -> requests.Response:
        server = servers[number % len(servers)]
        # On a busy machine the records may not answer all fifty in time: 503, and nothing paid.
        for _ in range(TRIES):
            answer = server.generate(f"A red fox with the number {number}")
            if answer.status_code != 503:
                break
        return answer

    answers = at_once(ASKED, ask)
    drawn = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer not in drawn]
    assert (len(drawn), fake.paid, len(fake.requests_to("images"))) == (ALLOWED, ALLOWED, ALLOWED)
    reported = {(one.status_code, one.json()["code"]) for one in refused}
    assert len(reported) == 1, reported
    ((status, code),) = reported
    for server in servers:
        reported = server.get("/usage").json()
        assert reported["budget"]["remaining_usd"] == 0
        assert reported["days"][0]["images"] == ALLOWED
        assert round(reported["cost_usd"] * 1_000_000) == ALLOWED * IMAGE
    return f"{fake.paid} paid, {len(refused)} times {status} {code}"


@attack("50 requests at once at a budget for 7: SQLite, two workers", expect=EXPECTED)
def test_two_workers_on_sqlite_buy_exactly_what_the_budget_allows(
    tmp_path: Path, fake_openai: FakeOpenAI, seen: Seen
) -> None:
    """Fifty requests over two processes on one SQLite file, at a budget for seven: seven paid."""
    settings = openai_settings(fake_openai) | BUDGET
    with gunicorn(tmp_path, web_concurrency=2, **settings) as server:
        seen(check_race([server], fake_openai))
        assert "ERROR" not in server.log()


@attack("50 requests at once at a budget for 7: MongoDB, two servers", expect=EXPECTED)
def test_two_servers_on_mongodb_buy_exactly_what_the_budget_allows(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI, seen: Seen
) -> None:
    """Fifty requests over two servers on one MongoDB, at a budget for seven: seven are paid."""
    settings = shared | BUDGET
    with (
        gunicorn(tmp_path / "one", web_concurrency=1, **settings) as one,
        gunicorn(tmp_path / "two", web_concurrency=1, **settings) as two,
    ):
        seen(check_race([one, two], fake_openai))
        assert "ERROR" not in one.log() + two.log()
