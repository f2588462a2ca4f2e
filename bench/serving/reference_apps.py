"""The references: Flask with one view, and nothing else."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response


def bytes_from_memory() -> Flask:
    """Return an application that serves the file BENCH_BODY from memory."""
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    app = Flask(__name__)

    @app.get("/images/<name>")
    def image(name: str) -> Response:  # noqa: ARG001 - reason: bound by the route
        return Response(body, content_type="image/png")

    return app


def boto3_get_object() -> Flask:
    """Return an application that serves what boto3's get_object returns."""
    app = Flask(__name__)

    @app.get("/images/<name>")
    def image(name: str) -> Response:
        bucket = os.environ["S3_BUCKET_NAME"]
        found = _client().get_object(Bucket=bucket, Key=f"images/{name}")
        return Response(found["Body"].read(), content_type=found["ContentType"])

    return app


@lru_cache(maxsize=1)
def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=64, s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], config=config)
