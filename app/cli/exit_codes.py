"""Exit statuses of the commands, and the errors that end them.

Click itself exits with status 2 for invalid arguments and 1 for an aborted prompt.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from app.errors import AppError
from app.usecases.auth.api_keys import ApiKeyRejected

INCOMPLETE = 1
"""The command completed, but some of its work failed or is not done."""

FAILED = 2
"""The command could not start, or was aborted by an error."""


@contextmanager
def exit_on_error(*, unavailable: int = FAILED) -> Iterator[None]:
    """Print an expected error on standard error, and exit.

    Args:
        unavailable: the exit status of an AppError, such as an unreachable database.
    """
    try:
        yield
    except ApiKeyRejected as error:
        fail(str(error))
    except AppError as error:
        fail(describe(error), unavailable)
    except OSError as error:
        fail(f"{error.strerror}: {error.filename}")


def describe(error: AppError) -> str:
    """Return an error's message for people, with its detail for operators."""
    return f"{error.message} ({error.detail})" if error.detail else error.message


def fail(message: str, status: int = FAILED) -> NoReturn:
    """Print an error message on standard error, and exit."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(status)
