"""The composition root: the only place that picks implementations, and says why."""

from app.container.adapters import RECORDS_FILE, build_ports, build_rows, build_store
from app.container.preload import preload
from app.container.selection import Selection, announce, choose
from app.container.usecases import build_dependencies

__all__ = [
    "RECORDS_FILE",
    "Selection",
    "announce",
    "build_dependencies",
    "build_ports",
    "build_rows",
    "build_store",
    "choose",
    "preload",
]
