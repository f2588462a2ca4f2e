"""Budgets that refuse, and faults of the ledger."""

import gzip
import json
import threading
from typing import Any

from pymongo import MongoClient

from app.services.mongodb.client import MongoDatabase
from tests.faults.rig import Rig
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    READY,
    SUCCESS,
    UNTIL_IT_RESETS,
    ExpectedResponse,
    Repeat,
    Row,
    Topic,
    failed,
)
from tests.support.fake_openai import Behavior, Fault
from tests.support.fake_openai.reply import Reply
from tests.support.openai.checks import chat
from tests.support.servers.free_ports import free_port

_OVER = ExpectedResponse(429, "budget_exceeded", "no", {"Retry-After": UNTIL_IT_RESETS})
_UNPRICED = ExpectedResponse(503, "price_unknown", "no")

_UNUSABLE = ExpectedResponse(502, "provider_bad_response", "no")
_LONG_PROMPT = json.dumps({"prompt": "a red fox " * 500})
_EXPANDING = Behavior(
    "expanding",
    reply=Reply(200, gzip.compress(b" " * 10**7, 1), headers={"content-encoding": "gzip"}),
)
_IMPLAUSIBLE_USAGE = Behavior(
    "implausible_usage",
    paid=True,
    rewrite=lambda reply: reply.with_document(
        {**reply.document(), "usage": {"prompt_tokens": 9, "completion_tokens": 10**7}}
    ),
)


def _ledger_down(rig: Rig) -> None:
    """Point the ledger, and nothing else, to a MongoDB that does not exist."""
    ledger = rig.service.ports.ledger.__dict__
    unreachable: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=50
    )
    right = ledger["_database"]
    ledger["_database"] = MongoDatabase(uri="", name="none", client=unreachable)
    rig.repair_by(lambda: ledger.update(_database=right))
    rig.repair_by(unreachable.close)


def _ledger_down_while_generating(rig: Rig) -> None:
    generated = threading.Event()
    rig.fake.script("images", Fault.until(generated))

    def take_down() -> None:
        rig.fake.wait_in_flight()
        _ledger_down(rig)
        generated.set()

    rig.in_background(take_down)


def _unknown_model(rig: Rig) -> None:
    generator = rig.service.ports.generator.__dict__
    generator["model"] = "gpt-image-9"


TOPIC = Topic(
    "Money",
    (
        Row(
            name="The budget has too little left",
            settings={"server_budget": "0.01/day"},
            response=_OVER,
            repeat=Repeat(_OVER, paid=0),
        ),
        Row(
            name="There is a budget, and the model's price is unknown",
            cause=_unknown_model,
            settings={"server_budget": "100/day"},
            response=_UNPRICED,
            repeat=Repeat(_UNPRICED, paid=0),
        ),
        Row(
            name="The ledger is down before paying",
            cause=_ledger_down,
            response=ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"}),
            repeat=GENERATED_NOW,
        ),
        Row(
            name="The ledger fails while the image is generated",
            cause=_ledger_down_while_generating,
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=FINISHED,
            log=("not recorded",),
        ),
        Row(
            name="The response of the moderation expands to megabytes",
            cause=lambda rig: rig.fake.script("moderations", _EXPANDING),
            response=_UNUSABLE,
            repeat=GENERATED_NOW,
        ),
        Row(
            name="The enhanced prompt is longer than any caller's",
            cause=lambda rig: rig.fake.script("chat", chat({"content": _LONG_PROMPT})),
            send=lambda rig: rig.generate(enhance=True),
            response=_UNUSABLE,
            stored=failed(),
            repeat=GENERATED_NOW,
        ),
        Row(
            name="The text model reports more tokens than it was allowed",
            cause=lambda rig: rig.fake.script("chat", _IMPLAUSIBLE_USAGE),
            settings={"server_budget": "1.00/day"},
            send=lambda rig: rig.generate(enhance=True),
            response=SUCCESS,
            paid=1,
            stored=READY,
            repeat=FINISHED,
            log=("reports more tokens than the request allows",),
        ),
    ),
)
