"""For comparison: Flask with one view that returns what boto3's get_object gives."""

import os
from functools import lru_cache
from typing import Any

from flask import Flask, Response

app = Flask(__name__)


@lru_cache(maxsize=1)
def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=64, s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], config=config)


@app.get("/images/<name>")
def image(name: str) -> Response:
    """Return the object."""
    bucket = os.environ["S3_BUCKET_NAME"]
    answer = _client().get_object(Bucket=bucket, Key=f"images/{name}")
    return Response(answer["Body"].read(), content_type=answer["ContentType"])
