"""Where OpenTelemetry's own variables want traces."""

import os


def traces_exporter() -> str | None:
    """Return where OpenTelemetry's own variables want traces: `otlp`, `console`, or None.

    They are none of our Settings: OpenTelemetry reads the rest of them itself.
    """
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    if exporter:
        return "console" if exporter == "console" else "otlp"
    return "otlp" if any(os.environ.get(name) for name in endpoints) else None
