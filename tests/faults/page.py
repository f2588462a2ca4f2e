"""Writes the matrix as a page for readers."""

from collections.abc import Iterable
from pathlib import Path

from tests.faults.row import Again, Answer, Crash, Kept, Row
from tests.faults.table import CRASHES, TOPICS

PATH = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

_INTRODUCTION = """\
# Faults

What can break, what a caller gets then, and what it costs. The tests run every row of this page:
S3, MongoDB and Redis are real servers behind a proxy that makes them fail, and OpenAI is a server
that fails as told and counts what it would have billed. Requests for an image carry an
`Idempotency-Key` unless a row says otherwise.

- **charged** is what the answer says about money: `no`, `yes`, or `unknown` where nobody can know.
- **paid** is how many images were really billed by then.
- **kept** is what there is afterwards: rows of the records with their state, objects in the store,
  and what waits in the spool on the server's disk. The *original* is the image as it was bought,
  the *note* beside it tells what was asked, the *image* is the cutout, *evidence* is an answer
  of the model that can't be used.
- **the same again** is what the same request with the same key gets once all is well, and how many
  images are paid in total then. *Replayed* answers have the header `Idempotency-Replayed: true`.
- **retry after** is the header `Retry-After`, in seconds.

Where an image is watched being drawn, the answer is the last event of the stream, and its status
what that event says in `http_status`.

Every failure is JSON with `status`, `message`, `code` and `request_id`, is never cached, has CORS
headers, and tells no key, host or bucket. [The README](../README.md#errors) says what to do about
each code.
"""
_HEAD = (
    "| what breaks | answer | charged | paid | kept | the same again |",
    "|---|---|---|---|---|---|",
)
_CRASHES = """\
## Crashes

A worker process is killed with `kill -9` in the middle of a generation, and its caller sees the
connection break. While the lease of the generation lives (two timeouts of the image call and a
minute), it counts as being drawn; after that, the same key finishes what was bought.
"""
_CRASH_HEAD = (
    "| killed | paid | kept | the same key, while the lease lives | after that |",
    "|---|---|---|---|---|",
)
_WRITTEN = "\nWritten by `python -m tests.faults` from the table in `tests/faults/rows`.\n"
_HEADERS = {
    "Idempotency-Replayed": "replayed",
    "Retry-After": "retry after {} s",
    "Allow": "`Allow: {}`",
}


def page() -> str:
    """Return the whole page."""
    parts = [_INTRODUCTION]
    for topic in TOPICS:
        parts.append(f"## {topic.title}\n")
        parts.append(_table(_HEAD, (_row(row) for row in topic.rows)))
    parts.append(_CRASHES)
    parts.append(_table(_CRASH_HEAD, (_crash(crash) for crash in CRASHES)))
    return "\n".join(parts) + _WRITTEN


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [*head, *(f"| {' | '.join(cells)} |" for cells in rows)]
    return "\n".join(lines) + "\n"


def _row(row: Row) -> tuple[str, ...]:
    later = _again(row.again)
    if row.meanwhile:
        later = f"{_answer(row.meanwhile)}, while the lease lives; then {later}"
    charged = row.answer.charged or "–"
    return row.what, _answer(row.answer), charged, str(row.paid), _kept(row.kept), later


def _crash(crash: Crash) -> tuple[str, ...]:
    later = _again(crash.again)
    if crash.with_new_key is not None:
        later += f"; a new key draws it, paid {crash.with_new_key}"
    return crash.what, str(crash.paid), _kept(crash.kept), _answer(crash.meanwhile), later


def _answer(answer: Answer) -> str:
    code = f" `{answer.code}`" if answer.code else ""
    reported = "".join(f", {_HEADERS[name].format(text)}" for name, text in answer.headers.items())
    return f"{answer.status}{code}{reported}"


def _kept(kept: Kept) -> str:
    rows = [_state(*row.split()) for row in kept.rows]
    spool = [f"in the spool: {' and '.join(kept.spool)}"] if kept.spool else []
    return ", ".join([*rows, *kept.objects, *spool]) or "nothing"


def _state(state: str, charged: str) -> str:
    return f"row `{state}` (charged `{charged}`)" if state == "pending" else f"row `{state}`"


def _again(again: Again | None) -> str:
    return f"{_answer(again.answer)}; paid {again.paid}" if again else "–"
