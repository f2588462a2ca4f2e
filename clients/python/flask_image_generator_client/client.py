"""The client: one method per call of the API."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Union

from .errors import ApiError
from .models import Candidates, Estimate, Image, Lineage, Page, StreamEvent, Usage
from .retries import Call, Transport
from .variants import variant_query

if TYPE_CHECKING:
    from typing_extensions import Unpack

ImageRef = Union[Image, str]
"""An image, or its file name."""


class Options(TypedDict, total=False):
    """Options of calls that may pay for an image.

    `images` and the masks (`mask` is a stored image, `mask_png` a file) belong to edits, and
    `enhance` to generations. The same call with the same `idempotency_key`, by default a new
    UUID, returns the same image. `deadline` replaces the client's.
    """

    idempotency_key: str
    deadline: float
    enhance: bool
    quality: str
    size: str
    images: Sequence[ImageRef]
    mask: ImageRef
    mask_png: bytes


class ImageClient:
    """A client of one service; thread-safe, and a context manager that closes its connections.

    Lost connections, `generation_in_progress`, `rate_limited`, and 503 with Retry-After are
    repeated until the deadline; calls that may pay for an image with their idempotency key, so
    they pay once. Every method raises ApiError for any other error of the service, and
    DeadlineExceeded if there was no response in time.

    Args:
        base_url: of the service, such as `http://localhost:5000`.
        api_key: where the service requires one.
        deadline: seconds for a call, with all attempts and pauses.
        timeout: seconds of silence after which an attempt is given up.
        backoff: seconds before the first repetition after a lost connection; doubles up to 30.
        signing_key: one of VARIANT_SIGNING_KEYS, to sign the addresses of variants.
        headers: sent with each request, such as `traceparent`.
        sleep: waits for seconds between attempts; tests replace it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        deadline: float = 900.0,
        timeout: float = 660.0,
        backoff: float = 0.5,
        signing_key: str = "",
        headers: Mapping[str, str] | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base_url, self._signing_key = base_url.rstrip("/"), signing_key
        sent = {**(headers or {}), **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
        transport = Transport(self._base_url, sent, deadline, timeout, backoff, sleep)
        self._stream, self._send, self.close = transport.stream, transport.send, transport.close

    def __enter__(self) -> ImageClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def generate(self, prompt: str, **options: Unpack[Options]) -> Image:
        """Generate an image."""
        return Image.of(self._send(_paid_call(None, prompt, options)))

    def edit(self, image: ImageRef, prompt: str, **options: Unpack[Options]) -> Image:
        """Make a new image from a stored one and a prompt that says what changes."""
        return Image.of(self._send(_paid_call(image, prompt, options)))

    def candidates(
        self, prompt: str, n: int, *, of: ImageRef | None = None, **options: Unpack[Options]
    ) -> Candidates:
        """Generate 2 to 4 candidates, or as many edits `of` an image."""
        return Candidates.of(self._send(_paid_call(of, prompt, options, n=n)))

    def stream(
        self,
        prompt: str,
        *,
        of: ImageRef | None = None,
        n: int = 1,
        partial_images: int = 2,
        **options: Unpack[Options],
    ) -> Iterator[StreamEvent]:
        """Generate, or edit `of` an image; yield progress, previews and last the `result`."""
        more = {"n": n, "partial_images": partial_images}
        return self._stream(_paid_call(of, prompt, options, **more))

    def estimate(self, prompt: str, *, n: int = 1, **options: Unpack[Options]) -> Estimate:
        """Return the highest cost of a generation, without paying for it."""
        call = _paid_call(None, prompt, options, n=n, dry_run=True)
        call.key = None
        return Estimate.of(self._send(call))

    def upload(self, file: bytes | str | Path, *, mask: bytes = b"", **fields: Any) -> Image:
        """Store and cut out a PNG, WEBP or JPEG, given as bytes or as the path of a file.

        Args:
            file: the image. Sent again, the same file is the same image.
            mask: a PNG file that erases and restores.
            fields: `prompt`, `holes`, `shadow`, `background`, `tolerance`.
        """
        data = file if isinstance(file, bytes) else Path(file).read_bytes()
        files = {"file": ("image", data), **({"mask": ("mask.png", mask)} if mask else {})}
        form = {name: str(value) for name, value in fields.items()}
        return Image.of(self._send(Call("POST", "/images", files=files, form=form)))

    def list_images(self, *, page_size: int = 100, **filters: Any) -> Iterator[Image]:
        """Yield all images, newest first, reading them page by page.

        Args:
            page_size: images per request, at most 100.
            filters: `q`, `tag` (one or a list), `verdict`, `starred`, `group`, `root`,
                `trashed`.
        """
        cursor: str | None = None
        while True:
            page = self.list_page(limit=page_size, cursor=cursor, **filters)
            yield from page.images
            if (cursor := page.next_cursor) is None:
                return

    def list_page(self, **query: Any) -> Page:
        """Return a page of the list, by `page` or `cursor`, with `limit` and the same filters."""
        return Page.of(self._send(Call("GET", "/images", query)))

    def get(self, image: ImageRef) -> Image:
        """Return the metadata of an image."""
        return Image.of(self._send(Call("GET", f"{_path(image)}/metadata")))

    def download(self, image: ImageRef, **variant: Any) -> bytes:
        """Return the file of an image, or of a variant such as `w=512, format="webp"`."""
        path = self.variant_url(image, **variant)[len(self._base_url) :]
        data: bytes = self._send(Call("GET", path, is_file=True))
        return data

    def variant_url(self, image: ImageRef, *, expires_in: float = 86_400, **variant: Any) -> str:
        """Return the address of a variant, signed if the client has a signing key.

        Args:
            image: the image.
            expires_in: seconds for which a signature is valid.
            variant: the parameters; `filter` may be a list. However a variant is written, it has
                one address.
        """
        image_id, expires = _name(image).rpartition(".")[0], int(time.time() + expires_in)
        query = variant_query(variant, image_id, self._signing_key, expires)
        return f"{self._base_url}{_path(image)}{query and '?'}{query}"

    def recut(self, image: ImageRef, *, mask: bytes = b"", **fields: Any) -> Image:
        """Cut an image out again, at no cost; with `replace=True` in its place.

        Args:
            image: the image.
            mask: a PNG file that erases and restores.
            fields: `holes`, `shadow`, `background`, `tolerance`, `replace`.
        """
        body = {**fields, "mask": base64.b64encode(mask).decode()} if mask else fields
        return Image.of(self._send(Call("POST", f"{_path(image)}/cutouts", json=body)))

    def tag(self, image: ImageRef, tags: Sequence[str]) -> Image:
        """Replace the tags of an image."""
        return Image.of(self._send(Call("PATCH", _path(image), json={"tags": list(tags)})))

    def star(self, image: ImageRef, starred: bool = True) -> Image:
        """Star an image, or remove its star."""
        return Image.of(self._send(Call("PATCH", _path(image), json={"starred": starred})))

    def delete(self, image: ImageRef, *, purge: bool = False) -> None:
        """Move an image to the trash; with `purge` delete it for good."""
        call = Call("DELETE", _path(image), {"purge": True} if purge else {})
        try:
            self._send(call)
        except ApiError as error:
            # After a lost response 404 means that the image is gone.
            if not (call.attempts > 1 and error.status == 404):
                raise

    def delete_group(self, group: str, *, keep: Sequence[ImageRef] = ()) -> list[str]:
        """Move the candidates of a group to the trash, except some; return their file names."""
        query = {"group": group, "except": [_name(each) for each in keep]}
        deleted: list[str] = self._send(Call("DELETE", "/images", query))["deleted"]
        return deleted

    def restore(self, image: ImageRef) -> Image:
        """Return an image from the trash."""
        return Image.of(self._send(Call("POST", f"{_path(image)}/restore")))

    def lineage(self, image: ImageRef, **query: Any) -> Lineage:
        """Return what an image was made from, and a page (see `list_page`) made from it."""
        return Lineage.of(self._send(Call("GET", f"{_path(image)}/lineage", query)))

    def usage(self, start: date | None = None, end: date | None = None) -> Usage:
        """Return costs by day, by default of the last 30 days."""
        return Usage.of(self._send(Call("GET", "/usage", {"from": start, "to": end})))

    def invent_prompts(self, count: int = 10, *, theme: str | None = None) -> list[str]:
        """Return ideas for prompts."""
        call = Call("GET", "/generate-prompts", {"count": count, "theme": theme})
        prompts: list[str] = self._send(call)["prompts"]
        return prompts


def _paid_call(
    image: ImageRef | None, prompt: str, options: Mapping[str, Any], **more: Any
) -> Call:
    body = {"prompt": prompt, **options, **more}
    key, deadline = body.pop("idempotency_key", None), body.pop("deadline", None)
    if "mask_png" in body:
        body["mask_png"] = base64.b64encode(body["mask_png"]).decode()
    if "mask" in body:
        body["mask"] = _name(body["mask"])
    if "images" in body:
        body["images"] = [_name(each) for each in body["images"]]
    path = "/generate-image" if image is None else f"{_path(image)}/edits"
    return Call("POST", path, json=body, key=key or str(uuid.uuid4()), deadline=deadline)


def _name(image: ImageRef) -> str:
    return image if isinstance(image, str) else image.filename


def _path(image: ImageRef) -> str:
    return f"/images/{_name(image)}"
