"""The ImageGenerator port on OpenAI and compatible servers."""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from app.errors import Charged, ProviderBadResponse, ProviderMisconfigured, TransparencyRefused
from app.models import GeneratedImage, ImageRequest, UpstreamRequest
from app.ports.providers import OnPartial
from app.services.openai import image_stream
from app.services.openai.client import REJECTION_CODES, translate_errors
from app.services.openai.image_download import download_image
from app.services.openai.responses import (
    ImagesPayload,
    check_complexity,
    image_usage,
    parse_image_url,
    read_body,
    until_deadline,
)
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.timing import FailOpenSemaphore

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0
_LEGACY_PREFIX = "dall-e"
_STREAM_PARAMETERS = ("stream", "partial_images")
_MENTIONS_STREAMING = re.compile(r"\b(stream|streaming|partial_images)\b", re.IGNORECASE)
_MENTIONS_BACKGROUND = re.compile(r"\bbackground\b|\btransparen", re.IGNORECASE)
_MAX_MESSAGE = 4000  # characters of an error that are searched
_MAX_RESPONSE_BYTES = 64 * 1024 * 1024  # a 3840x2160 PNG in base64 has about half of that
# Sixty responses that arrive together, read chunk by chunk in sixty threads, would starve each
# other and the health checks of the interpreter lock. A slow connection holds up the others for at
# most a second.
_MAX_CONCURRENT_READS = 2
_MAX_READ_WAIT_SECONDS = 1


