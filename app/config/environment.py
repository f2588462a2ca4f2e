"""Errors of the settings, and OpenTelemetry's own variables."""

import os

from pydantic import ValidationError


class ConfigError(Exception):
    """The settings are invalid; the message lists all problems, no values."""


def explain(error: ValidationError) -> str:
    """List the invalid settings by variable name.

    Values are left out, since they may be secrets.
    """
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    lines = [
        f"  {'.'.join(str(part) for part in problem['loc']).upper()}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    ]
    return "\n".join(["Invalid settings:", *lines])


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
