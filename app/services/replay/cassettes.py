"""Cassettes: a provider's recorded responses, in a folder per request."""

import hashlib
import json
import logging
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.errors import CassetteMissing
from app.models import ImageRequest

_log = logging.getLogger(__name__)

RequestKey = Mapping[str, Any]
"""The fields that identify a request.

They include neither the model, so that recordings of one model can be replayed under the name of
another, nor the number of partial images.
"""


def image_key(request: ImageRequest) -> RequestKey:
    """Return the key of a request for an image."""
    key = {
        "call": "draw",
        "prompt": request.new_prompt,
        "size": request.size,
        "quality": request.quality,
    }
    if not request.is_edit:
        return key
    # The bytes, wherever they are stored here and where the recording was made.
    inputs = [[given.reference.role, given.reference.sha256] for given in request.inputs]
    return key | {"call": "edit", "inputs": inputs}


def moderation_key(prompt: str) -> RequestKey:
    """Return the key of a request to moderate a prompt."""
    return {"call": "check", "prompt": prompt}


def image_moderation_key(sha256: str) -> RequestKey:
    """Return the key of a request to moderate an image, by the hash of its bytes."""
    return {"call": "check-image", "sha256": sha256}


def enhancement_key(prompt: str) -> RequestKey:
    """Return the key of a request to enhance a prompt."""
    return {"call": "enhance", "prompt": prompt}


def invention_key(count: int, theme: str) -> RequestKey:
    """Return the key of a request to invent prompts."""
    return {"call": "invent", "count": count, "theme": theme}


@dataclass(frozen=True, kw_only=True)
class RecordedResponse:
    """A recorded response of the provider.

    Attributes:
        seconds: how long the call took.
        response: the result or the error, as plain values.
        files: partial images, as many as `response["partials"]`, then the image, or the bytes
            returned instead of it; each with the seconds from the start of the call to its arrival.
    """

    seconds: float
    response: Mapping[str, Any]
    files: Sequence[tuple[float, bytes]] = field(default=())


class Cassettes:
    """Stores responses as `<call>-<hash of the request>/0001.json`.

    Their images and other bytes are stored as files beside it.

    Cassettes can be put under version control: they contain no API keys and no caller names.

    Args:
        folder: the folder of the cassettes; created at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._replayed: Counter[str] = Counter()

    def add(self, key: RequestKey, response: RecordedResponse) -> None:
        """Append a response to those of the same request.

        A failed write is only logged, because the response may have been paid for.
        """
        try:
            with self._lock:
                self._write(self._folder / _folder_name(key), key, response)
        except OSError as error:
            _log.error("a response could not be recorded: %s", type(error).__name__)

    def next(self, key: RequestKey) -> RecordedResponse:
        """Return the request's next recorded response; the last one repeats.

        Raises:
            CassetteMissing: no response is recorded, or it can't be read.
        """
        name = _folder_name(key)
        folder = self._folder / name
        numbers = sorted(path.stem for path in folder.glob("[0-9]*.json"))
        if not numbers:
            raise CassetteMissing(f"no cassettes in {name}")
        with self._lock:
            index = min(self._replayed[name], len(numbers) - 1)
            self._replayed[name] += 1
        try:
            return _read(folder, numbers[index])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CassetteMissing(f"{name}/{numbers[index]}: {type(error).__name__}") from None

    def _write(self, folder: Path, key: RequestKey, response: RecordedResponse) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        last = max((int(path.stem) for path in folder.glob("[0-9]*.json")), default=0)
        number = f"{last + 1:04d}"
        files = []
        for index, (seconds, data) in enumerate(response.files):
            name = f"{number}-{index}.bin"
            _write_atomically(folder / name, data)
            files.append({"name": name, "seconds": round(seconds, 3)})
        document = {
            "request": dict(key),
            "seconds": round(response.seconds, 3),
            "response": dict(response.response),
            "files": files,
        }
        # Written last, so that an interrupted recording has no document and is not replayed.
        text = json.dumps(document, indent=1, ensure_ascii=False)
        _write_atomically(folder / f"{number}.json", text.encode())


def _folder_name(key: RequestKey) -> str:
    canonical = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return f"{key['call']}-{hashlib.sha256(canonical.encode()).hexdigest()[:32]}"


def _read(folder: Path, number: str) -> RecordedResponse:
    document = json.loads((folder / f"{number}.json").read_bytes())
    files = [
        (float(file["seconds"]), (folder / Path(file["name"]).name).read_bytes())
        for file in document["files"]
    ]
    return RecordedResponse(
        seconds=float(document["seconds"]), response=dict(document["response"]), files=files
    )


def _write_atomically(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