class OpenAIGenerator:
    """ImageGenerator that pays for one image per call, with one request.

    Args:
        client: makes the calls.
        model: the image model; `dall-e-*` names work on servers that still have these models.
        timeout_seconds: the time limit of a call.
        provider: `openai`, or `azure`, which expects the model in the path.
        transparent: request a transparent background, until the model refuses it. DALL-E models
            have no parameter for it.
    """

    costs_money = True

    def __init__(
        self,
        client: "LazyClient[OpenAI]",
        *,
        model: str,
        timeout_seconds: float,
        provider: Literal["openai", "azure"] = "openai",
        transparent: bool = False,
    ) -> None:
        self.transparent = transparent and not model.startswith(_LEGACY_PREFIX)
        self._sends_background = not model.startswith(_LEGACY_PREFIX)
        self.provider = provider
        self._path = f"/deployments/{model}" if provider == "azure" else ""
        self._client = client
        self.model = model
        self._timeout_seconds = timeout_seconds
        self._read_slots = FailOpenSemaphore(
            max_concurrent=_MAX_CONCURRENT_READS, timeout_seconds=_MAX_READ_WAIT_SECONDS
        )

    def describe(self, request: ImageRequest) -> UpstreamRequest:
        """See ImageGenerator."""
        parameters: dict[str, Any] = {
            "model": self.model,
            "prompt": request.new_prompt,
            "size": request.size,
            "n": 1,
        }
        if self.model.startswith(_LEGACY_PREFIX):
            parameters |= {"response_format": "b64_json"}
        else:
            parameters |= {"quality": request.quality, "output_format": "png"}
        if request.transparent:
            parameters |= {"background": "transparent"}
        elif self._sends_background:
            # By default, the model chooses the background from the words of the prompt.
            parameters |= {"background": "opaque"}
        if request.partial_images and not self.model.startswith(_LEGACY_PREFIX):
            parameters |= dict(zip(_STREAM_PARAMETERS, (True, request.partial_images), strict=True))
        return UpstreamRequest(
            method="POST", path=f"{self._path}/images/generations", body=parameters
        )

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator.

        A server that rejects streaming, and has therefore drawn nothing, gets a second request
        without it.
        """
        with translate_errors(if_sent=Charged.UNKNOWN):
            try:
                body, deadline = self._send(request, on_partial)
            except TransparencyRefused:  # as an event of a stream
                raise self._without_transparency(request) from None
            except _refusals() as error:
                if request.transparent and _rejects_transparency(error):
                    raise self._without_transparency(request) from None
                raise
        image, usage = self._image_in(body, deadline)
        return GeneratedImage(data=image, model=self.model, usage=image_usage(usage))

    def _send(self, request: ImageRequest, on_partial: OnPartial | None) -> tuple[bytes, float]:
        """Send a request, if need be a second one without streaming."""
        parameters = self.describe(request).body
        without_stream = self.describe(replace(request, partial_images=0)).body
        start = time.monotonic()
        deadline = start + self._timeout_seconds
        try:
            return self._request(parameters, deadline, on_partial)
        except _refusals() as error:
            if request.transparent and _rejects_transparency(error):
                raise
            late = time.monotonic() - start > self._timeout_seconds / 2
            if parameters == without_stream or late or not _rejects_streaming(error):
                raise
            return self._request(without_stream, deadline)

    def _without_transparency(self, request: ImageRequest) -> ProviderMisconfigured:
        """Return the error of a refused background, and remember it.

        The server may not know the parameter at all, so later requests don't have it.
        """
        detail = "param background"
        if not request.transparent:
            return ProviderMisconfigured(detail)
        if self.transparent:
            _log.warning("%s refuses transparent backgrounds; using white from now on", self.model)
        self.transparent = self._sends_background = False
        return TransparencyRefused(detail)

    def close(self) -> None:
        """Close all connections. The next call opens new ones."""
        self._client.close()

    def _request(
        self, parameters: Mapping[str, Any], deadline: float, on_partial: OnPartial | None = None
    ) -> tuple[bytes, float]:
        """Return the JSON with the image, and the deadline for processing it.

        The body is read raw, because the SDK's own parser accepts HTML and truncated JSON, and
        reads streams without a limit.
        """
        from openai import Timeout

        timeout = Timeout(max(deadline - time.monotonic(), 0.1), connect=_CONNECT_SECONDS)
        images = self._client().images.with_streaming_response
        with images.generate(**parameters, timeout=timeout) as response:
            if response.headers.get("content-type", "").startswith(image_stream.CONTENT_TYPE):
                # Read without a slot, because a minute can pass between two events.
                chunks = until_deadline(response.iter_bytes(), deadline)
                event = image_stream.read_completed_event(
                    chunks, on_partial, max_bytes=_MAX_RESPONSE_BYTES
                )
                return event, deadline
            with self._read_slots.slot() as waited:
                deadline += waited  # the response has arrived and is paid for
                chunks = until_deadline(response.iter_bytes(), deadline)
                return read_body(chunks, max_bytes=_MAX_RESPONSE_BYTES), deadline

    def _image_in(self, body: bytes, deadline: float) -> tuple[bytes, Any]:
        """Return the image and the usage in a response.

        If there is no image, the error carries the response as evidence.
        """
        check_complexity(body, "response")
        try:
            response = ImagesPayload.model_validate_json(body)
            return response.image, response.usage  # noqa: TRY300 - reason: the rest handles errors
        except ValidationError as error:
            unusable = ProviderBadResponse(
                error.errors(include_input=False)[0]["type"], charged=Charged.YES
            )
        try:
            if found := parse_image_url(body):
                image = download_image(
                    found.url,
                    base_url=str(self._client().base_url),
                    deadline=deadline,
                    max_bytes=_MAX_RESPONSE_BYTES,
                )
                return image, found.usage
        except ProviderBadResponse as error:
            unusable = error
        unusable.evidence = body
        raise unusable from None


def _refusals() -> tuple[type["APIStatusError"], ...]:
    """Return the errors of servers that reject a request as invalid."""
    from openai import BadRequestError, UnprocessableEntityError

    return BadRequestError, UnprocessableEntityError


def _rejects_transparency(error: "APIStatusError") -> bool:
    """Return whether a server rejects a transparent background.

    OpenAI names the parameter; other servers may only mention it. A rejected prompt is never taken
    for that.
    """
    if error.code in REJECTION_CODES:
        return False
    if error.param:
        return error.param == "background"
    return bool(_MENTIONS_BACKGROUND.search(f"{error.message} {error.body}"[:_MAX_MESSAGE]))


def _rejects_streaming(error: "APIStatusError") -> bool:
    """Return whether a server rejects streaming, and so has drawn nothing.

    A rejected prompt is never taken for that, even if it contains these words.
    """
    if error.code in REJECTION_CODES:
        return False
    return error.param in _STREAM_PARAMETERS or bool(_MENTIONS_STREAMING.search(error.message))
