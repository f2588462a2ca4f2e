"""Call the service by clients for OpenAI's images: `python -m bench.compatibility`.

Each client is unchanged and runs in a process of its own. The service runs as shipped, under
gunicorn, and draws by the tests' OpenAI server, which counts payments. The first run installs the
clients into `.cache/compatibility` (by pip and npm). Words select calls: `... LiteLLM edit`.
"""

import base64
import binascii
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
from PIL import Image

from bench.compatibility.clients import CALLS, Call, install, versions
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.gunicorn import gunicorn

_TIMEOUT_SECONDS = 240
_SECONDS_PER_EVENT = 1.0  # previews are sent while the model draws, not after it
_ROW = "| {:<26} | {:<8} | {:<46} | {:<20} | {:>8} |"


@dataclass(frozen=True)
class Outcome:
    """What a call returned, the number of its payments, and whether both are as expected."""

    result: str
    payments: int
    expected: bool


def main(words: Sequence[str]) -> int:
    """Print the table; return 1 if a call failed or was paid more often than expected."""
    install()
    calls = [call for call in CALLS if all(word in f"{call.client} {call.name}" for word in words)]
    installed, failed = versions(), False
    print(_ROW.format("client", "version", "call", "result", "payments"))
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name, FakeOpenAI() as fake:
        folder = Path(name)
        (folder / "owl.png").write_bytes(encoded(owl(300, 300)))
        settings = {"openai_api_key": fake.api_key, "openai_base_url": fake.base_url}
        with (
            gunicorn(folder / "service", **settings) as server,
            FaultProxy(*server.address) as proxy,
        ):
            for call in calls:
                outcome = _run(call, proxy, fake, folder)
                failed |= not outcome.expected
                row = (call.client, installed[call.package], call.name)
                print(_ROW.format(*row, outcome.result, outcome.payments), flush=True)
    return int(failed)


def _run(call: Call, proxy: FaultProxy, fake: FakeOpenAI, folder: Path) -> Outcome:
    paid = fake.paid
    base_url = f"http://{proxy.host}:{proxy.port}/v1"
    prompt = f"An owl, {call.client}, {call.name}"
    if "stream" in call.arguments:
        fake.script("images", Fault.slow_events(_SECONDS_PER_EVENT))
    if call.cut:
        proxy.hold_at(b"POST /v1/images/", forward=True)
        threading.Thread(target=_cut, args=(proxy,), daemon=True).start()
    process = subprocess.run(
        call.command(base_url, prompt, folder / "owl.png"),
        cwd=folder,
        env=_environment(base_url, folder),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    proxy.pass_through()  # a client that failed early has sent nothing
    if process.returncode:
        lines = process.stderr.split("\n")
        sys.stderr.write(process.stderr)
        result = next((line for line in lines if "Error" in line), "failed")[:60]
    else:
        result = _describe(process.stdout.split()[-1])
    payments = fake.paid - paid
    return Outcome(result, payments, payments == call.payments and not process.returncode)


def _cut(proxy: FaultProxy) -> None:
    """Cut the connection when its response begins; later ones are forwarded."""
    proxy.wait_until_held()
    proxy.pass_through()


def _environment(base_url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a client, without settings of this machine's user."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LLM_USER_PATH": str(folder),
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": base_url,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise it downloads a list of prices
        "AI_SDK_LOG_WARNINGS": "false",
    }


def _describe(output: str) -> str:
    """Return the size and format of an image, given by its URL, path or base64."""
    if output.startswith("http"):
        response = requests.get(output, timeout=60)
        response.raise_for_status()
        return f"URL of {_describe_image(response.content)}"
    if output.endswith(".png"):
        return _describe_image(Path(output).read_bytes())
    try:
        return _describe_image(base64.b64decode(output, validate=True))
    except binascii.Error:
        return f"no image: {output[:40]}"


def _describe_image(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return f"{image.width}x{image.height} {image.format}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
