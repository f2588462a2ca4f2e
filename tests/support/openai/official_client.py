"""Requests to the fake OpenAI server with the official client."""

import base64
from typing import Any

from openai import OpenAI

IMAGE_MODEL = "gpt-image-2.6-flare"
PROMPTS = {"prompts": {"type": "array", "items": {"type": "string"}}}


def request_image(client: OpenAI, **more: Any) -> Any:
    """Request an image and return the response."""
    parameters = {"model": IMAGE_MODEL, "prompt": "a red mug", "size": "1024x1024", **more}
    generate: Any = client.images.generate
    return generate(**parameters)


def draw(client: OpenAI, **more: Any) -> bytes:
    """Request an image and return its bytes."""
    return base64.b64decode(request_image(client, **more).data[0].b64_json)


def request_text(client: OpenAI, text: str, properties: dict[str, Any], **more: Any) -> Any:
    """Request JSON of a schema from the text model and return the choice."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    output = {"name": "output", "strict": True, "schema": {**schema, "additionalProperties": False}}
    create: Any = client.chat.completions.create
    completion = create(
        model="gpt-6-luna",
        messages=[{"role": "user", "content": text}],
        response_format={"type": "json_schema", "json_schema": {**output, **more}},
    )
    return completion.choices[0]
