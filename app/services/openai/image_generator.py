"""The ImageGenerator port on OpenAI and compatible servers."""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from app.errors import Charged, EditsUnsupported, ProviderBadResponse, TransparencyRefused
from app.models import GeneratedImage, ImageRequest, UpstreamRequest
from app.ports.providers import InputFile, OnPartial
from app.services.openai import edits, image_stream
from app.services.openai.body_buffer import Body
from app.services.openai.client import translate_errors
from app.services.openai.errors.refusals import RefusedInBody, has_error, read_error
from app.services.openai.errors.refused_parameters import RefusedParameters
from app.services.openai.image_payload import ImagePayload, read_payload
from app.services.openai.redaction import redact, redact_file
from app.services.openai.responses import (
    image_usage,
    read_body,
    read_start,
    until_deadline,
)
from app.services.openai.transport.image_download import ImageHosts
from app.services.runtime.failures import FailureKind
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.timing import FailOpenSemaphore

if TYPE_CHECKING:
    from openai import OpenAI

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0
_LEGACY_PREFIX = "dall-e"
_GPT_IMAGE_PREFIXES = ("gpt-image", "chatgpt-image")
# Of a response, an event or a file. 3840x2160 pixels that are not compressed have 44 MB in base64.
_MAX_RESPONSE_BYTES = 48 * 1024 * 1024
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
        timeout_seconds: the time limit of a call whose request has none.
        provider: `openai`, or `azure`, which expects the model in the path.
        transparent: request a transparent background, until the model refuses it. DALL-E models
            have no parameter for it.
        image_hosts: hosts beside the server's own from which images may be fetched.
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
        image_hosts: Collection[str] = (),
    ) -> None:
        self._is_legacy = model.startswith(_LEGACY_PREFIX)
        is_gpt_image = model.startswith(_GPT_IMAGE_PREFIXES)
        # Azure's models can have any name, and all but the old ones are GPT image models.
        self._asks_for_base64 = self._is_legacy or not (is_gpt_image or provider == "azure")
        self._refused, self._refused_by_edits = (
            RefusedParameters(
                call,
                required=("model", "prompt", *edits.FILES),
                strict=("size", "quality") if is_gpt_image else (),
                identifying=("safety_identifier",),
            )
            for call in (model, f"{model}, editing images,")
        )
        self._image_hosts = ImageHosts(image_hosts)
        self.transparent = transparent and not self._is_legacy
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
        if self._asks_for_base64:
            parameters |= {"response_format": "b64_json"}
        if not self._is_legacy:
            # By default, the model chooses the background from the words of the prompt.
            background = "transparent" if request.transparent else "opaque"
            parameters |= {"quality": request.quality, "output_format": "png"}
            parameters |= {"background": background}
            if request.safety_identifier:
                parameters |= {"safety_identifier": request.safety_identifier}
        if request.partial_images and not self._is_legacy:
            parameters |= {"stream": True, "partial_images": request.partial_images}
        body = self._refused_for(request).leave_out(parameters)
        if not request.is_edit:
            path = f"{self._path}/images/generations"
            return UpstreamRequest(method="POST", path=path, body=body)
        return UpstreamRequest(
            method="POST",
            path=f"{self._path}/images/edits",
            body=body | edits.describe_files(request.inputs),
            input_sizes=tuple((given.width, given.height) for given in request.inputs),
        )

    def _refused_for(self, request: ImageRequest) -> RefusedParameters:
        """Return what the call of a request has refused; the two may differ."""
        return self._refused_by_edits if request.is_edit else self._refused

    def draw(
        self,
        request: ImageRequest,
        *,
        inputs: Sequence[InputFile] = (),
        on_partial: OnPartial | None = None,
    ) -> GeneratedImage:
        """See ImageGenerator.

        A server that refuses a parameter, and has therefore drawn nothing, gets the request again
        without it.
        """
        self._image_hosts.require_listed()
        start = time.monotonic()
        timeout_seconds = request.deadline_seconds or self._timeout_seconds
        deadline = start + timeout_seconds

        body = self._body(request, inputs)

        def may_repeat(refused: frozenset[str]) -> bool:
            if request.transparent and "background" in refused:
                raise self._without_transparency(request)
            return time.monotonic() - start <= timeout_seconds / 2

        def forward_partial(index: int, data: bytes) -> None:
            if on_partial is not None:
                on_partial(index, redact_file(data, self._client().api_key))

        try:
            with translate_errors(if_sent=Charged.UNKNOWN, quoted=(request.new_prompt,)):
                response, payload, deadline = self._refused_for(request).send(
                    body,
                    lambda parameters: self._request(parameters, deadline, forward_partial),
                    may_repeat=may_repeat,
                )
            image = payload.image or self._image_hosts.download(
                payload.addresses,
                base_url=str(self._client().base_url),
                deadline=deadline,
                max_bytes=_MAX_RESPONSE_BYTES,
                evidence=response.evidence,
                charged=Charged.YES if payload.is_charged else Charged.UNKNOWN,
            )
        except ProviderBadResponse as error:
            error.evidence = redact(error.evidence, self._client().api_key)
            raise
        image = redact_file(image, self._client().api_key)
        return GeneratedImage(data=image, model=self.model, usage=image_usage(payload.usage))

    def _body(self, request: ImageRequest, inputs: Sequence[InputFile]) -> dict[str, Any]:
        """Return the parameters to send, with files if there are any."""
        if request.is_edit and self._is_legacy:
            raise EditsUnsupported(self.model)
        body = self.describe(request).body
        if request.transparent and not self._is_legacy and "background" not in body:
            # It was refused to another request since this one was prepared.
            raise self._without_transparency(request)
        return {**body, **(edits.file_parameters(inputs) if inputs else {})}

    def _without_transparency(self, request: ImageRequest) -> TransparencyRefused:
        """Return the error of a refused transparent background, and remember it.

        The server may not know the parameter at all, so later requests don't have it. What edits
        refuse says nothing about other images.
        """
        if self.transparent and not request.is_edit:
            _log.warning("%s refuses transparent backgrounds; using white from now on", self.model)
            self.transparent = False
        self._refused_for(request).remember(frozenset({"background"}))
        return TransparencyRefused("param background")

    def close(self) -> None:
        """Close all connections. The next call opens new ones."""
        self._client.close()

    def _request(
        self, parameters: Mapping[str, Any], deadline: float, on_partial: OnPartial | None
    ) -> tuple[Body, ImagePayload, float]:
        """Return the body, the image in it, and the deadline for processing it.

        The body is read raw, because the SDK's own parser accepts HTML and truncated JSON, and
        reads streams without a limit.

        Raises:
            RefusedInBody: the body is an error.
        """
        from openai import Timeout

        timeout = Timeout(max(deadline - time.monotonic(), 0.1), connect=_CONNECT_SECONDS)
        with edits.image_call(self._client().images, parameters, timeout) as response:
            chunks = response.iter_bytes()
            start = read_start(until_deadline(chunks, deadline))
            if start.lstrip().startswith(image_stream.FIRST_BYTES):
                # Read without a slot, because a minute can pass between two events.
                body = image_stream.read_completed_event(
                    chain([start], until_deadline(chunks, deadline)),
                    on_partial,
                    max_bytes=_MAX_RESPONSE_BYTES,
                )
            else:
                with self._read_slots.slot() as waited:
                    deadline += waited  # the response has arrived and is paid for
                    rest = until_deadline(chunks, deadline)
                    body = read_body(chain([start], rest), max_bytes=_MAX_RESPONSE_BYTES)
        return body, self._checked_payload(body), deadline

    def _checked_payload(self, body: Body) -> ImagePayload:
        """Return what a body contains; an image, its address, or an unknown error."""
        payload = read_payload(body)
        if not (payload.image or payload.addresses) and has_error(payload.document):
            refusal = read_error(200, payload.document)
            if refusal.kind is not FailureKind.SERVER_ERROR:
                raise RefusedInBody(refusal, charged=payload.is_charged)
        return payload
