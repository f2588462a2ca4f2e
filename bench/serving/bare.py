"""The reference: Flask with one view that returns bytes from memory, and nothing else."""

import os
from pathlib import Path

from flask import Flask, Response

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
app = Flask(__name__)


@app.get("/images/<name>")
def image(name: str) -> Response:  # noqa: ARG001 - reason: bound by the route
    """Return the bytes."""
    return Response(BODY, content_type="image/png")
