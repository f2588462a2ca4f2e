"""The composition root: the only place that picks implementations, and says why."""

from app.container.choices import Choice, announce, choose
from app.container.implementations import build_ports, build_store
from app.container.preload import preload
from app.container.wiring import build_dependencies

__all__ = [
    "Choice",
    "announce",
    "build_dependencies",
    "build_ports",
    "build_store",
    "choose",
    "preload",
]
