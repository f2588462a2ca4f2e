"""POST /v1/images/generations and /edits, as JSON or as server-sent events."""

import base64
import json
import time
from typing import TYPE_CHECKING

from tests.support.fake_openai import errors, sample_images
from tests.support.fake_openai.edit_checks import check_files, input_tokens
from tests.support.fake_openai.image_checks import (
    check_names,
    check_prompt,
    check_values,
    checked_size,
)
from tests.support.fake_openai.reply import ApiError, Json, Reply

if TYPE_CHECKING:
    from tests.support.fake_openai.handler import Call

IMAGE_MODELS = ("gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-image-2")
LEGACY_MODELS = ("dall-e-3",)
BLOCKED_WORD = "blocked-by-image-model"


def generate(call: "Call") -> Reply:
    """Validate a request as the real API does, generate and charge."""
    body = call.json_body()
    legacy = _checked_model(body, call.fake.image_models) in LEGACY_MODELS
    check_names(body, legacy)
    return _respond(call, body, legacy)


def edit(call: "Call") -> Reply:
    """Validate a request with files as the real API does, generate and charge."""
    body, files = call.form()
    _checked_model(body, IMAGE_MODELS)
    check_names(body, legacy=False, edits=True)
    return _respond(call, body, False, check_files(files))


def _respond(
    call: "Call", body: Json, legacy: bool, inputs: list[tuple[int, int]] | None = None
) -> Reply:
    check_prompt(body, 4_000 if legacy else 32_000)
    check_values(body, legacy)
    if call.fake.refuses_transparency and body.get("background") == "transparent":
        raise ApiError(errors.transparency_refused())
    width, height = checked_size(str(body.get("size") or "auto"), legacy)
    count = int(body.get("n") or 1)
    if BLOCKED_WORD in body["prompt"]:
        raise ApiError(errors.moderation_blocked())
    call.charge(count)
    images = [_generate_image(call, body, width, height) for _ in range(count)]
    used = usage(body, width, height, count, inputs or [])
    if body.get("stream"):
        kind = "image_generation" if inputs is None else "image_edit"
        return _stream(kind, body, images, f"{width}x{height}", used)
    items = [_item(call, body, image, legacy) for image in images]
    document: Json = {"created": int(time.time()), "data": items}
    if not legacy:
        document |= {
            "background": "transparent" if body.get("background") == "transparent" else "opaque",
            "output_format": body.get("output_format") or "png",
            "quality": _quality(body),
            "size": f"{width}x{height}",
            "usage": used,
        }
    return Reply.of(document)


def usage(
    body: Json, width: int, height: int, count: int = 1, inputs: list[tuple[int, int]] | None = None
) -> Json:
    """Return token counts, roughly as the real API charges them."""
    given = input_tokens(inputs or [])
    text = len(body["prompt"]) // 4 + 7
    patches = {"low": 34, "medium": 48, "high": 48}.get(_quality(body), 96)
    area = patches * round(patches * min(width, height) / max(width, height))
    image_tokens = count * -(-area * (2_000_000 + width * height) // 4_000_000)
    image_tokens += 100 * int(body.get("partial_images") or 0)
    return {
        "input_tokens": text + given,
        "input_tokens_details": {"text_tokens": text, "image_tokens": given},
        "output_tokens": image_tokens,
        "output_tokens_details": {"image_tokens": image_tokens, "text_tokens": 0},
        "total_tokens": text + given + image_tokens,
    }


def _quality(body: Json) -> str:
    quality = body.get("quality") or "auto"
    return "medium" if quality == "auto" else str(quality)


def _generate_image(call: "Call", body: Json, width: int, height: int) -> bytes:
    kind = body.get("output_format") or "png"
    number = call.ledger.next_number()
    transparent = body.get("background") == "transparent"
    image = call.fake.image or sample_images.draw(width, height, number, kind, transparent)
    if call.behavior and call.behavior.image:
        image = call.behavior.image(image)
    call.ledger.add_image(image)
    return image


def _item(call: "Call", body: Json, image: bytes, legacy: bool) -> Json:
    if not legacy:
        return {"b64_json": _encoded(image)}
    revised = {"revised_prompt": f"{body['prompt']}, in careful detail"}
    if body.get("response_format") == "b64_json":
        return {"b64_json": _encoded(image), **revised}
    place = call.ledger.images.index(image)
    return {"url": f"{call.fake.base_url}/files/{place}", **revised}


def _checked_model(body: Json, known: tuple[str, ...]) -> str:
    model = body.get("model")
    if model not in known:
        supported = ", ".join(f"'{name}'" for name in known)
        raise ApiError(errors.invalid_value("model", model, supported))
    return str(model)


def show(call: "Call") -> Reply:
    """Return an image under the URL that the old models return instead of base64."""
    place = int(call.path.rpartition("/")[2])
    return Reply(200, call.ledger.images[place], "image/png")


def _stream(kind: str, body: Json, images: list[bytes], size: str, usage: Json) -> Reply:
    """Return the requested partial images, then a completed event for each image."""
    shared = {
        "created_at": int(time.time()),
        "size": size,
        "quality": body.get("quality") or "medium",
        "background": body.get("background") or "opaque",
        "output_format": body.get("output_format") or "png",
    }
    events = [
        _event(f"{kind}.partial_image", images[0], {**shared, "partial_image_index": index})
        for index in range(int(body.get("partial_images") or 0))
    ]
    events += [_event(f"{kind}.completed", image, {**shared, "usage": usage}) for image in images]
    return Reply(200, b"".join(events), "text/event-stream; charset=utf-8")


def _event(kind: str, image: bytes, fields: Json) -> bytes:
    data = json.dumps({"type": kind, "b64_json": _encoded(image), **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


def _encoded(image: bytes) -> str:
    return base64.b64encode(image).decode()
