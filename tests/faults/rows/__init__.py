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
from tests.faults.rows.agents import calls
from tests.faults.rows.crashes import CRASHES as SINGLE_CRASHES
from tests.faults.rows.edits import faults
from tests.faults.rows.edits.crashes import EDIT_CRASHES
from tests.faults.rows.exports import packs
from tests.faults.rows.groups import side_by_side
from tests.faults.rows.groups.crashes import CANDIDATE_CRASHES
from tests.faults.rows.openai_compatible import retries
from tests.faults.rows.trash import moves
from tests.faults.rows.uploads import outages

__all__ = ["CRASHES", "TOPICS"]

CRASHES = (*SINGLE_CRASHES, *CANDIDATE_CRASHES, *EDIT_CRASHES)

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
        packs,
        keys,
        money,
        side_by_side,
        outages,
        faults,
        moves,
        retries,
        calls,
        service,
    )
)
