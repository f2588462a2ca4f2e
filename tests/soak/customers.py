"""Customers, who repeat each order under its idempotency key until its outcome is known."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.soak.fleet import Server

_TIMEOUT_SECONDS = 40
_CACHED_SECONDS = 90  # a process may serve a deleted image from its memory for a minute
EXPECTED = {
    (200, None),
    (400, "prompt_rejected"),
    (409, "generation_in_progress"),
    (409, "outcome_unknown"),
    (410, "image_deleted"),
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


@dataclass
class Order:
    """An image that a customer requests, under one idempotency key.

    Attributes:
        deleting: whether a deletion was requested; it may have failed.
        deleted_at: when a deletion was confirmed (monotonic); None before.
    """

    key: str
    prompt: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    body: dict[str, Any] | None = None
    image: bytes | None = None
    outcome: str = ""
    deleting: bool = False
    deleted_at: float | None = None

    @property
    def path(self) -> str:
        """The path of the finished image."""
        return f"/images/{self.body['filename']}" if self.body else ""


class OrderBook:
    """All orders, the responses to them, and the violations of promises."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.orders: list[Order] = []
        self.responses: Counter[str] = Counter()
        self.violations: list[str] = []
        self.lock = threading.Lock()

    def new_order(self) -> Order:
        """Add a new order."""
        with self.lock:
            number = len(self.orders)
            self.orders.append(Order(f"soak-{number}", f"Soak number {number}: a red fox"))
            return self.orders[-1]

    def path_of_any_image(self, rng: random.Random) -> str:
        """Return the path of a finished image, or "" if there is none."""
        with self.lock:
            return rng.choice([o.path for o in self.orders if o.path and not o.deleting] or [""])

    def request(self, order: Order, server: Server) -> None:
        """Request the image once, and compare the response with all earlier ones."""
        was_deleted = order.deleted_at is not None
        response = self._send(server, "POST", "/generate-image", order.prompt, order.key)
        if response is None:
            return
        body = response.json()
        self._note(response.status_code, body.get("code"), f"{order.key}: {response.text[:300]}")
        with order.lock:
            problem = (
                _note_image(order, body, was_deleted=was_deleted)
                if response.status_code == 200
                else _note_error(order, body, response.status_code)
            )
        if problem:
            self.violations.append(f"{order.key} {problem}")

    def reuse_key(self, order: Order, server: Server) -> None:
        """Use a finished order's key for another prompt, which must never give an image."""
        if not order.outcome:
            return
        response = self._send(server, "POST", "/generate-image", "Something else", order.key)
        if response is not None:
            self._note(response.status_code, response.json().get("code"), response.text[:300])
            if response.status_code == 200:
                self.violations.append(f"{order.key} gave an image for another prompt")

    def fetch(self, order: Order, server: Server) -> bool:
        """Fetch the image, which must be the same bytes each time, from every server."""
        if order.body is None:
            return False
        response = self._send(server, "GET", order.path)
        if response is None or response.status_code == 503:
            return False
        with order.lock:
            if response.status_code != 200:
                if not order.deleting:
                    self.violations.append(f"{order.key}: GET gave {response.status_code}")
            elif order.image is None:
                order.image = response.content
            elif order.image != response.content:
                self.violations.append(f"{order.key}: the image has changed")
            if response.status_code == 200 and _was_deleted(order, _CACHED_SECONDS):
                self.violations.append(f"{order.key} was deleted, and is served again")
        return response.status_code == 200

    def delete(self, order: Order, server: Server) -> bool:
        """Delete the image, and return whether it is gone for certain.

        A repeated deletion is 404 if an earlier one succeeded.
        """
        if order.body is None:
            return False
        repeated, order.deleting = order.deleting, True
        response = self._send(server, "DELETE", order.path)
        if response is None or response.status_code == 503:
            return False
        is_gone = response.status_code == 204 or (repeated and response.status_code == 404)
        with order.lock:
            if is_gone and order.deleted_at is None:
                order.deleted_at = time.monotonic()
            if response.status_code not in {204, 404}:
                self.violations.append(f"{order.key}: DELETE gave {response.status_code}")
        return is_gone

    def browse(self, server: Server) -> None:
        """Read the list."""
        response = self._send(server, "GET", "/images?limit=50")
        if response is not None and response.status_code not in {200, 503}:
            self.violations.append(f"the list gave {response.status_code}: {response.text[:300]}")

    def _send(
        self, server: Server, method: str, path: str, prompt: str = "", key: str = ""
    ) -> requests.Response | None:
        headers = {"Idempotency-Key": key} if key else {}
        body = {"prompt": prompt} if prompt else None
        try:
            return requests.request(
                method, server.url + path, json=body, headers=headers, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException:
            self.responses["connection lost"] += 1
            return None

    def _note(self, status: int, code: str | None, text: str) -> None:
        with self.lock:
            self.responses[f"{status} {code or ''}".strip()] += 1
            if (status, code) not in EXPECTED:
                self.violations.append(f"unexpected {status}: {text}")


def _note_image(order: Order, body: dict[str, Any], *, was_deleted: bool) -> str:
    """Set the order's image, and return what contradicts an earlier response, or ""."""
    earlier, order.body, order.outcome = order.body, body, "image"
    if was_deleted:
        return "was deleted, and given again"
    return "got two different responses" if earlier is not None and earlier != body else ""


def _note_error(order: Order, body: dict[str, Any], status: int) -> str:
    """Set the order's outcome, and return what contradicts an earlier response, or ""."""
    code = body.get("code")
    if code == "image_deleted":
        return "" if order.deleting else "is deleted without a request"
    if order.body is not None:
        # Records may be unavailable for a while; any final error would be a violation.
        is_final = status < 500 and code != "generation_in_progress"
        return f"got an image, and later {code}" if is_final else ""
    if code == "outcome_unknown":
        order.outcome = "unknown"
    elif code == "provider_bad_response" and body["charged"] == "yes":
        order.outcome = "garbage"
    return ""


def _was_deleted(order: Order, seconds: float) -> bool:
    """Return whether the deletion was confirmed that long ago."""
    return order.deleted_at is not None and time.monotonic() > order.deleted_at + seconds


def run_customer(book: OrderBook, seed: int, until: float, pause: float) -> None:
    """Act as one customer until that time (monotonic), pausing up to `pause` seconds."""
    rng = random.Random(seed)
    while time.monotonic() < until:
        server, chance = rng.choice(book.servers), rng.random()
        old = rng.choice(book.orders) if book.orders else book.new_order()
        if chance < 0.35:
            book.request(book.new_order(), server)
        elif chance < 0.7:
            book.request(old, server)
        elif chance < 0.75:
            book.reuse_key(old, server)
        elif chance < 0.8:
            book.delete(old, server)
        elif chance < 0.92:
            book.fetch(old, server)
        else:
            book.browse(server)
        time.sleep(rng.uniform(0, pause))
