"""Evaluation of a soak: repairs, payments and outcomes."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from app.models import State
from app.ports import ImageRecords
from tests.soak.customers import Market, Order
from tests.soak.fleet import Server
from tests.support.fake_openai import FakeOpenAI


@dataclass
class Result:
    """The figures of a soak test, and everything that went wrong."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the figures, one per line, followed by what went wrong."""
        lines = [f"{name:<44}{value}" for name, value in self.figures.items()]
        return "\n".join([*lines, *(f"WRONG: {text}" for text in self.wrong)])


def expire_leases(records: ImageRecords) -> int:
    """Expire all leases, as time would; all servers must be down."""
    after, aged = "", 0
    while rows := records.scan(after=after, limit=500):
        for row in rows:
            if row.state is State.PENDING:
                aged += records.compare_and_swap(row, replace(row, lease_until=row.requested_at))
        after = rows[-1].id
    return aged


def reconcile(servers: list[Server], result: Result) -> None:
    """Repair on every server, then check that nothing is left to repair."""
    for server in servers:
        server.run("images", "reconcile", "--fix", "--json")
    for server in servers:
        done = server.run("images", "reconcile", "--fix", "--json")
        if done.returncode != 0:
            result.wrong.append(f"reconcile left: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        else:
            json.loads(done.stdout)


def compare_payments(market: Market, fake: FakeOpenAI, result: Result) -> None:
    """Request every order once more, and compare payments with outcomes."""
    for number, order in enumerate(market.orders):
        market.request(order, market.servers[number % 2])
        for server in market.servers:
            if order.body is not None and not market.fetch(order, server):
                result.wrong.append(f"{order.key}: its image can't be fetched from {server.url}")
    paid = _paid_by_order(market.orders, fake)
    outcomes = Counter(order.outcome or "none" for order in market.orders)
    result.figures |= {
        f"orders with outcome: {outcome}": outcomes[outcome] for outcome in sorted(outcomes)
    }
    result.figures["paid in all"] = fake.paid
    result.figures["paid for unknown outcomes"] = sum(
        paid[order.key] for order in market.orders if order.outcome == "unknown"
    )
    for order in market.orders:
        _check(order, paid[order.key], result)
    if fake.paid != sum(paid.values()):
        result.wrong.append("something was paid that no order asked for")
    result.wrong += market.wrong


def _paid_by_order(orders: list[Order], fake: FakeOpenAI) -> dict[str, int]:
    by_prompt = {prompt.partition("\n")[0]: paid for prompt, paid in fake.paid_for.items()}
    return {order.key: by_prompt.get(order.prompt, 0) for order in orders}


def _check(order: Order, paid: int, result: Result) -> None:
    if paid > 1:
        result.wrong.append(f"{order.key} was paid {paid} times")
    if order.outcome in {"image", "garbage"} and paid != 1:
        result.wrong.append(f"{order.key} ended with {order.outcome} and was paid {paid} times")
    if not order.outcome:
        result.wrong.append(f"{order.key} has no outcome")
