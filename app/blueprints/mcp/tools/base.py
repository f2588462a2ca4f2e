"""What a tool is, what it gets, and what it returns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.blueprints.dependencies import Dependencies
from app.blueprints.serializers import image_fields
from app.http.rate_limits import LimitName
from app.models import Caller, ImageRecord, Scope, StoredImage
from app.usecases.generation.progress import NO_LISTENER, ProgressListener

CountRequest = Callable[[LimitName, int], None]
"""Counts a call against a rate limit, once for each image; raises RateLimited."""


def count_nothing(_: LimitName, __: int) -> None:
    """Count no calls: the operator's own commands have no rate limit."""


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """Who calls a tool, and with what.

    Attributes:
        deps: the use cases.
        caller: who pays for and owns new images.
        owner: the caller whose images can be seen; None for all.
        base_url: the start of the addresses in results.
        count: counts calls against rate limits.
        may_sign: whether variants are signed for this caller, on a server that requires it.
        listener: receives the progress of an image that is drawn.
        max_wait_seconds: how long a call waits for an equal one that is drawing. Clients usually
            give up after a minute.
    """

    deps: Dependencies
    caller: Caller
    owner: str | None
    base_url: str
    count: CountRequest = count_nothing
    may_sign: bool = False
    listener: ProgressListener = NO_LISTENER
    max_wait_seconds: float = 45.0

    def fields_of(self, record: ImageRecord) -> dict[str, Any]:
        """Return the fields of an image, as the REST API has them."""
        return image_fields(record, self.deps, self.base_url)


@dataclass(frozen=True, kw_only=True)
class ToolOutput:
    """The result of a tool.

    Attributes:
        content: the structured content, which conforms to the schema of the tool.
        previews: small images for the model to look at.
    """

    content: dict[str, Any]
    previews: Sequence[StoredImage] = ()


@dataclass(frozen=True, kw_only=True)
class ToolHints:
    """What clients may show or decide by; see ToolAnnotations in the specification.

    Attributes:
        reads_only: nothing changes by a call.
        destroys: something may be lost by a call.
        is_idempotent: a repeated call changes nothing more.
        is_open_world: a call reaches beyond this service, to the image provider.
    """

    reads_only: bool = False
    destroys: bool = False
    is_idempotent: bool = True
    is_open_world: bool = False


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool.

    Attributes:
        title: its name for people.
        description: for the model, which decides by it when and how to call the tool.
        scope: the scope that the caller needs.
        limit: the rate limit that calls count against.
        arguments: schema of the arguments.
        result: schema of the structured content.
        run: does the work.
        hints: for clients.
        images: the number of images that a call counts as.
        draws: whether a call may take minutes, and money.
    """

    name: str
    title: str
    description: str
    scope: Scope
    limit: LimitName
    arguments: type[BaseModel]
    result: type[BaseModel]
    run: Callable[[ToolContext, Any], ToolOutput]
    hints: ToolHints = field(default_factory=ToolHints)
    images: Callable[[Any], int] = lambda _: 1
    draws: bool = False
