"""Tools that list and show images."""

from app.blueprints.mcp.tools.base import Tool, ToolContext, ToolHints, ToolOutput
from app.blueprints.mcp.tools.previews import preview_of
from app.blueprints.mcp.tools.schemas import ImageArguments, ImageDetails, ImageList, summary_of
from app.blueprints.pagination import ListQuery, encode_cursor
from app.blueprints.serializers import image_fields
from app.models import Scope, object_keys

_READS = ToolHints(reads_only=True)


def _list_images(context: ToolContext, query: ListQuery) -> ToolOutput:
    page = context.deps.images.page(query.page_query(context.owner))
    images = [image_fields(record, context.deps, context.base_url) for record in page.records]
    return ToolOutput(
        content={
            "images": [summary_of(fields) for fields in images],
            "total_images": page.total,
            "total_exact": page.total_exact,
            "next_cursor": encode_cursor(page.end) if page.end else None,
        }
    )


def _get_image(context: ToolContext, arguments: ImageArguments) -> ToolOutput:
    image_id = object_keys.id_of_name(arguments.filename)
    record = context.deps.images.record(image_id, owner=context.owner)
    return ToolOutput(
        content=image_fields(record, context.deps, context.base_url),
        previews=preview_of(context, image_id),
    )


LIST_IMAGES = Tool(
    name="list_images",
    title="List images",
    description="List the stored images, newest first, or search them by words of the prompt, by "
    "tag, by star or by group. Returns file names and addresses. Free.",
    scope=Scope.READ,
    limit="default",
    arguments=ListQuery,
    result=ImageList,
    run=_list_images,
    hints=_READS,
)
GET_IMAGE = Tool(
    name="get_image",
    title="Show an image",
    description="Show a stored image: a small version of it to look at, its address, and all that "
    "is known of it, such as prompt, cost and the report on its cutout. Free.",
    scope=Scope.READ,
    limit="default",
    arguments=ImageArguments,
    result=ImageDetails,
    run=_get_image,
    hints=_READS,
)
