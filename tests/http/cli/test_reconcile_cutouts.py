"""`flask images reconcile` on other cutouts of an image: they are restored with their options."""

import base64

import pytest
from PIL import Image

from app.models import ImageRecord, State
from tests.support.images.sample_images import encoded
from tests.support.reconcile.damage import keys_of
from tests.support.service import Service

_BODY = {"holes": "keep", "shadow": "keep", "background": "#fffefd", "tolerance": 12}


def record_of(service: Service, filename: str) -> ImageRecord:
    """Return the stored record of an image."""
    record = service.ports.records.get(filename.removesuffix(".png"))
    assert record
    return record


@pytest.mark.parametrize("image_left", [True, False])
def test_lost_cutout_is_restored_with_its_options(service: Service, image_left: bool) -> None:
    """A record is rebuilt with parent, options and mask, and a lost image byte for byte."""
    parent = service.generate().json()["filename"]
    canvas = Image.new("L", (64, 64), 128)
    canvas.paste(0, (0, 0, 64, 30))
    mask = base64.b64encode(encoded(canvas)).decode()
    path = f"/images/{parent}/cutouts"
    made = service.call("POST", path, json=_BODY | {"mask": mask, "replace": True}).json()
    before, old = record_of(service, made["filename"]), record_of(service, parent)
    data = service.get(f"/images/{made['filename']}").content
    for record in (before, old):
        service.ports.records.delete(record.id)
    if not image_left:
        service.ports.store.delete(keys_of(before)[2])
    run = service.app.test_cli_runner().invoke
    for _ in range(2):  # rebuilds the records, then finishes what they lack
        run(args=["images", "reconcile", "--fix"])
    assert run(args=["images", "reconcile"]).exit_code == 0
    after = record_of(service, made["filename"])
    assert after.cutout_options == before.cutout_options
    assert (after.state, after.parent, after.owner) == (State.READY, before.parent, before.owner)
    assert (after.charged, after.cost_micros) == (before.charged, before.cost_micros)
    assert record_of(service, parent).replaced_by == before.id
    assert service.get(f"/images/{made['filename']}").content == data
    assert service.get(f"/images/{parent}", allow_redirects=False).status_code == 308
    assert [image["filename"] for image in service.images()] == [made["filename"]]
    assert service.call("POST", path, json=_BODY | {"mask": mask}).status_code == 200
