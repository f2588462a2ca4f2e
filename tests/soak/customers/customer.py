"""Customers, who repeat each order until its outcome is known, and move images.

They move them to the trash, restore them, or delete them for good.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.soak.customers.client import Reply
from tests.soak.customers.order_book import OrderBook
from tests.soak.customers.orders import Image, Order, Place
from tests.soak.fleet import Server


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


def move_at_random(book: OrderBook, order: Order, server: Server, rng: random.Random) -> None:
    """Move an image of the order in any way that its place allows."""
    image = rng.choice(order.images)
    if image.body is None or image.lingering:
        return
    chance = rng.random()
    if image.place is Place.PURGED:
        restore(book, image, server)
    elif image.purging or chance < 0.15:
        remove(book, image, server, purge=True)
    elif order.n > 1 and chance < 0.5:
        keep_one(book, order, image, server)
    elif image.place is Place.TRASHED and chance < 0.9:
        by_upload = bool(order.file) and rng.random() < 0.5
        book.upload(order, server) if by_upload else restore(book, image, server)
    else:
        remove(book, image, server, purge=False)


def remove(book: OrderBook, image: Image, server: Server, *, purge: bool) -> None:
    """Move the image to the trash, or delete it for good.

    A repeated deletion for good is 404 if an earlier one succeeded.
    """
    with _moving([image]) as moving:
        if not moving:
            return
        repeated, image.purging = image.purging, image.purging or purge
        _lose_sight([image])
        reply = _moved(book, [image], server.client.delete(image.filename, purge=purge))
        if reply is None:
            return
        if reply.status == 204 or (repeated and reply.status == 404):
            is_purged = purge or reply.status == 404
            image.move(Place.PURGED if is_purged else Place.TRASHED)
            book.moves["deleted" if is_purged else "trashed"] += 1
        else:
            _report(book, image, reply, "DELETE")


def restore(book: OrderBook, image: Image, server: Server) -> None:
    """Return the image from the trash; one that was deleted for good stays deleted."""
    with _moving([image]) as moving:
        was_purged = image.place is Place.PURGED
        if not moving or (image.purging and not was_purged):
            return
        if not was_purged:
            _lose_sight([image])
        reply = _moved(book, [image], server.client.restore(image.filename))
        if reply is None or (was_purged and reply.status == 404):
            return
        if reply.status == 200 and not was_purged:
            image.move(Place.LISTED)
            book.moves["restored"] += 1
        else:
            _report(book, image, reply, "restore")


def keep_one(book: OrderBook, order: Order, kept: Image, server: Server) -> None:
    """Move all other images of a group to the trash."""
    with _moving(order.images) as moving:
        if not moving or not all(image.is_served for image in order.images):
            return
        rest = [image for image in order.images if image is not kept]
        _lose_sight(rest)
        reply = _moved(book, rest, server.client.delete_group(order.group, kept=kept.filename))
        if reply is None:
            return
        names = [image.filename for image in rest]  # fewer if an earlier attempt had moved some
        if reply.status != 200:
            _report(book, kept, reply, "DELETE of the rest")
        elif not set(reply.body["deleted"]) <= set(names):
            book.result.violate(f"{order.key}: of {names} it deleted {reply.text}")
        else:
            book.moves["trashed in groups"] += len(rest)
            for image in rest:
                image.move(Place.TRASHED)


@contextmanager
def _moving(images: Sequence[Image]) -> Iterator[bool]:
    """Hold the images; False if another customer is moving one of them."""
    with ExitStack() as stack:
        for image in images:
            if not image.moving.acquire(blocking=False):
                yield False
                return
            stack.callback(image.moving.release)
        yield not any(image.lingering for image in images)


def _lose_sight(images: Sequence[Image]) -> None:
    """Call the images' places unsure until they are confirmed."""
    for image in images:
        image.move(Place.UNSURE)


def _moved(book: OrderBook, images: Sequence[Image], reply: Reply) -> Reply | None:
    """Return the reply to a request that moves images; None if its result is not known."""
    for image in images:
        image.lingering |= reply.is_late
    return reply if book.counted(reply).status not in {0, 503} else None


def _report(book: OrderBook, image: Image, reply: Reply, what: str) -> None:
    text = f"{what} gave {reply.status}: {reply.text}"
    book.result.violate(f"{image.name}: {text}")
