"""The fault matrix as a page."""

from collections.abc import Iterable
from pathlib import Path

from tests.faults.row import Crash, ExpectedResponse, Repeat, Row, StoredState
from tests.faults.rows import CRASHES, TOPICS

PATH = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

_INTRODUCTION = """\
# Faults

What can fail, what the caller gets then, and what it costs. The tests run every row of this page.
S3, MongoDB and Redis are real servers behind a proxy that makes them fail. OpenAI is a server that
fails as scripted and counts what it would have billed. Requests for an image carry an
`Idempotency-Key` unless a row says otherwise. Requests for another cutout need none, and cost
nothing: what is paid there is the image that they are made from. Uploads need none either. A worker
that is killed while it stores one leaves a record from which the same file completes it; killed
while it moves an image to the trash, back, or deletes it, the same request completes the move.

- **charged** is what the response reports about money: `no`, `yes` or `unknown`.
- **paid** is how many images were really billed by then.
- **kept** is what exists afterwards: records with their state, objects in the store, and what waits
  in the spool on the server's disk. The *original* is the image as the model sent it, the *sidecar*
  describes the request, the *image* is the cutout, and *evidence* is a response of the
  model that can't be used. A *trashed image* is the cutout in the trash, where no address leads.
- **same request again** is what the same request with the same key gets once all is well, and how
  many images are paid in total then. *Replayed* responses have the header
  `Idempotency-Replayed: true`.
- **retry after** is the header `Retry-After`, in seconds.

For a streamed response, the row describes the last event of the stream, and the status is the
event's `http_status`. For an agent, it describes the result of the tool, with the status that the
same error has in the API. Agents send no key: the same request is the same call.

Every failure is JSON with `status`, `message`, `code` and `request_id`, is never cached, has CORS
headers, and contains no key, host or bucket. [The API's errors](api.md#errors) says what to do
about each code.
"""
_HEAD = (
    "| fault | response | charged | paid | kept | same request again |",
    "|---|---|---|---|---|---|",
)
_CRASHES = """\
## Crashes

A worker process is killed with `kill -9` in the middle of a generation, and its client loses the
connection. While the generation's lease runs (two limits of its quality and a minute), it
counts as in progress. After that, a request with the same key finishes what was paid for. Two
candidates of a request are drawn one after the other there.
"""
_CRASH_HEAD = (
    "| killed | paid | kept | same key, while the lease runs | after that |",
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
    later = _repeat(row.repeat)
    if row.during_lease:
        later = f"{_response(row.during_lease)}, while the lease runs; then {later}"
    charged = row.response.charged or "–"
    return row.name, _response(row.response), charged, str(row.paid), _stored(row.stored), later


def _crash(crash: Crash) -> tuple[str, ...]:
    later = _repeat(crash.repeat)
    if crash.with_new_key is not None:
        later += f"; a new key generates it; paid {crash.with_new_key}"
    return crash.name, str(crash.paid), _stored(crash.stored), _response(crash.during_lease), later


def _response(response: ExpectedResponse) -> str:
    code = f" `{response.code}`" if response.code else ""
    reported = "".join(
        f", {_HEADERS[name].format(text)}" for name, text in response.headers.items()
    )
    return f"{response.status}{code}{reported}"


def _stored(stored: StoredState) -> str:
    records = [_state(*record.split()) for record in stored.records]
    spool = [f"in the spool: {' and '.join(stored.spool)}"] if stored.spool else []
    return ", ".join([*records, *stored.objects, *spool]) or "nothing"


def _state(state: str, charged: str) -> str:
    if state == "pending":
        return f"record `pending` (charged `{charged}`)"
    return f"record `{state}`"


def _repeat(repeat: Repeat | None) -> str:
    return f"{_response(repeat.response)}; paid {repeat.paid}" if repeat else "–"
