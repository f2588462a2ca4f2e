"""What was recorded once is replayed: byte for byte, offline, for nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.services.replay.cassettes import Cassettes, Recorded
from app.services.replay.player import Replay
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.http.sse_client import streaming
from tests.support.service import Service, openai_settings, serving, settings_for

SECRET = "a fox with a secret"


@contextmanager
def recording(folder: Path, fake: FakeOpenAI) -> Iterator[Service]:
    """Serve what pays the fake, and writes down what it answers."""
    values = openai_settings(fake) | {"image_provider": "record", "data_dir": folder / "paid"}
    with serving(settings_for(**values, cassettes_dir=folder / "tapes")) as service:
        yield service


@contextmanager
def replaying(folder: Path, **values: Any) -> Iterator[Service]:
    """Serve what was recorded, at once, without a key and without a network to go to."""
    values = {"replay_speed": 0, "data_dir": folder / "free"} | values
    settings = settings_for(image_provider="replay", cassettes_dir=folder / "tapes", **values)
    with serving(settings) as service:
        yield service


def original_of(service: Service, answer: dict[str, Any]) -> bytes:
    """Return the original's bytes."""
    return service.ports.store.get(f"originals/{answer['filename']}").data


def test_an_image_is_replayed_byte_for_byte(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """The same original and prompt, the model's name; nothing is paid, and nobody is asked."""
    with recording(tmp_path, fake_openai) as service:
        first = service.generate("A red fox", enhance=True).json()
        original = original_of(service, first)
    assert (first["provider"], first["charged"]) == ("openai", "yes")
    fake_openai.reset()
    with replaying(tmp_path) as service:
        again = service.generate("A red fox", enhance=True).json()
        assert original_of(service, again) == original
    for name in ("new_prompt", "model", "cutout", "width"):
        assert again[name] == first[name]
    assert (again["provider"], again["charged"], again["cost_usd"]) == ("replay", "no", 0)
    assert (fake_openai.paid, fake_openai.asked("moderations")) == (0, [])


def test_answers_come_in_their_order_and_the_last_one_again(
    tmp_path: Path, fake_openai: FakeOpenAI
) -> None:
    """A refusal that was followed by an image is a refusal, and then always the image."""
    fake_openai.script("images", Fault.rate_limited())
    with recording(tmp_path, fake_openai) as service:
        refused = service.generate()
        assert service.generate().status_code == 200
    with replaying(tmp_path) as service:
        reported = [service.generate() for _ in range(4)]
    assert [answer.status_code for answer in reported] == [503, 200, 200, 200]
    for name in ("code", "charged", "message"):
        assert reported[0].json()[name] == refused.json()[name]
    assert reported[0].headers["Retry-After"] == refused.headers["Retry-After"]


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
def test_failures_are_replayed_with_their_charge(
    tmp_path: Path, fake_openai: FakeOpenAI, endpoint: Any, fault: Fault
) -> None:
    """Status, code and charge are as they were, and evidence is kept."""
    fake_openai.script(endpoint, fault)
    reported: list[Any] = []
    for serve in (recording(tmp_path, fake_openai), replaying(tmp_path)):
        with serve as service:
            answer = service.call(
                "POST", "/generate-image", json={"prompt": SECRET}, headers={"Idempotency-Key": "k"}
            )
            body = answer.json()
            reported.append((answer.status_code, body["code"], body["charged"]))
            reported.append(sorted(key[-4:] for key in service.ports.store.keys("originals/")))
    assert reported[:2] == reported[2:]


def test_the_page_says_that_nothing_is_paid(tmp_path: Path) -> None:
    """Who looks at a replay in the studio is not told of costs."""
    with replaying(tmp_path) as service:
        page = service.get("/").text
    assert "Replay." in page
    assert "costs money" not in page


def test_what_was_never_recorded_is_reported(tmp_path: Path) -> None:
    """A miss is an error of its own, says what to do, costs nothing and leaves no image."""
    with replaying(tmp_path) as service:
        missing = service.generate("A blue whale")
        prompts = service.get("/generate-prompts")
        assert service.images() == []
    for answer in (missing, prompts):
        assert (answer.status_code, answer.json()["code"]) == (501, "recording_missing")
        assert "IMAGE_PROVIDER=record" in answer.json()["message"]
    assert missing.json()["charged"] == "no"


def test_prompts_are_replayed(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """The pool is the one that was invented."""
    with recording(tmp_path, fake_openai) as service:
        recorded = set(service.get("/generate-prompts?count=20").json()["prompts"])
        recorded |= set(service.get("/generate-prompts?count=20").json()["prompts"])
    with replaying(tmp_path) as service:
        answer = service.get("/generate-prompts?count=10").json()
    assert set(answer["prompts"]) < recorded
    assert answer["provider"] == "replay"


def test_partial_images_are_replayed(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """As many as were recorded and are asked for, in their order, and the same ones."""
    with recording(tmp_path, fake_openai) as service, streaming(service.url, partial_images=2) as s:
        shown = [reported.data for reported in s.rest() if reported.name == "partial"]
    assert shown
    with replaying(tmp_path) as service:
        for wanted in (3, 0):
            with streaming(service.url, partial_images=wanted) as stream:
                reported = stream.rest()
            assert reported[-1].name == "result"
            again = [one.data["index"] for one in reported if one.name == "partial"]
            assert set(again) <= {0, 1} if wanted else again == []
        assert service.generate().status_code == 200


def test_time_passes_as_it_did_or_faster(tmp_path: Path) -> None:
    """The recorded seconds, divided by REPLAY_SPEED."""
    recordings = Cassettes(tmp_path)
    question = {"call": "draw"}
    files = [(2.0, b"a"), (5.0, b"b"), (6.0, b"c")]
    recordings.add(question, Recorded(seconds=6.5, reported={"partials": 2}, files=files))
    for speed, waits in ((1, [2.0, 3.0, 1.5]), (2, [1.0, 1.5, 0.75]), (0, [])):
        slept: list[float] = []
        seen: list[bytes] = []
        replay = Replay(recordings, speed=speed, sleep=slept.append)
        replay.play(question, lambda _, data: seen.append(data))  # noqa: B023 - reason: used at once
        assert (slept, seen) == (waits, [b"a", b"b"])


def test_recordings_hold_no_secret(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """Neither keys nor anything of the caller; the image is a file that can be looked at."""
    with recording(tmp_path, fake_openai) as service:
        service.generate(SECRET)
    files = [path for path in (tmp_path / "tapes").rglob("*") if path.is_file()]
    assert not [path for path in files if fake_openai.api_key.encode() in path.read_bytes()]
    (document,) = [
        path for path in files if path.parent.name.startswith("draw-") and path.suffix == ".json"
    ]
    reported = json.loads(document.read_text())
    assert set(reported) == {"question", "seconds", "reported", "files"}
    with Image.open(document.parent / reported["files"][0]["name"]) as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    "broken", [b"", b"no JSON", b"[]", b"{}", b'{"seconds": 1, "reported": {}, "files": []}']
)
def test_a_broken_recording_is_a_missing_one(
    tmp_path: Path, fake_openai: FakeOpenAI, broken: bytes
) -> None:
    """It is told, and never a failure of the server."""
    with recording(tmp_path, fake_openai) as service:
        service.generate()
    for path in (tmp_path / "tapes").glob("draw-*/*.json"):
        path.write_bytes(broken)
    with replaying(tmp_path) as service:
        assert service.generate().json()["code"] == "recording_missing"


def test_a_full_disk_costs_no_image(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """What can't be written down is logged, and the paid image answered."""
    (tmp_path / "tapes").write_text("a file where the folder belongs")
    with recording(tmp_path, fake_openai) as service:
        assert service.generate().status_code == 200
        assert "could not be recorded" in service.log.getvalue()
