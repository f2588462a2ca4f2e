"""Server-sent events between a producing and a responding thread."""

from itertools import islice

from app.http.sse import KEEP_ALIVE_SECONDS as DEFAULT_KEEP_ALIVE
from app.http.sse import EventQueue, ServerSentEvent, encode_events


def event(name: str, data: str | None = "{}") -> ServerSentEvent:
    """Return an event with fixed data."""
    return ServerSentEvent(name, lambda: data)


def test_silence_is_filled_with_comments() -> None:
    """A comment is sent after each silent interval, and events follow it."""
    queue = EventQueue()
    chunks = encode_events(queue, keep_alive_seconds=0.001)
    assert list(islice(chunks, 2)) == [b": keep-alive\n\n"] * 2
    queue.put(event("result", '{"a":1}'))
    queue.close()
    *silence, result = chunks
    assert set(silence) <= {b": keep-alive\n\n"}
    assert result == b'event: result\ndata: {"a":1}\n\n'
    assert DEFAULT_KEEP_ALIVE == 10


def test_slow_client_gets_only_the_latest_replaceable_event() -> None:
    """Events put with `replace` replace unsent ones, so the queue stays short."""
    queue = EventQueue()
    queue.put(event("progress"))
    for index in range(1000):
        queue.put(event("partial", str(index)), replace=True)
    queue.put(event("result"))
    queue.close()
    assert list(encode_events(queue)) == [
        b"event: progress\ndata: {}\n\n",
        b"event: partial\ndata: 999\n\n",
        b"event: result\ndata: {}\n\n",
    ]


def test_events_without_data_are_skipped() -> None:
    """An event without data is not sent, and the stream goes on."""
    queue = EventQueue()
    queue.put(event("partial", None))
    queue.put(event("result"))
    queue.close()
    assert list(encode_events(queue)) == [b"event: result\ndata: {}\n\n"]


def test_events_after_a_disconnect_are_dropped() -> None:
    """Events put after the client disconnected are dropped, and their data isn't computed."""
    queue = EventQueue()
    computed: list[str] = []

    def compute() -> str:
        computed.append("a preview")
        return "{}"

    queue.put(event("progress"))
    chunks = encode_events(queue)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]  # reason: a generator; servers close it
    queue.put(ServerSentEvent("partial", compute), replace=True)
    assert (queue.take(), computed) == (None, [])
