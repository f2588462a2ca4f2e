"""Requests that other people's applications send, by their public sources.

Each body was read in the file that is named beside it, and written down in this project's words.
"""

import base64
import io
from typing import Any

import requests
from PIL import Image

from tests.support.images.sample_images import encoded, owl
from tests.support.service import Service
from tests.support.tables import each_row

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
FILE = encoded(owl(300, 300))

OPEN_WEBUI = "open-webui/open-webui, backend/open_webui/routers/images.py"
LIBRECHAT = "danny-avila/LibreChat, api/app/clients/tools/structured/OpenAIImageTools.js"
LIBRECHAT_DALLE = "danny-avila/LibreChat, api/app/clients/tools/structured/DALLE3.js"
SILLYTAVERN = "SillyTavern/SillyTavern, public/scripts/extensions/stable-diffusion/index.js"


def image_of(response: requests.Response) -> tuple[str | None, tuple[int, int]]:
    """Return format and size of the only image of a response."""
    assert response.status_code == 200, response.text
    (image,) = response.json()["data"]
    opened = Image.open(io.BytesIO(base64.b64decode(image["b64_json"])))
    return opened.format, opened.size


@each_row(
    "source, body, expected",
    [
        (
            OPEN_WEBUI,
            {
                "model": "dall-e-2",
                "prompt": "A red fox",
                "n": 1,
                "size": "512x512",
                "response_format": "b64_json",
            },
            ("PNG", (512, 512)),
        ),
        (
            OPEN_WEBUI,
            {"model": "gpt-image-1", "prompt": "A red fox", "n": 1, "size": "auto"},
            ("PNG", (1024, 1024)),
        ),
        (
            LIBRECHAT,
            {
                "model": "gpt-image-1",
                "prompt": "A red fox",
                "n": 1,
                "background": "auto",
                "output_format": "webp",
                "output_compression": 100,
                "quality": "auto",
                "size": "1536x1024",
            },
            ("WEBP", (1536, 1024)),
        ),
        (
            LIBRECHAT_DALLE,
            {
                "model": "dall-e-3",
                "quality": "hd",
                "style": "vivid",
                "size": "1024x1792",
                "prompt": "A red fox",
                "n": 1,
                "response_format": "b64_json",
            },
            ("PNG", (1024, 1792)),
        ),
        (
            SILLYTAVERN,
            {
                "prompt": "A red fox",
                "model": "dall-e-3",
                "size": "1792x1024",
                "n": 1,
                "quality": "standard",
                "style": "natural",
                "response_format": "b64_json",
            },
            ("PNG", (1792, 1024)),
        ),
        (
            SILLYTAVERN,
            {
                "prompt": "A red fox",
                "model": "dall-e-2",
                "size": "512x512",
                "n": 1,
                "response_format": "b64_json",
            },
            ("PNG", (512, 512)),
        ),
    ],
)
def test_bodies_of_generations(
    source: str, body: dict[str, Any], expected: tuple[str, tuple[int, int]], shared: Service
) -> None:
    """Each is answered as its application expects; parameters without effect are named."""
    response = shared.call("POST", GENERATIONS, json=body)
    assert image_of(response) == expected, source
    ignored = [name for name in ("style",) if name in body]
    assert response.headers.get("X-Ignored-Parameters", "") == ", ".join(ignored)


@each_row(
    "source, fields, part, expected",
    [
        (
            OPEN_WEBUI,
            {"model": "dall-e-2", "prompt": "Make it blue", "response_format": "b64_json"},
            "image",
            (1024, 1024),
        ),
        (
            OPEN_WEBUI,
            {"model": "gpt-image-1", "prompt": "Make it blue", "n": "1", "size": "512x512"},
            "image[]",
            (512, 512),
        ),
        (
            LIBRECHAT,
            {"model": "gpt-image-1", "prompt": "Make it blue", "quality": "auto", "size": "auto"},
            "image[]",
            (1024, 1024),
        ),
    ],
)
def test_forms_of_edits(
    source: str, fields: dict[str, str], part: str, expected: tuple[int, int], shared: Service
) -> None:
    """All fields are text, and the name of the part may have brackets."""
    files = [(part, ("image.png", FILE, "image/png"))]
    response = shared.call("POST", EDITS, data=fields, files=files)
    assert image_of(response) == ("PNG", expected), source


def test_a_version_for_azure_is_ignored(shared_embedded: Service) -> None:
    """Open WebUI adds it to each URL if it is set; other parameters of a query are unknown."""
    fields, files = {"prompt": "A red fox", "size": "256x256"}, {"image": FILE}
    for query, status in (("api-version=2025-04-01-preview", 200), ("prompt=x", 400)):
        for path, options in (
            (GENERATIONS, {"json": fields}),
            (EDITS, {"data": fields, "files": files}),
        ):
            response = shared_embedded.call("POST", f"{path}?{query}", **options)
            assert response.status_code == status, (path, query)
        assert shared_embedded.get(f"/v1/models?{query}").status_code == status


@each_row("names", [("image[0]", "image[1]"), ("image[]", "image[]"), ("image", "image[]")])
def test_parts_of_several_images(names: tuple[str, ...], shared_embedded: Service) -> None:
    """Some clients, such as those in PHP, number the parts; others only repeat them."""
    data = (FILE, encoded(owl(64, 64)))
    files = [(name, ("blob", each, "")) for name, each in zip(names, data, strict=True)]
    body = {"prompt": "Put both together", "size": "256x256", "response_format": "url"}
    (image,) = shared_embedded.call("POST", EDITS, data=body, files=files).json()["data"]
    path = image["url"].removeprefix(shared_embedded.url)
    assert len(shared_embedded.get(f"{path}/metadata").json()["parents"]) == 2


def test_an_edit_as_json_equals_that_as_a_form(shared_embedded: Service) -> None:
    """OpenAI's API takes files as data URLs, too; a retry in the other form joins the first one."""
    mask = io.BytesIO()
    Image.new("RGBA", (300, 300)).save(mask, "PNG")
    form = {"image": FILE, "mask": mask.getvalue()}
    urls = {
        name: {"image_url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}
        for name, data in form.items()
    }
    fields = {"prompt": "Make it green", "size": "256x256", "quality": "low", "user": None}
    body = {**fields, "images": [urls["image"]], "mask": urls["mask"]}
    as_json = shared_embedded.call("POST", EDITS, json=body)
    assert image_of(as_json) == ("PNG", (256, 256))
    retry = {"x-stainless-retry-count": "1"}
    as_form = shared_embedded.call("POST", EDITS, data=fields, files=form, headers=retry)
    assert as_form.headers["Idempotency-Replayed"] == "true"
    assert as_form.json() == as_json.json()


def test_a_link_is_fetched_by_the_application(shared: Service) -> None:
    """LibreChat's older tool asks for no format, and fetches the URL whose name ends with .png."""
    body = {"model": "dall-e-3", "prompt": "A red fox", "n": 1, "size": "1024x1024"}
    (image,) = shared.call("POST", GENERATIONS, json=body).json()["data"]
    fetched = requests.get(image["url"], timeout=60)
    assert fetched.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(fetched.content)).size == (1024, 1024)
    assert image["url"].partition("?")[0].endswith(".png")
