"""The help texts of all commands."""

import click

from app.cli.demo import demo
from app.cli.images.group import images
from app.cli.keys import keys
from app.cli.mcp import mcp
from app.cli.spec import spec
from tests.support.tables import each_row

_MAX_SUMMARY = 68  # characters, so that a terminal of 80 columns shows the whole summary


COMMANDS = {
    f"{group.name} {name}": command
    for group in (images, keys, spec)
    for name, command in group.commands.items()
} | {"demo": demo, "mcp": mcp}


@each_row("name", COMMANDS)
def test_each_command_and_option_has_a_help_text(name: str) -> None:
    """The summary fits into a line, and each text is a sentence with a period."""
    command = COMMANDS[name]
    summary = command.get_short_help_str(limit=_MAX_SUMMARY)
    options = [option for option in command.params if isinstance(option, click.Option)]
    for text in (summary, *(option.help or "" for option in options)):
        assert text[:1].isupper()
        assert text.endswith(".")
        assert not text.endswith("..")


def test_commands_for_images_are_in_order() -> None:
    """The help lists commands in the order of their use, not alphabetically."""
    names = images.list_commands(click.Context(images))
    assert set(names) == set(images.commands)
    assert (names[0], names[-1]) == ("generate", "doctor")
