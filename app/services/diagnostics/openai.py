"""Checks the key and the models by what the provider tells of them, which costs nothing."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.models import Finding, Level
from app.services.diagnostics import clock_skew
from app.services.diagnostics.findings import About, Trouble
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from openai import OpenAI

_ABOUT = About("drawing")
_TIMEOUT_SECONDS, _CONNECT_SECONDS = 4.0, 3.0
_SOON = timedelta(days=60)
_KEY_TROUBLE = {
    401: ("the key is refused (status 401)", "set OPENAI_API_KEY to a valid key"),
    429: ("the provider asks to wait (status 429)", "wait a minute; see the account's limits"),
}
_NO_ADDRESS = "see that OPENAI_BASE_URL leads to OpenAI's API; it usually ends in /v1"


@dataclass(frozen=True)
class RequiredModels:
    """A model that the service uses: what for, its name, and the setting that names it."""

    check: str
    name: str
    setting: str


@dataclass(frozen=True)
class _Answer:
    status: int
    date: str | None = None
    document: Any = None


def offline() -> Finding:
    """Say what is drawn without a provider."""
    return _ABOUT.ok("provider", "offline: images are drawn by rules, not AI, and cost nothing")


def replay(folder: Path) -> Finding:
    """Say whether there is anything to replay."""
    if next(folder.glob("*/*.json"), None) is None:
        reported = f"replay: nothing is recorded in {folder}, so every request is refused"
        return _ABOUT.warning("provider", reported, "record with IMAGE_PROVIDER=record first")
    return _ABOUT.ok("provider", f"replay: what is recorded in {folder}, at no cost")


def azure() -> Finding:
    """Say what can be known of Azure without drawing."""
    reported = "Azure OpenAI: a key can't list deployments, so their names are not looked up"
    return _ABOUT.ok("provider", reported)


def moderation_off() -> Finding:
    """Say what it means that no model looks at prompts."""
    found = "off: prompts are not checked before they are drawn"
    return _ABOUT.warning("moderation", found, "set OPENAI_MODERATION_MODEL, which is free")


def check_models(
    client: "LazyClient[OpenAI]",
    wanted: Sequence[RequiredModels],
    *,
    now: clock_skew.Now,
    report_time: bool,
) -> Iterator[Finding]:
    """Ask for the list of models, and look up each that is wanted.

    Args:
        client: the service's client.
        wanted: the models that the service uses.
        now: this machine's clock.
        report_time: whether to compare that clock with the provider's.
    """
    with contextlib.closing(client):
        asked = now()
        try:
            answer = _ask(lambda: _models(client).list())
        except Trouble as trouble:
            answer = _Answer(0)
            key = _ABOUT.failed("key", trouble.found, trouble.advice)
        else:
            key = _about_key(answer)
        yield key
        if report_time:
            yield clock_skew.compare(answer.date, asked=asked, answered=now())
        if key.level is not Level.FAILED:
            listed = _by_name(answer.document)
            yield from (_about_model(client, one, listed, now().date()) for one in wanted)


def _models(client: "LazyClient[OpenAI]") -> Any:
    from openai import Timeout

    patient = client().with_options(timeout=Timeout(_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS))
    return patient.models.with_raw_response


def _ask(call: Callable[[], Any]) -> _Answer:
    """Send one request; nothing of the answer but its status, date and JSON is looked at."""
    import httpx2
    from openai import APIStatusError, OpenAIError

    try:
        raw = call()
        status, date_header, text = raw.status_code, raw.headers.get("date"), raw.text
    except APIStatusError as error:
        return _Answer(error.status_code, error.response.headers.get("date"))
    except (OpenAIError, httpx2.HTTPError, UnicodeError) as error:
        name = type(error.__cause__ or error).__name__
        advice = "check the network, OPENAI_BASE_URL, and OPENAI_API_KEY for stray characters"
        raise Trouble(f"the provider gives no answer ({name})", advice) from None
    with contextlib.suppress(ValueError):
        return _Answer(status, date_header, json.loads(text))
    return _Answer(status, date_header)


def _about_key(answer: _Answer) -> Finding:
    if answer.status in _KEY_TROUBLE:
        return _ABOUT.failed("key", *_KEY_TROUBLE[answer.status])
    if answer.status >= 500:
        found = f"the provider has a fault of its own (status {answer.status})"
        return _ABOUT.failed("key", found, "see the provider's status page, and try again")
    if answer.status != 200:
        # A restricted key, or another server, may have no list; each model is still asked for.
        found = f"it gets no list of models (status {answer.status}), so it may not be allowed here"
        return _ABOUT.warning("key", found, "let this key read models, to be sure")
    if not _by_name(answer.document):
        return _ABOUT.failed("key", "the address answers, but with no list of models", _NO_ADDRESS)
    return _ABOUT.ok("key", "accepted")


def _by_name(document: Any) -> dict[str, dict[str, Any]]:
    entries = document.get("data") if isinstance(document, dict) else None
    usable = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return {str(one.get("id")): one for one in usable}


def _about_model(
    client: "LazyClient[OpenAI]",
    wanted: RequiredModels,
    listed: dict[str, dict[str, Any]],
    today: date,
) -> Finding:
    entry, status = listed.get(wanted.name), 200
    if entry is None:  # aliases and tuned models can be missing from the list
        try:
            answer = _ask(lambda: _models(client).retrieve(wanted.name))
        except Trouble as trouble:
            return _ABOUT.failed(wanted.check, trouble.found, trouble.advice)
        status, entry = answer.status, answer.document
    if status == 200 and isinstance(entry, dict):
        return _about_end(wanted, entry.get("shutdown_date"), today)
    advice = f"set {wanted.setting} to a model that this key may use"
    if status in {400, 404} and listed:
        found = f"{wanted.name} is not there for this key (status {status})"
        return _ABOUT.failed(wanted.check, found, advice)
    return _ABOUT.warning(wanted.check, f"{wanted.name} can't be looked up ({status})", advice)


def _about_end(wanted: RequiredModels, reported: Any, today: date) -> Finding:
    """Judge a model by the day of its end, if there is one."""
    if reported is None:
        return _ABOUT.ok(wanted.check, f"{wanted.name} is there")
    advice = f"set {wanted.setting} to a newer model"
    try:
        end = date.fromisoformat(str(reported)[:10])
    except ValueError:
        found = f"{wanted.name} will be shut down, on a day that can't be read"
        return _ABOUT.warning(wanted.check, found, advice)
    if end <= today:
        found = f"{wanted.name} was shut down on {end}"
        return _ABOUT.failed(wanted.check, found, advice)
    found = f"{wanted.name} will be shut down on {end}"
    if end - today <= _SOON:
        return _ABOUT.warning(wanted.check, found, advice)
    return _ABOUT.ok(wanted.check, found)
