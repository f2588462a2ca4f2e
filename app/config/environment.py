"""Errors of the settings, and OpenTelemetry's own variables."""

import os
from collections.abc import Sequence

from dotenv import dotenv_values
from pydantic import ValidationError

_REPLACED = {
    "OPENAI_NATIVE_TRANSPARENCY": "was replaced: remove it, and set OPENAI_BACKGROUND=transparent "
    "instead of true, and OPENAI_BACKGROUND=white instead of false"
}


class ConfigError(Exception):
    """The settings are invalid; the message lists all problems, no values."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["Invalid settings:", *(f"  {line}" for line in problems)]))


def explain(error: ValidationError) -> list[str]:
    """List the invalid settings by variable name, a line each.

    Values are left out, since they may be secrets.
    """
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return [
        f"{'.'.join(str(part) for part in problem['loc']).upper()}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    ]


def find_replaced(env_file: str) -> list[str]:
    """List the variables that are set, but were replaced by others, a line each."""
    values = {**dotenv_values(env_file), **os.environ}
    return [f"{old}: {advice}" for old, advice in _REPLACED.items() if values.get(old)]


def traces_exporter() -> str | None:
    """Return the exporter that OpenTelemetry's variables select.

    These variables are not fields of Settings, because the OpenTelemetry SDK reads them itself.

    Returns:
        `otlp`, `console`, or None if tracing is off.
    """
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    if exporter:
        return "console" if exporter == "console" else "otlp"
    return "otlp" if any(os.environ.get(name) for name in endpoints) else None
