"""Orders of customers, the images in them, and what is known of each image."""

import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

CACHED_SECONDS = 90  # a process may serve a removed image from its memory for 70 seconds
PARENT_GONE = {"image_not_found", "original_missing"}


class Place(StrEnum):
    """Where an image is, as far as responses have confirmed it."""

    LISTED = "listed"
    TRASHED = "trashed"
    PURGED = "purged"
    UNSURE = "unsure"


@dataclass
class Image:
    """An image of an order.

    Attributes:
        body: its metadata in the first response that had it.
        data: its bytes, as first served.
        outcome: image, garbage, unknown, refused, or "" before there is one.
        last_error: the code of the last error.
        place: unsure while it is being moved, and after a move without a clear result.
        changes: a number that changes with each move.
        moved_at: when it reached its place (monotonic).
        purging: whether it was to be deleted for good, which may have failed.
        lingering: whether a server may still work on a move that took too long.
        moving: held while it is being moved or uploaded.
    """

    name: str
    body: dict[str, Any] | None = None
    data: bytes | None = None
    outcome: str = ""
    last_error: str = ""
    place: Place = Place.LISTED
    changes: int = 0
    moved_at: float = 0
    purging: bool = False
    lingering: bool = False
    moving: threading.Lock = field(default_factory=threading.Lock)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def filename(self) -> str:
        """The filename of the finished image, "" before."""
        return str(self.body["filename"]) if self.body else ""

    @property
    def id(self) -> str:
        """The id of the finished image, "" before."""
        return self.filename.partition(".")[0]

    @property
    def is_served(self) -> bool:
        """Whether it is finished and for certain at its address."""
        return self.body is not None and self.place is Place.LISTED

    @property
    def is_removed(self) -> bool:
        """Whether it was removed so long ago that no cache may serve it."""
        is_gone = self.place in {Place.TRASHED, Place.PURGED}
        return is_gone and time.monotonic() > self.moved_at + CACHED_SECONDS

    def move(self, place: Place) -> None:
        """Set its place; `moving` must be held."""
        with self.lock:
            self.place, self.moved_at = place, time.monotonic()
            self.changes += 1

    def place_since(self, changes: int) -> Place:
        """Return its place if it was not moved since that number of changes, else unsure."""
        return self.place if self.changes == changes else Place.UNSURE


@dataclass
class Order:
    """What a customer requests under one idempotency key, or uploads.

    Attributes:
        n: the number of images.
        parent: the image to edit, if any.
        file: the file to upload; empty for none.
        group: the id of its group, once it is known.
    """

    key: str
    prompt: str
    n: int = 1
    parent: Image | None = None
    file: bytes = field(default=b"", repr=False)
    group: str = ""
    images: list[Image] = field(init=False)

    def __post_init__(self) -> None:
        names = [self.key] if self.n == 1 else [f"{self.key}#{i}" for i in range(self.n)]
        self.images = [Image(name) for name in names]

    @property
    def kind(self) -> str:
        """The kind of the order, as in the figures."""
        if self.file:
            return "uploads"
        return ("edits" if self.parent else "generations") + (" in groups" if self.n > 1 else "")

    @property
    def has_outcome(self) -> bool:
        """Whether the outcome of each image is known."""
        return all(image.outcome for image in self.images)

    @property
    def paid_for_certain(self) -> int:
        """The number of images that have to be paid, each once."""
        return 0 if self.file else self.count("image", "garbage")

    def count(self, *outcomes: str) -> int:
        """Return the number of images with one of these outcomes."""
        return sum(image.outcome in outcomes for image in self.images)

    def note(self, status: int, body: dict[str, Any], changes: list[int]) -> list[str]:
        """Note the response to this order, and return what contradicts earlier ones.

        Args:
            status: its status.
            body: its body.
            changes: the changes of each image before the request was sent.
        """
        entries = _entries(body, self.n)
        if status == 200 and self.n > 1:
            self.group = body["group"]
            if body in entries:
                return [f"{self.key}: a candidate is missing in {body}"]
        problems = []
        for image, entry, before in zip(self.images, entries, changes, strict=True):
            with image.lock:
                place = image.place_since(before)
                if "filename" in entry:
                    problem = _note_image(image, entry, place)
                elif entry["code"] in PARENT_GONE and self.parent:
                    problem = _note_refusal(image, self.parent)
                else:
                    is_shared = self.n > 1 and "index" not in entry
                    problem = _note_error(image, entry, place, is_shared=is_shared)
            problems += [f"{image.name} {problem}"] if problem else []
        return problems


def _entries(body: dict[str, Any], n: int) -> list[dict[str, Any]]:
    """Return the part of a response that concerns each image, or the whole."""
    parts = {part["index"]: part for part in body.get("failures", [])}
    parts |= {part["index"]: part for part in body.get("images", [])}
    return [parts.get(index, body) for index in range(n)]


def _note_image(image: Image, entry: dict[str, Any], place: Place) -> str:
    earlier, image.body, image.outcome = image.body, entry, "image"
    if place in {Place.TRASHED, Place.PURGED}:
        return f"was {place}, and given again"
    return "got two different responses" if earlier is not None and earlier != entry else ""


_TEMPORARY = {
    *("busy", "generation_in_progress", "records_unavailable", "shutting_down"),
    "storage_unavailable",
}
_REMOVALS = {"image_deleted", "image_trashed"}


def _note_error(image: Image, entry: dict[str, Any], place: Place, *, is_shared: bool) -> str:
    code = image.last_error = entry["code"]
    if code in _REMOVALS:
        return _contradicted(image, code, place)
    if image.body is not None:
        # A group's request is checked again as a whole for the images that are missing.
        return "" if is_shared or code in _TEMPORARY else f"got an image, and later {code}"
    if code == "outcome_unknown":
        image.outcome = "unknown"
    elif code == "provider_bad_response" and entry["charged"] == "yes":
        image.outcome = "garbage"
    return ""


def _contradicted(image: Image, code: str, place: Place) -> str:
    if code == "image_deleted":
        return "" if image.purging else "is deleted without a request"
    return "" if place in {Place.TRASHED, Place.UNSURE} else f"is in the trash, but was {place}"


def _note_refusal(image: Image, parent: Image) -> str:
    """Note that an edit can't be made, because its parent is gone."""
    image.last_error = "image_not_found"
    if not parent.changes:
        return "does not find its parent, which was not removed"
    if image.body is not None:
        # After the edit was deleted for good, nothing has the names of its parents.
        is_lost = not image.purging
        return "got an image, and later its parent was not found" if is_lost else ""
    image.outcome = image.outcome or "refused"
    return ""
