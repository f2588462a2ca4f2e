"""Requests for images: the drawn text, and what identifies a repeated request."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import a_request


def test_the_drawn_text_is_subject_and_suffix() -> None:
    """A blank line separates the two; without a suffix there is only the subject."""
    request = a_request(subject="A red fox", prompt_suffix="On white.")
    assert request.new_prompt == "A red fox\n\nOn white."
    assert replace(request, prompt_suffix="").new_prompt == "A red fox"


def test_the_fingerprint_never_changes() -> None:
    """Stored fingerprints of earlier versions still match: SHA-256 of the canonical JSON."""
    canonical = (
        b'{"enhance":false,"first_prompt":" A red fox\\n","prompt":"A red fox",'
        b'"quality":"medium","size":"1024x1024"}'
    )
    assert a_request().fingerprint == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize(
    "change",
    [{"subject": "A fox in felt"}, {"prompt_suffix": "On white."}, {"partial_images": 3}],
)
def test_only_what_the_caller_asked_for_identifies_a_request(change: dict[str, Any]) -> None:
    """Completing a request, or showing its progress, makes no other request of it."""
    assert a_request(**change).fingerprint == a_request().fingerprint
