"""The image generator: `create_app` makes the WSGI application."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings
    from app.ports import Ports


def create_app(settings: "Settings | None" = None, ports: "Ports | None" = None) -> "Flask":
    """Create the application; see `app.factory`.

    Args:
        settings: the settings; default: read from the environment and `.env`.
        ports: the adapters; default: those that the settings select.

    Raises:
        SystemExit: the settings are invalid. All problems are printed to standard error.
    """
    # Imports everything, and is therefore not imported with each package of `app`.
    from app.factory import create_app as create

    return create(settings, ports)
