"""What the service returns, as immutable objects. docs/api.md of the service has each field."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

_Model = TypeVar("_Model", bound="Response")


@dataclass(frozen=True)
class Response:
    """Base of all models; `raw` is the whole response, with fields that are newer than this."""

    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls: type[_Model], data: Mapping[str, Any]) -> _Model:
        """Build a model of a response."""
        known = {each.name for each in fields(cls)} & data.keys()
        return cls(**{name: _convert(name, data[name]) for name in known}, raw=dict(data))


def _convert(name: str, value: Any) -> Any:
    if name in {"created_at", "trashed_at"} and value:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, list):
        return tuple(Image.of(each) if _is_image(each) else each for each in value)
    return value


def _is_image(value: Any) -> bool:
    return isinstance(value, dict) and "filename" in value


@dataclass(frozen=True)
class Image(Response):
    """An image; `index` is the number of a candidate, and None for other images."""

    filename: str
    url: str
    image_url: str
    prompt: str
    first_prompt: str
    new_prompt: str
    created_at: datetime
    width: int
    height: int
    model: str
    provider: str
    charged: str
    cost_usd: float | None = None
    cutout: Mapping[str, Any] = field(default_factory=dict)
    cutout_options: Mapping[str, Any] = field(default_factory=dict)
    original: Mapping[str, Any] | None = None
    parent: str | None = None
    parents: tuple[str, ...] = ()
    replaced_by: str | None = None
    group: str | None = None
    root: str | None = None
    tags: tuple[str, ...] = ()
    starred: bool = False
    trashed_at: datetime | None = None
    index: int | None = None


@dataclass(frozen=True)
class Candidates(Response):
    """The candidates of one prompt; `failures` have `index`, `code`, `message` and `charged`."""

    group: str
    images: tuple[Image, ...]
    failures: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Page(Response):
    """A page of a list; `next_cursor` continues it, and is None on the last page."""

    images: tuple[Image, ...]
    total_images: int
    total_exact: bool
    next_cursor: str | None


@dataclass(frozen=True)
class Lineage(Page):
    """What an image was made from (`parents`), and a page of what was made from it (`images`)."""

    filename: str
    root: str | None
    parents: tuple[Image, ...]


@dataclass(frozen=True)
class Estimate(Response):
    """The highest cost of a call, None if unknown, and the requests that it would send."""

    estimate_usd: float | None
    requests: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Usage(Response):
    """Costs by day, and what is left of the budget, which is None without a limit."""

    cost_usd: float
    days: tuple[Mapping[str, Any], ...]
    budget: Mapping[str, Any] | None
    account: str | None


@dataclass(frozen=True)
class StreamEvent:
    """An event of a stream: `progress`, `partial`, `image`, `failure` or, last, `result`."""

    name: str
    data: Mapping[str, Any]

    @property
    def preview(self) -> bytes:
        """The image of a `partial`: a small WEBP file."""
        return base64.b64decode(self.data["image"].partition(",")[2])

    @property
    def image(self) -> Image | None:
        """The finished image: that of a `result`, or one of several candidates (`image`)."""
        return Image.of(self.data) if "filename" in self.data else None

    @property
    def candidates(self) -> Candidates | None:
        """All candidates, in the `result` of a call with `n`."""
        is_group = self.name == "result" and "images" in self.data
        return Candidates.of(self.data) if is_group else None
