"""Completions and errors that are costly to read."""

import json

import pytest
from pydantic import BaseModel

from app.errors import ProviderBadResponse
from app.services.openai.completions import read_output
from app.services.openai.errors.refusals import read_refusal
from tests.attacks import Observe, attack


class Output(BaseModel):
    """What is requested in these tests."""

    prompt: str


@attack("Hundreds of documents in a completion that never end", expect="few scanned")
def test_scanning_for_documents_is_bounded(
    monkeypatch: pytest.MonkeyPatch, observe: Observe
) -> None:
    """Each start of a document can be scanned to the end of the text, so few of them are."""
    scanned = []

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[object, int]:
            scanned.append(idx)
            return super().raw_decode(s, idx)

    monkeypatch.setattr(json, "JSONDecoder", Counting)
    message = {"content": "[" * 190 + "0," * 99_000}
    with pytest.raises(ProviderBadResponse):
        read_output({"choices": [{"message": message}]}, Output)
    observe("few scanned" if len(scanned) <= 10 else f"{len(scanned)} scanned")


def test_document_after_others_is_found() -> None:
    """Text with many brackets before the document is scanned as usual."""
    message = {"content": "[x] {y} " * 90 + '{"prompt": "a mug"}'}
    assert read_output({"choices": [{"message": message}]}, Output).prompt == "a mug"


@pytest.mark.parametrize("key", ["code", "param", "message", "size", "error"])
def test_long_texts_of_an_error_are_cut_off(key: str) -> None:
    """No code, name or text of megabytes reaches the searches."""
    body = json.dumps({"error": {key: "_invalid" * 30_000, "type": "invalid_request_error"}})
    refusal = read_refusal(400, body)
    assert max(map(len, (*refusal.codes, *refusal.names, refusal.text))) <= 4000


def test_refusal_behind_a_long_prompt_is_read() -> None:
    """A message that quotes the prompt of a caller is read behind it."""
    prompt = "a red mug " * 400
    body = json.dumps({"error": {"message": f"{prompt} was flagged by the safety system"}})
    assert read_refusal(400, body, repeated=[prompt]).rejects_prompt
