"""Files made from an image, below its address."""

from functools import partial

from flask import Blueprint, Response

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.exports.resolve import (
    EXPORT_ERRORS,
    SHEET,
    layout_of,
    pack_of,
    send_archive,
    send_export,
    signature_of,
)
from app.blueprints.image_requests import authenticates_reader, authorizes_read
from app.blueprints.schemas.exports import PALETTE as EXAMPLE
from app.blueprints.schemas.exports import (
    ArchiveQuery,
    ExportQuery,
    PackQuery,
    PaletteResponse,
    SheetQuery,
)
from app.http.contract.decorator import Contract, contract
from app.imaging.exports.export import PALETTE
from app.models import Scope

blueprint = Blueprint("exports", __name__)


@blueprint.get("/images/<image_name:filename>/palette")
@authorizes_read
@contract(
    Contract(
        tag="images",
        scope=None,
        shows_images=True,
        query=ExportQuery,
        response=PaletteResponse,
        redirects={308: "Another image took the place of this one: the URL of its palette."},
        examples={"palette": EXAMPLE},
        errors=(*EXPORT_ERRORS, errors.ImageDamaged),
    )
)
def get_palette(filename: str, query: ExportQuery) -> Response:
    """Fetch the main colors of an image.

    Five to eight colors, the largest share first, or all if the image has fewer. Transparent
    pixels don't count, partly transparent ones by their opacity. It costs nothing, never changes,
    and is cached, signed and limited like a variant.
    """
    return send_export(filename, PALETTE, query)


@blueprint.get("/images/<image_name:filename>/pack")
@authorizes_read
@contract(
    Contract(
        tag="images",
        scope=None,
        shows_images=True,
        query=PackQuery,
        content_types=("application/zip",),
        redirects={308: "Another image took the place of this one: the URL of its pack."},
        errors=(*EXPORT_ERRORS, errors.OriginalMissing, errors.ImageDamaged),
    )
)
def get_pack(filename: str, query: PackQuery) -> Response:
    """Fetch an image in all files that a platform or a sticker store asks for.

    A ZIP file, made from the original at no cost: icons in each size, opaque where they have to
    be, within margins, safe zones and limits of bytes, and the texts that name them, such as a
    web app's manifest. It never changes, and is cached, signed and limited like a variant.
    """
    return send_export(filename, pack_of(query), query, download_name=f"{query.kind}.zip")


@blueprint.get("/images/archive")
@authenticates_reader
@contract(
    Contract(
        tag="images",
        scope=None,
        shows_images=True,
        limit="default",
        query=ArchiveQuery,
        content_types=("application/zip",),
        errors=(
            errors.Unauthorized,  # this and the next only with PUBLIC_IMAGES=false
            errors.Forbidden,
            errors.ImageNotFound,
            errors.Overloaded,
            errors.RecordsUnavailable,
            errors.StorageUnavailable,
        ),
    )
)
def get_archive(query: ArchiveQuery) -> Response:
    """Fetch several images in one ZIP file.

    The images as they are stored, up to 50, under their file names. A replaced image is that which
    took its place. If one is missing, or isn't the caller's, none is sent.
    """
    return send_archive(query.image, deps().archive.fetch, download_name="images.zip")


@blueprint.get("/images/sheet")
@contract(
    Contract(
        tag="images",
        scope=Scope.READ,
        limit="variants",
        query=SheetQuery,
        content_types=("application/zip",),
        errors=(
            errors.SignatureRequired,
            errors.SignatureInvalid,
            errors.SignatureExpired,
            errors.ImageDamaged,
            errors.ImageNotFound,
            errors.Overloaded,
            errors.RecordsUnavailable,
            errors.StorageUnavailable,
        ),
    )
)
def get_sheet(query: SheetQuery) -> Response:
    """Fetch several images as one sheet.

    A ZIP file with `sheet.png`, `sheet.json`, which has the place of each image, and `sheet.css`.
    It has up to 50 images, in the order of the request. Each sheet counts as a new variant.
    Where variants have to be signed, callers without API keys need a signature.
    """
    layout = layout_of(query)
    if not deps().server_info.auth_required:
        deps().signer.check(SHEET, layout.canonical(query.image), signature_of(query))
    draw = partial(deps().archive.sheet, layout=layout)
    return send_archive(query.image, draw, download_name="sheet.zip")
