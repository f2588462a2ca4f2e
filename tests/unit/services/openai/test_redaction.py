"""The API key in whatever a provider returns."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.openai import redaction
from app.services.openai.redaction import redact, redact_file, redact_text

KEY = "sk-proj-Ab3_dE/6+gH9=x~" + "Zz01" * 8


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04X}" for char in text)


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent-encoded": lambda key: quote(key, safe=""),
    "every character percent-encoded": lambda key: "".join(f"%{ord(c):02x}" for c in key),
    "percent-encoded twice": lambda key: quote(quote(key, safe=""), safe=""),
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON with escaped slashes": lambda key: key.replace("/", "\\/"),
    "every character escaped": _escaped,
    "every other character escaped": lambda key: "".join(
        _escaped(char) if number % 2 else char for number, char in enumerate(key)
    ),
    "JSON in JSON": lambda key: json.dumps(json.dumps({"key": _escaped(key)})),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 after other text": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 after one more": lambda key: base64.b64encode(f"Bearer: {key}".encode()).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(f":{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal in capitals": lambda key: key.encode().hex().upper(),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("size", [0, 1, 3 * 1024 * 1024])
def test_each_form_is_redacted(name: str, size: int) -> None:
    """The key is replaced wherever it is, and nothing around it is changed."""
    form = FORMS[name](KEY).encode()
    data = b'{"error": "' + form + b'"}' + b"x" * size
    found = redact(data, KEY)
    assert len(found) == len(data)
    assert found.startswith(b'{"error": "')
    assert found.endswith(b'"}' + b"x" * size)
    assert found.count(b"*") >= len(KEY)
    assert b"Zz01Zz01" not in found


def test_usual_forms_are_found_in_the_middle_of_megabytes() -> None:
    """A large response is searched for the usual forms as a whole, for others at its ends."""
    around = b"x" * (2 * redaction._MAX_SEARCHED)
    for name in ("plain", "percent-encoded", "JSON", "base64", "hexadecimal"):
        assert FORMS[name](KEY).encode() not in redact(
            around + FORMS[name](KEY).encode() + around, KEY
        )


@pytest.mark.parametrize("secret", ["", "none", "sk-1234"])
def test_short_texts_are_no_keys(secret: str) -> None:
    """The text that stands for no key is not replaced."""
    data = b"none of sk-1234"
    assert redact(data, secret) is data
    assert redact_file(data, secret) is data


def test_file_keeps_its_size() -> None:
    """A key in the metadata of an image is replaced in place."""
    data = b"\x89PNG tEXt Comment\0" + KEY.encode() + b"IDAT"
    assert redact_file(data, KEY) == b"\x89PNG tEXt Comment\0" + b"*" * len(KEY) + b"IDAT"
    assert redact_file(b"\x89PNG", KEY) == b"\x89PNG"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_other_texts_are_unchanged(text: str) -> None:
    """Whatever is not the key stays as it is."""
    assert redact_text(text, KEY) == text.encode(errors="replace").decode()
