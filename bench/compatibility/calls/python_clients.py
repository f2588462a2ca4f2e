"""Call a client for Python: python python_clients.py CLIENT CALL BASE_URL PROMPT FILE.

It runs in the environment of the clients. The last line of the output is the image in base64, or
its URL.
"""

import sys
from pathlib import Path
from typing import Any

_MODEL, _SIZE = "gpt-image-1", "512x512"


def _openai(call: str, base_url: str, prompt: str, file: Path) -> Any:
    """Return the image of OpenAI's own client."""
    from openai import OpenAI

    images: Any = OpenAI(base_url=base_url, api_key="none").images
    options = {"model": _MODEL, "prompt": prompt, "size": _SIZE}
    if call == "stream":
        stream = images.generate(**options, stream=True, partial_images=2)
        events = {each.type: each for each in stream}
        assert "image_generation.partial_image" in events
        return events["image_generation.completed"].b64_json
    if call == "edit":
        return images.edit(**options, image=file).data[0].b64_json
    return images.generate(**options).data[0].b64_json


def _langchain(call: str, base_url: str, prompt: str, _: Path) -> Any:
    """Return the URL that LangChain's wrapper returns; `call` is the model."""
    from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper

    wrapper = DallEAPIWrapper(model=call, size=_SIZE, base_url=base_url, api_key="none")
    return wrapper.run(prompt)


def _litellm(call: str, base_url: str, prompt: str, file: Path) -> Any:
    """Return the image of LiteLLM."""
    import litellm

    options: dict[str, Any] = {"model": f"openai/{_MODEL}", "prompt": prompt, "size": _SIZE}
    options |= {"api_base": base_url, "api_key": "none"}
    if call == "edit":
        with file.open("rb") as image:
            return litellm.image_edit(image=image, **options).data[0].b64_json
    return litellm.image_generation(**options).data[0].b64_json


_CLIENTS = {"openai": _openai, "langchain": _langchain, "litellm": _litellm}

if __name__ == "__main__":
    client, call, base_url, prompt, file = sys.argv[1:]
    print(_CLIENTS[client](call, base_url, prompt, Path(file)))
