"""Responses with an image, read within bounds."""

import base64
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from app.errors import Charged, ProviderBadResponse, ProviderError
from app.services.openai import body_buffer, image_stream
from app.services.openai.body_buffer import Body, BodyBuffer
from app.services.openai.image_payload import read_payload
from app.services.openai.large_text import LargeText
from app.services.openai.responses import read_body, read_start
from tests.attacks import Observe, attack
from tests.support.fake_openai import Behavior
from tests.support.fake_openai.reply import Reply
from tests.support.openai.wrappings import WRAPPINGS

MAX_BYTES = 48 * 1024 * 1024
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1200
B64 = base64.b64encode(IMAGE).decode()
_NOT_WHEN_LARGE = {"UTF-16", "data URI with escapes"}


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep less JSON in memory than the image has."""
    monkeypatch.setattr(body_buffer, "_MAX_TEXT_BYTES", 100_000)


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Yield data in pieces."""
    return (data[start : start + size] for start in range(0, len(data), size))


def received(data: bytes, size: int = 65_536) -> Body:
    """Return the body, or the event with the image, that was received in pieces."""
    chunks = pieces_of(data, size)
    start = read_start(chunks)
    every = itertools.chain([start], chunks)
    if start.lstrip().startswith(image_stream.FIRST_BYTES):
        return image_stream.read_completed_event(every, None, max_bytes=MAX_BYTES)
    return read_body(every, max_bytes=MAX_BYTES)


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize("size", [701, 65_536, 10**6])
@pytest.mark.parametrize(
    "wrapping",
    [wrapping for wrapping in WRAPPINGS if wrapping.name not in _NOT_WHEN_LARGE],
    ids=lambda wrapping: wrapping.name,
)
def test_large_image_is_found_in_any_wrapping(wrapping: Behavior, size: int) -> None:
    """An image that is decoded while it arrives is the same, wherever the network splits it."""
    usual = Reply.of({"created": 1, "data": [{"b64_json": B64}], "usage": {"output_tokens": 5}})
    assert wrapping.rewrite is not None
    assert read_payload(received(wrapping.rewrite(usual).body, size)).image == IMAGE


@pytest.mark.usefixtures("small_memory")
def test_what_surrounds_a_large_image_is_read() -> None:
    """Usage behind a large image is found, and nothing of the image is left in the text."""
    document = {"data": [{"b64_json": B64}], "usage": {"output_tokens": 5}}
    body = received(json.dumps(document).encode())
    payload = read_payload(body)
    assert (payload.image, payload.usage, payload.is_charged) == (IMAGE, {"output_tokens": 5}, True)
    assert len(body.text) < 200


ESCAPES: dict[str, Callable[[str], str]] = {
    "none": str,
    "as .NET writes it": lambda text: text.replace("+", "\\u002B").replace("=", "\\u003d"),
    "slashes": lambda text: text.replace("/", "\\/"),
    "line breaks": lambda text: "\\r\\n".join(text[i : i + 76] for i in range(0, len(text), 76)),
    "everything": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
}


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_escapes_are_resolved_wherever_they_are_cut(name: str, size: int) -> None:
    """JSON's escapes inside the base64 are no part of it."""
    text = LargeText()
    for piece in pieces_of(ESCAPES[name](B64[:4000]).encode(), size):
        text.feed(piece)
    text.close()
    assert (text.file(), text.valid) == (IMAGE[:3000], True)


@pytest.mark.parametrize(
    "bad", ["AAAA%AAA", "AA==AAAA", "AAAA\\x", "AAAA\\u00e4", "A" * 4001, "AAAA{}", "====", "AB=C"]
)
def test_what_is_no_base64_is_kept(bad: str) -> None:
    """It is no image, but evidence of what was received."""
    text = LargeText()
    text.feed(bad.encode())
    text.close()
    assert not text.valid
    assert text.evidence(b"{}").endswith(b"{}")


@pytest.mark.usefixtures("small_memory")
@pytest.mark.parametrize(
    "entry",
    [
        {"b64_json": "%" * 400_000},
        {"b64_json": "data:image/png;base64," + "!" * 400_000},
        {"revised_prompt": "a red mug " * 40_000},
        {"url": "A" * 400_000},
    ],
    ids=["no base64", "no base64 in a data URI", "a text", "no image"],
)
def test_large_text_without_an_image_is_evidence(entry: dict[str, str]) -> None:
    """A text that is no image is kept with what surrounds it."""
    body = received(json.dumps({"data": [entry]}).encode())
    assert read_payload(body).image == b""
    evidence = body.evidence()
    assert len(evidence) > 200_000
    assert next(iter(entry)).encode() in evidence[-1000:]


