"""Check the API key and the models at the provider, free of charge."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.models import Finding, Level
from app.services.diagnostics import clock_skew
from app.services.diagnostics.findings import FailureAdvice, FindingBuilder
from app.services.openai.client import classify
from app.services.runtime.failures import Failure, FailureKind
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI

_PROVIDER = FindingBuilder("provider")
_TIMEOUT_SECONDS, _CONNECT_SECONDS = 4.0, 3.0
_SHUTDOWN_WARNING = timedelta(days=60)
_ADVICE = FailureAdvice(
    {
        FailureKind.CREDENTIALS_REFUSED: (
            "the provider refuses the key",
            "set OPENAI_API_KEY to a valid key",
        ),
        FailureKind.RATE_LIMITED: (
            "the provider's rate limit is reached",
            "wait a minute; see the account's limits",
        ),
        FailureKind.QUOTA_EXCEEDED: (
            "the account has no credit left or reached its limit",
            "add credit, or raise the limit",
        ),
        FailureKind.SERVER_ERROR: (
            "the provider reports an error of its own",
            "see the provider's status page, and try again",
        ),
    },
    otherwise=(
        "no usable response from the provider",
        "check the network, OPENAI_BASE_URL, and OPENAI_API_KEY for stray characters",
    ),
)
# A key with restricted permissions, or another server, may have no list of models.
_NOT_LISTED = {
    FailureKind.PERMISSION_DENIED,
    FailureKind.NOT_FOUND,
    FailureKind.REJECTED,
    FailureKind.CONTENT_REJECTED,
}
_NO_RESPONSE = {FailureKind.UNREACHABLE, FailureKind.NO_RESPONSE, FailureKind.BAD_RESPONSE}
_CHECK_BASE_URL = "correct OPENAI_BASE_URL, which usually ends in /v1"


@dataclass(frozen=True)
class RequiredModel:
    """A model that the service uses, with its check and its setting."""

    check: str
    name: str
    setting: str


@dataclass(frozen=True)
class _Response:
    """The JSON and the Date header of a response, or the failure."""

    document: Any = None
    date: str | None = None
    failure: Failure | None = None


def offline() -> Finding:
    """Report that images are generated without a provider."""
    return _PROVIDER.ok("mode", "offline: images are composed by rules, not AI, and are free")


def replay(folder: Path) -> Finding:
    """Check whether there are cassettes to replay."""
    if next(folder.glob("*/*.json"), None) is None:
        found = f"replay: no cassettes in {folder}, so every request is refused"
        return _PROVIDER.warning("mode", found, "record some with IMAGE_PROVIDER=record first")
    return _PROVIDER.ok("mode", f"replay: the cassettes in {folder}, for free")


def moderation_off() -> Finding:
    """Report that prompts are not moderated."""
    found = "off: prompts are not moderated"
    return _PROVIDER.warning("moderation", found, "set OPENAI_MODERATION_MODEL, which is free")


def check_models(
    client: "LazyClient[OpenAI]",
    required: Sequence[RequiredModel],
    *,
    now: clock_skew.Now,
    compare_clock: bool,
) -> Iterator[Finding]:
    """Request the list of models, and look up each required model.

    Args:
        client: the service's client.
        required: the models that the service uses.
        now: this machine's clock.
        compare_clock: whether to compare that clock with the provider's.
    """
    with contextlib.closing(client):
        sent = now()
        response = _request(lambda: _models(client).list())
        key = _check_key(response)
        yield key
        if compare_clock:
            yield clock_skew.compare(response.date, sent=sent, received=now())
        if key.level is not Level.FAILED:
            listed = _by_name(response.document)
            yield from (_check_model(client, model, listed, now().date()) for model in required)


def _models(client: "LazyClient[OpenAI]") -> Any:
    from openai import Timeout

    timeout = Timeout(_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS)
    return client().with_options(timeout=timeout).models.with_raw_response


def _request(call: Callable[[], Any]) -> _Response:
    """Send one request. An error response leaves only status and date."""
    try:
        raw = call()
        date_header, text = raw.headers.get("date"), raw.text
    except Exception as error:  # reason: others than the SDK's are raised again
        failure = classify(error)
        if failure is None:
            raise
        response = getattr(error, "response", None)
        date_header = response.headers.get("date") if response is not None else None
        return _Response(date=date_header, failure=failure)
    with contextlib.suppress(ValueError):
        return _Response(json.loads(text.lstrip("\ufeff")), date_header)
    return _Response(date=date_header)


def _check_key(response: _Response) -> Finding:
    failure = response.failure
    if failure is not None and failure.kind in _NOT_LISTED:
        found = f"the models can't be listed ({failure.code}), so the key may not be sufficient"
        advice = "allow the key to read models, to be sure"
        if failure.kind is FailureKind.NOT_FOUND:
            advice = f"{_CHECK_BASE_URL}; or {advice}"
        return _PROVIDER.warning("key", found, advice)
    if failure is not None:
        error = _ADVICE.check_failed(failure)
        return _PROVIDER.failed("key", error.found, error.advice)
    if not _by_name(response.document):
        return _PROVIDER.failed("key", "the response is not a list of models", _CHECK_BASE_URL)
    return _PROVIDER.ok("key", "accepted")


def _by_name(document: Any) -> dict[str, dict[str, Any]]:
    data = document.get("data") if isinstance(document, dict) else None
    entries = data if isinstance(data, list) else []
    return {str(entry.get("id")): entry for entry in entries if isinstance(entry, dict)}


def _check_model(
    client: "LazyClient[OpenAI]",
    required: RequiredModel,
    listed: dict[str, dict[str, Any]],
    today: date,
) -> Finding:
    entry: Any = listed.get(required.name)
    failure = None
    if entry is None:  # aliases and fine-tuned models may be missing from the list
        response = _request(lambda: _models(client).retrieve(required.name))
        entry, failure = response.document, response.failure
    if failure is None and isinstance(entry, dict):
        return _check_shutdown(required, entry.get("shutdown_date"), today)
    if failure is not None and failure.kind in _NO_RESPONSE:
        error = _ADVICE.check_failed(failure)
        return _PROVIDER.failed(required.check, error.found, error.advice)
    code = failure.code if failure else "not JSON"
    advice = f"set {required.setting} to a model that this key can use"
    if listed and failure and failure.kind in {FailureKind.NOT_FOUND, FailureKind.REJECTED}:
        found = f"{required.name} is not available to this key ({code})"
        return _PROVIDER.failed(required.check, found, advice)
    return _PROVIDER.warning(required.check, f"{required.name} can't be looked up ({code})", advice)


def _check_shutdown(required: RequiredModel, shutdown_date: Any, today: date) -> Finding:
    name, check = required.name, required.check
    if shutdown_date is None:
        return _PROVIDER.ok(check, f"{name} is available")
    advice = f"set {required.setting} to a newer model"
    try:
        end = date.fromisoformat(str(shutdown_date)[:10])
    except ValueError:
        found = f"{name} will be shut down, on a date that can't be read"
        return _PROVIDER.warning(check, found, advice)
    if end <= today:
        return _PROVIDER.failed(check, f"{name} was shut down on {end}", advice)
    found = f"{name} will be shut down on {end}"
    if end - today <= _SHUTDOWN_WARNING:
        return _PROVIDER.warning(check, found, advice)
    return _PROVIDER.ok(check, found)
