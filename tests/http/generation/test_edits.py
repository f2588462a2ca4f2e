"""POST /images/<filename>/edits: new images from stored ones."""

import base64
import io
import json
import uuid
from typing import Any

import pytest
import requests
from PIL import Image

from tests.support.fake_openai import Fault, sample_images
from tests.support.service import Parts, Service
from tests.support.tables import each_row

PROMPT = "Make the scarf blue"
ABSENT = f"{uuid.UUID(int=0)}.png"


def edit(service: Service, name: str, key: str = "", **fields: Any) -> requests.Response:
    """Edit an image."""
    headers = {"Idempotency-Key": key} if key else {}
    body = {"prompt": PROMPT, **fields}
    return service.call("POST", f"/images/{name}/edits", json=body, headers=headers)


def create(service: Service, prompt: str = "A red fox", **fields: Any) -> str:
    """Generate an image and return its file name."""
    name: str = service.generate(prompt, **fields).json()["filename"]
    return name


def mask_png(size: tuple[int, int] = (1024, 1024), alpha: int = 0) -> str:
    """Return a mask whose left half has this alpha, in base64."""
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, alpha), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_edit_is_a_new_image_with_parents(service: Service) -> None:
    """The response is that of a generation, and names the images it was made from in order."""
    first, second = create(service), create(service, "A top hat")
    response = edit(service, first, images=[second, first])
    body = response.json()
    assert response.status_code == 200, body
    assert response.headers["Location"] == body["url"]
    assert body["prompt"] == PROMPT
    assert body["new_prompt"].startswith(f"{PROMPT}\n\n")
    assert (body["parents"], body["parent"]) == ([first, second], None)
    assert service.get(f"/images/{body['filename']}").status_code == 200
    assert service.get(f"/images/{first}/metadata").json()["parents"] == []
    assert [image["parents"] for image in service.images()] == [[first, second], [], []]


def test_originals_are_sent(real: Service, parts: Parts) -> None:
    """The model gets the kept originals, byte for byte, and not the images of 256 pixels."""
    first, second = create(real), create(real, "A top hat", size="1536x1024")
    mask = mask_png()
    body = edit(real, first, images=[second], mask_png=mask, quality="low").json()
    (request,) = parts.fake.requests_to("edits")
    sent = [(one.name, one.filename, one.content_type, one.data) for one in request.files]
    originals = parts.fake.images
    assert sent == [
        ("image[]", "image-1.png", "image/png", originals[0]),
        ("image[]", "image-2.png", "image/png", originals[1]),
        ("mask", "mask.png", "image/png", base64.b64decode(mask)),
    ]
    assert request.body["quality"] == "low"
    assert request.body["prompt"] == body["new_prompt"]
    image_id = body["filename"].removesuffix(".png")
    assert real.ports.store.get(f"originals/{image_id}.png").data == originals[2]
    assert (body["charged"], parts.fake.paid) == ("yes", 3)
    assert body["cost_usd"] > real.get(f"/images/{first}/metadata").json()["cost_usd"]


def test_mask_can_be_a_stored_image(real: Service, parts: Parts) -> None:
    """Its original is the mask, if it has the size of the first image and transparent pixels."""
    first, wide = create(real), create(real, size="1536x1024")
    assert edit(real, first, mask=first).json()["parents"] == [first]
    (request,) = parts.fake.requests_to("edits")
    assert [(one.name, one.data) for one in request.files] == [
        ("image", parts.fake.images[0]),
        ("mask", parts.fake.images[0]),
    ]
    refused = edit(real, first, mask=wide)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_mask")


def test_repeated_key_returns_the_first_edit(real: Service, parts: Parts) -> None:
    """Repetitions cost nothing, also when the parent was deleted; other inputs are refused."""
    first, second = create(real, size="1024x1536"), create(real, "A top hat")
    made = edit(real, first, "k", images=[second])
    again = edit(real, first, "k", images=[second])
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made.json(), "true")
    for other in (edit(real, first, "k"), edit(real, second, "k", images=[first])):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    for name in (first, second):
        assert real.call("DELETE", f"/images/{name}").status_code == 204
    late = edit(real, first, "k", images=[second])
    assert (late.json(), late.headers["Idempotency-Replayed"]) == (made.json(), "true")
    assert edit(real, first, "other").status_code == 404
    assert real.call("DELETE", f"/images/{made.json()['filename']}").status_code == 204
    gone = edit(real, first, "k", images=[second])
    assert (gone.status_code, gone.json()["code"]) == (410, "image_deleted")
    other = edit(real, second, "k", images=[first])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert parts.fake.paid == 3


