"""Reads server-sent events from an answer, as they come."""

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from PIL import Image


@dataclass(frozen=True)
class Reported:
    """One event: its name, and its data as JSON."""

    name: str
    data: Any


@contextmanager
def streamed(url: str, headers: dict[str, str] | None = None, **body: Any) -> Iterator["Stream"]:
    """Ask for an image and watch; leaving the block hangs up."""
    with requests.post(
        f"{url}/generate-image",
        json={"prompt": "A red fox", **body},
        headers={"Accept": "text/event-stream"} | (headers or {}),
        stream=True,
        timeout=30,
    ) as answer:
        yield Stream(answer)


class Stream:
    """The events of an answer, in their order."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self._events = _events(answer)

    def until(self, name: str) -> Reported:
        """Skip what comes before the next event of this name."""
        return next(event for event in self._events if event.name == name)

    def rest(self) -> list[Reported]:
        """Return all that is still to come."""
        return list(self._events)


def as_plain(stream: Stream) -> requests.Response:
    """Return the answer as a plain call would have got it, made from the last event."""
    plain = stream.answer
    if plain.headers["Content-Type"] == "application/json":
        assert plain.content  # read before the connection is closed
        return plain
    last = stream.rest()[-1].data
    plain.status_code = last.pop("http_status", 200)
    if seconds := last.pop("retry_after", None):
        plain.headers["Retry-After"] = str(seconds)
    plain.headers["Content-Type"] = "application/json"
    plain._content = json.dumps(last).encode()
    return plain


def image_in(partial: Any) -> Image.Image:
    """Decode the image of a `partial` event."""
    kind, _, text = partial["image"].partition(",")
    assert kind == "data:image/webp;base64"
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    assert (image.format, image.size) == ("WEBP", (partial["width"], partial["height"]))
    return image.convert("RGBA")


def _events(answer: requests.Response) -> Iterator[Reported]:
    name = ""
    for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield Reported(name, json.loads(value))
