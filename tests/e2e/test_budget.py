"""Budgets across threads, workers and servers: exactly the allowed images are paid for."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from tests.attacks import Observe, attack
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import openai_settings

IMAGE_COST = 1756 * 30  # micros: a medium image, where text costs nothing
ALLOWED, REQUESTED, TRIES = 7, 50, 20
BUDGET = {
    "server_budget": f"{ALLOWED * IMAGE_COST / 1_000_000:.6f}/month",
    "rate_limit_generate": "off",
    "openai_prices": json.dumps({"gpt-image-2.6-flare": {"text_in": 0}}),
}


EXPECTED = f"{ALLOWED} paid, {REQUESTED - ALLOWED} times 429 budget_exceeded"


def check_race(servers: Sequence[Gunicorn], fake: FakeOpenAI) -> str:
    """Request fifty images concurrently at a budget for seven.

    Returns:
        A summary of the outcome.
    """

    def generate(number: int) -> requests.Response:
        server = servers[number % len(servers)]
        # On a busy machine the record store may time out for some: 503, and nothing paid.
        for _ in range(TRIES):
            response = server.generate(f"A red fox with the number {number}")
            if response.status_code != 503:
                break
        return response

    responses = in_threads(REQUESTED, generate)
    succeeded = [response for response in responses if response.status_code == 200]
    rejected = [response for response in responses if response not in succeeded]
    assert (len(succeeded), fake.paid, len(fake.requests_to("images"))) == (ALLOWED,) * 3
    outcomes = {(response.status_code, response.json()["code"]) for response in rejected}
    assert len(outcomes) == 1, outcomes
    ((status, code),) = outcomes
    for server in servers:
        usage = server.get("/usage").json()
        assert usage["budget"]["remaining_usd"] == 0
        assert usage["days"][0]["images"] == ALLOWED
        assert round(usage["cost_usd"] * 1_000_000) == ALLOWED * IMAGE_COST
    return f"{fake.paid} paid, {len(rejected)} times {status} {code}"


@attack("50 concurrent requests at a budget for 7: SQLite, two workers", expect=EXPECTED)
def test_two_workers_on_sqlite_stay_within_the_budget(
    tmp_path: Path, fake_openai: FakeOpenAI, observe: Observe
) -> None:
    """Of fifty requests over two processes with one SQLite file, seven are paid for."""
    settings = openai_settings(fake_openai) | BUDGET
    with gunicorn(tmp_path, web_concurrency=2, **settings) as server:
        observe(check_race([server], fake_openai))
        assert "ERROR" not in server.log()


@attack("50 concurrent requests at a budget for 7: MongoDB, two servers", expect=EXPECTED)
def test_two_servers_on_mongodb_stay_within_the_budget(
    tmp_path: Path, shared: dict[str, Any], fake_openai: FakeOpenAI, observe: Observe
) -> None:
    """Of fifty requests over two servers with one MongoDB, seven are paid for."""
    settings = shared | BUDGET
    with (
        gunicorn(tmp_path / "one", web_concurrency=1, **settings) as one,
        gunicorn(tmp_path / "two", web_concurrency=1, **settings) as two,
    ):
        observe(check_race([one, two], fake_openai))
        assert "ERROR" not in one.log() + two.log()
