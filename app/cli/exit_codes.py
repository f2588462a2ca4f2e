"""How commands end that can't do their work."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.errors import AppError
from app.usecases.auth.api_keys import ApiKeyRejected

OUT_OF_REACH = 2


@contextmanager
def reported() -> Iterator[None]:
    """Say on standard error what failed, and end with status 2."""
    try:
        yield
    except (AppError, ApiKeyRejected) as error:
        message = error.message if isinstance(error, AppError) else str(error)
        click.echo(f"Stopped: {message}", err=True)
    except OSError as error:
        click.echo(f"Stopped: {error.strerror}: {error.filename}", err=True)
    else:
        return
    sys.exit(OUT_OF_REACH)
