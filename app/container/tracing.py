"""Decides whether there are traces: if OpenTelemetry's variables ask for them and it is there."""

import logging
from typing import TYPE_CHECKING

from app.config import traces_exporter

if TYPE_CHECKING:
    from app.services.observability.tracing import Tracing

_log = logging.getLogger(__name__)


def build_tracing() -> "Tracing | None":
    """Make what traces, or None; what is asked for and can't be had is told once."""
    exporter = traces_exporter()
    if exporter is None:
        return None
    try:
        from app.services.observability.tracing import Tracing, exporting_to

        return Tracing(exporting_to(exporter))
    except ImportError:
        _log.warning(
            "OpenTelemetry's variables are set, but it is not installed, so nothing is traced: "
            "pip install -r requirements-otel.txt"
        )
        return None
