"""The composition root: select, build and connect all parts."""

from app.container.adapters import (
    RECORDS_FILE,
    build_database,
    build_ports,
    build_store,
    close_ports,
)
from app.container.client_checks import check_clients
from app.container.providers import build_client
from app.container.selection import log_selection, preload
from app.container.usecases import build_dependencies

__all__ = [
    "RECORDS_FILE",
    "build_client",
    "build_database",
    "build_dependencies",
    "build_ports",
    "build_store",
    "check_clients",
    "close_ports",
    "log_selection",
    "preload",
]
