"""Collect what an error response contains, wherever a server writes it.

Known keys hold codes, names of parameters, or messages; any other text counts as a message. What a
server repeats of the request is skipped.
"""

import json

from app.services.openai.errors import refusal_words as words

_MAX_VALUES = 500
_MAX_DEPTH = 12
_MAX_CODE = 200  # characters of a code, or of a parameter's name
_MAX_TEXT = 20_000  # characters of a message, which may quote a prompt
_MAX_INNER = 64 * 1024  # characters of JSON inside a text

_CODE_KEYS = {"code", "type", "status", "reason", "name", "error", "finish_reason", "error_code"}
_NAME_KEYS = {"param", "parameter", "params", "field", "argument", "property", "loc", "pointer"}
_TEXT_KEYS = {
    "message",
    "msg",
    "detail",
    "details",
    "errors",
    "description",
    "title",
    "raw",
    "info",
}
_REPEATED_KEYS = {"input", "prompt", "revised_prompt", "flagged_input", "input_value", "messages"}
_FILTER_KEYS = {"content_filter_result", "content_filter_results"}
_HIT_KEYS = {"filtered", "detected"}


def parse_json(text: str) -> object:
    """Return the parsed JSON; None if the text is no object, list or string of it."""
    if not text.startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class ErrorReader:
    """Collects codes, names and texts from a JSON document."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.names: list[str] = []
        self.texts: list[str] = []
        self.filtered = False
        self._left = _MAX_VALUES

    def read(self, value: object, key: str = "", depth: int = 0) -> None:
        """Read a value, and those inside it."""
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            return
        if isinstance(value, dict):
            for name, inner in value.items():
                self._read_field(str(name), inner, depth + 1)
        elif key in _NAME_KEYS:
            self._read_names(value)
        elif isinstance(value, list):
            for inner in value:
                self.read(inner, key, depth + 1)
        else:
            self._read_scalar(value, key, depth + 1)

    def _read_field(self, name: str, value: object, depth: int) -> None:
        key = name.lower()
        if key in _FILTER_KEYS:
            self.filtered |= _has_hit(value)
        elif key in _REPEATED_KEYS:
            self.filtered |= key == "flagged_input" and bool(value)
        elif key == "respect_moderation":
            self.filtered |= value is False
        else:
            if key not in _CODE_KEYS | _TEXT_KEYS and words.refuses(_first_text(value)):
                self.names.append(
                    name[:_MAX_CODE]
                )  # as in {"errors": {"size": ["Unknown field."]}}
            self.read(value, key, depth)

    def _read_scalar(self, value: object, key: str, depth: int) -> None:
        if isinstance(value, str):
            self._read_text(value, key, depth)
        elif type(value) is int and key in _CODE_KEYS:
            self._add_code(str(value), key)

    def _read_text(self, text: str, key: str, depth: int) -> None:
        inner = parse_json(text.strip()) if len(text) <= _MAX_INNER else None
        text = text[:_MAX_TEXT]
        if isinstance(inner, dict | list):
            self.read(inner, key, depth)
            return
        if key in _CODE_KEYS and " " not in text and len(text) <= _MAX_CODE:
            self._add_code(text, key)
        self.texts.append(text)

    def _add_code(self, code: str, key: str) -> None:
        """Add a code; `code` itself says more than `type` or `status`, so it comes first."""
        self.codes.insert(0 if key == "code" else len(self.codes), code)

    def _read_names(self, value: object) -> None:
        """Read names such as `size`, `body.size`, `#/size` or `["body", "size"]`."""
        parts = value[:_MAX_VALUES] if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, str):
                self.names.extend(words.name_parts(part[:_MAX_CODE]))


def _first_text(value: object) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return first[:_MAX_TEXT] if isinstance(first, str) else ""


def _has_hit(value: object, depth: int = 0) -> bool:
    """Return whether a category of a content filter was hit."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, list):
        return any(_has_hit(inner, depth + 1) for inner in value[:_MAX_VALUES])
    if not isinstance(value, dict):
        return False
    hit = any(value.get(key) is True for key in _HIT_KEYS)
    return hit or any(_has_hit(inner, depth + 1) for inner in value.values())
