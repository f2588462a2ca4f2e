"""Run a soak test: servers, customers, faults, and the evaluation."""

import math
import random
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.services.mongodb.client import MongoDatabase
from app.services.mongodb.records import MongoRecords
from tests.soak.chaos import Chaos
from tests.soak.customers.client import RepetitionLog
from tests.soak.customers.customer import run_customer
from tests.soak.customers.order_book import OrderBook
from tests.soak.fleet import Server, in_parallel, memory_mb, patiently
from tests.soak.report import compare_payments, expire_leases, reconcile, reconcile_again
from tests.soak.result import Result
from tests.soak.stores import compare_ledger, compare_removed, note_leftovers, settle_moves
from tests.support.fake_openai import FakeOpenAI
from tests.support.servers.databases import new_bucket, s3_client, seaweedfs, secantusdb, valkey
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.s3_filter import s3_filter

_CUSTOMERS = 4
_DATABASE = "soak"
_PROVIDER_SECONDS = 3
_MAX_MB = 300


def soak(
    seconds: float,
    seed: int,
    *,
    pause: float = 0.1,
    most: float = math.inf,
    folder: Path | None = None,
) -> Result:
    """Run customers while everything fails, then repair and compare payments.

    Args:
        seconds: how long customers place orders; longer if not everything has failed once.
        seed: decides what customers do and what breaks.
        pause: the longest pause of a customer, in seconds.
        most: the number of orders after which customers only repeat earlier ones.
        folder: where to keep the logs and all data; None for a temporary folder.
    """
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
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
        book = OrderBook(servers, result := Result(), most)
        stack.enter_context(RepetitionLog(book.note_repetition))
        scale = max(0.1, min(1, seconds / 300))
        chaos = Chaos(book, proxies, store, put, fake, random.Random(seed), scale)
        _run_all(book, chaos, seconds, seed, pause)
        result.stage("evaluation")
        fake.clear()
        result.figure("stopped with status", in_parallel([server.stop for server in servers]))
        database = stack.enter_context(closing(MongoDatabase(uri=mongo.uri, name=_DATABASE)))
        result.figure("leases expired", patiently(partial(expire_leases, MongoRecords(database))))
        for server in servers:
            server.return_spool()
        in_parallel([server.start for server in servers])
        result.stage("moves are repeated")
        settle_moves(book, result)
        note_leftovers(book, _keys(client, bucket), result)
        result.stage("repairs")
        reconcile(book)
        result.stage(f"{len(book.orders)} orders are repeated")
        compare_payments(book, fake, result)
        result.stage("stores are compared")
        reconcile_again(book, result)
        compare_removed(book, _keys(client, bucket), result)
        patiently(partial(compare_ledger, book, database, result))
        result.figure("responses", dict(book.responses.most_common()))
        result.figure("what was broken", dict(chaos.done.most_common()))
        return result


def _run_all(book: OrderBook, chaos: Chaos, seconds: float, seed: int, pause: float) -> None:
    over = threading.Event()
    customers = [
        threading.Thread(target=run_customer, args=(book, seed + number, over, pause))
        for number in range(1, _CUSTOMERS + 1)
    ]
    breaking = threading.Thread(target=chaos.run, args=(time.monotonic() + seconds,))
    for thread in (*customers, breaking):
        thread.start()
    samples: dict[int, list[float]] = {}
    while breaking.is_alive():
        for pid in (pid for server in book.servers for pid in server.workers()):
            if (size := memory_mb(pid)) is not None:
                samples.setdefault(pid, []).append(size)
        time.sleep(0.5)
    over.set()
    for thread in customers:
        thread.join()
    _check_memory(samples, book.result)


def _check_memory(samples: dict[int, list[float]], result: Result) -> None:
    """Check the workers' memory: a leak would make the oldest the largest."""
    by_age = sorted(samples.values(), key=len)
    result.figure("workers seen", len(samples))
    ages = [(round(len(sizes) / 2), round(max(sizes))) for sizes in by_age[-5:]]
    result.figure("oldest workers: age in s, peak in MB", ages)
    peak = max(max(sizes) for sizes in samples.values())
    result.figure("largest worker, MB", round(peak))
    if peak > _MAX_MB:
        result.violate(f"a worker held {peak:.0f} MB")


def _keys(client: Any, bucket: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def _create(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
