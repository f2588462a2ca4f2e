"""`flask images sign`: makes addresses of variants for servers that ask for signatures."""

import sys
from urllib.parse import parse_qsl, urlencode

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.variant_query import VariantRequest, read_variant_request
from app.cli.durations import Duration
from app.errors import AppError, InvalidRequest
from app.http.url_signing import Signature
from app.models import object_keys

_UNUSABLE = 2


@click.command(short_help="Make the signed address of a variant.")
@click.argument("name")
@click.argument("query")
@click.option(
    "--expires", default="30d", type=Duration(), show_default=True, help="How long it is good."
)
@with_appcontext
def sign(name: str, query: str, expires: int) -> None:
    """Print the signed address of a variant.

    NAME is an image's id or filename, QUERY is like 'w=512&format=webp'. The address begins with
    PUBLIC_URL, if that is set. Nothing is read or computed. Exit status: 0, or 2 if there is
    nothing to sign, or nothing to sign it with.
    """
    try:
        click.echo(_address(object_keys.id_of_name(name), query, expires))
    except AppError as error:
        click.echo(error.message, err=True)
        sys.exit(_UNUSABLE)


def _address(image_id: str, query: str, seconds: int) -> str:
    wish = read_variant_request(query)
    problem = _problem(image_id, wish)
    if problem:
        raise InvalidRequest(message=problem)
    made = deps().signer.sign(image_id, wish.canonical, seconds=seconds)
    given = [pair for pair in parse_qsl(query) if pair[1]]
    signed = urlencode([*given, ("expires", made.expires), ("sig", made.sig)], safe=",:")
    return f"{deps().server_info.public_url or ''}{object_keys.image_path(image_id)}?{signed}"


def _problem(image_id: str, wish: VariantRequest) -> str:
    if not deps().signer.keys:
        return "VARIANT_SIGNING_KEYS is not set, so variants need no signature."
    if not object_keys.is_id(image_id):
        return "NAME has to be an image's id or filename."
    if wish.signature != Signature():
        return "Leave out expires and sig: they are what is made here."
    if wish.is_plain:
        return "This is the plain image, which needs no signature."
    return ""