@each_row(
    "fields, status, code",
    [
        ({"prompt": " "}, 400, "invalid_request"),
        ({"images": ["x.png"]}, 400, "invalid_request"),
        ({"images": [ABSENT] * 16}, 400, "invalid_request"),
        ({"images": [ABSENT]}, 404, "image_not_found"),
        ({"mask": ABSENT}, 404, "image_not_found"),
        ({"mask": ABSENT, "mask_png": "aGk="}, 400, "invalid_request"),
        ({"mask_png": "no base64"}, 400, "invalid_request"),
        ({"mask_png": "aGk="}, 422, "invalid_mask"),
        ({"mask_png": mask_png((512, 512))}, 422, "invalid_mask"),
        ({"mask_png": mask_png(alpha=255)}, 422, "invalid_mask"),
        ({"mask_png": mask_png(alpha=1)}, 422, "invalid_mask"),
        ({"enhance": True}, 400, "invalid_request"),
        ({"size": "256x256"}, 400, "invalid_request"),
    ],
)
def test_invalid_requests(
    fields: dict[str, Any], status: int, code: str, shared_real: Service, made: str
) -> None:
    """Nothing is sent, and the error names the field."""
    response = edit(shared_real, made, **fields)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    if status != 404:
        field = response.json()["errors"][0]["field"].partition(".")[0]
        assert field in {"mask", "images", "prompt", *fields, ""}


@pytest.fixture(scope="module")
def made(shared_real: Service) -> str:
    """Generate an image for requests that fail."""
    return create(shared_real)


def test_dry_run_has_the_price_of_all_inputs(real: Service, parts: Parts) -> None:
    """Each image adds its tokens to the maximum cost, and nothing is drawn."""
    name = create(real)
    plain = real.generate(PROMPT, dry_run=True).json()
    one = edit(real, name, dry_run=True).json()
    three = edit(real, name, images=[name], mask_png=mask_png(), dry_run=True).json()
    tokens = 8 * 2200 / 1_000_000
    assert one["estimate_usd"] == pytest.approx(plain["estimate_usd"] + tokens)
    assert three["estimate_usd"] == pytest.approx(plain["estimate_usd"] + 3 * tokens)
    (request,) = three["requests"]
    assert request["path"] == "/images/edits"
    assert [given["filename"] for given in request["body"]["image"]] == [
        "image-1.png",
        "image-2.png",
    ]
    assert parts.fake.requests_to("edits") == []


def test_edit_is_streamed_with_previews(real: Service, parts: Parts) -> None:
    """The events are those of a generation; partial images come from `image_edit.*` events."""
    name = create(real)
    response = real.call(
        "POST",
        f"/images/{name}/edits",
        json={"prompt": PROMPT, "partial_images": 2},
        headers={"Accept": "text/event-stream"},
    )
    events = [block.partition("\n")[0] for block in response.text.split("\n\n")]
    assert events.count("event: partial") >= 1
    assert events[-2:] == ["event: result", ""]
    result = json.loads(response.text.strip().rpartition("data: ")[2])
    assert result["parents"] == [name]
    assert parts.fake.requests_to("edits")[0].body["partial_images"] == "2"


def test_server_without_edits_is_501(real: Service, parts: Parts) -> None:
    """Nothing is paid, and the same key edits once the server can."""
    name = create(real)
    parts.fake.script("edits", Fault.json_response({"detail": "Not Found"}, status=404))
    refused = edit(real, name, "k")
    body = refused.json()
    assert (refused.status_code, body["code"], body["charged"]) == (501, "edits_unsupported", "no")
    assert parts.fake.paid == 1
    assert edit(real, name, "k").status_code == 200
    assert parts.fake.paid == 2


def test_original_that_changed_in_the_store_is_not_sent(real: Service, parts: Parts) -> None:
    """Other bytes than those in the record cost nothing."""
    name = create(real)
    key = f"originals/{name}"
    real.ports.store.put(key, sample_images.draw(1024, 1024, 7), content_type="image/png")
    response = edit(real, name)
    assert (response.status_code, response.json()["charged"]) == (503, "no")
    assert parts.fake.requests_to("edits") == []


def test_refused_transparency_sends_inputs_on_white(real: Service, parts: Parts) -> None:
    """A model that draws on white gets its images on white, too; nothing is paid twice."""
    parts.fake.image = sample_images.draw(1024, 1024, 3, transparent=True)
    name = create(real)
    parts.fake.script("edits", Fault.transparent_refused())
    assert edit(real, name).status_code == 200
    first, second = parts.fake.requests_to("edits")
    assert first.files[0].data == parts.fake.images[0]
    with Image.open(io.BytesIO(second.files[0].data)) as image:
        assert (image.mode, image.getpixel((0, 0))) == ("RGB", (255, 255, 255))
    assert [one.body.get("background") for one in (first, second)] == ["transparent", None]
    assert parts.fake.paid == 2
