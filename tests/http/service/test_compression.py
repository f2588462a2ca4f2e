"""Compression of responses: what is compressed, and with which headers."""

import gzip
import json

import brotli
import pytest
import requests

from tests.support.http.clients import streaming
from tests.support.service import Service

DECOMPRESS = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture(scope="module")
def listed(shared_embedded: Service) -> Service:
    """Serve a list of a few images."""
    for number in range(3):
        assert shared_embedded.generate(f"Fox number {number}").status_code == 200
    return shared_embedded


def raw(service: Service, path: str, accepted: str) -> bytes:
    """Return the body as it was sent, and check its length."""
    response = service.get(path, headers={"Accept-Encoding": accepted}, stream=True)
    body = response.raw.read(decode_content=False)
    assert int(response.headers["Content-Length"]) == len(body)
    return bytes(body)


@pytest.mark.parametrize("path", ["/images", "/openapi.json", "/", "/docs", "/metrics"])
@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("*", "br")]
)
def test_json_and_pages_are_compressed(
    listed: Service, path: str, accepted: str, encoding: str
) -> None:
    """What the client accepts is used, and its content is that of the uncompressed response."""
    response = listed.get(path, headers={"Accept-Encoding": accepted})
    assert response.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    plain = listed.get(path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    if path != "/metrics":  # which counts these requests
        decompressed = DECOMPRESS[encoding](raw(listed, path, accepted))
        assert decompressed == plain.content
        assert len(raw(listed, path, accepted)) < len(plain.content) / 2


def test_head_has_the_headers_of_get(listed: Service) -> None:
    """HEAD reports the compressed length and encoding, without a body."""
    accepted = {"Accept-Encoding": "br"}
    head = listed.call("HEAD", "/images", headers=accepted)
    got = listed.get("/images", headers=accepted)
    for name in ("Content-Encoding", "Content-Length", "Content-Type", "Vary"):
        assert head.headers[name] == got.headers[name]
    assert head.content == b""
    assert len(got.raw.headers.getlist("Date")) == 1  # the server's


@pytest.mark.parametrize("path", ["/healthz", "/images?limit=1&q=nothing", "/nowhere"])
def test_short_responses_and_errors_are_not_compressed(listed: Service, path: str) -> None:
    """Below 500 bytes compression gains nothing."""
    response = listed.get(path, headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in response.headers
    assert len(response.content) < 500


def test_images_are_the_same_for_all_encodings(listed: Service) -> None:
    """Images, variants and ranges are neither compressed nor said to vary."""
    name = listed.images()[0]["filename"]
    for path, headers in (
        (f"/images/{name}", {}),
        (f"/images/{name}?w=64&format=webp", {}),
        (f"/images/{name}", {"Range": "bytes=0-99"}),
    ):
        response = listed.get(path, headers={"Accept-Encoding": "br, gzip"} | headers)
        assert response.status_code in {200, 206}
        assert "Content-Encoding" not in response.headers
        assert "Accept-Encoding" not in response.headers.get("Vary", "")
        known = {"If-None-Match": response.headers["ETag"], "Accept-Encoding": "br"}
        assert listed.get(path, headers=known).status_code == 304


def test_event_streams_are_not_compressed(shared_embedded: Service) -> None:
    """Events are sent one by one, as they happen."""
    with streaming(shared_embedded.url, headers={"Accept-Encoding": "br, gzip"}) as stream:
        assert "Content-Encoding" not in stream.response.headers
        assert "Accept-Encoding" not in stream.response.headers.get("Vary", "")
        assert stream.rest()[-1].name == "result"


def test_vary_keeps_what_else_it_names(listed: Service) -> None:
    """A generated image's JSON depends on the accepted type and on the encoding."""
    response: requests.Response = listed.generate("Another fox")
    assert {name.strip() for name in response.headers["Vary"].split(",")} == {
        "Accept",
        "Accept-Encoding",
    }
    body = raw(listed, "/images", "br")
    assert json.loads(brotli.decompress(body))["total_images"] >= 4
