"""Recognize retries of requests that have no Idempotency-Key.

Some clients repeat a request without a key of their own. The service then makes up a key, and
remembers it for a while by caller, route and body.
"""

import hashlib
import json
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from app.errors import Charged, GenerationInProgress, RecordsUnavailable
from app.models import ImageRecord
from app.ports import Clock, RecentRequests
from app.usecases.generation.idempotency import IdempotencyService, candidate_claim

_OVERTAKING = "retry:"  # marks the key of a retry whose first attempt has not been seen
_POLL_SECONDS = 0.5
_ATTEMPTS = 3

Drawn = TypeVar("Drawn")


def digest_of(caller_id: str, route: str, body: object) -> str:
    """Return what equal requests have in common: a SHA-256 in hex.

    Args:
        caller_id: the id of the caller; "" without API keys.
        route: the route, or the name of a tool.
        body: JSON values; the order of an object's members does not matter.
    """
    canonical = json.dumps([caller_id, route, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RequestKeys:
    """Makes idempotency keys for requests that have none.

    Both methods raise RecordsUnavailable if the keys are unreachable.

    Args:
        recent: the keys of recent requests.
        clock: the clock that all servers of the store share.
    """

    recent: RecentRequests
    clock: Clock

    def join(self, digest: str, new_key: str = "", *, seconds: float) -> str:
        """Return the key of an equal recent request, or else a new one for those to come.

        Args:
            digest: see `digest_of`.
            new_key: the new key; by default a random one.
            seconds: how long the new key is remembered.
        """
        now, until = self._period(seconds)
        return self.recent.join(digest, new_key or _random_key(), now=now, until=until)

    def replace(self, digest: str, key: str = "", *, seconds: float) -> str:
        """Return a new key, which equal requests to come will join."""
        now, until = self._period(seconds)
        key = key or _random_key()
        self.recent.replace(digest, key, now=now, until=until)
        return key

    def of_attempt(self, digest: str, *, is_retry: bool, seconds: float) -> str:
        """Return the key of an attempt of a client that counts its retries.

        A first attempt gets a new key, and a retry that of the first attempt. If a retry arrives
        before its first attempt does, such as while that waits in a queue, the first attempt gets
        the key of the retry.
        """
        new_key = _random_key()
        if is_retry:
            found = self.join(digest, _OVERTAKING + new_key, seconds=seconds)
            return found.removeprefix(_OVERTAKING)
        found = self.join(digest, new_key, seconds=seconds)
        if found == new_key:
            return new_key
        is_overtaken = found.startswith(_OVERTAKING)
        key = found.removeprefix(_OVERTAKING) if is_overtaken else new_key
        return self.replace(digest, key, seconds=seconds)

    def _period(self, seconds: float) -> tuple[datetime, datetime]:
        now = self.clock.now()
        return now, now + timedelta(seconds=seconds)


def draw_or_join(
    draw: Callable[[], Drawn],
    idempotency: IdempotencyService,
    claim: str,
    *,
    images: int = 1,
    max_seconds: float = math.inf,
) -> Drawn:
    """Draw, or while another request with the claim draws, wait for its result instead.

    Without a limit this ends with the leases of the images at last.

    Args:
        draw: draws, or returns the result of an earlier request with the claim.
        idempotency: finds that request.
        claim: identifies the caller and the request.
        images: the number of images.
        max_seconds: how long to wait.

    Raises:
        GenerationInProgress: another request is still drawing.
        RecordsUnavailable: the records are unreachable.
        AppError: there is no image.
    """
    until = time.monotonic() + max_seconds
    for attempt in range(_ATTEMPTS):
        _wait_while_running(idempotency, claim, images, until)
        try:
            return draw()
        except GenerationInProgress:  # it has begun in the meantime, or the time is over
            if attempt == _ATTEMPTS - 1 or time.monotonic() >= until:
                raise
    raise GenerationInProgress


def _wait_while_running(
    idempotency: IdempotencyService, claim: str, images: int, until: float
) -> None:
    """Return when no server works on the images of a claim, or when the time is over."""

    def is_running(index: int) -> bool:
        record: ImageRecord | None = idempotency.find(candidate_claim(claim, index))
        return record is not None and record.is_leased(idempotency.clock.now())

    try:
        while time.monotonic() < until and any(is_running(index) for index in range(images)):
            time.sleep(_POLL_SECONDS)
    except RecordsUnavailable as error:
        error.charged = error.charged or Charged.NO
        raise


def _random_key() -> str:
    return uuid.uuid4().hex
