"""Events on their way from a thread that works to one that answers."""

from itertools import islice

from app.http.sse import KEEP_ALIVE_SECONDS as SHIPPED
from app.http.sse import EventQueue, ServerSentEvent, encode_events


def event(name: str, data: str | None = "{}") -> ServerSentEvent:
    """Make an event whose data is there already."""
    return ServerSentEvent(name, lambda: data)


def test_silence_is_filled_with_comments() -> None:
    """A comment goes out after each time of silence, and events go on after it."""
    feed = EventQueue()
    pieces = encode_events(feed, keep_alive_seconds=0.001)
    assert list(islice(pieces, 2)) == [b": keep-alive\n\n"] * 2
    feed.put(event("result", '{"a":1}'))
    feed.close()
    *silence, result = pieces
    assert set(silence) <= {b": keep-alive\n\n"}
    assert result == b'event: result\ndata: {"a":1}\n\n'
    assert SHIPPED == 10


def test_a_slow_reader_gets_only_the_newest_of_what_it_missed() -> None:
    """Events that stand in for others replace them, so what waits for a reader stays small."""
    feed = EventQueue()
    feed.put(event("progress"))
    for index in range(1000):
        feed.put(event("partial", str(index)), replace=True)
    feed.put(event("result"))
    feed.close()
    assert list(encode_events(feed)) == [
        b"event: progress\ndata: {}\n\n",
        b"event: partial\ndata: 999\n\n",
        b"event: result\ndata: {}\n\n",
    ]


def test_what_can_not_be_made_is_left_out() -> None:
    """An event without data is not sent, and the stream goes on."""
    feed = EventQueue()
    feed.put(event("partial", None))
    feed.put(event("result"))
    feed.close()
    assert list(encode_events(feed)) == [b"event: result\ndata: {}\n\n"]


def test_a_worker_never_waits_for_who_has_left() -> None:
    """What is told after a reader has left is forgotten, and not even made."""
    feed = EventQueue()
    made: list[str] = []

    def make() -> str:
        made.append("a preview")
        return "{}"

    feed.put(event("progress"))
    pieces = encode_events(feed)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # reason: a generator, as servers close it
    feed.put(ServerSentEvent("partial", make), replace=True)
    assert (feed.take(), made) == (None, [])
