"""What the use cases need from the outside world. The services implement these protocols."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.imaging import Cutout, PictureInfo
from app.models import Drawing, Generation, Page, Position, StoredImage


class ImageGenerator(Protocol):
    """Draws pictures, perhaps for money."""

    @property
    def provider(self) -> str:
        """Short name for answers and logs, such as `openai`."""

    @property
    def model(self) -> str:
        """The model that is asked to draw."""

    @property
    def costs_money(self) -> bool:
        """Whether a drawn picture is charged for."""

    def draw(self, prompt: str, *, size: str, quality: str) -> Drawing:
        """Draw one picture with exactly one upstream request.

        Raises:
            PromptRejected: the model refuses the prompt.
            ProviderBadResponse: an answer came and can't be used; it carries the evidence.
            AppError: another of the Provider errors, with `charged` set.
        """


class Moderator(Protocol):
    """Decides whether a prompt may be drawn."""

    def check(self, prompt: str) -> None:
        """Let a decent prompt pass.

        Raises:
            PromptRejected: it may not be drawn.
            AppError: one of the Provider errors: nobody can tell.
        """


class PromptWriter(Protocol):
    """Writes prompts."""

    def invent(self, count: int, *, theme: str) -> list[str]:
        """Return about `count` prompts on the theme ("" for any), varied from call to call.

        Raises:
            AppError: one of the Provider errors.
        """

    def enhance(self, prompt: str) -> str:
        """Return the prompt with richer detail and the same subject.

        Raises:
            PromptRejected: the model refuses the prompt.
            AppError: one of the Provider errors.
        """


class Imaging(Protocol):
    """Looks into pictures and makes cutouts of them."""

    def inspect(self, data: bytes) -> PictureInfo:
        """Read format and size from the header, without decoding.

        Raises:
            UnusablePicture: not a PNG, WEBP or JPEG, or too large to decode.
        """

    def cut_out(self, data: bytes) -> Cutout:
        """Make the 256x256 picture with a transparent background.

        Raises:
            UnusablePicture: the picture can't be decoded.
        """


class ImageStore(Protocol):
    """Keeps objects under keys such as `images/<uuid>.png`.

    Every method raises StorageUnavailable when the store can't be reached or refuses us.
    """

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Store durably; what has returned survives a crash. Storing again replaces."""

    def get(self, key: str) -> StoredImage:
        """Return the object.

        Raises:
            ImageNotFound: the store answered that there is none.
        """

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is fine."""

    def public_url(self, key: str) -> str | None:
        """The object's own address, or None where only this service can serve it."""

    def ping(self) -> None:
        """Return if the store answers and lets us in."""


class Cache(Protocol):
    """Forgets when it likes, and never fails: trouble counts as a miss."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Remember the value for a while, if possible."""

    def delete(self, key: str) -> None:
        """Forget the value, if possible."""

    def is_up(self) -> bool:
        """Whether the cache answers."""


class Records(Protocol):
    """Keeps generations.

    Every method raises RecordsUnavailable when the store can't be reached or refuses us.
    """

    def insert(self, generation: Generation) -> None:
        """Add a new row; an id is never used twice."""

    def replace(self, generation: Generation) -> None:
        """Write the row of the same id anew."""

    def get(self, image_id: str) -> Generation | None:
        """Return the row, in whatever state, or None."""

    def page(
        self,
        *,
        limit: int,
        offset: int = 0,
        after: Position | None = None,
        words: Sequence[str] = (),
    ) -> Page:
        """Return ready rows, newest first and by id where times are equal.

        They start at `offset`, or behind `after`; `words` keeps rows that have all of them.
        """

    def delete(self, image_id: str) -> None:
        """Remove the row; one that is not there is fine."""

    def ping(self) -> None:
        """Return if the store answers and lets us in."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the wall-clock time: UTC, whole milliseconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for measuring spans."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One implementation of each port: what the composition root picked."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter
    imaging: Imaging
    store: ImageStore
    spool: ImageStore
    cache: Cache
    records: Records
    clock: Clock
