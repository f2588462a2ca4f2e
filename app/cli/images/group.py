"""The group `flask images`, with its commands in order.

To add a command, write it in a module of this package and add it to `_COMMANDS`.
"""

import click
from flask.cli import AppGroup

from app.cli.images.doctor import doctor
from app.cli.images.edit import edit
from app.cli.images.export_import import export, import_
from app.cli.images.generate import generate
from app.cli.images.list_show_delete import delete, list_, show
from app.cli.images.organize import restore, tag, trash
from app.cli.images.reconcile import reconcile, verify
from app.cli.images.recut import recut
from app.cli.images.sign import sign
from app.cli.images.upload import upload

_COMMANDS = (
    generate,
    list_,
    show,
    tag,
    export,
    import_,
    upload,
    edit,
    recut,
    trash,
    restore,
    delete,
    sign,
    reconcile,
    verify,
    doctor,
)
"""In the order of `flask images --help`: from making images to checking the service."""


class _OrderedGroup(AppGroup):
    """A group whose help lists commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - reason: click's
        """Return the names of the commands, unsorted."""
        return list(self.commands)


images = _OrderedGroup("images", help="Generate, edit, list, tag, move, sign and repair images.")
for _command in _COMMANDS:
    images.add_command(_command)
