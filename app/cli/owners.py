"""Whose pictures a command is about."""

from app.blueprints.dependencies import deps
from app.cli.failures import reported
from app.models import ANYONE, Caller


def caller_named(owner: str) -> Caller:
    """Return the caller with the key of this name or id, or everyone for ""; or end the command."""
    if not owner:
        return ANYONE
    with reported():
        return deps().keys.find(owner).caller
