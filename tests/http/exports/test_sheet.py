"""GET /images/sheet."""

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from tests.support.builders import SMALLEST_PNG
from tests.support.http.variant_requests import error_of, store_image
from tests.support.service import Service, serving, settings_for


def unpack(response: requests.Response) -> tuple[Any, dict[str, Any], str]:
    """Return pixels, places and styles of a sheet."""
    assert response.status_code == 200, response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["sheet.png", "sheet.json", "sheet.css"]
        with Image.open(io.BytesIO(archive.read("sheet.png"))) as image:
            pixels = np.asarray(image.convert("RGBA"))
        return pixels, json.loads(archive.read("sheet.json")), archive.read("sheet.css").decode()


def query(*paths: str, more: str = "") -> str:
    """Return the address of a sheet of images."""
    names = [path.removeprefix("/images/") for path in paths]
    return "/images/sheet?" + "&".join(f"image={name}" for name in names) + more


def pixels_of(service: Service, path: str, side: int) -> Any:
    """Return a variant's pixels."""
    with Image.open(io.BytesIO(service.get(f"{path}?w={side}").content)) as image:
        return np.asarray(image.convert("RGBA"))


def test_each_image_is_at_its_place(service: Service) -> None:
    """The JSON file says where an image is, and the sheet has it there."""
    paths = [f"/images/{service.generate(one).json()['filename']}" for one in ("a fox", "a cat")]
    paths += [store_image(service)]
    sheet, document, styles = unpack(service.get(query(*paths, more="&side=64&gap=8")))
    assert (document["width"], document["height"]) == (136, 136) == sheet.shape[1::-1]
    assert list(document["frames"]) == [path[8:] for path in paths]
    for path in paths:
        at = document["frames"][path[8:]]
        tile = sheet[at["y"] : at["y"] + at["h"], at["x"] : at["x"] + at["w"]]
        assert (tile == pixels_of(service, path, 64)).all()
        assert f".sprite-{path[8:-4]} {{ background-position: -{at['x']}px" in styles
    assert not sheet[72:, 72:].any()
    again = service.get(query(*paths, more="&side=64&gap=8"))
    assert again.headers["ETag"] == service.get(again.request.path_url).headers["ETag"]
    assert again.headers["Content-Disposition"] == 'attachment; filename="sheet.zip"'


def test_columns_and_background(embedded: Service) -> None:
    """One row if there are as many columns, and a color below everything."""
    paths = [store_image(embedded) for _ in range(3)]
    more = "&side=32&columns=50&gap=1&background=102030"
    sheet, document, _ = unpack(embedded.get(query(*paths, more=more)))
    assert (document["width"], document["height"]) == (98, 32)
    assert sheet[0, 32].tolist() == [16, 32, 48, 255]
    assert (sheet[..., 3] == 255).all()
    transparent = embedded.get(query(*paths, more="&background=transparent"))
    assert transparent.content == embedded.get(query(*paths)).content


def test_wrong_requests_are_errors(embedded: Service) -> None:
    """Values out of range are 400, a missing image is 404, and a damaged one 500."""
    path = store_image(embedded)
    numbers = ("side=7", "side=257", "side=1_0", "side=%208", "columns=51", "gap=33", "gap=-1")
    for wrong in (*numbers, "gap=nan", "background=red", "w=9"):
        assert error_of(embedded.get(query(path, more=f"&{wrong}"))) == (400, "invalid_request")
    missing = f"{uuid.uuid4()}.png"
    assert error_of(embedded.get(query(path, missing))) == (404, "image_not_found")
    damaged = str(uuid.uuid4())
    embedded.ports.store.put(f"images/{damaged}.png", SMALLEST_PNG, content_type="image/png")
    assert error_of(embedded.get(query(path, damaged))) == (500, "image_damaged")


def test_sheets_count_as_variants_and_are_signed_like_them(tmp_path: Path) -> None:
    """They cost processor time, so the limit of variants holds; a signature covers all of it."""
    settings = settings_for(data_dir=tmp_path / "one", rate_limit_variants="1/hour")
    with serving(settings) as service:
        path = store_image(service)
        codes = [service.get(query(path)).status_code for _ in range(2)]
        assert codes == [200, 429]
    settings = settings_for(data_dir=tmp_path / "two", variant_signing_keys="k" * 32)
    with serving(settings) as service:
        path = store_image(service)
        assert error_of(service.get(query(path))) == (403, "signature_required")
        images = f"image={path[8:]}&image={store_image(service)[8:]}"
        run = service.app.test_cli_runner().invoke
        wanted = f"{images}&side=32&gap=4&background=fff"
        signed = run(args=["images", "sign", "sheet", wanted]).stdout.strip()
        assert service.get(signed).status_code == 200
        other_spelling = signed.replace("background=fff", "columns=0&background=%23FFFFFF")
        assert service.get(other_spelling).status_code == 200
        first, second = images.split("&")
        for wrong in (
            signed.replace("gap=4", "gap=5"),
            signed.replace(first, f"{second}&{first}", 1).replace(f"&{second}&side", "&side"),
            signed.replace(f"&{second}", ""),
        ):
            assert error_of(service.get(wrong)) == (403, "signature_invalid"), wrong
        assert run(args=["images", "sign", "sheet", "image=x"]).exit_code == 2
