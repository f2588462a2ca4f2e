"""Loads what the settings will need, before a server forks its workers."""

import gc
from importlib import import_module

from app.config import Settings
from app.container.selection import choose

_MODULES = {
    "offline": ("app.painter",),
    "openai": ("openai.resources.images", "openai.resources.moderations", "httpcore2"),
    "s3": ("app.services.s3.session", "botocore.endpoint"),
    "mongodb": ("pymongo",),
    "redis": ("redis",),
}


def preload(settings: Settings) -> None:
    """Import what the settings need, the cutout and the metrics, and read S3's API descriptions.

    Clients are still made by each worker.

    What is loaded by then is kept from the garbage collector: it stays anyway, and a look at it
    would cost each worker time and a copy of its own.
    """
    import_module("app.imaging.cutout.pipeline")
    import_module("app.services.observability.metrics")
    for choice in choose(settings):
        for name in _MODULES.get(choice.kind, ()):
            import_module(name)
        if choice.kind == "s3":
            import_module("app.services.s3.session").load()
    gc.collect()
    gc.freeze()
