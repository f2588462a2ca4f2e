"""The service under gunicorn, as shipped."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import requests
from pymongo import MongoClient
from redis import Redis

from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.databases import MongoServer, RedisServer, S3Server
from tests.support.servers.gunicorn import (
    TIMEOUT_SECONDS,
    gunicorn,
)
from tests.support.service import openai_settings


def test_kill_loses_no_generated_image(tmp_path: Path) -> None:
    """After kill -9 and a restart every image is listed and served, byte for byte."""
    with gunicorn(tmp_path) as server:
        names = [server.generate(f"Cup number {n}").json()["filename"] for n in range(4)]
        images = {name: server.get(f"/images/{name}").content for name in names}
        server.kill()
    with gunicorn(tmp_path) as server:
        listed = server.get("/images").json()["images"]
        assert [image["filename"] for image in listed] == names[::-1]
        for name, stored in images.items():
            assert server.get(f"/images/{name}").content == stored


def test_workers_share_embedded_stores(tmp_path: Path, fake_openai: FakeOpenAI) -> None:
    """With three workers on files and SQLite, all concurrent requests succeed and are counted."""
    fake_openai.image = encoded(owl(128, 128))
    with gunicorn(tmp_path, web_concurrency=3, **openai_settings(fake_openai)) as server:
        with ThreadPoolExecutor(12) as pool:
            responses = list(pool.map(lambda n: server.generate(f"Star {n}"), range(24)))
        names = {response.json()["filename"] for response in responses}
        assert len(names) == 24
        for _ in range(6):
            assert server.get("/images?limit=1").json()["total_images"] == 24
        assert all(server.get(f"/images/{name}").status_code == 200 for name in names)
        assert "ERROR" not in server.log()


def test_main_job_on_real_parts(
    tmp_path: Path,
    s3_server: S3Server,
    s3_bucket: str,
    mongo_server: MongoServer,
    mongo_database: str,
    redis_flushed: RedisServer,
    fake_openai: FakeOpenAI,
) -> None:
    """S3, MongoDB and Redis hold what they should after an image was generated and read."""
    settings: dict[str, Any] = openai_settings(fake_openai) | {
        "aws_access_key_id": s3_server.access_key,
        "aws_secret_access_key": s3_server.secret_key,
        "aws_region": s3_server.region,
        "s3_bucket_name": s3_bucket,
        "s3_endpoint_url": s3_server.endpoint_url,
        "mongodb_uri": mongo_server.uri,
        "mongodb_database": mongo_database,
        # Any Redis command has the time that it needs on a busy machine.
        "redis_url": redis_flushed.patient_url,
    }
    with gunicorn(tmp_path, **settings) as server:
        body = server.generate("A brass key", enhance=True).json()
        png = server.get(f"/images/{body['filename']}").content
        assert server.get("/images").json()["images"][0]["filename"] == body["filename"]
        assert len(server.get("/generate-prompts?count=4").json()["prompts"]) == 4
        log = server.log()
    s3 = boto3.client(
        "s3",
        endpoint_url=s3_server.endpoint_url,
        aws_access_key_id=s3_server.access_key,
        aws_secret_access_key=s3_server.secret_key,
        region_name=s3_server.region,
    )
    image_id = body["filename"].removesuffix(".png")
    stored = s3.get_object(Bucket=s3_bucket, Key=f"images/{body['filename']}")
    assert stored["Body"].read() == png
    assert stored["ContentType"] == "image/png"
    original = s3.get_object(Bucket=s3_bucket, Key=f"originals/{image_id}.png")
    assert original["Body"].read() == fake_openai.images[0]
    s3.close()
    with MongoClient[dict[str, Any]](mongo_server.uri) as mongo:
        record = mongo[mongo_database]["generations"].find_one({"_id": image_id})
    assert record is not None
    assert (record["state"], record["charged"], record["prompt"]) == ("ready", "yes", "A brass key")
    with Redis.from_url(redis_flushed.url) as redis:
        (key,) = redis.keys("*")
        assert bytes(redis.hget(key, "image") or b"").endswith(png)
    assert fake_openai.paid == 1
    assert "provider: OpenAI gpt-image-2.6-flare (OPENAI_API_KEY is set)" in log
    for secret in (SECRET_MARKER, fake_openai.api_key, s3_server.secret_key):
        assert secret not in log


def test_service_starts_while_its_parts_are_down(tmp_path: Path) -> None:
    """If no part can be reached, the service starts, is alive, and is not ready."""
    nowhere = "127.0.0.1:9"
    with gunicorn(
        tmp_path,
        openai_api_key="sk-test-0000000000000000",
        openai_base_url=f"http://{nowhere}/v1",
        s3_bucket_name="images",
        s3_endpoint_url=f"http://{nowhere}",
        aws_access_key_id="test-key",
        aws_secret_access_key="test-secret",
        mongodb_uri=f"mongodb://{nowhere}",
        redis_url=f"redis://{nowhere}",
    ) as server:
        assert server.get("/healthz").status_code == 200
        ready = server.get("/readyz")
        assert ready.status_code == 503
        assert {name: part["up"] for name, part in ready.json()["parts"].items()} == {
            "storage": False,
            "records": False,
            "cache": False,
        }


def test_large_body_gets_a_response_and_selected_parts_are_logged(tmp_path: Path) -> None:
    """A body of 10 MB gets 413 as JSON, with a length or chunked.

    At start the log names each part that is used, and the setting that selects it.
    """
    with gunicorn(tmp_path) as server:
        headers = {"Content-Type": "application/json"}
        for body in (b"x" * 10_000_000, (b"x" * 100_000 for _ in range(100))):
            response = requests.post(
                f"{server.url}/generate-image",
                data=body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
            )
            assert (response.status_code, response.json()["code"]) == (413, "request_too_large")
        log = server.log()
    assert "provider: offline painter, which draws by fixed rules, not AI (OPENAI_API_KEY" in log
    assert "storage: files in" in log
    assert "records: SQLite in" in log
    assert "cache: memory of each process (REDIS_URL is not set)" in log


def test_workers_that_start_together_share_mongodb(
    tmp_path: Path, mongo_server: MongoServer, mongo_database: str
) -> None:
    """Workers that create the indexes at the same time all succeed."""
    settings = {"mongodb_uri": mongo_server.uri, "mongodb_database": mongo_database}
    with gunicorn(tmp_path, web_concurrency=4, **settings) as server:
        with ThreadPoolExecutor(16) as pool:
            responses = list(pool.map(lambda _: server.get("/images"), range(32)))
        assert {response.status_code for response in responses} == {200}
    with MongoClient[dict[str, Any]](mongo_server.uri) as mongo:
        assert {"newest", "terms"} <= set(mongo[mongo_database]["generations"].index_information())


def test_threads_share_memory_arenas(tmp_path: Path) -> None:
    """The allocator's settings hold in workers: all threads share two arenas."""
    with gunicorn(tmp_path, web_concurrency=1) as server:
        with ThreadPoolExecutor(12) as pool:
            responses = list(pool.map(lambda n: server.generate(f"Moon {n}"), range(12)))
        assert {response.status_code for response in responses} == {200}
        (worker,) = server.workers()
        assert len(arenas(worker)) < 5  # without the setting there are as many as threads


def arenas(pid: int) -> list[int]:
    """Return the addresses of memory arenas: glibc aligns each to its 64 MB."""
    reserved, found = 64 * 1024 * 1024, []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if start % reserved == 0 and end - start < reserved and "rw-p" in line:
            found.append(start)
    return found
