"""Text that attacks the log."""

from urllib.parse import quote

import pytest

from tests.attacks import Observe, attack
from tests.support.http import clients
from tests.support.service import Service

_PRINTABLE = "one printable line per event"
_FORGED = "2026-01-01T00:00:00+0000 INFO [forged] all is well"
_TEXTS = {
    "A line break and a forged line": f"x\r\n{_FORGED}",
    "A bare line feed": f"x\n{_FORGED}",
    "A bare carriage return": f"x\r{_FORGED}",
    "Unicode line and paragraph separators": f"x\u2028{_FORGED}\u2029{_FORGED}",
    "NEL, vertical tab and form feed": f"x\x85{_FORGED}\x0b{_FORGED}\x0c{_FORGED}",
    "ANSI escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "A one-byte escape": "\x9b31mred",
    "A NUL and a backspace": "a\x00b\x08\x08\x08",
    "8 KiB": "a" * 8192,
    "JSON that closes a string": '","level":"INFO","message":"forged',
    "Format placeholders": "%s %(levelname)s {0.__class__} %n",
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, marks=attack(name, expect=_PRINTABLE), id=name)
        for name, text in _TEXTS.items()
    ],
)
def test_log_lines_can_not_be_forged(embedded: Service, observe: Observe, text: str) -> None:
    """Text in paths, headers, prompts, themes and searches stays on its event's line."""
    encoded = quote(text, safe="")
    before = len(lines(embedded))
    clients.raw_request(embedded.url, f"/{encoded}")
    clients.raw_request(embedded.url, f"/images/{encoded}.png?{encoded}={encoded}")
    clients.raw_request(embedded.url, f"/images?q={encoded[:900]}")
    clients.raw_request(embedded.url, f"/generate-prompts?theme={encoded[:900]}")
    header = text.replace("\r", " ").replace("\n", " ").replace("\0", " ").encode()
    header_names = ("X-Request-ID", "Idempotency-Key", "Origin", "If-None-Match", "User-Agent")
    embedded.call(
        "POST",
        "/generate-image",
        json={"prompt": text[:4000]},
        headers=dict.fromkeys(header_names, header),
    )
    embedded.call("POST", "/generate-image", json={"prompt": text[:4000]})
    new_lines = lines(embedded)[before:]
    forged = {line for line in new_lines if "forged" in line and not is_about_a_request(line)}
    assert forged == set()
    assert len(new_lines) >= 6
    observe(_PRINTABLE if all(is_printable(line) for line in new_lines) else "control characters")


def lines(service: Service) -> list[str]:
    """Return the log's lines, split at all Unicode line breaks."""
    return service.log.getvalue().splitlines()


def is_about_a_request(line: str) -> bool:
    """Return whether the line is about a request of this test."""
    return any(method in line for method in ("GET", "POST")) or "invalid_request" in line


def is_printable(line: str) -> bool:
    """Return whether a terminal prints the line without interpreting it."""
    return all(char == "\t" or ord(char) >= 0xA0 or 0x20 <= ord(char) < 0x7F for char in line)


@attack("A thousand unknown fields", expect="one line of less than 10 kB")
def test_long_errors_are_shortened(embedded: Service, observe: Observe) -> None:
    """Many invalid fields give one short log line and a short response."""
    before = len(lines(embedded))
    body = {f"field-{number:04}-{'x' * 40}": number for number in range(1000)}
    response = embedded.call("POST", "/generate-image", json=body)
    assert response.status_code == 400
    assert len(response.content) < 10_000
    error_lines = [line for line in lines(embedded)[before:] if "invalid_request" in line]
    longest = max(map(len, error_lines))
    observe(
        "one line of less than 10 kB"
        if (len(error_lines), longest < 10_000) == (1, True)
        else error_lines
    )
