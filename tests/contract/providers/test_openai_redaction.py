"""Providers that return the API key."""

import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from app.errors import AppError, ProviderBadResponse
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.replay.cassettes import Cassettes
from app.services.replay.recorder import RecordingGenerator, RecordingWriter
from tests.attacks import Observe, attack
from tests.support.builders import a_drawing
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.fake_openai.reply import Reply
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS, chat

KEY = "sk-proj-Ab3_dE6gH9/x+" + "Zz01" * 8
FORMS = {
    "plain": KEY,
    "percent-encoded": quote(KEY, safe=""),
    "escaped": "".join(f"\\u{ord(char):04x}" for char in KEY),
}


class Recorded:
    """A generator and a writer with a recognizable key, whose responses are recorded."""

    def __init__(self, fake: FakeOpenAI, folder: Path) -> None:
        self.folder = folder
        self.client = lazy_client(api_key=KEY, base_url=fake.base_url)
        generator = OpenAIGenerator(self.client, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)
        writer = OpenAIPromptWriter(self.client, model="gpt-6-luna", rng=random.Random(0))
        self.generator = RecordingGenerator(generator, Cassettes(folder))
        self.writer = RecordingWriter(writer, Cassettes(folder))

    @property
    def kept(self) -> bytes:
        """All bytes on the disk."""
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())


@pytest.fixture
def recorded(fake_openai: FakeOpenAI, tmp_path: Path) -> Iterator[Recorded]:
    """Return adapters whose responses are recorded."""
    made = Recorded(fake_openai, tmp_path)
    with contextlib.closing(made.client):
        yield made


def bodies(key: str) -> dict[str, Behavior]:
    """Return responses of several kinds that contain the key."""
    document = b'{"data": [{"b64_json": ""}], "echo": "%b"}' % key.encode()
    return {
        "JSON": Behavior("json", paid=True, reply=Reply(200, document)),
        "a page": Behavior("page", paid=True, reply=Reply(200, b"<p>" + document, "text/html")),
        "cut off": Behavior("cut", paid=True, reply=Reply(200, document[:-1])),
        "many values": Behavior("many", paid=True, reply=Reply(200, document + b"," * 2000)),
    }


@pytest.mark.parametrize("kind", list(bodies("")))
@pytest.mark.parametrize("form", FORMS)
@attack("The API key in an unusable response", expect="neither in evidence nor in cassettes")
def test_evidence_is_redacted(
    recorded: Recorded, fake_openai: FakeOpenAI, observe: Observe, kind: str, form: str
) -> None:
    """The evidence is what was received, without the key in any form."""
    fake_openai.script("images", bodies(FORMS[form])[kind])
    with pytest.raises(ProviderBadResponse) as caught:
        recorded.generator.draw(a_drawing())
    evidence = caught.value.evidence
    assert b'"echo": "***' in evidence
    assert evidence in recorded.kept
    found = [place for place in (evidence, recorded.kept) if FORMS[form].encode() in place]
    observe("found" if found else "neither in evidence nor in cassettes")


@attack("The API key in the metadata of an image", expect="neither in the image nor in cassettes")
def test_image_is_redacted(
    recorded: Recorded,
    fake_openai: FakeOpenAI,
    observe: Observe,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file keeps its size, and nothing else in it is changed."""
    monkeypatch.setattr(fake_openai, "api_key", KEY)
    fake_openai.script("images", Fault._file("key", lambda image: image + KEY.encode()))
    data = recorded.generator.draw(a_drawing()).data
    assert data.endswith(b"*" * len(KEY))
    found = KEY.encode() in data + recorded.kept
    observe("found" if found else "neither in the image nor in cassettes")


@pytest.mark.parametrize("form", FORMS)
@attack("The API key in a completion", expect="neither in prompts nor in cassettes")
def test_prompts_are_redacted(
    recorded: Recorded, fake_openai: FakeOpenAI, observe: Observe, form: str
) -> None:
    """No prompt that is drawn, stored or returned contains the key."""
    content = json.dumps({"prompt": f"a mug with {KEY} on it"})
    if form != "plain":
        content = content.replace(KEY, FORMS[form])
    fake_openai.script("chat", chat({"content": content}))
    prompt = recorded.writer.enhance("a mug").prompt
    assert prompt.startswith("a mug with ***")
    found = KEY.encode() in prompt.encode() + recorded.kept
    observe("found" if found else "neither in prompts nor in cassettes")


def test_refused_key_is_in_no_cassette(recorded: Recorded, fake_openai: FakeOpenAI) -> None:
    """The error of a wrong key quotes it, and nothing of that is kept."""
    assert fake_openai.api_key != KEY
    with pytest.raises(AppError):
        recorded.generator.draw(a_drawing())
    assert KEY[:12].encode() not in recorded.kept
    assert b"provider_misconfigured" in recorded.kept
