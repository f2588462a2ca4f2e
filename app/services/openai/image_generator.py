"""The ImageGenerator port on OpenAI and compatible servers."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, ValidationError

from app.errors import Charged, ProviderBadResponse, ProviderTimeout, TransparencyRefused
from app.models import GeneratedImage, ImageRequest, UpstreamRequest
from app.ports.providers import OnPartial
from app.services.openai import image_download, image_stream
from app.services.openai.client import REFUSALS, translate_errors
from app.services.openai.token_usage import image_usage
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.throttle import FailOpenSemaphore

if TYPE_CHECKING:
    from openai import BadRequestError, OpenAI

_CONNECT_SECONDS = 5.0
_LEGACY = "dall-e"
_STREAMING = ("stream", "partial_images")
_ABOUT_STREAMING = re.compile(r"\b(stream|streaming|partial_images)\b", re.IGNORECASE)
_LARGEST_ANSWER = 64 * 1024 * 1024  # bytes; a 3840x2160 PNG in base64 has about half of that
# Sixty answers that arrive together, read piece by piece in sixty threads, keep each other and the
# health checks from Python's lock. A slow line must not make the others wait: a second at most.
_MAX_CONCURRENT_READ = 2
_MAX_TURN_SECONDS = 1


class _Answer(BaseModel):
    """The one image of an answer, or of the event that ends a stream.

    Its base64 is read with the JSON: far faster than by Python.
    """

    model_config = ConfigDict(val_json_bytes="base64")

    image: bytes = Field(
        validation_alias=AliasChoices(AliasPath("data", 0, "b64_json"), "b64_json"), min_length=1
    )
    usage: Any = None


class _AddressAnswer(BaseModel):
    """The address of the one image, which some compatible servers answer with instead."""

    url: str = Field(validation_alias=AliasPath("data", 0, "url"), min_length=1)
    usage: Any = None


class OpenAIGenerator:
    """Buys one image a call, with one request.

    Args:
        client: makes the calls.
        model: the image model; `dall-e-*` names work against servers that still have them.
        timeout_seconds: for the whole call.
        provider: `openai`, or `azure`, whose address has the model in it.
        transparent: ask for a transparent background, until the model refuses to draw one.
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
        self.transparent = transparent and not model.startswith(_LEGACY)
        self.provider = provider
        self._path = f"/deployments/{model}" if provider == "azure" else ""
        self._client = client
        self.model = model
        self._timeout_seconds = timeout_seconds
        self._reading = FailOpenSemaphore(
            at_once=_MAX_CONCURRENT_READ, patience_seconds=_MAX_TURN_SECONDS
        )

    def describe(self, request: ImageRequest) -> UpstreamRequest:
        """See ImageGenerator."""
        parameters: dict[str, Any] = {
            "model": self.model,
            "prompt": request.new_prompt,
            "size": request.size,
            "n": 1,
        }
        if self.model.startswith(_LEGACY):
            parameters |= {"response_format": "b64_json"}
        else:
            # Left to itself, the model chooses the background by the prompt's words.
            background = "transparent" if self.transparent else "opaque"
            parameters |= {
                "quality": request.quality,
                "background": background,
                "output_format": "png",
            }
        if request.partial_images and not self.model.startswith(_LEGACY):
            parameters |= dict(zip(_STREAMING, (True, request.partial_images), strict=True))
        return UpstreamRequest(
            method="POST", path=f"{self._path}/images/generations", body=parameters
        )

    def draw(self, request: ImageRequest, *, on_partial: OnPartial | None = None) -> GeneratedImage:
        """See ImageGenerator. A server that can't send partial images is asked without them."""
        plain = self.describe(replace(request, partial_images=0))
        asked = self.describe(request)
        deadline = time.monotonic() + self._timeout_seconds
        with translate_errors(if_sent=Charged.UNKNOWN):
            try:
                body, deadline = self._request(asked.body, deadline, on_partial)
            except _bad_request() as error:
                if asked.body.get("background") == "transparent" and error.param == "background":
                    self.transparent = False
                    raise TransparencyRefused("param background") from None
                late = time.monotonic() > deadline - self._timeout_seconds / 2
                if asked == plain or late or not _refuses_streaming(error):
                    raise
                body, deadline = self._request(plain.body, deadline)
        image, usage = self._read(body, deadline)
        return GeneratedImage(data=image, model=self.model, usage=image_usage(usage))

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()

    def _request(
        self, parameters: Mapping[str, Any], deadline: float, on_partial: OnPartial | None = None
    ) -> tuple[bytes, float]:
        """Return the raw JSON with the image, and the deadline of what is left to do.

        Raw, because the SDK's own parsing lets HTML and cut JSON through, and streams without end.
        """
        from openai import Timeout

        timeout = Timeout(max(deadline - time.monotonic(), 0.1), connect=_CONNECT_SECONDS)
        images = self._client().images.with_streaming_response
        with images.generate(**parameters, timeout=timeout) as answer:
            if answer.headers.get("content-type", "").startswith(image_stream.CONTENT_TYPE):
                # No turn here: between its events such an answer takes a minute.
                chunks = _in_time(answer.iter_bytes(), deadline)
                most = _LARGEST_ANSWER
                return image_stream.completed(chunks, on_partial, most_bytes=most), deadline
            with self._reading.turn() as waited:
                deadline += waited  # which is not the answer's fault: it is here, and paid
                return _whole(_in_time(answer.iter_bytes(), deadline)), deadline

    def _read(self, body: bytes, deadline: float) -> tuple[bytes, Any]:
        """Return the first image and the usage; if there is none, all is kept as evidence."""
        if body.count(b",") > image_stream.MAX_COMMAS:
            raise ProviderBadResponse(
                "answer of too many parts", evidence=bytes(body), charged=Charged.YES
            )
        try:
            answer = _Answer.model_validate_json(body)
            return answer.image, answer.usage  # noqa: TRY300 - reason: what follows is the other way
        except ValidationError as error:
            unusable = ProviderBadResponse(
                error.errors(include_input=False)[0]["type"], charged=Charged.YES
            )
        try:
            if found := _address(body):
                image = image_download.fetch(
                    found.url,
                    base_url=str(self._client().base_url),
                    deadline=deadline,
                    most_bytes=_LARGEST_ANSWER,
                )
                return image, found.usage
        except ProviderBadResponse as error:
            unusable = error
        unusable.evidence = body
        raise unusable from None


def _bad_request() -> type["BadRequestError"]:
    from openai import BadRequestError

    return BadRequestError


def _refuses_streaming(error: "BadRequestError") -> bool:
    """Tell whether the server doesn't know how to stream; then it has drawn nothing.

    A refused prompt is none of that, whatever words are in it.
    """
    if error.code in REFUSALS:
        return False
    return error.param in _STREAMING or bool(_ABOUT_STREAMING.search(error.message))


def _in_time(chunks: Iterable[bytes], deadline: float) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            raise ProviderTimeout("deadline", charged=Charged.UNKNOWN)


def _whole(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise ProviderBadResponse("answer too large", evidence=bytes(body), charged=Charged.YES)
    return bytes(body)


def _address(body: bytes) -> _AddressAnswer | None:
    try:
        return _AddressAnswer.model_validate_json(body)
    except ValidationError:
        return None
