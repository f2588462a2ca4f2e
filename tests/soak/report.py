"""Evaluation of a soak: repairs, payments and outcomes."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from app.cli.exit_codes import FAILED
from app.models import State
from app.ports import ImageRecords
from tests.soak.customers.order_book import OrderBook
from tests.soak.customers.orders import Image, Order
from tests.soak.fleet import in_parallel
from tests.soak.result import Result
from tests.support.fake_openai import FakeOpenAI

_ATTEMPTS = 5
_RECONCILE = ("images", "reconcile", "--fix", "--json")
_LEASE_SECONDS = 400.0  # longer than a server's work on a group
_PAUSE_SECONDS = 5.0


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


def reconcile(book: OrderBook) -> None:
    """Repair on every server."""
    in_parallel([partial(server.run, *_RECONCILE) for server in book.servers])


def reconcile_again(book: OrderBook, result: Result) -> None:
    """Check that customers and repairs left nothing to repair."""
    for server in book.servers:
        if server.has_spooled():
            result.violate(f"reconcile left images in the spool of {server.url}")
    for server in book.servers * 2:  # the rest is shared by all servers
        done = server.run(*_RECONCILE)
        if done.returncode != FAILED:
            break
    if done.returncode != 0:
        names = {image.id: image.name for image in book.images if image.id}
        result.violate(f"reconcile left: {_left(done.stdout, names)} {done.stderr[-500:]}")
    else:
        kinds = json.loads(done.stdout)["kinds"]
        found = {kind: summary["found"] for kind, summary in kinds.items() if summary["found"]}
        result.figure("found by reconcile after the repairs", found)


def _left(text: str, names: Mapping[str, str]) -> str:
    """Return what a report says is left, with the names of the images that it concerns."""
    try:
        kinds = json.loads(text)["kinds"]
    except ValueError:
        return text[-2000:]
    return "; ".join(
        f"{kind} {names.get(entry['id'], entry['id'])}: {entry['reason'] or 'repaired'}"
        for kind, summary in kinds.items()
        for entry in summary["listed"]
    )


def compare_payments(book: OrderBook, fake: FakeOpenAI, result: Result) -> None:
    """Request every order once more, and compare payments with outcomes."""
    in_parallel([partial(_repeat, book, order, number) for number, order in enumerate(book.orders)])
    _repeat_the_rest(book, result)
    in_parallel([partial(_fetch, book, image, result) for image in book.images])
    paid = _paid_by_order(book.orders, fake)
    for kind in sorted({order.kind for order in book.orders}):
        of_kind = [order for order in book.orders if order.kind == kind]
        outcomes = Counter(image.outcome or "none" for order in of_kind for image in order.images)
        result.figure(f"images of {kind}", dict(outcomes.most_common()))
    certain = sum(order.paid_for_certain for order in book.orders)
    unknown = sum(paid[order.key] - order.paid_for_certain for order in book.orders)
    result.figure("paid in all", fake.paid)
    result.figure("paid for images and garbage", certain)
    result.figure("paid for unknown outcomes", unknown)
    for order in book.orders:
        check_payment(order, paid[order.key], result)
    if fake.paid != certain + unknown:
        result.violate("an image was paid for that no order requested")


def _repeat(book: OrderBook, order: Order, number: int) -> None:
    for attempt in range(_ATTEMPTS):
        book.request(order, book.servers[(number + attempt) % 2])
        if order.has_outcome:
            break


def _repeat_the_rest(book: OrderBook, result: Result) -> None:
    """Repeat orders without an outcome for as long as a server may hold their lease.

    A slow database can make a write fail, whose image is then finished after the lease.
    """
    until = time.monotonic() + _LEASE_SECONDS
    rest = [order for order in book.orders if not order.has_outcome]
    result.figure("orders in progress after five requests", len(rest))
    while rest and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
        in_parallel([partial(_repeat, book, order, number) for number, order in enumerate(rest)])
        rest = [order for order in rest if not order.has_outcome]


def _fetch(book: OrderBook, image: Image, result: Result) -> None:
    for server in book.servers:
        tries = (book.fetch(image, server) for _ in range(_ATTEMPTS))
        if image.is_served and not any(tries):
            result.violate(f"{image.name}: its image can't be fetched from {server.url}")


def _paid_by_order(orders: list[Order], fake: FakeOpenAI) -> dict[str, int]:
    by_prompt = {prompt.partition("\n")[0]: paid for prompt, paid in fake.paid_for.items()}
    return {order.key: by_prompt.get(order.prompt, 0) for order in orders}


def check_payment(order: Order, paid: int, result: Result) -> None:
    """Compare what was paid for an order with the outcomes of its images."""
    certain, outcomes = order.paid_for_certain, " and ".join(i.outcome for i in order.images)
    most = certain + order.count("unknown", "")
    if paid > order.n:
        result.violate(f"{order.key} was paid {paid} times")
    elif not certain <= paid <= most:
        result.violate(f"{order.key} ended with {outcomes} and was paid {paid} times")
    for image in order.images:
        if not image.outcome:
            result.violate(f"{image.name} has no outcome, at last {image.last_error!r}")
