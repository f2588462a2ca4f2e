"""All orders, the requests of customers, and what contradicts the service's promises."""

import random
import threading
from collections import Counter
from typing import Any

from tests.soak.customers.client import Reply
from tests.soak.customers.orders import PARENT_GONE, Image, Order, Place
from tests.soak.fleet import Server
from tests.soak.result import Result
from tests.support.fake_openai import sample_images

_MIX = "generation upload edit generation edit-group generation generation group generation".split()
_UPLOAD_PIXELS = 512
EXPECTED = {
    (200, None),
    (201, None),
    (400, "prompt_rejected"),
    (409, "generation_in_progress"),
    (409, "outcome_unknown"),
    (410, "image_deleted"),
    (410, "image_trashed"),
    (422, "idempotency_key_reused"),
    (502, "provider_bad_response"),
    (502, "provider_error"),
    (503, "busy"),
    (503, "provider_quota"),
    (503, "provider_rate_limited"),
    (503, "provider_unreachable"),
    (503, "records_unavailable"),
    (503, "shutting_down"),
    (503, "storage_unavailable"),
    (504, "provider_timeout"),
}
_CODES = {code for _, code in EXPECTED} | PARENT_GONE


class OrderBook:
    """All orders, and the responses to them, compared with the service's promises.

    Attributes:
        moves: how often images were moved, by where to.
        most: the number of orders after which customers only repeat earlier ones.
    """

    def __init__(self, servers: list[Server], result: Result, most: float) -> None:
        self.servers, self.result, self.most = servers, result, most
        self.orders: list[Order] = []
        self.responses: Counter[str] = Counter()
        self.moves: Counter[str] = Counter()
        self.lock = threading.Lock()

    def new_order(self, rng: random.Random) -> Order:
        """Add a new order: an upload, an edit or an image from words, or a group of them.

        The kinds take turns, so that each run has all of them.
        """
        parent = self.any_image(rng)
        with self.lock:
            number = len(self.orders)
            kind = _MIX[number % len(_MIX)]
            key, prompt = f"soak-{number}", f"Soak number {number}: a red fox"
            if kind == "upload":
                file = sample_images.draw(_UPLOAD_PIXELS, _UPLOAD_PIXELS, number)
                order = Order(key, prompt, file=file)
            else:
                n = rng.choice((2, 3)) if "group" in kind else 1
                order = Order(key, prompt, n=n, parent=parent if "edit" in kind else None)
            self.orders.append(order)
            return order

    @property
    def images(self) -> list[Image]:
        """The images of all orders."""
        with self.lock:
            return [image for order in self.orders for image in order.images]

    def any_image(self, rng: random.Random) -> Image | None:
        """Return an image that is served, or None if there is none."""
        return rng.choice([image for image in self.images if image.is_served] or [None])

    def request(self, order: Order, server: Server) -> None:
        """Send the order, and compare the response with all earlier ones."""
        if order.file:
            self.upload(order, server)
            return
        changes = [image.changes for image in order.images]
        if order.parent:
            reply = server.client.edit(order.parent.filename, order.prompt, order.key, order.n)
        else:
            reply = server.client.generate(order.prompt, order.key, order.n)
        if self.counted(reply).status:
            self._note(order, reply, changes)

    def upload(self, order: Order, server: Server) -> None:
        """Upload the file, which also returns its image from the trash."""
        (image,) = order.images
        if not image.moving.acquire(blocking=False):
            return
        try:
            place = image.place
            if image.purging or (image.lingering and image.body):
                return
            if place is not Place.LISTED:
                image.move(Place.UNSURE)
            reply = self.counted(server.client.upload(order.file, order.prompt))
            image.lingering |= reply.is_late
            if reply.status:
                self._note(order, reply, [image.changes])
                if reply.status in {200, 201} and place is not Place.LISTED:
                    image.move(Place.LISTED)
                    self.moves["restored by an upload"] += 1
        finally:
            image.moving.release()

    def reuse_key(self, order: Order, server: Server) -> None:
        """Use a finished order's key for another prompt, which must never give an image."""
        # An edit without its parent may have left nothing that knows the key.
        if order.file or not order.has_outcome or order.count("refused"):
            return
        reply = self.counted(server.client.generate("Something else", order.key))
        if reply.status:
            self._count(reply, EXPECTED)
            if reply.status == 200:
                self.result.violate(f"{order.key} gave an image for another prompt")

    def fetch(self, image: Image, server: Server) -> bool:
        """Fetch the image, which must be the same bytes each time, from every server."""
        if image.body is None:
            return False
        changes, was_removed = image.changes, image.is_removed
        reply = self.counted(server.client.fetch(image.filename))
        if reply.status in {0, 503}:
            return False
        with image.lock:
            place = image.place_since(changes)
            if reply.status != 200:
                if place is Place.LISTED:
                    self.result.violate(f"{image.name}: GET gave {reply.status}")
            elif image.data is None:
                image.data = reply.data
            elif image.data != reply.data:
                self.result.violate(f"{image.name}: the image has changed")
            if reply.status == 200 and was_removed and place is not Place.UNSURE:
                self.result.violate(f"{image.name} was {place}, and is served again")
        return reply.status == 200

    def browse(self, server: Server) -> None:
        """Read the list."""
        reply = self.counted(server.client.list())
        if reply.status not in {0, 200, 503}:
            self.result.violate(f"the list gave {reply.status}: {reply.text}")

    def note_repetition(self, reason: str) -> None:
        """Count a response or a lost connection after which the client sent a request again."""
        with self.lock:
            self.responses[f"repeated: {reason}"] += 1
        if reason.islower() and reason not in _CODES:  # an exception has capitals
            self.result.violate(f"unexpected {reason}, repeated")

    def counted(self, reply: Reply) -> Reply:
        """Count a reply that did not arrive; return it."""
        if not reply.status:
            with self.lock:
                self.responses["time over" if reply.is_late else "connection lost"] += 1
        return reply

    def _note(self, order: Order, reply: Reply, changes: list[int]) -> None:
        gone = {(404, code) for code in PARENT_GONE} if order.parent else set()
        self._count(reply, EXPECTED | gone)
        for failure in reply.body.get("failures", []):
            self._count_candidate(failure)
        self.result.violate(*order.note(reply.status, reply.body, changes))

    def _count(self, reply: Reply, expected: set[tuple[int, str | None]]) -> None:
        code = reply.body.get("code")
        with self.lock:
            self.responses[f"{reply.status} {code or ''}".strip()] += 1
            if (reply.status, code) not in expected:
                self.result.violate(f"unexpected {reply.status}: {reply.text}")

    def _count_candidate(self, failure: dict[str, Any]) -> None:
        with self.lock:
            self.responses[f"candidate {failure['code']}"] += 1
            if failure["code"] not in _CODES:
                self.result.violate(f"unexpected failure of a candidate: {failure}")
