"""Checks of responses and stored state against a row of the fault matrix."""

import functools
import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import requests

from app.errors import ObjectDamaged
from app.imaging import CutoutOptions, cutout
from app.ports import ImageStore, Ports, Spool
from tests.faults.row import UNTIL_IT_RESETS, UPLOADED, ExpectedResponse, StoredState
from tests.support.fake_openai import FakeOpenAI
from tests.support.images import xmp_readers

_IMAGES = {".png": "original", ".webp": "original", ".jpeg": "original"}
_KINDS = _IMAGES | {".bin": "evidence", ".json": "sidecar", ".trash": "trashed image"}
_REQUIRED = {"status", "message", "code", "request_id"}
_DAY_SECONDS = 86_401  # one second more than a day
_CHECKED_HEADERS = ("Retry-After", "Idempotency-Replayed", "Allow")


def check_response(
    response: requests.Response, expected: ExpectedResponse, private: Iterable[str]
) -> None:
    """Check status, code, charge, headers and shape, and that nothing private appears."""
    assert response.status_code == expected.status, response.text
    reported = {
        name: response.headers[name] for name in _CHECKED_HEADERS if name in response.headers
    }
    if "Allow" in reported:  # in any order
        reported["Allow"] = ", ".join(sorted(reported["Allow"].split(", ")))
    if expected.code == "rate_limited":  # the time depends on the rest of the window
        assert int(reported.pop("Retry-After")) > 0
    if expected.code == "budget_exceeded":
        assert 0 < int(reported["Retry-After"]) <= _DAY_SECONDS
        reported["Retry-After"] = UNTIL_IT_RESETS
    assert reported == dict(expected.headers)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Request-ID"]
    if expected.status >= 400:
        _check_failure(response, expected)
    elif response.headers["Content-Type"] == "application/json":
        body = response.json()
        if "data" not in body:  # not by OpenAI's API
            assert (body["status"], body.get("charged")) == ("success", expected.charged)
    whole = response.text + "\n".join(
        f"{name}: {value}" for name, value in response.headers.items()
    )
    check_absence(whole, private)


def _check_failure(response: requests.Response, expected: ExpectedResponse) -> None:
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] in {"no-store", "no-store, no-transform"}  # a stream
    body: dict[str, Any] = response.json()
    if "error" in body:  # by OpenAI's API
        error = body["error"]
        assert {"message", "type", "param", "code"} <= set(error)
        assert (error["code"], error.get("charged")) == (expected.code, expected.charged)
        return
    assert body["status"] == "error"
    assert (body["code"], body.get("charged")) == (expected.code, expected.charged)
    assert body["message"].endswith(".")
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert set(body) - {"charged", "errors", "failures", "resets_at"} == _REQUIRED
    assert all(set(error) == {"field", "message"} for error in body.get("errors", ()))


def files_of(response: requests.Response) -> list[str]:
    """Return the file names of the images in a successful response."""
    if response.status_code != 200 or response.headers["Content-Type"] != "application/json":
        return []
    body = response.json()
    images = [body] if "filename" in body else body.get("images", [])
    return [image["filename"] for image in images]


def check_absence(text: str, private: Iterable[str]) -> None:
    """Check that the text contains none of these words."""
    for word in private:
        assert word not in text


def stored_state(ports: Ports) -> StoredState:
    """Return the records, and the kinds of objects in store and spool; reads no object."""
    records = sorted(f"{one.state} {one.charged}" for one in ports.records.scan(limit=100))
    stored = sorted(map(_kind, _stored(ports)))
    return StoredState(tuple(records), tuple(stored), tuple(sorted(map(_kind, _spooled(ports)))))


def check_stored(ports: Ports, expected: StoredState, fake: FakeOpenAI) -> None:
    """Check the stored state, and that originals equal the paid images or the uploaded one."""
    found_state = stored_state(ports)
    objects = sorted(_damage(ports.store, key) + _kind(key) for key in _stored(ports))
    assert replace(found_state, objects=tuple(objects)) == expected
    places: list[tuple[ImageStore | Spool, list[str]]] = [
        (ports.store, _stored(ports)),
        (ports.spool, _spooled(ports)),
    ]
    found = [(place, key) for place, keys in places for key in keys]
    ids = {record.id for record in ports.records.scan(limit=100)}
    for place, key in found:
        assert PurePosixPath(key).stem in ids
        if _damage(place, key):
            continue
        data = place.get(key).data
        assert data
        if _kind(key) == "original":
            assert data in {*fake.images, UPLOADED}


def _stored(ports: Ports) -> list[str]:
    return [*ports.store.keys("images/"), *ports.store.keys("originals/")]


def _spooled(ports: Ports) -> list[str]:
    return list(ports.spool.keys("originals/"))


def check_image(png: bytes, fake: FakeOpenAI) -> None:
    """Check that this is the cutout of a paid image, byte for byte, with its provenance."""
    assert (
        xmp_readers.read_properties(png)["Iptc4xmpExt:DigitalSourceType"]
        == f"{xmp_readers.SOURCE_TYPES}trainedAlgorithmicMedia"
    )
    subjects = {prompt.partition("\n")[0] for prompt in fake.paid_for}
    if fake.requests_to("edits"):  # what they show is in the words of the image and of the edit
        subjects |= {f"{one}, {other}" for one, other in itertools.permutations(subjects, 2)}
    expected = {_cut_out(image, subject) for image in fake.images for subject in subjects}
    assert xmp_readers.strip_packet(png) in expected


@functools.lru_cache(maxsize=16)
def _cut_out(image: bytes, subject: str) -> bytes:
    return cutout(image, options=CutoutOptions(subject=subject)).png


def _kind(key: str) -> str:
    return "image" if key.startswith("images/") else _KINDS[PurePosixPath(key).suffix]


def _damage(place: ImageStore | Spool, key: str) -> str:
    try:
        place.get(key)
    except ObjectDamaged:
        return "damaged "
    return ""
