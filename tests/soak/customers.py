"""Customers: each wish has a key, and they ask until they know what became of it."""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.soak.fleet import Server

_PATIENCE = 40
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
class Wish:
    """An image that somebody wants, under one key."""

    key: str
    prompt: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    body: dict[str, Any] | None = None
    image: bytes | None = None
    end: str = ""


class Market:
    """All wishes, and everything that was seen; it notes what must not happen."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.wishes: list[Wish] = []
        self.seen: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.lock = threading.Lock()

    def new_wish(self) -> Wish:
        """Add a wish that nobody had before."""
        with self.lock:
            number = len(self.wishes)
            self.wishes.append(Wish(f"soak-{number}", f"Soak number {number}: a red fox"))
            return self.wishes[-1]

    def ask(self, wish: Wish, server: Server) -> None:
        """Ask once for the image, and check the answer against all that was heard before."""
        answer = self._send(server, "POST", "/generate-image", wish.prompt, wish.key)
        if answer is None:
            return
        body = answer.json()
        self._note(answer.status_code, body.get("code"), f"{wish.key}: {answer.text[:300]}")
        with wish.lock:
            if answer.status_code == 200:
                if wish.body is not None and wish.body != body:
                    self.wrong.append(f"{wish.key} was answered in two ways")
                wish.body, wish.end = body, "image"
            elif wish.body is not None:
                # Its row may wait for the records to be back; anything final would be wrong.
                if answer.status_code < 500 and body["code"] != "generation_in_progress":
                    self.wrong.append(f"{wish.key} was answered, and later {body['code']}")
            elif body["code"] == "outcome_unknown":
                wish.end = "unknown"
            elif body["code"] == "provider_bad_response" and body["charged"] == "yes":
                wish.end = "garbage"

    def ask_otherwise(self, wish: Wish, server: Server) -> None:
        """Use the key of a wish that has come to an end for another; it must never be drawn."""
        if not wish.end:
            return
        answer = self._send(server, "POST", "/generate-image", "Something else", wish.key)
        if answer is not None:
            self._note(answer.status_code, answer.json().get("code"), answer.text[:300])
            if answer.status_code == 200:
                self.wrong.append(f"{wish.key} gave an image for another prompt")

    def look(self, wish: Wish, server: Server) -> bool:
        """Fetch the image; it must be the same bytes, every time, from every server."""
        if wish.body is None:
            return False
        path = f"/images/{wish.body['filename']}"
        answer = self._send(server, "GET", path)
        if answer is None or answer.status_code == 503:
            return False
        with wish.lock:
            if answer.status_code != 200:
                self.wrong.append(f"{wish.key}: GET gave {answer.status_code}")
            elif wish.image is None:
                wish.image = answer.content
            elif wish.image != answer.content:
                self.wrong.append(f"{wish.key}: the image has changed")
        return answer.status_code == 200

    def browse(self, server: Server) -> None:
        """Read the list."""
        answer = self._send(server, "GET", "/images?limit=50")
        if answer is not None and answer.status_code not in {200, 503}:
            self.wrong.append(f"the list gave {answer.status_code}: {answer.text[:300]}")

    def _send(
        self, server: Server, method: str, path: str, prompt: str = "", key: str = ""
    ) -> requests.Response | None:
        headers = {"Idempotency-Key": key} if key else {}
        body = {"prompt": prompt} if prompt else None
        try:
            return requests.request(
                method, server.url + path, json=body, headers=headers, timeout=_PATIENCE
            )
        except requests.RequestException:
            self.seen["connection lost"] += 1
            return None

    def _note(self, status: int, code: str | None, text: str) -> None:
        with self.lock:
            self.seen[f"{status} {code or ''}".strip()] += 1
            if (status, code) not in EXPECTED:
                self.wrong.append(f"unexpected {status}: {text}")


def go_shopping(market: Market, seed: int, until: float, pause: float) -> None:
    """Be one customer until that time (monotonic), who pauses for up to so many seconds."""
    rng = random.Random(seed)
    while time.monotonic() < until:
        server, chance = rng.choice(market.servers), rng.random()
        old = rng.choice(market.wishes) if market.wishes else market.new_wish()
        if chance < 0.35:
            market.ask(market.new_wish(), server)
        elif chance < 0.7:
            market.ask(old, server)
        elif chance < 0.75:
            market.ask_otherwise(old, server)
        elif chance < 0.9:
            market.look(old, server)
        else:
            market.browse(server)
        time.sleep(rng.uniform(0, pause))
