"""Words that are meant for the log."""

from urllib.parse import quote

import pytest

from tests.attacks import Seen, attack
from tests.support.http import raw_http
from tests.support.service import Service

_HARMLESS = "one line an event, all of it printable"
_FORGED = "2026-01-01T00:00:00+0000 INFO [forged] all is well"
_WORDS = {
    "A line break and a forged line": f"x\r\n{_FORGED}",
    "A bare line feed": f"x\n{_FORGED}",
    "A bare carriage return": f"x\r{_FORGED}",
    "Line and paragraph separators of Unicode": f"x\u2028{_FORGED}\u2029{_FORGED}",
    "NEL, vertical tab and form feed": f"x\x85{_FORGED}\x0b{_FORGED}\x0c{_FORGED}",
    "ANSI escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "An escape in one byte": "\x9b31mred",
    "A NUL and a backspace": "a\x00b\x08\x08\x08",
    "8 KiB": "a" * 8192,
    "JSON that closes a string": '","level":"INFO","message":"forged',
    "Placeholders of formatting": "%s %(levelname)s {0.__class__} %n",
}


@pytest.mark.parametrize(
    "words",
    [pytest.param(w, marks=attack(what, expect=_HARMLESS), id=what) for what, w in _WORDS.items()],
)
def test_nobody_forges_a_line_or_steers_the_terminal(
    embedded: Service, seen: Seen, words: str
) -> None:
    """In a path, headers, a prompt, a theme or a search: it stays on the one line of its event."""
    encoded = quote(words, safe="")
    before = len(lines(embedded))
    raw_http.request(embedded.url, f"/{encoded}")
    raw_http.request(embedded.url, f"/images/{encoded}.png?{encoded}={encoded}")
    raw_http.request(embedded.url, f"/images?q={encoded[:900]}")
    raw_http.request(embedded.url, f"/generate-prompts?theme={encoded[:900]}")
    header = words.replace("\r", " ").replace("\n", " ").replace("\0", " ").encode()
    named = ("X-Request-ID", "Idempotency-Key", "Origin", "If-None-Match", "User-Agent")
    embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": words[:4000]},
        headers=dict.fromkeys(named, header),
    )
    embedded.call("POST", "/generate-image", json={"prompt": words[:4000]})
    written = lines(embedded)[before:]
    ids = {line for line in written if "forged" in line and not said_by_a_request(line)}
    assert ids == set()
    assert len(written) >= 6
    seen(_HARMLESS if all(is_harmless(line) for line in written) else "lines that steer")


def lines(service: Service) -> list[str]:
    """Return the log's lines, as a program splits them that knows all of Unicode's line breaks."""
    return service.log.getvalue().splitlines()


def said_by_a_request(line: str) -> bool:
    """Tell whether the line is about a request of this test."""
    return any(method in line for method in ("GET", "POST")) or "invalid_request" in line


def is_harmless(line: str) -> bool:
    """Tell whether a terminal shows the line as it is."""
    return all(char == "\t" or ord(char) >= 0xA0 or 0x20 <= ord(char) < 0x7F for char in line)


@attack("A thousand wrong fields", expect="one line of less than 10 kB")
def test_a_refusal_is_not_repeated_at_length(embedded: Service, seen: Seen) -> None:
    """However much is wrong, the log tells it in one short line, and the answer is short too."""
    before = len(lines(embedded))
    body = {f"field-{number:04}-{'x' * 40}": number for number in range(1000)}
    answer = embedded.call("POST", "/generate-image", json=body)
    assert answer.status_code == 400
    assert len(answer.content) < 10_000
    about = [line for line in lines(embedded)[before:] if "invalid_request" in line]
    longest = max(map(len, about))
    seen("one line of less than 10 kB" if (len(about), longest < 10_000) == (1, True) else about)
