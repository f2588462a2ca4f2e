"""Server-sent events of an image that is drawn while the caller watches."""

import base64
import json
import time

from tests.support.fake_openai.reply import Json, Reply


def encoded(image: bytes) -> str:
    """Return an image as the base64 text that the API sends."""
    return base64.b64encode(image).decode()


def answer(body: Json, drawn: list[bytes], size: str, usage: Json) -> Reply:
    """Build the whole stream: the partial images asked for, then one finished event each."""
    shared = {
        "created_at": int(time.time()),
        "size": size,
        "quality": body.get("quality") or "medium",
        "background": body.get("background") or "opaque",
        "output_format": body.get("output_format") or "png",
    }
    events = [
        _event("partial_image", drawn[0], {**shared, "partial_image_index": index})
        for index in range(int(body.get("partial_images") or 0))
    ]
    events += [_event("completed", image, {**shared, "usage": usage}) for image in drawn]
    return Reply(200, b"".join(events), "text/event-stream; charset=utf-8")


def _event(name: str, image: bytes, fields: Json) -> bytes:
    kind = f"image_generation.{name}"
    data = json.dumps({"type": kind, "b64_json": encoded(image), **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()
