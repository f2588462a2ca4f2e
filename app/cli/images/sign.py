"""`flask images sign`: signs URLs of variants."""

from urllib.parse import parse_qsl, urlencode

import click
from flask.cli import with_appcontext

from app.blueprints.dependencies import deps
from app.blueprints.variant_query import VariantRequest, read_variant_request
from app.cli.exit_codes import exit_on_error
from app.cli.params import DurationParam
from app.errors import InvalidRequest
from app.http.url_signing import Signature
from app.models import object_keys


@click.command(short_help="Sign the URL of a variant.")
@click.argument("image")
@click.argument("query")
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
    'w=512&format=webp'. The URL starts with PUBLIC_URL if that is set. The command doesn't check
    whether the image exists.

    The exit status is 0, or 2 if the URL can't be signed.
    """
    with exit_on_error():
        click.echo(_signed_url(object_keys.id_of_name(image), query, expires))


def _signed_url(image_id: str, query: str, seconds: int) -> str:
    request = read_variant_request(query)
    problem = _problem(image_id, request)
    if problem:
        raise InvalidRequest(message=problem)
    signature = deps().signer.sign(image_id, request.canonical, seconds=seconds)
    pairs = [pair for pair in parse_qsl(query) if pair[1]]
    signed = urlencode([*pairs, ("expires", signature.expires), ("sig", signature.sig)], safe=",:")
    return f"{deps().server_info.public_url or ''}{object_keys.image_path(image_id)}?{signed}"


def _problem(image_id: str, request: VariantRequest) -> str:
    if not deps().signer.keys:
        return "Variants need no signature, because VARIANT_SIGNING_KEYS is not set."
    if not object_keys.is_id(image_id):
        return "IMAGE is not the id or filename of an image. Copy it from `flask images list`."
    if request.signature != Signature():
        return "QUERY contains expires or sig, which this command adds. Leave them out."
    if request.is_plain:
        return "QUERY describes the plain image, which needs no signature."
    return ""
