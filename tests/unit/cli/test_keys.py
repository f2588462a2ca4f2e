"""`flask keys`: output and exit statuses."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.errors import RecordsUnavailable
from app.models import Budget, Scope
from app.usecases.auth.key_format import hash_of, id_in
from tests.support.builders import World
from tests.support.service import settings_for

ARABIC_ONE = "\N{ARABIC-INDIC DIGIT ONE}"
KEY = re.compile(r"igk_[0-9A-Za-z]{10}_[0-9A-Za-z]{38}")


@pytest.fixture
def app(world: World, tmp_path: Path) -> Flask:
    """Build the app on fake ports."""
    return create_app(settings_for(data_dir=tmp_path, log_level="ERROR"), world.ports)


def run(app: Flask, *arguments: str) -> Result:
    """Run the command."""
    return app.test_cli_runner().invoke(args=["keys", *arguments])


def listed(app: Flask) -> list[dict[str, object]]:
    """Return the keys that `flask keys list --json` prints."""
    rows: list[dict[str, object]] = json.loads(run(app, "list", "--json").stdout)["keys"]
    return rows


def test_standard_output_has_only_the_key(app: Flask, world: World) -> None:
    """Scripts can capture the key; messages go to standard error and don't contain it."""
    for command in (("create", "alice"), ("rotate", "alice")):
        result = run(app, *command)
        text = result.stdout.removesuffix("\n")
        assert (result.exit_code, bool(KEY.fullmatch(text))) == (0, True)
        assert "alice" in result.stderr
        assert text not in result.stderr
        (key,) = world.keys.by_id.values()
        assert (key.id, key.hash) == (id_in(text), hash_of(text))


def test_options_set_the_fields_of_the_key(app: Flask, world: World) -> None:
    """Scopes, rate limit, budget (to the millionth of a dollar) and expiry are stored as given."""
    options = ["--scope", "read, metrics", "--rate", "30/minute"]
    run(app, "create", "ops", *options, "--budget", "0.000001/month", "--expires", "90d")
    (key,) = world.keys.by_id.values()
    assert key.scopes == {Scope.READ, Scope.METRICS}
    assert (key.rate, key.budget) == ("30/minute", Budget(micros=1, period="month"))
    assert key.expires_at == world.clock.time + timedelta(days=90)


def test_default_key_has_image_scopes_and_no_limits(app: Flask, world: World) -> None:
    """A key can generate, read and delete by default, without own limits and without expiry."""
    run(app, "create", "alice")
    (key,) = world.keys.by_id.values()
    assert key.scopes == {Scope.GENERATE, Scope.READ, Scope.DELETE}
    assert (key.rate, key.budget, key.expires_at) == ("", None, None)


@pytest.mark.parametrize(
    ("given", "micros", "printed"),
    [
        ("5.00", 5_000_000, "5.00"),
        ("90", 90_000_000, "90.00"),
        ("0.1", 100_000, "0.10"),
        ("1.005", 1_005_000, "1.005"),
        ("123456789.000001", 123_456_789_000_001, "123456789.000001"),
    ],
)
def test_budgets_are_exact(app: Flask, world: World, given: str, micros: int, printed: str) -> None:
    """Budgets are parsed and printed without rounding by binary fractions."""
    run(app, "create", "alice", "--budget", f"{given}/day")
    (key,) = world.keys.by_id.values()
    assert key.budget == Budget(micros=micros, period="day")
    assert listed(app)[0]["budget"] == f"{printed}/day"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("--scope", value) for value in ("", "write", "read,", "read;delete", "READ")],
        *[("--rate", value) for value in ("30", "0/minute", "30/week", "-1/day", "3.5/hour", "1/")],
        *[("--budget", value) for value in ("5", "5/week", "0/day", "-1/day", "1.0000001/day")],
        *[("--budget", value) for value in ("1e3/day", "NaN/day", ".5/day", f"{ARABIC_ONE}/day")],
        *[("--expires", value) for value in ("0d", "90", "-1d", "1w", "never")],
    ],
)  # fmt: skip
def test_invalid_option_creates_no_key(app: Flask, world: World, option: str, value: str) -> None:
    """An invalid value exits with status 2 and a message with the option and a valid example."""
    result = run(app, "create", "alice", f"{option}={value}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert option in result.stderr
    assert "must be" in result.stderr
    assert world.keys.by_id == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "a b"),
        ("create", "alice"),
        ("revoke", "bob"),
        ("rotate", "bob"),
        ("rotate", "old"),
    ],
)
def test_rejected_command_exits_with_status_2(
    app: Flask, world: World, arguments: tuple[str, ...]
) -> None:
    """An invalid, taken or unknown name or a revoked key gets one line, and changes nothing."""
    run(app, "create", "alice")
    run(app, "create", "old")
    run(app, "revoke", "old")
    before = dict(world.keys.by_id)
    result = run(app, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert world.keys.by_id == before


@pytest.mark.parametrize("command", [("create", "x"), ("list",), ("revoke", "x"), ("rotate", "x")])
def test_unavailable_database_exits_with_status_1(
    app: Flask, world: World, command: tuple[str, ...]
) -> None:
    """The message is one line on standard error; standard output stays empty."""
    for step in ("find", "list"):
        world.keys.fail(step, RecordsUnavailable("the reason"))
    result = run(app, *command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "the reason" in result.stderr


def test_list_has_all_fields_but_the_secret(app: Flask, world: World) -> None:
    """Table and JSON distinguish live, expired and revoked keys, and contain no hash."""
    assert run(app, "list").stdout.split() == [
        *("ID", "NAME", "SCOPES", "RATE", "BUDGET", "CREATED", "EXPIRES", "STATE")
    ]
    run(app, "create", "alice", "--rate", "5/hour", "--expires", "1h")
    world.clock.advance(1)
    run(app, "create", "bob", "--scope", "read", "--budget", "2.5/day")
    world.clock.advance(1)
    run(app, "create", "carol")
    run(app, "revoke", "carol")
    world.clock.advance(3600)
    rows = {row["name"]: row for row in listed(app)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "alice": "expired",
        "bob": "live",
        "carol": "revoked",
    }
    assert rows["alice"]["expires"] == "2026-11-22T13:00:00Z"
    assert (rows["bob"]["scopes"], rows["bob"]["budget"]) == (["read"], "2.50/day")
    table = run(app, "list").stdout
    assert [line.split()[1] for line in table.splitlines()] == ["NAME", "alice", "bob", "carol"]
    for key in world.keys.by_id.values():
        assert key.hash not in table + json.dumps(rows)


def test_grace_period_of_rotated_key(app: Flask, world: World) -> None:
    """The old secret stays valid for --grace, by default a day."""
    run(app, "create", "alice")
    for options, hours in (((), 24), (("--grace", "90m"), 1.5), (("--grace", "0s"), 0)):
        run(app, "rotate", "alice", *options)
        (key,) = world.keys.by_id.values()
        assert key.previous_until == world.clock.time + timedelta(hours=hours)
