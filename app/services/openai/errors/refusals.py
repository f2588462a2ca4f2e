"""Read the errors of OpenAI and compatible servers, in any form in which they write them.

`error` can be an object, a string or a list; `detail` a text or a list of validation errors; codes
can be numbers; gateways put another server's error, as JSON, into a message. What a server repeats
of the request is not read: a prompt may contain any word.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.services.openai.errors import refusal_words as words
from app.services.openai.errors.error_document import ErrorReader, parse_json
from app.services.runtime.failures import FailureKind

if TYPE_CHECKING:
    from openai import APIStatusError

_LABEL = re.compile(r"[\w.-]{1,64}")
_MAX_BYTES = 256 * 1024
_MAX_TEXT = 4000  # characters that are searched
_MIN_REPEATED = 4  # characters; a shorter prompt could be part of any word


_STATUS_KINDS = {
    401: FailureKind.CREDENTIALS_REFUSED,
    402: FailureKind.QUOTA_EXCEEDED,
    403: FailureKind.PERMISSION_DENIED,
    404: FailureKind.NOT_FOUND,
    429: FailureKind.RATE_LIMITED,
    501: FailureKind.REJECTED,
}
_MAYBE_CHARGED = {408, 409}
_UNRELATED = {401, 402, 404, 429}  # to the prompt


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error response states.

    Attributes:
        status: the status of the response; the error's own number if that is more specific.
        codes: its codes, types and names, as lower-case letters and digits.
        names: the names of parameters in fields for them.
        text: its messages in lower case, to be searched only.
        filtered: whether a content filter reports a hit.
        label: its first code, for the log.
    """

    status: int
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    text: str = ""
    filtered: bool = False
    label: str = ""

    @property
    def rejects_prompt(self) -> bool:
        """Whether a content policy forbids the prompt."""
        if self.filtered or any(words.is_policy_code(code) for code in self.codes):
            return True
        if self.status in _UNRELATED or self.status >= 500 or self._is_about_parameters:
            return False
        return words.mentions_policy(self.text)

    @property
    def _is_about_parameters(self) -> bool:
        return any(words.is_parameter_code(code) for code in self.codes) and bool(self.names)

    @property
    def kind(self) -> FailureKind:
        """The kind of failure: by the codes, then the text, then the status."""
        if self.rejects_prompt:
            return FailureKind.CONTENT_REJECTED
        if self._is_about_money:
            return FailureKind.QUOTA_EXCEEDED
        if self.status in {200, 400, 403} and any(words.is_rate_code(code) for code in self.codes):
            return FailureKind.RATE_LIMITED
        return _STATUS_KINDS.get(self.status) or self._kind_of_status()

    @property
    def _is_about_money(self) -> bool:
        in_text = 400 <= self.status < 500 and words.mentions_quota(self.text, status=self.status)
        return in_text or any(words.is_quota_code(code) for code in self.codes)

    def _kind_of_status(self) -> FailureKind:
        """Return the kind by the class of the status, which is 200 for an error in a body."""
        if self.status >= 500 or self.status in _MAYBE_CHARGED:
            return FailureKind.SERVER_ERROR
        is_refused = self.status >= 300 or any(map(words.is_parameter_code, self.codes))
        return FailureKind.REJECTED if is_refused else FailureKind.SERVER_ERROR

    @property
    def refuses_value(self) -> bool:
        """Whether the server knows the parameter, but not its value."""
        return words.is_about_value(self.codes, self.text)

    @property
    def refuses_name(self) -> bool:
        """Whether the server says that it does not know the parameter."""
        return words.is_about_unknown_name(self.codes, self.text)

    def parameters_among(self, sent: Iterable[str]) -> frozenset[str]:
        """Return the sent parameters that the server refuses; none if it rejects the prompt.

        A request that names none in a field for it is searched for their names in its text.
        """
        if self.kind not in {FailureKind.REJECTED, FailureKind.PERMISSION_DENIED}:
            return frozenset()
        known = {words.plain(name): name for name in sent}
        if named := known.keys() & {words.plain(name) for name in self.names}:
            return frozenset(known[name] for name in named)
        return frozenset(name for name in sent if words.mentions_refused(self.text, name))


class RefusedInBody(Exception):
    """An error inside a response with status 200, or in a stream.

    Args:
        refusal: what the error states.
        charged: whether it came with an image or with used tokens.
    """

    def __init__(self, refusal: Refusal, *, charged: bool = False) -> None:
        super().__init__(refusal.label)
        self.refusal = refusal
        self.charged = charged


def read_refusal(status: int, body: str, *, repeated: Iterable[str] = ()) -> Refusal:
    """Read the body of an error response.

    Args:
        status: the status of the response, or 200 for an error inside a successful one.
        body: the text of the body; web pages and empty bodies leave the status alone.
        repeated: texts of the request, which the server may quote.
    """
    text = body.lstrip("\ufeff \t\r\n")[:_MAX_BYTES]
    if text.startswith("<"):
        return Refusal(status)
    document = parse_json(text)
    return read_error(status, text if document is None else document, repeated=repeated)


def read_error(status: int, document: object, *, repeated: Iterable[str] = ()) -> Refusal:
    """Read a parsed error; see `read_refusal`."""
    found = ErrorReader()
    found.read(document)
    text = " ".join(found.texts).lower()
    for quoted in repeated:
        if len(quoted) >= _MIN_REPEATED:
            text = text.replace(quoted.lower(), " ")
    return Refusal(
        status=_more_specific(status, found.codes),
        codes=tuple(words.plain(code) for code in found.codes),
        names=tuple(found.names),
        text=text[:_MAX_TEXT],
        filtered=found.filtered,
        label=next((code for code in found.codes if _LABEL.fullmatch(code)), ""),
    )


def refusal_of(error: Exception) -> Refusal | None:
    """Return what an error response states; None for any other exception."""
    from openai import APIStatusError

    if isinstance(error, RefusedInBody):
        return error.refusal
    if not isinstance(error, APIStatusError):
        return None
    quoted = error.request.extensions.get("quoted", ())
    repeated = [*texts_of(_parameters_of(error)), *quoted]
    return read_refusal(error.status_code, error.response.text, repeated=repeated)


def _parameters_of(error: "APIStatusError") -> Mapping[str, Any]:
    """Return the parameters of the request that failed."""
    try:
        parameters = json.loads(error.request.content)
    except (ValueError, RuntimeError):  # it has no body, or a body that can be read only once
        return {}
    return parameters if isinstance(parameters, dict) else {}


def texts_of(parameters: Mapping[str, Any]) -> list[str]:
    """Return the texts in a request of this service: its prompt, or its messages."""
    texts = [parameters.get("prompt"), parameters.get("input")]
    messages = parameters.get("messages")
    texts += [message["content"] for message in messages or ()]
    return [text for text in texts if isinstance(text, str)]


def has_error(document: object) -> bool:
    """Return whether a document with status 200 reports an error."""
    if not isinstance(document, dict):
        return False
    moderated = any(entry.get("respect_moderation") is False for entry in _entries(document))
    return moderated or any(document.get(key) for key in ("error", "errors", "detail"))


def _entries(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    data = document.get("data")
    yield document
    yield from (entry for entry in (data if isinstance(data, list) else ()) if type(entry) is dict)


def _more_specific(status: int, codes: Iterable[str]) -> int:
    """Return the error's own status where the response's says only that it failed."""
    if status not in {200, 400}:
        return status
    numbers = (int(code) for code in codes if len(code) == 3 and code.isascii() and code.isdigit())
    return next((number for number in numbers if 400 <= number < 600), status)
