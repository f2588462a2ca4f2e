"""Whose images a command is about."""

from app.blueprints.dependencies import deps
from app.cli.exit_codes import reported
from app.models import ANONYMOUS, Caller
from app.usecases.auth.api_keys import ApiKeyRejected


def caller_named(owner: str, *, live: bool = False) -> Caller:
    """Return the caller with the key of this name or id, or everyone for ""; or end the command.

    With `live`, a key that is revoked or expired ends it too: nobody could fetch what it gets.
    """
    if not owner:
        return ANONYMOUS
    with reported():
        key = deps().api_keys.find(owner)
        if live and not key.is_live(deps().api_keys.clock.now()):
            raise ApiKeyRejected(f"The key {key.name} is revoked or expired.")
        return key.caller
