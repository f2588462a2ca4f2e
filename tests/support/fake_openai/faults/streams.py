"""Faults of streamed images."""

import json
from typing import Self

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import IMAGE_USER_ERROR, leaky, unknown_parameter
from tests.support.fake_openai.reply import Reply


class StreamFaults(Behavior):
    """Streams with an error, or in another form than requested."""

    @classmethod
    def stream_error(cls, code: str = "moderation_blocked", paid: bool = True) -> Self:
        """End a stream with an error event instead of the finished image."""
        event = {"error": {"code": code, "type": IMAGE_USER_ERROR, "message": leaky("Rejected.")}}
        last = f"data: {json.dumps(event)}\n\n".encode()
        return cls("stream_error", paid, rewrite=lambda reply: _without_last(reply, last))

    @classmethod
    def stream_unfinished(cls) -> Self:
        """End a stream without an error and without the finished image."""
        return cls("stream_unfinished", paid=True, rewrite=lambda reply: _without_last(reply, b""))

    @classmethod
    def stream_refused(cls, parameter: str = "stream") -> Self:
        """Respond with the 400 of a server without support for streaming; free."""
        return cls("stream_refused", reply=unknown_parameter(parameter))

    @classmethod
    def stream_begins_with(cls, event: object) -> Self:
        """Respond with a stream of this event only; free."""
        body = f"data: {json.dumps(event)}\n\n".encode()
        return cls("stream_begins_with", reply=Reply(200, body, "text/event-stream"))

    @classmethod
    def stream_as_json(cls) -> Self:
        """Respond with JSON although a stream was requested."""

        def rewrite(reply: Reply) -> Reply:
            last = json.loads(_events(reply)[-1].partition(b"data: ")[2])
            items = [{"b64_json": last["b64_json"]}]
            return Reply.of({"created": 1, "data": items, "usage": last["usage"]})

        return cls("stream_as_json", paid=True, rewrite=rewrite)

    @classmethod
    def stream_final_first(cls) -> Self:
        """Send the finished image before the partial ones."""
        return cls("stream_final_first", paid=True, rewrite=lambda r: _joined(_events(r)[::-1], r))

    @classmethod
    def stream_ends_with(cls, last: bytes) -> Self:
        """Send these bytes instead of the finished image; charged."""
        return cls("stream_ends_with", paid=True, rewrite=lambda reply: _without_last(reply, last))


def _events(reply: Reply) -> list[bytes]:
    return reply.body.split(b"\n\n")[:-1]


def _joined(events: list[bytes], reply: Reply) -> Reply:
    return Reply(reply.status, b"".join(e + b"\n\n" for e in events), reply.content_type)


def _without_last(reply: Reply, last: bytes) -> Reply:
    start = _joined(_events(reply)[:-1], reply)
    return Reply(reply.status, start.body + last, reply.content_type)
