"""Tools that make other files or other cutouts of stored images, for nothing."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from app.blueprints.mcp.tools.arguments import CutoutArguments, VariantArguments
from app.blueprints.mcp.tools.base import Tool, ToolContext, ToolHints, ToolOutput
from app.blueprints.mcp.tools.previews import is_shown, preview_of, render
from app.blueprints.mcp.tools.schemas import ImageDetails, VariantResult
from app.blueprints.variant_query import VariantRequest, to_variant_request
from app.errors import SignatureRequired
from app.models import Scope, object_keys
from app.usecases.images.create_cutout import CutoutRequest

_SIGNED_SECONDS = 24 * 60 * 60


def _make_variant(context: ToolContext, arguments: VariantArguments) -> ToolOutput:
    image_id = object_keys.id_of_name(arguments.filename)
    request = to_variant_request(arguments)
    context.deps.images.record(image_id, owner=context.owner)
    query, expires_at = _signed(context, image_id, request, arguments.query)
    file = render(context, image_id, request)
    path = object_keys.image_path(image_id)
    return ToolOutput(
        content={
            "url": f"{context.base_url}{path}" + (f"?{query}" if query else ""),
            "content_type": file.content_type,
            "size_bytes": len(file.data),
            "expires_at": expires_at,
        },
        previews=[file] if is_shown(file) else [],
    )


def _signed(
    context: ToolContext, image_id: str, request: VariantRequest, query: str
) -> tuple[str, datetime | None]:
    """Return the query with a signature, if the server requires one, and until when it is valid.

    Raises:
        SignatureRequired: anybody could have any variant signed here.
    """
    if not context.deps.signer.keys or request.is_plain:
        return query, None
    if not context.may_sign:
        raise SignatureRequired
    signature = context.deps.signer.sign(image_id, request.canonical, seconds=_SIGNED_SECONDS)
    signed = urlencode({"expires": signature.expires, "sig": signature.sig})
    return f"{query}&{signed}", datetime.fromtimestamp(signature.expires or 0, UTC)


def _make_cutout(context: ToolContext, arguments: CutoutArguments) -> ToolOutput:
    request = CutoutRequest(
        parent_id=object_keys.id_of_name(arguments.filename),
        options=arguments.options(),
        replace=arguments.replace,
        owner=context.owner,
    )
    with context.deps.concurrency_limit:
        record = context.deps.create_cutout(request).record
    return ToolOutput(content=context.fields_of(record), previews=preview_of(context, record.id))


MAKE_VARIANT = Tool(
    name="make_variant",
    title="Make a variant",
    description="Return the address of an image in another size, format, color or with effects "
    "such as an outline or a shadow, computed from the original, up to 2048 pixels. The image "
    "itself does not change. Free.",
    scope=Scope.READ,
    limit="default",
    arguments=VariantArguments,
    result=VariantResult,
    run=_make_variant,
    hints=ToolHints(reads_only=True),
)
MAKE_CUTOUT = Tool(
    name="make_cutout",
    title="Remove the background again",
    description="Cut an image out of its original again with other options, if its background was "
    "not removed well: keep or cut enclosed white areas (`holes`, by the numbers in "
    "`cutout.areas` of get_image), keep a shadow, or state the background's color. Makes a new "
    "image, or with `replace` takes the place of the old one. Free.",
    scope=Scope.GENERATE,
    limit="generate",
    arguments=CutoutArguments,
    result=ImageDetails,
    run=_make_cutout,
    hints=ToolHints(destroys=True),
)
