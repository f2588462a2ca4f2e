"""How the parts of the service are."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """How a part of the service is: `kind` names the implementation, never its address."""

    name: str
    kind: str
    up: bool
    required: bool


class Level(StrEnum):
    """How a check of the set-up ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_USED = "not used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check of the set-up found, and what the operator can do about it.

    Its texts are the service's own: never a key, a password, or what another server said.
    """

    part: str
    check: str
    level: Level
    found: str
    advice: str = ""
