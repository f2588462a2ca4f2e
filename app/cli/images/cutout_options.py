"""The options of a cutout, which several commands share."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel

from app.blueprints.schemas.cutouts import CutoutFields
from app.errors import InvalidRequest
from app.http.contract.validation import validate

Command = TypeVar("Command", bound=Callable[..., Any])
Fields = TypeVar("Fields", bound=BaseModel)

_OPTIONS = (
    click.option(
        "--holes",
        metavar="CHOICE",
        help="Enclosed areas: auto, keep, cut, or by number, such as keep:2,5;cut:1.",
    ),
    click.option("--shadow", type=click.Choice(["cut", "keep"]), help="The subject's shadow."),
    click.option("--background", metavar="COLOR", help="Color of the background: #rrggbb."),
    click.option(
        "--tolerance",
        type=int,
        metavar="LEVELS",
        help="Levels by which the background may differ from its color, 0 to 100.",
    ),
    click.option(
        "--mask",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="PNG over the original: black erases, white restores, gray changes nothing.",
    ),
)


def cutout_options(command: Command) -> Command:
    """Add the options `--holes`, `--shadow`, `--background`, `--tolerance` and `--mask`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def validated(model: type[Fields], values: Mapping[str, object]) -> Fields:
    """Validate options as the API does; those that are None count as absent.

    Raises:
        UsageError: one is invalid.
    """
    given = {name: value for name, value in values.items() if value is not None}
    try:
        fields = validate(model, given)
        if isinstance(fields, CutoutFields):
            fields.options()
    except InvalidRequest as error:
        problems = (f"--{problem['field']}: {problem['message']}" for problem in error.errors)
        raise click.UsageError(" ".join(problems)) from None
    return fields
