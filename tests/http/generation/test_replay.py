"""Record and replay: cassettes replay responses byte for byte, offline and free of charge."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.services.replay.cassettes import Cassettes, RecordedResponse
from app.services.replay.player import CassettePlayer
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.clients import streaming
from tests.support.service import Service, openai_settings, serving, settings_for

SECRET = "a fox with a secret"


@contextmanager
def recording(folder: Path, fake: FakeOpenAI) -> Iterator[Service]:
    """Serve with the fake server as provider and record its responses."""
    values = openai_settings(fake) | {"image_provider": "record", "data_dir": folder / "paid"}
    with serving(settings_for(**values, cassettes_dir=folder / "tapes")) as service:
        yield service


@contextmanager
def replaying(folder: Path, **values: Any) -> Iterator[Service]:
    """Serve the recorded responses without delay, without an API key and offline."""
    values = {"replay_speed": 0, "data_dir": folder / "free"} | values
    settings = settings_for(image_provider="replay", cassettes_dir=folder / "tapes", **values)
    with serving(settings) as service:
        yield service


def original_of(service: Service, response: dict[str, Any]) -> bytes:
    """Return the bytes of an image's original."""
    return service.ports.store.get(f"originals/{response['filename']}").data


def test_image_is_replayed_byte_for_byte(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Original, prompt and model are the same; nothing is charged and no request is sent."""
    with recording(tmp_path, fake_openai) as service:
        first = service.generate("A red fox", enhance=True).json()
        original = original_of(service, first)
    assert (first["provider"], first["charged"]) == ("openai", "yes")
    fake_openai.reset()
    with replaying(tmp_path) as service:
        replayed = service.generate("A red fox", enhance=True).json()
        assert original_of(service, replayed) == original
    for name in ("new_prompt", "model", "cutout", "width"):
        assert replayed[name] == first[name]
    assert (replayed["provider"], replayed["charged"], replayed["cost_usd"]) == ("replay", "no", 0)
    assert (fake_openai.paid, fake_openai.requests_to("moderations")) == (0, [])


def test_responses_are_replayed_in_order_and_the_last_repeats(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """An error followed by an image replays as the error, and then always as the image."""
    fake_openai.script("images", Fault.rate_limited())
    with recording(tmp_path, fake_openai) as service:
        rejected = service.generate()
        assert service.generate().status_code == 200
    with replaying(tmp_path) as service:
        replayed = [service.generate() for _ in range(4)]
    assert [response.status_code for response in replayed] == [503, 200, 200, 200]
    for name in ("code", "charged", "message"):
        assert replayed[0].json()[name] == rejected.json()[name]
    assert replayed[0].headers["Retry-After"] == rejected.headers["Retry-After"]


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        ("images", Fault.html()),
        ("images", Fault.drop_before_response()),
        ("images", Fault.moderation_blocked()),
        ("moderations", Fault.status(500)),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_errors_are_replayed_with_their_charge(
    tmp_path: Path, fake_openai: FakeOpenAI, endpoint: Any, fault: Fault
) -> None:
    """Status, code and charge are as recorded, and evidence is kept."""
    fake_openai.script(endpoint, fault)
    results: list[Any] = []
    for serve in (recording(tmp_path, fake_openai), replaying(tmp_path)):
        with serve as service:
            response = service.call(
                "POST", "/generate-image", json={"prompt": SECRET}, headers={"Idempotency-Key": "k"}
            )
            body = response.json()
            results.append((response.status_code, body["code"], body["charged"]))
            results.append(sorted(key[-4:] for key in service.ports.store.keys("originals/")))
    assert results[:2] == results[2:]


def test_studio_shows_that_replay_is_free(tmp_path: Path) -> None:
    """In replay mode the studio doesn't mention costs."""
    with replaying(tmp_path) as service:
        page = service.get("/").text
    assert "Replay." in page
    assert "billed" not in page


def test_missing_recording_is_an_error(tmp_path: Path) -> None:
    """A missing recording has its own error, which says what to do, at no charge."""
    with replaying(tmp_path) as service:
        missing = service.generate("A blue whale")
        prompts = service.get("/generate-prompts")
        assert service.images() == []
    for response in (missing, prompts):
        assert (response.status_code, response.json()["code"]) == (501, "recording_missing")
        assert "IMAGE_PROVIDER=record" in response.json()["message"]
    assert missing.json()["charged"] == "no"


def test_prompts_are_replayed(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Replayed prompts come from the recorded pool."""
    with recording(tmp_path, fake_openai) as service:
        recorded = set(service.get("/generate-prompts?count=20").json()["prompts"])
        recorded |= set(service.get("/generate-prompts?count=20").json()["prompts"])
    with replaying(tmp_path) as service:
        response = service.get("/generate-prompts?count=10").json()
    assert set(response["prompts"]) < recorded
    assert response["provider"] == "replay"


def test_partial_images_are_replayed(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """The recorded partial images are replayed, at most the requested number, in order."""
    with recording(tmp_path, fake_openai) as service, streaming(service.url, partial_images=2) as s:
        recorded = [event for event in s.rest() if event.name == "partial"]
    assert recorded
    with replaying(tmp_path) as service:
        for count in (3, 0):
            with streaming(service.url, partial_images=count) as stream:
                events = stream.rest()
            assert events[-1].name == "result"
            indexes = [event.data["index"] for event in events if event.name == "partial"]
            assert set(indexes) <= {0, 1} if count else indexes == []
        assert service.generate().status_code == 200


def test_replay_speed_scales_the_recorded_time(tmp_path: Path) -> None:
    """The recorded times are divided by REPLAY_SPEED; 0 means no delay."""
    cassettes = Cassettes(tmp_path)
    key = {"call": "draw"}
    files = [(2.0, b"a"), (5.0, b"b"), (6.0, b"c")]
    cassettes.add(key, RecordedResponse(seconds=6.5, response={"partials": 2}, files=files))
    for speed, waits in ((1, [2.0, 3.0, 1.5]), (2, [1.0, 1.5, 0.75]), (0, [])):
        slept: list[float] = []
        seen: list[bytes] = []
        player = CassettePlayer(cassettes, speed=speed, sleep=slept.append)
        player.play(key, lambda _, data: seen.append(data))  # noqa: B023 - reason: called within the iteration
        assert (slept, seen) == (waits, [b"a", b"b"])


def test_cassettes_contain_no_secret(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Cassettes contain no API key; the image is an ordinary file."""
    with recording(tmp_path, fake_openai) as service:
        service.generate(SECRET)
    files = [path for path in (tmp_path / "tapes").rglob("*") if path.is_file()]
    assert not [path for path in files if fake_openai.api_key.encode() in path.read_bytes()]
    (document,) = [
        path for path in files if path.parent.name.startswith("draw-") and path.suffix == ".json"
    ]
    cassette = json.loads(document.read_text())
    assert set(cassette) == {"request", "seconds", "response", "files"}
    with Image.open(document.parent / cassette["files"][0]["name"]) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    "content", [b"", b"no JSON", b"[]", b"{}", b'{"seconds": 1, "response": {}, "files": []}']
)
def test_damaged_cassette_counts_as_missing(
    tmp_path: Path, fake_openai: FakeOpenAI, content: bytes
) -> None:
    """A damaged cassette is reported as missing, not as an internal error."""
    with recording(tmp_path, fake_openai) as service:
        service.generate()
    for path in (tmp_path / "tapes").glob("draw-*/*.json"):
        path.write_bytes(content)
    with replaying(tmp_path) as service:
        assert service.generate().json()["code"] == "recording_missing"


def test_recording_failure_does_not_fail_the_request(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """If recording fails, that is logged, and the charged image is returned."""
    with recording(tmp_path, fake_openai) as service:
        (tmp_path / "tapes").write_text("a file where the folder belongs")
        assert service.generate().status_code == 200
        assert "could not be recorded" in service.log.getvalue()
