"""`flask images edit`: makes a new image from a stored one and a prompt."""

import base64
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.schemas.edits import EditBody
from app.cli.exit_codes import INCOMPLETE, exit_on_error
from app.cli.images.cutout_options import validated
from app.cli.params import find_owner, owner_option
from app.models import object_keys
from app.usecases.generation.idempotency import claim_of

_MICROS = 1_000_000


@click.command(short_help="Edit an image by a prompt.")
@click.argument("image")
@click.argument("prompt")
@click.option("--with", "others", multiple=True, metavar="IMAGE", help="Image to refer to.")
@click.option(
    "--mask",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PNG file of the image's size, transparent where to redraw.",
)
@click.option("--quality", show_default="OPENAI_IMAGE_QUALITY", help="Quality of the new image.")
@click.option("--size", metavar="WIDTHxHEIGHT", help="Size of the new original, in pixels.")
@click.option("--key", default="", help="Idempotency key: the same edit is paid for once.")
@owner_option("API key (name or id) that owns the images.")
@click.option("--dry-run", is_flag=True, help="Print the maximum cost without editing anything.")
@with_appcontext
def edit(  # noqa: PLR0917 - reason: click passes each option by name
    image: str,
    prompt: str,
    others: tuple[str, ...],
    mask: Path | None,
    quality: str | None,
    size: str | None,
    key: str,
    owner: str,
    dry_run: bool,
) -> None:
    """Make a new image from the original of IMAGE (id or filename) and PROMPT, and print its id.

    It is paid for like a generated image. With --key, repeating the command costs nothing.

    The exit status is 0, 1 if the image could not be edited, and 2 if an option is invalid.
    """
    caller = find_owner(owner, active=True)
    names = [object_keys.image_name(object_keys.id_of_name(other)) for other in others]
    with exit_on_error():
        mask_png = base64.b64encode(mask.read_bytes()).decode() if mask else None
    fields = {"prompt": prompt, "images": names, "mask_png": mask_png}
    body = validated(EditBody, {**fields, "quality": quality, "size": size})
    claim = claim_of(caller.id, key) if key else ""
    with exit_on_error(unavailable=INCOMPLETE):
        sources = body.sources(object_keys.id_of_name(image))
        found = deps().edit_inputs.find(sources, owner=caller.id or None, claim=claim)
        request = body.image_request(found)
        if dry_run:
            micros = deps().estimates.estimate(request).estimate_micros
            cost = "unknown" if micros is None else f"{micros / _MICROS:.6f} USD"
            click.echo(f"Maximum cost: {cost}")
            return
        result = deps().generate(request, caller=caller, claim=claim)
    verb = "was edited before as" if result.replayed else "edited as"
    click.echo(f"{sources.image_ids[0]} {verb} {result.record.id}")
