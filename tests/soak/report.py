"""Evaluation of a soak: repairs, payments and outcomes."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from app.models import State
from app.ports import ImageRecords
from tests.soak.customers import Order, OrderBook
from tests.soak.fleet import Server, in_parallel
from tests.support.fake_openai import FakeOpenAI


@dataclass
class Result:
    """The figures of a soak test, and the violations of promises."""

    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the figures, one per line, followed by the violations."""
        lines = [f"{name:<44}{value}" for name, value in self.figures.items()]
        return "\n".join([*lines, *(f"VIOLATION: {text}" for text in self.violations)])


def expire_leases(records: ImageRecords) -> int:
    """Expire all leases, as time would; all servers must be down."""
    after, count = "", 0
    while page := records.scan(after=after, limit=500):
        for record in page:
            if record.state is State.PENDING:
                expired = replace(record, lease_until=record.requested_at)
                count += records.compare_and_swap(record, expired)
        after = page[-1].id
    return count


def reconcile(servers: list[Server], result: Result) -> None:
    """Repair on every server, then check that nothing is left to repair."""
    commands = [partial(server.run, "images", "reconcile", "--fix", "--json") for server in servers]
    in_parallel(commands)
    for done in in_parallel(commands):
        if done.returncode != 0:
            result.violations.append(
                f"reconcile left: {_summary(done.stdout)} {done.stderr[-500:]}"
            )
        else:
            json.loads(done.stdout)


def _summary(text: str) -> str:
    """Return what a report says is left, without the images whose outcome is unknown."""
    try:
        found = json.loads(text)
    except ValueError:
        return text[-2000:]
    return f"{found['left']} of {found['kinds']}"


def compare_payments(book: OrderBook, fake: FakeOpenAI, result: Result) -> None:
    """Request every order once more, and compare payments with outcomes."""
    in_parallel(
        [partial(_compare, book, order, number, result) for number, order in enumerate(book.orders)]
    )
    paid = _paid_by_order(book.orders, fake)
    outcomes = Counter(order.outcome or "none" for order in book.orders)
    result.figures |= {
        f"orders with outcome: {outcome}": outcomes[outcome] for outcome in sorted(outcomes)
    }
    result.figures["paid in all"] = fake.paid
    result.figures["paid for unknown outcomes"] = sum(
        paid[order.key] for order in book.orders if order.outcome == "unknown"
    )
    for order in book.orders:
        check_payment(order, paid[order.key], result)
    if fake.paid != sum(paid.values()):
        result.violations.append("an image was paid for that no order requested")


def _compare(book: OrderBook, order: Order, number: int, result: Result) -> None:
    book.request(order, book.servers[number % 2])
    for server in book.servers:
        if order.body is not None and not order.deleting and not book.fetch(order, server):
            result.violations.append(f"{order.key}: its image can't be fetched from {server.url}")


def _paid_by_order(orders: list[Order], fake: FakeOpenAI) -> dict[str, int]:
    by_prompt = {prompt.partition("\n")[0]: paid for prompt, paid in fake.paid_for.items()}
    return {order.key: by_prompt.get(order.prompt, 0) for order in orders}


def check_payment(order: Order, paid: int, result: Result) -> None:
    """Compare what was paid for an order with its outcome."""
    if paid > 1:
        result.violations.append(f"{order.key} was paid {paid} times")
    if order.outcome in {"image", "garbage"} and paid != 1:
        result.violations.append(
            f"{order.key} ended with {order.outcome} and was paid {paid} times"
        )
    if not order.outcome:
        result.violations.append(f"{order.key} has no outcome")