@pytest.mark.usefixtures("small_memory")
def test_cut_off_image_is_evidence_of_a_charge() -> None:
    """A large image without its end was paid for; what arrived of it is kept."""
    body = received(json.dumps({"data": [{"b64_json": B64}]}).encode()[:300_000])
    assert (read_payload(body).image, read_payload(body).is_charged) == (b"", True)
    assert body.evidence().startswith(IMAGE[:200_000])


def endless(start: bytes, again: bytes) -> Iterator[bytes]:
    """Yield a response without end."""
    yield start
    while True:
        yield again


FLOODS: dict[str, tuple[bytes, bytes]] = {
    "numbers": (b'{"data": [', b"0," * 30_000),
    "brackets": (b'{"data": ', b"[" * 60_000),
    "objects": (b'{"data": ', b'{"a":' * 12_000),
    "lines of seven bytes": (b'{"data":\n', b'"abcd"\n' * 9_000),
    "texts": (b'{"data": ', b'"' + b"x" * 60_000 + b'"'),
    "events of seven bytes": (b"data: {}\n\n", b"data:1\n" * 9_000),
    "empty events": (b"data: {}\n\n", b"\n\n" * 30_000),
    "comments": (b": wait\n\n", b":\n\n" * 20_000),
    "lines of carriage returns": (b"data: {}\n\n", b"data:1\r" * 9_000),
    "an event of values": (b"data: [", b"1," * 30_000),
    "events of values": (b"data: {}\n\n", b"data: [" + b"1," * 900 + b"1]\n\n"),
}


@pytest.mark.parametrize("name", FLOODS)
@attack("A response of millions of lines, values or events", expect="refused within 20 MiB")
def test_flood_is_refused(name: str, observe: Observe) -> None:
    """A response without end is refused by what it contains, long before its limit."""
    sent = 0

    def counted(chunks: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal sent
        for chunk in chunks:
            sent += len(chunk)
            yield chunk

    chunks = counted(endless(*FLOODS[name]))
    reads_events = FLOODS[name][0].startswith(image_stream.FIRST_BYTES)
    events = partial(image_stream.read_completed_event, on_partial=None)
    read: Callable[..., object] = events if reads_events else read_body
    with pytest.raises(ProviderBadResponse) as caught:
        read(chunks, max_bytes=MAX_BYTES)
    assert caught.value.charged is Charged.UNKNOWN
    observe("refused within 20 MiB" if sent <= 20 * 1024 * 1024 else f"{sent} bytes")


@attack("White space without end before a response", expect="refused at the limit")
def test_white_space_is_read_once(observe: Observe) -> None:
    """The kind of a response is decided by its first 64 KiB, whatever they are."""
    assert len(read_start(endless(b" ", b" " * 4096))) <= 70_000
    with pytest.raises(ProviderBadResponse) as caught:
        read_body(endless(b" ", b" " * 65_536), max_bytes=MAX_BYTES)
    observe("refused at the limit" if caught.value.detail == "too large" else caught.value.detail)


def test_image_in_bytes_has_no_values() -> None:
    """The file itself, which contains any byte, is not counted."""
    file = b"\xff\xd8\xff" + b",[{\n" * 100_000
    assert received(file).text == file


def test_large_texts_belong_to_their_event(small_memory: None) -> None:  # noqa: ARG001 - reason: a setting
    """A large partial image is not shown, and the finished one is that of its own event."""
    partial = {"type": "image_generation.partial_image", "b64_json": B64[::-1].strip("=")}
    done = {"type": "image_generation.completed", "b64_json": B64}
    stream = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in (partial, done))
    shown: list[int] = []
    body = image_stream.read_completed_event(
        pieces_of(stream, 5000), lambda index, _: shown.append(index), max_bytes=MAX_BYTES
    )
    assert (read_payload(body).image, shown) == (IMAGE, [])


def test_further_partial_images_are_not_passed_on() -> None:
    """A server can send any number of partial images, but only three are shown."""
    partial = b'data: {"type": "image_generation.partial_image", "b64_json": "AAAA"}\n\n'
    shown: list[int] = []
    with pytest.raises(ProviderError):
        image_stream.read_completed_event(
            [partial * 50], lambda index, _: shown.append(index), max_bytes=MAX_BYTES
        )
    assert len(shown) == 3


def test_taken_events_do_not_count() -> None:
    """Bounds of values apply to each event."""
    buffer = BodyBuffer(max_bytes=10_000)
    for _ in range(50):
        buffer.add(b"," * 900)
        assert len(buffer.take(900).text) == 900
