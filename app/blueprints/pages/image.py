"""The page of one image: for people, for browsers without JavaScript, and for link previews.

A browser sends no API key when it opens a page. Where keys are required, the page therefore has no
prompt: its script requests the metadata with the key. Where images are private too, the page is
the same for every id, and nothing is looked up.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Blueprint, Response, request, url_for

from app.blueprints.dependencies import deps
from app.blueprints.pages.studio import page
from app.blueprints.schemas.variant import VariantQuery
from app.blueprints.serializers import public_base_url
from app.blueprints.variant_query import read_variant_request
from app.errors import ImageNotFound, InvalidRequest
from app.models import ImageRecord, State, object_keys

blueprint = Blueprint("image_page", __name__)

SIDE = 1024  # px of the image that the page shows first
_SHOWN = f"w={SIDE}"
_FIRST_WIDTHS = (640, 768, SIDE)  # of the smaller files that are shown until the script runs
# A rem more than the style sheet shows: if the file that comes next had a pixel more, browsers
# would count that as the largest paint of the page.
_SIZES = (
    "(min-width: 60rem) min(100vw - 27rem, 100vh - 12rem, 55rem), "
    "min(100vw - 1rem, clamp(10rem, 40vh, 27rem))"
)
_PLAIN = "w=256"  # the plain image at an address that never redirects to another host
_SHARED = "w=1200&h=630&padding=48&background=eef1f0&format=jpeg"  # what link previews show
_DOWNLOADS = (
    ("PNG, 1024 px", _SHOWN, "png"),
    ("WebP, 1024 px", f"{_SHOWN}&format=webp", "webp"),
    ("JPEG on white, 1024 px", f"{_SHOWN}&format=jpeg", "jpg"),
    ("PNG, 256 px", "", "png"),
)
_UNSHARED = frozenset({"svg", "ico", "avif"})  # formats that link previews don't show
_MAX_TITLE, _MAX_DESCRIPTION, _MAX_FILE_STEM = 70, 300, 60
# They set the direction of what follows, which would turn around the words after the prompt.
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))  # invisible: they select the look of emoji


@dataclass(frozen=True, kw_only=True)
class ImagePage:
    """What the template shows.

    Attributes:
        image_id: the id of the image.
        url: the absolute address of the page.
        image_url: the absolute address of the plain image.
        prompt: the prompt; "" where it isn't public.
        is_private: whether the image can't be read without an API key.
        signed_only: whether variants can't be requested without a signature.
        image: the address of the image that is shown.
        srcset, sizes: smaller files of the same look, which arrive sooner; "" if there are none.
        has_areas: whether parts of the cutout can be kept or removed by a click.
        shared_image: the absolute address of the image for link previews.
        is_card: whether that image was made for link previews, rather than by an edit.
        downloads: label, address and file name of each download.
    """

    image_id: str
    url: str
    image_url: str
    prompt: str = ""
    is_private: bool = False
    signed_only: bool = False
    image: str = ""
    srcset: str = ""
    sizes: str = _SIZES
    has_areas: bool = False
    shared_image: str = ""
    is_card: bool = False
    downloads: tuple[tuple[str, str, str], ...] = ()

    @property
    def title(self) -> str:
        """The beginning of the prompt, or a general title."""
        return _shortened(self.prompt, _MAX_TITLE) or "Image"

    @property
    def description(self) -> str:
        """The prompt, or a general description."""
        return _shortened(self.prompt, _MAX_DESCRIPTION) or "An image without its background."


@blueprint.get("/p/<uuid:image_id>")
def show_image(image_id: UUID) -> Response:
    """Show an image with its prompt and downloads."""
    name, info = str(image_id), deps().server_info
    if info.auth_required and not info.public_images:
        return page("image.html", page=_private_page(name))
    record = deps().images.kept(name)
    newest = deps().images.replacement_of(name) if record else None
    if newest:
        return _redirect(newest)
    if record is None or record.state is not State.READY:
        return _missing(in_trash=record is not None and record.state is State.TRASHED)
    return page("image.html", page=_page_of(record))


@blueprint.errorhandler(ImageNotFound)
def show_missing(_: ImageNotFound) -> Response:
    """Show a page that says that there is no such image."""
    return _missing(in_trash=False)


def _missing(*, in_trash: bool) -> Response:
    """Respond 410 for an image in the trash, whose list is public, and otherwise 404."""
    is_known = in_trash and not deps().server_info.auth_required
    response = page("not_found.html", code="image_trashed" if is_known else "image_not_found")
    response.status_code = 410 if is_known else 404
    response.headers["Cache-Control"] = "no-store"
    return response


def _redirect(image_id: str) -> Response:
    """Redirect to the page of the image that took the place of the requested one."""
    query = request.query_string.decode(errors="replace")
    return Response(status=308, headers={"Location": _with_query(_url(image_id), query)})


def _private_page(image_id: str) -> ImagePage:
    return ImagePage(
        image_id=image_id, url=_url(image_id), image_url=_image_url(image_id), is_private=True
    )


def _page_of(record: ImageRecord) -> ImagePage:
    path = url_for("images.get_image", filename=object_keys.image_name(record.id))
    prompt = "" if deps().server_info.auth_required else record.prompt
    signed_only = bool(deps().signer.keys)
    edits = "" if signed_only else _edits(record)
    shared = "" if signed_only else _shareable(edits) or _SHARED
    plain = _PLAIN if deps().server_info.redirects else ""
    return ImagePage(
        image_id=record.id,
        url=_url(record.id),
        image_url=_image_url(record.id),
        prompt=prompt,
        signed_only=signed_only,
        image=_with_query(path, plain if signed_only else edits or _SHOWN),
        srcset="" if signed_only or edits else _srcset(path),
        has_areas=bool(_areas(record)),
        shared_image=_with_query(_image_url(record.id), shared),
        is_card=shared == _SHARED,
        downloads=tuple(
            (label, _with_query(path, query), f"{file_stem(prompt) or record.id}.{extension}")
            for label, query, extension in _DOWNLOADS
            if not (query and signed_only)
        ),
    )


def _srcset(path: str) -> str:
    return ", ".join(f"{path}?w={width}&format=webp {width}w" for width in _FIRST_WIDTHS)


def _edits(record: ImageRecord) -> str:
    """Return the page's query if it has valid parameters of a variant of the image, or ""."""
    query = request.query_string.decode(errors="replace")
    try:
        options = read_variant_request(query).options
    except InvalidRequest:
        return ""
    holes = options[0].variant.holes
    if holes and max(holes.numbers, default=0) > len(_areas(record)):
        return ""
    return query if request.args.keys() & VariantQuery.model_fields.keys() else ""


