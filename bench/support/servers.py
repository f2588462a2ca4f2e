"""Servers that measurements use, as settings of the service."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.support.servers.databases import S3Server, new_bucket, s3_client
from tests.support.servers.free_ports import HOST, free_port
from tests.support.servers.gunicorn import ROOT
from tests.support.servers.processes import listens, running


def new_s3_bucket(s3: S3Server) -> dict[str, Any]:
    """Create a bucket and return the settings for it."""
    with closing(s3_client(s3)) as client:
        bucket = new_bucket(s3, client)
    return {
        "aws_access_key_id": s3.access_key,
        "aws_secret_access_key": s3.secret_key,
        "aws_region": s3.region,
        "s3_bucket_name": bucket,
        "s3_endpoint_url": s3.endpoint_url,
    }


@contextmanager
def upstream_model(folder: Path, image: bytes, delay: float) -> Iterator[dict[str, Any]]:
    """Run a model that returns an image after a delay, and yield the settings for it.

    Args:
        folder: for its files.
        image: what it returns to each request.
        delay: seconds for which it lets each request wait.
    """
    port, file = free_port(), folder / "image.png"
    file.write_bytes(image)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "bench.generation.upstream",
        f"{port}",
        f"{delay}",
        file,
    ]
    path = {"PYTHONPATH": str(ROOT)}
    with running(command, folder / "upstream", lambda: listens(port), env=path):
        yield {"openai_api_key": "sk-bench", "openai_base_url": f"http://{HOST}:{port}/v1"}
