"""Ways in which compatible servers wrap an image, all of them charged.

Sources are public bug reports of gateways, local servers and front ends.
"""

import base64
import json
import textwrap
from collections.abc import Callable, Mapping
from urllib.parse import quote

from tests.support.fake_openai import Behavior
from tests.support.fake_openai.reply import Json, Reply

_BOM = b"\xef\xbb\xbf"
_JPEG = "image/jpeg"


def rewritten(name: str, rewrite: Callable[[Reply], Reply]) -> Behavior:
    """Return the behavior that rewrites a normal response."""
    return Behavior(name, paid=True, rewrite=rewrite)


def _document(name: str, change: Callable[[str, Json], object]) -> Behavior:
    """Return a behavior with another document, made from the base64 and the normal one."""

    def rewrite(reply: Reply) -> Reply:
        document = reply.document()
        return reply.with_document(change(document["data"][0]["b64_json"], document))

    return rewritten(name, rewrite)


def _item(name: str, change: Callable[[str], object]) -> Behavior:
    """Return a behavior with another first entry of `data`, without usage."""
    return _document(name, lambda b64, _: {"created": 1, "data": [change(b64)]})


def _body(name: str, change: Callable[[bytes], bytes], kind: str = "application/json") -> Behavior:
    return rewritten(name, lambda reply: Reply(reply.status, change(reply.body), kind))


def raw_file(kind: str) -> Behavior:
    """Return a behavior that sends the file itself, with this content type."""
    return rewritten(
        f"the file itself, as {kind}",
        lambda reply: Reply(200, base64.b64decode(reply.document()["data"][0]["b64_json"]), kind),
    )


def _wrapped(b64: str) -> str:
    return "\r\n".join(textwrap.wrap(b64, 76))


def _url_safe(b64: str) -> str:
    return b64.replace("+", "-").replace("/", "_").rstrip("=")


def _events(*events: Mapping[str, object]) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def _as_events(reply: Reply, kind: str, prefix: bytes = b"") -> Reply:
    b64 = reply.document()["data"][0]["b64_json"]
    events = (
        {"object": "image.generation.chunk", "progress_text": "drawing", "data": []},
        {"object": "image.generation.result", "data": [{"b64_json": b64}]},
    )
    return Reply(200, prefix + _events(*events) + b"data: [DONE]\n\n", kind)


WRAPPINGS: tuple[Behavior, ...] = (
    _item("data URI in b64_json", lambda b: {"b64_json": f"data:image/png;base64,{b}"}),
    _item("data URI in url", lambda b: {"url": f"data:image/png;base64,{b}"}),
    _item("data URI in both", lambda b: dict.fromkeys(("url", "b64_json"), f"data:x/y;base64,{b}")),
    _item(
        "data URI with a parameter", lambda b: {"url": f"data:image/png;charset=utf-8;base64,{b}"}
    ),
    _item("data URI in upper case", lambda b: {"url": f"DATA:image/PNG;BASE64,{b}"}),
    _item("data URI without a type", lambda b: {"b64_json": f"data:;base64,{b}"}),
    _item("data URI without its scheme", lambda b: {"b64_json": f"image/png;base64,{b}"}),
    _item(
        "data URI with line breaks", lambda b: {"url": f"data:image/png;base64,\n{_wrapped(b)}\n"}
    ),
    _item("data URI with escapes", lambda b: {"url": f"data:image/png;base64,{quote(b, safe='')}"}),
    _item("data URI in the other alphabet", lambda b: {"url": f"data:;base64,{_url_safe(b)}"}),
    _item("base64 with line breaks", lambda b: {"b64_json": _wrapped(b)}),
    _item("base64 with spaces and tabs", lambda b: {"b64_json": f" \t{b[:50]} {b[50:]}\n"}),
    _item("base64 in the other alphabet", lambda b: {"b64_json": _url_safe(b)}),
    _item("base64 without padding", lambda b: {"b64_json": b.rstrip("=")}),
    _item("base64 with too much padding", lambda b: {"b64_json": b.rstrip("=") + "="}),
    _item("bare base64 in url", lambda b: {"url": b, "b64_json": None}),
    _item("url is an object", lambda b: {"image_url": {"url": f"data:image/png;base64,{b}"}}),
    _item("an entry is a text", lambda b: f"data:image/png;base64,{b}"),
    _item("an entry is base64", lambda b: b),
    _document("second entry", lambda b, _: {"data": [{"b64_json": ""}, {"b64_json": b}]}),
    _document(
        "entry after nulls", lambda b, _: {"data": [None, {}, {"url": None}, {"b64_json": b}]}
    ),
    _document(
        "entry after text", lambda b, _: {"data": [{"revised_prompt": "x"}, {"b64_json": b}]}
    ),
    _document("data is an object", lambda b, _: {"data": {"b64_json": b}}),
    _document("images instead of data", lambda b, _: {"images": [{"url": f"data:;base64,{b}"}]}),
    _document("a list of base64", lambda b, _: {"images": [b], "parameters": {}, "info": "{}"}),
    _document("result of a gateway", lambda b, _: {"result": {"image": b}, "success": True}),
    _document("a list at the top", lambda b, _: [{"b64_json": b}]),
    _document("the image at the top", lambda b, _: {"b64_json": b, "created": 1}),
    _document("an empty error beside it", lambda _, d: {**d, "error": None, "errors": []}),
    _body("byte order mark", lambda body: _BOM + body),
    _body("byte order mark and line breaks", lambda body: _BOM + b"\r\n" + body + b"\r\n"),
    _body("UTF-16", lambda body: body.decode().encode("utf-16")),
    _body("another content type", lambda body: body, "text/html"),
    _body("event stream in name only", lambda body: body, "text/event-stream"),
    _body("spaces to keep the connection", lambda body: b" \n" * 200 + body),
    raw_file("image/png"),
    raw_file("application/octet-stream"),
    rewritten("events with data", lambda reply: _as_events(reply, "text/event-stream")),
    rewritten("events, as JSON", lambda reply: _as_events(reply, "application/json")),
    rewritten("events after a mark", lambda reply: _as_events(reply, "text/event-stream", _BOM)),
)
"""Responses with an image that is used."""
