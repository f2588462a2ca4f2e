"""What is left when the dust has settled."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from app.models import State
from app.ports import ImageRecords
from tests.soak.customers import Market, Wish
from tests.soak.fleet import Server
from tests.support.fake_openai import FakeOpenAI


@dataclass
class Result:
    """The figures of a soak, and everything that should not be."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the figures, a line each, and what is wrong below them."""
        lines = [f"{name:<44}{value}" for name, value in self.figures.items()]
        return "\n".join([*lines, *(f"WRONG: {text}" for text in self.wrong)])


def let_leases_run_out(records: ImageRecords) -> int:
    """Play the time that must pass until dead processes count as dead; all servers are down."""
    after, aged = "", 0
    while rows := records.scan(after=after, limit=500):
        for row in rows:
            if row.state is State.PENDING:
                aged += records.compare_and_swap(row, replace(row, lease_until=row.requested_at))
        after = rows[-1].id
    return aged


def reconcile(servers: list[Server], result: Result) -> None:
    """Repair on every server, then expect that nothing is left to do on any."""
    for server in servers:
        server.run("images", "reconcile", "--fix", "--json")
    for server in servers:
        done = server.run("images", "reconcile", "--fix", "--json")
        if done.returncode != 0:
            result.wrong.append(f"reconcile left: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        else:
            json.loads(done.stdout)


def settle_accounts(market: Market, fake: FakeOpenAI, result: Result) -> None:
    """Ask for every wish once more, and compare what was paid with what was got."""
    for number, wish in enumerate(market.wishes):
        market.ask(wish, market.servers[number % 2])
        for server in market.servers:
            if wish.body is not None and not market.look(wish, server):
                result.wrong.append(f"{wish.key}: its image can't be fetched from {server.url}")
    paid = _paid_by_wish(market.wishes, fake)
    ends = Counter(wish.end or "no end" for wish in market.wishes)
    result.figures |= {f"wishes that ended with: {end}": ends[end] for end in sorted(ends)}
    result.figures["paid in all"] = fake.paid
    result.figures["paid for unknown outcomes"] = sum(
        paid[wish.key] for wish in market.wishes if wish.end == "unknown"
    )
    for wish in market.wishes:
        _check(wish, paid[wish.key], result)
    if fake.paid != sum(paid.values()):
        result.wrong.append("something was paid that nobody wished for")
    result.wrong += market.wrong


def _paid_by_wish(wishes: list[Wish], fake: FakeOpenAI) -> dict[str, int]:
    by_prompt = {prompt.partition("\n")[0]: paid for prompt, paid in fake.paid_for.items()}
    return {wish.key: by_prompt.get(wish.prompt, 0) for wish in wishes}


def _check(wish: Wish, paid: int, result: Result) -> None:
    if paid > 1:
        result.wrong.append(f"{wish.key} was paid {paid} times")
    if wish.end in {"image", "garbage"} and paid != 1:
        result.wrong.append(f"{wish.key} ended with {wish.end} and was paid {paid} times")
    if not wish.end:
        result.wrong.append(f"{wish.key} has no end")
