"""`flask keys ...`: who may call this service, and what they may do."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from app.blueprints.dependencies import deps
from app.cli.durations import Duration
from app.cli.key_params import BudgetText, RateText, Scopes, as_text
from app.errors import AppError
from app.models import ApiKey, Budget, Scope
from app.usecases.auth.api_keys import ApiKeyRejected, NewKey

_UNUSABLE, _OUT_OF_REACH = 2, 1
_COLUMNS = ("id", "name", "scopes", "rate", "budget", "created", "expires", "state")

keys = AppGroup("keys", help="Make, list, revoke and rotate API keys.")


@keys.command(short_help="Make a key and print it, once.")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    default="generate,read,delete",
    type=Scopes(),
    show_default=True,
    help="What the key is for: some of generate, read, delete, metrics.",
)
@click.option("--rate", default="", type=RateText(), help="Generations, such as 30/minute.")
@click.option("--budget", type=BudgetText(), help="Dollars (UTC), such as 5.00/day or 90/month.")
@click.option("--expires", type=Duration(), help="How long it is good, such as 90d.")
@with_appcontext
def create(
    name: str, scopes: frozenset[Scope], rate: str, budget: Budget | None, expires: int | None
) -> None:
    """Make a key for NAME, and print it on standard output. It can't be shown again.

    Without --rate the server's own limit holds, without --budget and --expires there is none.
    """
    lifetime = None if expires is None else timedelta(seconds=expires)
    with _refusals():
        made = deps().api_keys.create(
            name, scopes=scopes, rate=rate, budget=budget, lifetime=lifetime
        )
    _hand_over(made, f"Made the key {made.key.id} for {name}.")


@keys.command("list", short_help="List all keys, without their secrets.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of a table.")
@with_appcontext
def list_(as_json: bool) -> None:
    """List all keys, the oldest first. Their secrets are not known to the service either."""
    with _refusals():
        rows = [_row(key) for key in deps().api_keys.list()]
    if as_json:
        click.echo(json.dumps({"keys": rows}, indent=2))
    else:
        for line in _table(rows):
            click.echo(line)


@keys.command(short_help="Let nobody in with a key any more.")
@click.argument("name_or_id")
@with_appcontext
def revoke(name_or_id: str) -> None:
    """Revoke a key. Running servers know within five seconds; its images stay."""
    with _refusals():
        key = deps().api_keys.revoke(name_or_id)
    click.echo(f"Revoked the key {key.id} of {key.name}.", err=True)


@keys.command(short_help="Give a key a new secret and print it, once.")
@click.argument("name_or_id")
@click.option(
    "--grace",
    default="24h",
    type=Duration(or_none=True),
    show_default=True,
    help="How long the old secret works beside the new one.",
)
@with_appcontext
def rotate(name_or_id: str, grace: int) -> None:
    """Give a key a new secret, and print it on standard output. It can't be shown again.

    Images, limits and spending stay with the key.
    """
    with _refusals():
        made = deps().api_keys.rotate(name_or_id, grace=timedelta(seconds=grace))
    until = _time(made.key.previous_until)
    _hand_over(made, f"The key {made.key.id} of {made.key.name}; the old one works until {until}.")


def _hand_over(made: NewKey, about: str) -> None:
    """Print the key alone on standard output, so that a script can take it from there."""
    click.echo(f"{about} Keep it safe, it is not shown again:", err=True)
    click.echo(made.text)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ApiKeyRejected as refused:
        click.echo(str(refused), err=True)
        sys.exit(_UNUSABLE)
    except AppError as error:
        click.echo(f"Stopped: {error.message} ({error})", err=True)
        sys.exit(_OUT_OF_REACH)


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "rate": key.rate or None,
        "budget": as_text(key.budget) if key.budget else None,
        "created": _time(key.created_at),
        "expires": _time(key.expires_at),
        "state": _state(key),
    }


def _state(key: ApiKey) -> str:
    now = deps().api_keys.clock.now()
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def _time(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    lines = [[name.upper() for name in _COLUMNS]]
    lines += [[_cell(row[name]) for name in _COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    pad: Callable[[str, int], str] = str.ljust
    for line in lines:
        yield "  ".join(map(pad, line, widths)).rstrip()


def _cell(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value or "-")
