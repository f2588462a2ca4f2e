"""A model without transparency, behind worker processes."""

from pathlib import Path

import pytest
import requests

from app.models.prompts import PROMPT_SUFFIX
from tests.support.concurrency.threads import in_threads
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn
from tests.support.service import openai_settings

WORKERS = 2


def generate(server: Gunicorn) -> dict[str, object]:
    """Generate an image on a new connection, and return its description."""
    url, body = f"{server.url}/generate-image", {"prompt": "A red fox"}
    response = requests.post(url, json=body, timeout=TIMEOUT_SECONDS)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize("background", ["auto", "transparent"])
def test_refusals_are_free_and_remembered(
    tmp_path: Path, fake_openai: FakeOpenAI, background: str
) -> None:
    """Each image is paid once, and each process is refused until it knows."""
    fake_openai.refuses_transparency = True
    settings = openai_settings(fake_openai) | {"openai_background": background}
    with gunicorn(tmp_path, web_concurrency=WORKERS, **settings) as server:
        images = in_threads(6, lambda _: generate(server))
        known = len(fake_openai.requests_to("images"))
        images += [generate(server) for _ in range(8)]
        assert "refuses transparent backgrounds" in server.log()
    assert {str(image["new_prompt"]).partition("\n\n")[2] for image in images} == {PROMPT_SUFFIX}
    assert fake_openai.paid == len(images) == 14
    assert known <= 12
    assert len(fake_openai.requests_to("images")) - known <= 8 + WORKERS - 1
