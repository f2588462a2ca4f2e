"""Customers, who repeat each order under its idempotency key until its outcome is known."""

import random
import threading
import time

from tests.soak.customers.moves import move_at_random
from tests.soak.customers.order_book import OrderBook


def run_customer(book: OrderBook, seed: int, over: threading.Event, pause: float) -> None:
    """Act as one customer until it is over, pausing up to `pause` seconds."""
    rng = random.Random(seed)
    while not over.is_set():
        server, chance = rng.choice(book.servers), rng.random()
        old = rng.choice(book.orders) if book.orders else book.new_order(rng)
        if chance < 0.3 and len(book.orders) < book.most:
            book.request(book.new_order(rng), server)
        elif chance < 0.6:
            book.request(old, server)
        elif chance < 0.64:
            book.reuse_key(old, server)
        elif chance < 0.8:
            move_at_random(book, old, server, rng)
        elif chance < 0.93:
            book.fetch(rng.choice(old.images), server)
        else:
            book.browse(server)
        time.sleep(rng.uniform(0, pause))
