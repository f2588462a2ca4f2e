"""Run a soak test: servers, customers, faults, and the evaluation."""

import random
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from tests.soak.chaos import Chaos
from tests.soak.customers import OrderBook, run_customer
from tests.soak.fleet import Server, in_parallel, memory_mb
from tests.soak.report import Result, compare_payments, expire_leases, reconcile
from tests.soak.stores import compare_deleted, compare_ledger, delete_the_rest
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import new_bucket, s3_client, seaweedfs, secantusdb, valkey
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.s3_filter import s3_filter

_CUSTOMERS = 4
_DATABASE = "soak"
_PROVIDER_SECONDS = 3
_MAX_MB = 300


def soak(seconds: float, seed: int, *, pause: float = 0.1) -> Result:
    """Run customers while everything fails, then repair and compare payments.

    Args:
        seconds: how long customers place orders.
        seed: decides what customers do and what breaks.
        pause: the longest pause of a customer, in seconds.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        s3 = stack.enter_context(seaweedfs(_create(folder / "s3")))
        mongo = stack.enter_context(secantusdb(_create(folder / "mongo")))
        redis = stack.enter_context(valkey(_create(folder / "redis")))
        store = stack.enter_context(s3_filter(s3))
        fake = stack.enter_context(FakeOpenAI())
        client = stack.enter_context(closing(s3_client(s3)))
        bucket = new_bucket(s3, client)

        def put(key: str, data: bytes) -> None:
            client.put_object(Bucket=bucket, Key=key, Body=data)

        proxies = {
            "s3": stack.enter_context(FaultProxy(store.host, store.port)),
            "mongodb": stack.enter_context(FaultProxy(mongo.host, mongo.port)),
            "redis": stack.enter_context(FaultProxy(redis.host, redis.port)),
            "provider": stack.enter_context(FaultProxy("127.0.0.1", fake.port)),
        }
        at = {name: f"{proxy.host}:{proxy.port}" for name, proxy in proxies.items()}
        settings = {
            "openai_api_key": fake.api_key,
            "openai_base_url": f"http://{at['provider']}{urlsplit(fake.base_url).path}",
            "openai_timeout_seconds": _PROVIDER_SECONDS,
            "aws_access_key_id": s3.access_key,
            "aws_secret_access_key": s3.secret_key,
            "aws_region": s3.region,
            "s3_bucket_name": bucket,
            "s3_endpoint_url": f"http://{at['s3']}",
            "mongodb_uri": f"mongodb://{at['mongodb']}/?directConnection=true",
            "mongodb_database": _DATABASE,
            "redis_url": f"redis://{at['redis']}/0",
            "public_url": "http://images.example",
            "log_level": "WARNING",
        }
        servers = [Server(folder / name, settings) for name in ("one", "two")]
        for server in servers:
            stack.callback(server.close)
        in_parallel([server.start for server in servers])
        book = OrderBook(servers)
        result = Result()
        chaos = Chaos(book, proxies, store, put, fake, random.Random(seed), min(1, seconds / 300))
        until = time.monotonic() + seconds
        customers = [
            threading.Thread(target=run_customer, args=(book, seed + number, until, pause))
            for number in range(1, _CUSTOMERS + 1)
        ]
        _run_all(book, chaos, customers, until, result)
        fake.clear()
        result.figures["stopped with status"] = in_parallel([server.stop for server in servers])
        database = stack.enter_context(closing(MongoDatabase(uri=mongo.uri, name=_DATABASE)))
        result.figures["leases expired"] = expire_leases(MongoRecords(database))
        for server in servers:
            server.return_spool()
        in_parallel([server.start for server in servers])
        delete_the_rest(book, result)
        reconcile(servers, result)
        compare_payments(book, fake, result)
        compare_deleted(book, _keys(client, bucket), result)
        compare_ledger(book, database, result)
        result.violations += book.violations
        result.figures["responses"] = dict(book.responses.most_common())
        result.figures["what was broken"] = dict(chaos.done.most_common())
        return result


def _run_all(
    book: OrderBook,
    chaos: Chaos,
    customers: list[threading.Thread],
    until: float,
    result: Result,
) -> None:
    threads = [*customers, threading.Thread(target=chaos.run, args=(until,))]
    for thread in threads:
        thread.start()
    samples: dict[int, list[float]] = {}
    while time.monotonic() < until:
        for pid in (pid for server in book.servers for pid in server.workers()):
            if (size := memory_mb(pid)) is not None:
                samples.setdefault(pid, []).append(size)
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    _check_memory(samples, result)


def _check_memory(samples: dict[int, list[float]], result: Result) -> None:
    """Check the workers' memory: a leak would make the oldest the largest."""
    by_age = sorted(samples.values(), key=len)
    result.figures["workers seen"] = len(samples)
    result.figures["oldest workers: age in s, peak in MB"] = [
        (round(len(sizes) / 2), round(max(sizes))) for sizes in by_age[-5:]
    ]
    peak = max(max(sizes) for sizes in samples.values())
    result.figures["largest worker, MB"] = round(peak)
    if peak > _MAX_MB:
        result.violations.append(f"a worker held {peak:.0f} MB")


def _keys(client: Any, bucket: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def _create(folder: Path) -> Path:
    folder.mkdir()
    return folder
