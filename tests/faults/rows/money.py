"""Budgets that refuse, and faults of the ledger."""

import threading
from typing import Any

from pymongo import MongoClient

from app.services.mongodb.client import MongoDatabase
from tests.faults.row import (
    FINISHED,
    GENERATED_NOW,
    READY,
    SUCCESS,
    UNTIL_IT_RESETS,
    Again,
    ExpectedResponse,
    Row,
    Topic,
)
from tests.faults.stage import Stage
from tests.support.fake_openai import Fault
from tests.support.servers.free_ports import free_port

_OVER = ExpectedResponse(429, "budget_exceeded", "no", {"Retry-After": UNTIL_IT_RESETS})
_UNPRICED = ExpectedResponse(503, "price_unknown", "no")


def _ledger_down(stage: Stage) -> None:
    """Point the ledger, and nothing else, to a MongoDB that does not exist."""
    ledger = stage.service.ports.ledger.__dict__
    unreachable: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", free_port(), serverSelectionTimeoutMS=50
    )
    right = ledger["_database"]
    ledger["_database"] = MongoDatabase(uri="", name="none", client=unreachable)
    stage.repair_by(lambda: ledger.update(_database=right))
    stage.repair_by(unreachable.close)


def _ledger_down_while_generating(stage: Stage) -> None:
    generated = threading.Event()
    stage.fake.script("images", Fault.until(generated))

    def take_down() -> None:
        stage.fake.wait_in_flight(timeout=30)
        _ledger_down(stage)
        generated.set()

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
            response=_OVER,
            again=Again(_OVER, paid=0),
        ),
        Row(
            what="There is a budget, and the model's price is unknown",
            given=_unknown_model,
            settings={"server_budget": "100/day"},
            response=_UNPRICED,
            again=Again(_UNPRICED, paid=0),
        ),
        Row(
            what="The ledger is down before paying",
            given=_ledger_down,
            response=ExpectedResponse(503, "records_unavailable", "no", {"Retry-After": "5"}),
            again=GENERATED_NOW,
        ),
        Row(
            what="The ledger fails while the image is generated",
            given=_ledger_down_while_generating,
            response=SUCCESS,
            paid=1,
            kept=READY,
            again=FINISHED,
            log=("not booked",),
        ),
    ),
)
