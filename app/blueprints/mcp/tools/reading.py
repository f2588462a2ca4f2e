"""Tools that list and show images."""

from app.blueprints.mcp.tools.base import Tool, ToolContext, ToolHints, ToolOutput
from app.blueprints.mcp.tools.previews import preview_of
from app.blueprints.mcp.tools.schemas import (
    ImageArguments,
    ImageDetails,
    ImageList,
    UsageReportResult,
    summary_of,
)
from app.blueprints.pagination import ListQuery, encode_cursor
from app.blueprints.schemas.usage import UsageQuery
from app.blueprints.usage import report_usage
from app.models import Scope, object_keys

_READS = ToolHints(reads_only=True)


def _list_images(context: ToolContext, query: ListQuery) -> ToolOutput:
    page = context.deps.images.page(query.page_query(context.owner))
    return ToolOutput(
        content={
            "images": [summary_of(context.fields_of(record)) for record in page.records],
            "total_images": page.total,
            "total_exact": page.total_exact,
            "next_cursor": encode_cursor(page.end) if page.end else None,
        }
    )


def _get_image(context: ToolContext, arguments: ImageArguments) -> ToolOutput:
    image_id = object_keys.id_of_name(arguments.filename)
    record = context.deps.images.record(image_id, owner=context.owner)
    return ToolOutput(
        content=context.fields_of(record),
        previews=preview_of(context, image_id),
    )


def _report_usage(context: ToolContext, query: UsageQuery) -> ToolOutput:
    usage = report_usage(query, context.caller, context.deps)
    return ToolOutput(content=usage.model_dump(mode="json", exclude={"status"}))


LIST_IMAGES = Tool(
    name="list_images",
    title="List images",
    description="List the stored images, newest first, or search them by words of the prompt, by "
    "tag, by star, by verdict or by group. Returns file names and addresses. Free.",
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
USAGE = Tool(
    name="usage",
    title="Report the costs",
    description="Report what was spent, by day (UTC), and what is left of the budget. Free.",
    scope=Scope.READ,
    limit="default",
    arguments=UsageQuery,
    result=UsageReportResult,
    run=_report_usage,
    hints=_READS,
)