def _areas(record: ImageRecord) -> Sequence[object]:
    areas = record.image.report.get("areas") if record.image else ()
    return areas if isinstance(areas, list) else ()


def _shareable(edits: str) -> str:
    """Return the edits in a format that link previews show."""
    pairs = parse_qsl(edits)
    if _UNSHARED.isdisjoint(text for name, text in pairs if name == "format"):
        return edits
    return urlencode([pair for pair in pairs if pair[0] != "format"])


def file_stem(prompt: str) -> str:
    """Return a file name made of the prompt's words, without an extension; may be ""."""
    letters = unicodedata.normalize("NFC", prompt.lower())
    spaced = "".join(one if _is_in_word(one) else " " for one in letters)
    words = "-".join(spaced.split())
    if len(words) <= _MAX_FILE_STEM:
        return words
    return words[: _MAX_FILE_STEM + 1].rpartition("-")[0] or words[:_MAX_FILE_STEM]


def _is_in_word(character: str) -> bool:
    """Return whether it is a letter, a digit or a mark, such as a vowel sign."""
    category = unicodedata.category(character)
    return category[0] in "LN" or (category in {"Mn", "Mc"} and character not in _SELECTORS)


def _shortened(text: str, length: int) -> str:
    """Return the text on one line; "" if nothing of it is visible."""
    line = " ".join(text.translate(_DIRECTIONS).split())
    if not any(one.isprintable() and not one.isspace() for one in line):
        return ""
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _url(image_id: str) -> str:
    return f"{public_base_url(deps())}/p/{image_id}"


def _image_url(image_id: str) -> str:
    return public_base_url(deps()) + object_keys.image_path(image_id)
