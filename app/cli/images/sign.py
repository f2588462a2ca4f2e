"""`flask images sign`: signs URLs of variants."""

from urllib.parse import parse_qsl, urlencode

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.exports.resolve import SHEET, read_export, read_sheet
from app.blueprints.variant_query import read_variant_request
from app.cli.exit_codes import exit_on_error
from app.cli.params import DurationParam
from app.errors import InvalidRequest
from app.http.url_signing import Signature
from app.models import object_keys


@click.command(short_help="Sign the URL of a variant.")
@click.argument("image")
@click.argument("query", default="")
@click.option(
    "--expires",
    default="30d",
    type=DurationParam(),
    show_default=True,
    help="Validity of the signature, such as 12h or 30d.",
)
@with_appcontext
def sign(image: str, query: str, expires: int) -> None:
    """Print the signed URL of a variant.

    IMAGE is the id or filename of an image, and QUERY describes the variant, such as
    'w=512&format=webp'. IMAGE may be followed by /palette or /pack, or be the word sheet, whose
    QUERY names the images. The URL starts with PUBLIC_URL if that is set. The command doesn't
    check whether the image exists.

    The exit status is 0, or 2 if the URL can't be signed.
    """
    with exit_on_error():
        name, slash, export = image.partition("/")
        signed = image if image == SHEET else object_keys.id_of_name(name)
        if signed == SHEET:
            (canonical, signature), path = read_sheet(query), f"/images/{SHEET}"
        else:
            canonical, signature = _read(export, query) if slash else _read_variant(query)
            path = object_keys.image_path(signed) + slash + export
        problem = _problem(signed, canonical, signature)
        if problem:
            raise InvalidRequest(message=problem)
        click.echo(_signed_url(signed, path, canonical, query, expires))


def _read(export: str, query: str) -> tuple[str, Signature]:
    found, signature = read_export(export, query)
    return found.canonical(), signature


def _read_variant(query: str) -> tuple[str, Signature]:
    request = read_variant_request(query)
    return request.canonical, request.signature


def _signed_url(name: str, path: str, canonical: str, query: str, seconds: int) -> str:
    signature = deps().signer.sign(name, canonical, seconds=seconds)
    pairs = [pair for pair in parse_qsl(query) if pair[1]]
    signed = urlencode([*pairs, ("expires", signature.expires), ("sig", signature.sig)], safe=",:")
    return f"{deps().server_info.public_url or ''}{path}?{signed}"


def _problem(name: str, canonical: str, signature: Signature) -> str:
    if not deps().signer.keys:
        return "Variants need no signature, because VARIANT_SIGNING_KEYS is not set."
    if name != SHEET and not object_keys.is_id(name):
        return "IMAGE is not the id or filename of an image. Copy it from `flask images list`."
    if signature != Signature():
        return "QUERY contains expires or sig, which this command adds. Leave them out."
    if not canonical:
        return "QUERY describes the plain image, which needs no signature."
    return ""
