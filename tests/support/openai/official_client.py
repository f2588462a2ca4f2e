"""What the tests ask the fake of OpenAI for, through the official client."""

import base64
from typing import Any

from openai import OpenAI

IMAGE_MODEL = "gpt-image-2.6-flare"
PROMPTS = {"prompts": {"type": "array", "items": {"type": "string"}}}


def ask(client: OpenAI, **more: Any) -> Any:
    """Ask for one image."""
    asked = {"model": IMAGE_MODEL, "prompt": "a red mug", "size": "1024x1024", **more}
    generate: Any = client.images.generate
    return generate(**asked)


def draw(client: OpenAI, **more: Any) -> bytes:
    """Ask for one image and return its bytes."""
    return base64.b64decode(ask(client, **more).data[0].b64_json)


def ask_text(client: OpenAI, said: str, properties: dict[str, Any], **more: Any) -> Any:
    """Ask the text model for JSON of a schema and return its choice."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    asked = {"name": "answer", "strict": True, "schema": {**schema, "additionalProperties": False}}
    create: Any = client.chat.completions.create
    answer = create(
        model="gpt-6-luna",
        messages=[{"role": "user", "content": said}],
        response_format={"type": "json_schema", "json_schema": {**asked, **more}},
    )
    return answer.choices[0]
