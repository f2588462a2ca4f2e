"""The finding about the deployment of MongoDB."""

from typing import Any

import pytest

from app.models import Level
from app.services.diagnostics.mongodb import describe_deployment

_SET = {"setName": "rs", "hosts": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("hello", "default", "level", "text"),
    [
        ({}, {}, Level.WARNING, "a single server"),
        ({"msg": "isdbgrid"}, {}, Level.OK, "a sharded cluster"),
        (_SET, {}, Level.OK, "3 with data, 0 arbiters; 2 confirm"),
        (_SET, {"w": 1}, Level.OK, "the default, w=1, is not used"),
        (_SET | {"hosts": ["a"]}, {"w": "majority"}, Level.OK, "1 with data"),
        (_SET | {"passives": ["d", "e"]}, {}, Level.OK, "5 with data, 0 arbiters; 3 confirm"),
        (
            _SET | {"hosts": ["a", "b"], "arbiters": ["c"]},
            {},
            Level.WARNING,
            "2 with data, 1 arbiters; 2 confirm",
        ),
        (_SET | {"passives": ["d"], "arbiters": ["e"]}, {}, Level.OK, "4 with data, 1 arbiters"),
    ],
)
def test_the_deployment_is_described(
    hello: dict[str, Any], default: dict[str, Any], level: Level, text: str
) -> None:
    """A warning says what one failure would cost."""
    found = describe_deployment(hello, default_write_concern=default)
    assert found.level is level
    assert text in found.found
    assert bool(found.advice) == (level is Level.WARNING)
