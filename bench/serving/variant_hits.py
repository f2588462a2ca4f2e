"""The cost of requests for cached variants: `python -m bench.serving.variant_hits`.

The reference is bare Flask that sends the image from memory. Needs wrk (`apt install wrk`).
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.blueprints.variant_query import read_variant_request
from app.http.url_signing import Signer
from app.models import ImageRequest
from app.services.files.image_store import LocalImageStore
from app.services.image_processor import LocalImageProcessor
from app.services.offline.provider import OfflineGenerator
from app.services.runtime.timing import SystemClock
from bench.results import Measurement, compare, report
from bench.serving.load import send_with_wrk
from bench.serving.server import Server, gunicorn

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = 2
NAME = "0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5"
PATH = f"/images/{NAME}.png"
KEY = "a key of thirty-two characters .."
ACCEPT = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
QUERY = "w=512&padding=16&format=webp&filter=sepia&outline=4,ffffff&shadow=0,4,6"
_SUBJECT = "A fox with a lantern"
_REQUEST = ImageRequest(first_prompt=_SUBJECT, prompt=_SUBJECT, subject=_SUBJECT, size="1024x1024")
_REFERENCE = "bare Flask, bytes from memory"
_TARGET = 1.05
_REQUESTS = {
    _REFERENCE: ("bare", "", None),
    "plain image": ("open", "", _TARGET),
    "variant": ("open", f"?{QUERY}", _TARGET),
    "variant by Accept": ("open", "?w=512&format=auto", _TARGET),
    "signed variant": ("signing", "", None),
}


def main() -> None:
    """Measure all requests in turn, round by round."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt install wrk")
    made = Signer((KEY,), SystemClock()).sign(
        NAME, read_variant_request(QUERY).canonical, seconds=24 * 3600
    )
    signed = f"?{QUERY}&expires={made.expires}&sig={made.sig}"
    queries = {"bare": "", "open": "", "signing": signed}
    spent: dict[str, list[float]] = {name: [] for name in _REQUESTS}
    with tempfile.TemporaryDirectory() as folder, _servers(Path(folder)) as servers:
        for number in range(ROUNDS + 1):
            for name, (server, query, _) in _REQUESTS.items():
                seconds = _seconds_per_request(servers[server], query or queries[server])
                if number:  # the first round computes the variants
                    spent[name].append(seconds)
    measurements = [_measurement(name, spent) for name in spent]
    report("variant_hits", "Serving a cached variant: CPU per request", measurements)


def _measurement(name: str, spent: Mapping[str, list[float]]) -> Measurement:
    value = f"{1e6 * statistics.median(spent[name]):.0f} us"
    target = _REQUESTS[name][2]
    return compare(name, spent[name], spent[_REFERENCE], value=value, target=target)


def _seconds_per_request(server: Server, query: str) -> float:
    before = server.cpu_seconds()
    count = send_with_wrk(server.address + PATH + query, {"Accept": ACCEPT}, SECONDS)
    return (server.cpu_seconds() - before) / count


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, Server]]:
    """Run all servers, with the same image."""
    original = OfflineGenerator().draw(_REQUEST).data
    image = LocalImageProcessor(max_concurrent=1).cut_out(original).png
    (folder / "body").write_bytes(image)
    apps: dict[str, tuple[str, dict[str, str]]] = {
        "bare": (
            "bench.serving.reference_apps:bytes_from_memory()",
            {"BENCH_BODY": str(folder / "body")},
        ),
        "open": ("wsgi:app", {}),
        "signing": ("wsgi:app", {"VARIANT_SIGNING_KEYS": KEY}),
    }
    with ExitStack() as stack:
        servers = {}
        for name, (app, environment) in apps.items():
            servers[name] = stack.enter_context(gunicorn(folder / name, app, environment))
            store = LocalImageStore(folder / name / "data" / "store")
            store.put(PATH[1:], image, content_type="image/png")
            store.put(f"originals/{NAME}.png", original, content_type="image/png")
        yield servers


if __name__ == "__main__":
    main()
