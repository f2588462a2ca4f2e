"""A folder of what a provider answered, by what it was asked."""

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

_log = logging.getLogger(__name__)

Question = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One answer.

    Attributes:
        seconds: how long it took.
        told: what it said, as plain values.
        files: partial images, as many as `told["partials"]`, then the image or what came in
            its place; each with the second in which it came.
    """

    seconds: float
    reported: Mapping[str, Any]
    files: Sequence[tuple[float, bytes]] = field(default=())


class Cassettes:
    """Keeps answers in a folder for each question: `<call>-<hash>/0001.json`, bytes beside it.

    All of it may be put under version control: it has neither keys nor what callers are called.

    Args:
        folder: where; it is made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._given: Counter[str] = Counter()

    def add(self, question: Question, answer: Recorded) -> None:
        """Keep an answer behind those that were given before.

        What can't be written is only logged: the answer may have been paid for.
        """
        try:
            with self._lock:
                self._write(self._folder / _name(question), question, answer)
        except OSError as error:
            _log.error("an answer could not be recorded: %s", type(error).__name__)

    def next(self, question: Question) -> Recorded:
        """Return the answers in the order in which they were recorded, then the last one again.

        Raises:
            CassetteMissing: there is none, or it can't be read.
        """
        name = _name(question)
        folder = self._folder / name
        numbers = sorted(path.stem for path in folder.glob("[0-9]*.json"))
        if not numbers:
            raise CassetteMissing(f"nothing in {name}")
        with self._lock:
            place = min(self._given[name], len(numbers) - 1)
            self._given[name] += 1
        try:
            return _read(folder, numbers[place])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CassetteMissing(f"{name}/{numbers[place]}: {type(error).__name__}") from None

    def _write(self, folder: Path, question: Question, answer: Recorded) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        last = max((int(path.stem) for path in folder.glob("[0-9]*.json")), default=0)
        number = f"{last + 1:04d}"
        files = []
        for index, (second, data) in enumerate(answer.files):
            name = f"{number}-{index}.bin"
            _put(folder / name, data)
            files.append({"name": name, "second": round(second, 3)})
        document = {
            "question": dict(question),
            "seconds": round(answer.seconds, 3),
            "reported": dict(answer.reported),
            "files": files,
        }
        # Last, so that an answer that was cut off while it was written isn't there at all.
        _put(folder / f"{number}.json", json.dumps(document, indent=1, ensure_ascii=False).encode())


def _name(question: Question) -> str:
    canonical = json.dumps(question, sort_keys=True, separators=(",", ":"))
    return f"{question['call']}-{hashlib.sha256(canonical.encode()).hexdigest()[:32]}"


def _read(folder: Path, number: str) -> Recorded:
    document = json.loads((folder / f"{number}.json").read_bytes())
    files = [
        (float(file["second"]), (folder / Path(file["name"]).name).read_bytes())
        for file in document["files"]
    ]
    return Recorded(
        seconds=float(document["seconds"]), reported=dict(document["reported"]), files=files
    )


def _put(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)
