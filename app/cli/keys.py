"""`flask keys`: manages the API keys of the service."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from app.blueprints.dependencies import deps
from app.cli.exit_codes import exit_on_error
from app.cli.params import BudgetParam, DurationParam, RateParam, ScopesParam, format_budget
from app.models import ApiKey, Budget, Scope
from app.usecases.auth.api_keys import NewApiKey

_UNAVAILABLE = 1  # the exit status if the keys can't be read or written
_COLUMNS = ("id", "name", "scopes", "rate", "budget", "created", "expires", "state")

keys = AppGroup("keys", help="Create, list, revoke and rotate API keys.")


@keys.command(short_help="Create an API key and print it once.")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    default="generate,read,delete",
    type=ScopesParam(),
    show_default=True,
    help="Comma-separated scopes: generate, read, delete, metrics.",
)
@click.option(
    "--rate",
    default="",
    type=RateParam(),
    show_default="the server's limit",
    help="Rate limit of generations, such as 30/minute, or off.",
)
@click.option(
    "--budget",
    type=BudgetParam(),
    show_default="unlimited",
    help="Budget in US dollars (UTC), such as 5.00/day or 90/month.",
)
@click.option(
    "--expires",
    type=DurationParam(),
    show_default="unlimited",
    help="Lifetime, such as 12h or 90d.",
)
@with_appcontext
def create(
    name: str, scopes: frozenset[Scope], rate: str, budget: Budget | None, expires: int | None
) -> None:
    """Create an API key for NAME and print it on standard output.

    The key can't be displayed again later, because the service stores only its hash.
    """
    lifetime = None if expires is None else timedelta(seconds=expires)
    with exit_on_error(unavailable=_UNAVAILABLE):
        new_key = deps().api_keys.create(
            name, scopes=scopes, rate=rate, budget=budget, lifetime=lifetime
        )
    _print_secret(new_key, f"Created the API key {new_key.key.id} for {name}.")


@keys.command("list", short_help="List all API keys without their secrets.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@with_appcontext
def list_(as_json: bool) -> None:
    """List all API keys without their secrets, oldest first."""
    with exit_on_error(unavailable=_UNAVAILABLE):
        rows = [_fields(key) for key in deps().api_keys.list()]
    if as_json:
        click.echo(json.dumps({"keys": rows}, indent=2))
    else:
        for line in _table(rows):
            click.echo(line)


@keys.command(short_help="Revoke an API key.")
@click.argument("name_or_id")
@with_appcontext
def revoke(name_or_id: str) -> None:
    """Revoke an API key.

    Running servers reject it within five seconds. Its images are kept.
    """
    with exit_on_error(unavailable=_UNAVAILABLE):
        key = deps().api_keys.revoke(name_or_id)
    click.echo(f"Revoked the API key {key.id} of {key.name}.", err=True)


@keys.command(short_help="Replace the secret of an API key and print the new one once.")
@click.argument("name_or_id")
@click.option(
    "--grace",
    default="24h",
    type=DurationParam(allow_zero=True),
    show_default=True,
    help="How long the old secret stays valid; 0s revokes it immediately.",
)
@with_appcontext
def rotate(name_or_id: str, grace: int) -> None:
    """Replace the secret of an API key and print the new one.

    It can't be displayed again later. Images, limits and spending stay with the key.
    """
    with exit_on_error(unavailable=_UNAVAILABLE):
        new_key = deps().api_keys.rotate(name_or_id, grace=timedelta(seconds=grace))
    until = _format_time(new_key.key.previous_until)
    _print_secret(
        new_key,
        f"Rotated the API key {new_key.key.id} of {new_key.key.name}. "
        f"The old secret is valid until {until}.",
    )


def _print_secret(new_key: NewApiKey, message: str) -> None:
    """Print only the secret on standard output, for use in scripts."""
    click.echo(f"{message} Store it safely; it can't be displayed again:", err=True)
    click.echo(new_key.text)


def _fields(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "rate": key.rate or None,
        "budget": format_budget(key.budget) if key.budget else None,
        "created": _format_time(key.created_at),
        "expires": _format_time(key.expires_at),
        "state": _state(key),
    }


def _state(key: ApiKey) -> str:
    now = deps().api_keys.clock.now()
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


def _format_time(time: datetime | None) -> str | None:
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
