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
EXPECTED = {
    (200, None),
    (400, "prompt_rejected"),
    (409, "generation_in_progress"),
    (409, "outcome_unknown"),
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
    """An image that a customer requests, under one idempotency key."""

    key: str
    prompt: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    body: dict[str, Any] | None = None
    image: bytes | None = None
    outcome: str = ""


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

    def request(self, order: Order, server: Server) -> None:
        """Request the image once, and compare the response with all earlier ones."""
        response = self._send(server, "POST", "/generate-image", order.prompt, order.key)
        if response is None:
            return
        body = response.json()
        self._note(response.status_code, body.get("code"), f"{order.key}: {response.text[:300]}")
        with order.lock:
            if response.status_code == 200:
                if order.body is not None and order.body != body:
                    self.violations.append(f"{order.key} got two different responses")
                order.body, order.outcome = body, "image"
            elif order.body is not None:
                # Records may be unavailable for a while; any final error would be a violation.
                if response.status_code < 500 and body["code"] != "generation_in_progress":
                    self.violations.append(f"{order.key} got an image, and later {body['code']}")
            elif body["code"] == "outcome_unknown":
                order.outcome = "unknown"
            elif body["code"] == "provider_bad_response" and body["charged"] == "yes":
                order.outcome = "garbage"

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
        path = f"/images/{order.body['filename']}"
        response = self._send(server, "GET", path)
        if response is None or response.status_code == 503:
            return False
        with order.lock:
            if response.status_code != 200:
                self.violations.append(f"{order.key}: GET gave {response.status_code}")
            elif order.image is None:
                order.image = response.content
            elif order.image != response.content:
                self.violations.append(f"{order.key}: the image has changed")
        return response.status_code == 200

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
        elif chance < 0.9:
            book.fetch(old, server)
        else:
            book.browse(server)
        time.sleep(rng.uniform(0, pause))
