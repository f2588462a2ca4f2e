"""GET and HEAD /images/<filename>/pack."""

import io
import zipfile
from pathlib import Path

import pytest

from app.blueprints.exports import resolve
from app.imaging.exports.rules import pack_rule
from tests.support.http.variant_requests import error_of, store_image
from tests.support.service import Service, serving, settings_for


def test_pack_is_a_cacheable_download(service: Service) -> None:
    """The ZIP file has the pack's files, a name of its own, and the headers of a variant."""
    path = store_image(service)
    response = service.get(f"{path}/pack?kind=slack")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == [each.path for each in pack_rule("slack").files]
    assert response.headers["Content-Type"] == "application/zip"
    name = f'attachment; filename="{path[8:-4]}-slack.zip"'
    assert response.headers["Content-Disposition"] == name
    variant = service.get(f"{path}?w=64")
    for header in ("Cache-Control", "Last-Modified", "Accept-Ranges", "Content-Security-Policy"):
        assert response.headers[header] == variant.headers[header]
    tag = response.headers["ETag"]
    head = service.call("HEAD", f"{path}/pack?kind=slack")
    assert (head.content, head.headers["ETag"]) == (b"", tag)
    unchanged = service.get(f"{path}/pack?kind=slack", headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    part = service.get(f"{path}/pack?kind=slack", headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.content) == (206, b"PK")


def test_packs_of_other_rules_are_other_files(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cache has of an earlier version of the rules is not current."""
    path = f"{store_image(service)}/pack?kind=slack"
    tag = service.get(path).headers["ETag"]
    monkeypatch.setattr(resolve, "rules_version", lambda: "newer")
    response = service.get(path, headers={"If-None-Match": tag})
    assert (response.status_code, response.headers["ETag"] == tag) == (200, False)


def test_kind_and_background_select_the_pack(service: Service) -> None:
    """Each is a part of the ETag, in any spelling; anything else is 400."""
    path = store_image(service)
    queries = ("kind=slack", "kind=discord", "kind=slack&background=123456")
    tags = [service.get(f"{path}/pack?{query}").headers["ETag"] for query in queries]
    assert len(set(tags)) == len(queries)
    for query, tag in (
        ("background=%23fff&kind=slack", tags[0]),
        ("background=%23123456&kind=slack&sig=unused", tags[2]),
        ("kind=slack&name=Owl", tags[0]),  # only a web app has one
    ):
        assert service.get(f"{path}/pack?{query}").headers["ETag"] == tag
    for query, field in (
        ("", "kind"),
        ("kind=Slack", "kind"),
        ("kind=slack&background=red", "background"),
        ("kind=slack&w=64", "w"),
        ("kind=slack&kind=pwa", "kind"),
        (f"kind=pwa&name={'x' * 46}", "name"),
        ("kind=pwa&name=a%00b", "name"),
    ):
        response = service.get(f"{path}/pack?{query}")
        assert error_of(response) == (400, "invalid_request")
        assert [each["field"] for each in response.json()["errors"]] == [field]


def test_a_pack_needs_the_original(service: Service) -> None:
    """Without it, the pack is 404 `original_missing`."""
    path = store_image(service)
    service.ports.store.delete(f"originals/{path[8:-4]}.png")
    assert error_of(service.get(f"{path}/pack?kind=slack")) == (404, "original_missing")


def test_signed_packs(tmp_path: Path) -> None:
    """`flask images sign` makes the address; kind and background are signed."""
    with serving(settings_for(data_dir=tmp_path, variant_signing_keys="k" * 32)) as service:
        path = store_image(service)
        run = service.app.test_cli_runner().invoke
        arguments = ["images", "sign", f"{path[8:]}/pack", "kind=slack&background=f80"]
        signed = run(args=arguments).stdout.strip()
        assert service.get(signed).status_code == 200
        for wrong in (signed.replace("slack", "pwa"), signed.replace("f80", "f81")):
            assert error_of(service.get(wrong)) == (403, "signature_invalid")
        unsigned = service.get(f"{path}/pack?kind=slack")
        assert error_of(unsigned) == (403, "signature_required")
