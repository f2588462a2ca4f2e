"""What a budget refuses, and what goes wrong with the ledger that counts it."""

import threading
from typing import Any

from pymongo import MongoClient

from app.services.mongodb.client import MongoDatabase
from tests.faults.row import (
    DRAWN_NOW,
    FINISHED,
    MADE,
    READY,
    UNTIL_IT_RESETS,
    Again,
    Answer,
    Row,
    Topic,
)
from tests.faults.stage import Stage
from tests.support.fake_openai import Fault
from tests.support.servers.free_ports import free_port

_OVER = Answer(429, "budget_exceeded", "no", {"Retry-After": UNTIL_IT_RESETS})
_UNPRICED = Answer(503, "price_unknown", "no")


def _ledger_down(stage: Stage) -> None:
    """Let the ledger, and nothing else, ask a MongoDB that isn't there."""
    ledger = stage.service.ports.ledger.__dict__
    nobody: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=50
    )
    right = ledger["_database"]
    ledger["_database"] = MongoDatabase(uri="", name="none", client=nobody)
    stage.repair_by(lambda: ledger.update(_database=right))
    stage.repair_by(nobody.close)


def _ledger_down_while_drawing(stage: Stage) -> None:
    drawn = threading.Event()
    stage.fake.script("images", Fault.until(drawn))

    def take_down() -> None:
        stage.fake.wait_in_flight(timeout=30)
        _ledger_down(stage)
        drawn.set()

    stage.in_background(take_down)


def _unknown_model(stage: Stage) -> None:
    generator = stage.service.ports.generator.__dict__
    generator["model"] = "gpt-image-9"


TOPIC = Topic(
    "Money",
    (
        Row(
            what="The budget has too little left",
            settings={"server_budget": "0.01/day"},
            answer=_OVER,
            again=Again(_OVER, paid=0),
        ),
        Row(
            what="There is a budget, and the model's price is not known",
            given=_unknown_model,
            settings={"server_budget": "100/day"},
            answer=_UNPRICED,
            again=Again(_UNPRICED, paid=0),
        ),
        Row(
            what="The ledger of spending is down before paying",
            given=_ledger_down,
            answer=Answer(503, "records_unavailable", "no", {"Retry-After": "5"}),
            again=DRAWN_NOW,
        ),
        Row(
            what="The ledger of spending fails while the image is drawn",
            given=_ledger_down_while_drawing,
            answer=MADE,
            paid=1,
            kept=READY,
            again=FINISHED,
            log=("not booked",),
        ),
    ),
)
