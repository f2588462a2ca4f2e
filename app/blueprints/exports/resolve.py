"""Responses with exports: access, signature and caching are those of variants."""

import hashlib
from collections.abc import Callable
from functools import partial

from flask import Response, request

from app import errors
from app.blueprints.dependencies import deps
from app.blueprints.image_requests import check_owners, max_age_of, read_image, sign_again
from app.blueprints.schemas.exports import ExportQuery, PackQuery, SheetQuery
from app.http.auth import caller
from app.http.contract.validation import parse_query
from app.http.image_middleware import ImageResponseSpec, send_image
from app.http.rate_limits import enforce_limit
from app.http.url_signing import Signature
from app.imaging import Export
from app.imaging.exports.export import PALETTE, WHITE, SheetLayout
from app.imaging.exports.rules import rules_version
from app.models import StoredImage, object_keys

SHEET = "sheet"
"""Signed in the place of an image's id."""
_ARCHIVE_MAX_AGE = 60  # seconds: a replaced image may be part of it

EXPORT_ERRORS: tuple[type[errors.AppError], ...] = (
    errors.Unauthorized,  # this and the next two only with PUBLIC_IMAGES=false
    errors.Forbidden,
    errors.RecordsUnavailable,
    errors.RateLimited,
    errors.SignatureRequired,
    errors.SignatureInvalid,
    errors.SignatureExpired,
    errors.ImageNotFound,
    errors.VariantsBusy,
    errors.Overloaded,
    errors.StorageUnavailable,
)


def send_export(
    filename: str, export: Export, query: ExportQuery, *, download_name: str = ""
) -> Response:
    """Return the response with an export of an image.

    Args:
        filename: the image's file name.
        export: what to make.
        query: the query, of which the signature is used.
        download_name: the file name of a download, after the image's id; "" to show the file.
    """
    image_id, name = object_keys.id_of_name(filename), export.canonical()
    file = f"{name}&rules={rules_version()}" if export.is_pack else name
    signature = signature_of(query)
    max_age = max_age_of(deps(), image_id, name, signature)
    admit = partial(
        enforce_limit, deps().rate_limits, "variants", caller(), request.environ, quiet=True
    )
    text = request.query_string.decode(errors="replace")
    read = partial(
        read_image,
        deps(),
        image_id,
        partial(deps().variants.fetch, image_id, export, file, admit=admit),
        suffix=request.path.removeprefix(object_keys.image_path(image_id)),
        query_for=lambda other: sign_again(deps(), other, name, signature, text),
        max_age=max_age,
    )
    return send_image(
        ImageResponseSpec(
            image_id=image_id,
            etag=f"{image_id}-{hashlib.sha256(file.encode()).hexdigest()[:16]}",
            read=read,
            max_age=max_age,
            private=not deps().server_info.public_images,
            download_name=download_name and f"{image_id}-{download_name}",
        )
    )


def send_archive(
    image_ids: tuple[str, ...],
    fetch: Callable[[tuple[str, ...]], StoredImage],
    *,
    download_name: str,
) -> Response:
    """Return the response with several images in a ZIP file.

    Args:
        image_ids: the images, which the caller, authenticated before, has to be allowed to read.
        fetch: makes the ZIP file of them.
        download_name: its file name.

    Raises:
        ImageNotFound, RecordsUnavailable: see `check_owners`.
        Overloaded, StorageUnavailable: see `ImageArchive`.
    """
    check_owners(image_ids)
    stored = fetch(image_ids)
    return send_image(
        ImageResponseSpec(
            image_id="",
            etag=f"archive-{hashlib.sha256(stored.data).hexdigest()[:16]}",
            read=lambda: stored,
            private=bool(caller().id),
            max_age=_ARCHIVE_MAX_AGE,
            download_name=download_name,
        )
    )


def signature_of(query: ExportQuery) -> Signature:
    """Return the signature in a query, not checked yet."""
    return Signature(expires=query.expires, sig=query.sig)


def pack_of(query: PackQuery) -> Export:
    """Return the pack that a query selects. Only web apps have a name."""
    name = query.name if query.kind == "pwa" else ""
    return Export(query.kind, query.background or WHITE, name)


def layout_of(query: SheetQuery) -> SheetLayout:
    """Return the layout that a query selects."""
    return SheetLayout(
        side=query.side, columns=query.columns, gap=query.gap, background=query.background
    )


def read_sheet(query: str) -> tuple[str, Signature]:
    """Return the canonical text of a sheet's query, and its signature.

    Raises:
        InvalidRequest: the query is invalid.
    """
    selected = parse_query(SheetQuery, query)
    return layout_of(selected).canonical(selected.image), signature_of(selected)


def read_export(name: str, query: str) -> tuple[Export, Signature]:
    """Return the export at a path below an image's, such as `palette`, and its signature.

    Raises:
        InvalidRequest: there is none, or the query is invalid.
    """
    if name == "palette":
        return PALETTE, signature_of(parse_query(ExportQuery, query))
    if name == "pack":
        selected = parse_query(PackQuery, query)
        return pack_of(selected), signature_of(selected)
    raise errors.InvalidRequest(
        message="There is nothing of this name below an image. Use /palette or /pack."
    )
