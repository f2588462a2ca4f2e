"""The fault matrix. The tests run it, and docs/faults.md is written from it."""

from tests.faults.rows import (
    backgrounds,
    cache,
    compatible,
    cutouts,
    keys,
    money,
    provider,
    records,
    requests,
    service,
    slow_images,
    storage,
    streams,
    unwritable,
    wrong_responses,
)
from tests.faults.rows.crashes import CRASHES

__all__ = ["CRASHES", "TOPICS"]

TOPICS = tuple(
    topic.TOPIC
    for topic in (
        requests,
        provider,
        slow_images,
        compatible,
        backgrounds,
        streams,
        storage,
        wrong_responses,
        unwritable,
        records,
        cache,
        cutouts,
        keys,
        money,
        service,
    )
)
