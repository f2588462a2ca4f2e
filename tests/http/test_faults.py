"""The fault table: status, code, charged, headers, what was paid and what is stored."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from app.models import Generation, State
from tests.apps import Parts, Service, serving, settings_for
from tests.fake_openai import SECRET_MARKER, Fault

PROMPT = "A red fox with a lantern"


@dataclass(frozen=True)
class Row:
    """A row of the table for a fault of the image call."""

    fault: Fault
    status: int
    code: str
    charged: str
    state: State
    paid: int = 0
    retry_after: str | None = None
    evidence: bool = False


IMAGE_FAULTS = {
    "dropped after sending": Row(
        Fault.drop_before_response(), 504, "provider_timeout", "unknown", State.UNKNOWN, paid=1
    ),
    "cut while answering": Row(
        Fault.cut(5000), 504, "provider_timeout", "unknown", State.UNKNOWN, paid=1
    ),
    "server error": Row(
        Fault.status(500, "server_error"), 502, "provider_error", "unknown", State.UNKNOWN
    ),
    "overloaded": Row(
        Fault.status(503, "server_is_overloaded"), 502, "provider_error", "unknown", State.UNKNOWN
    ),
    "rate limit": Row(
        Fault.rate_limited(7), 503, "provider_rate_limited", "no", State.FAILED, retry_after="7"
    ),
    "out of money": Row(Fault.quota(), 503, "provider_quota", "no", State.FAILED),
    "billing limit": Row(Fault.billing_hard_limit(), 503, "provider_quota", "no", State.FAILED),
    "blocked": Row(Fault.moderation_blocked(), 400, "prompt_rejected", "no", State.FAILED),
    "policy": Row(Fault.content_policy_violation(), 400, "prompt_rejected", "no", State.FAILED),
    "invalid prompt": Row(Fault.invalid_prompt(), 400, "prompt_rejected", "no", State.FAILED),
    "retired model": Row(Fault.model_retired(), 503, "provider_misconfigured", "no", State.FAILED),
    "unknown model": Row(
        Fault.model_retired(missing=True), 503, "provider_misconfigured", "no", State.FAILED
    ),
    "wrong parameter": Row(
        Fault.transparent_refused(), 503, "provider_misconfigured", "no", State.FAILED
    ),
    "not verified": Row(Fault.status(403, None), 503, "provider_misconfigured", "no", State.FAILED),
} | {
    name: Row(fault, 502, "provider_bad_response", "yes", State.FAILED, paid=1, evidence=True)
    for name, fault in {
        "HTML": Fault.html(),
        "no data": Fault.no_data(),
        "null data": Fault.null_data(),
        "empty base64": Fault.empty_b64(),
        "not base64": Fault.bad_b64(),
        "truncated JSON": Fault.truncated_json(),
        "text as picture": Fault.not_a_picture(),
        "SVG": Fault.svg(),
        "bomb": Fault.bomb(),
    }.items()
}


DOWN_BEFORE = {"s3": "storage_unavailable", "mongo": "records_unavailable"}


def rows(service: Service) -> list[Generation]:
    """Return every row of the records, in whatever state."""
    from pymongo import MongoClient  # the port lists ready rows only

    records: Any = service.ports.records
    client: MongoClient[dict[str, Any]] = records._client()
    ids = [row["_id"] for row in client[records._database]["generations"].find()]
    found = [service.ports.records.get(image_id) for image_id in ids]
    return [row for row in found if row is not None]


def check_failure(
    answer: requests.Response, status: int, code: str, charged: str | None
) -> dict[str, Any]:
    """Check everything that all failures have in common; return the body."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert body["status"] == "error"
    assert body.get("charged") == charged
    assert body["message"].endswith(".")
    assert answer.headers["X-Request-ID"] == body["request_id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return body


@pytest.mark.parametrize("row", IMAGE_FAULTS.values(), ids=IMAGE_FAULTS.keys())
def test_fault_of_the_image_call(real: Service, parts: Parts, row: Row) -> None:
    """Each fault has its status, code and charge; it is tried once, and evidence is kept."""
    parts.fake.script("images", row.fault)
    answer = real.generate(PROMPT)
    check_failure(answer, row.status, row.code, row.charged)
    assert answer.headers.get("Retry-After") == row.retry_after
    assert SECRET_MARKER not in answer.text
    assert [request.endpoint for request in parts.fake.requests].count("images") == 1
    assert parts.fake.paid == row.paid
    (stored,) = rows(real)
    assert (stored.state, str(stored.charged), stored.error) == (row.state, row.charged, row.code)
    assert real.pictures() == []
    if row.evidence:
        assert real.ports.store.get(f"originals/{stored.id}.bin").data


def test_truncated_picture_is_kept_as_it_came(real: Service, parts: Parts) -> None:
    """A picture that breaks off is paid for, kept byte for byte, and answered with 502."""
    parts.fake.script("images", Fault.truncated_picture())
    check_failure(real.generate(), 502, "provider_bad_response", "yes")
    (row,) = rows(real)
    kept = real.ports.store.get(f"originals/{row.id}.bin").data
    assert parts.fake.pictures[0].startswith(kept)
    assert len(kept) > 100


def test_picture_of_another_size_is_used_as_it_is(real: Service, parts: Parts) -> None:
    """If another size comes than was asked, it is used and its real size told."""
    parts.fake.script("images", Fault.wrong_size(640, 480))
    original = real.generate().json()["original"]
    assert (original["width"], original["height"]) == (640, 480)


def test_provider_that_cannot_be_reached_cost_nothing(real_without_openai: Service) -> None:
    """Without a connection the answer is 503, charged no, and may be retried."""
    answer = real_without_openai.generate()
    check_failure(answer, 503, "provider_unreachable", "no")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def real_without_openai(parts: Parts) -> Any:
    """Serve with an address for OpenAI where nobody listens."""
    settings = parts.settings | {"openai_base_url": "http://127.0.0.1:9/v1"}
    with serving(settings_for(**settings)) as service:
        yield service


@pytest.mark.parametrize("fault", [Fault.delay(3), Fault.drip(chunk=1000, pause=0.1)])
def test_slow_provider_is_given_up_at_the_deadline(
    parts: Parts, fault: Fault, tmp_path: Any
) -> None:
    """A picture that takes too long, silent or dripping, is 504 unknown and not asked again."""
    settings = parts.settings | {"openai_timeout_seconds": 1, "data_dir": tmp_path}
    with serving(settings_for(**settings)) as service:
        parts.fake.script("images", fault)
        began = time.monotonic()
        check_failure(service.generate(), 504, "provider_timeout", "unknown")
        assert time.monotonic() - began < 2.8
    assert parts.fake.paid == 1


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.status(500, "server_error"), 502, "provider_error"),
        (Fault.drop_before_response(paid=False), 504, "provider_timeout"),
        (Fault.html(paid=False), 502, "provider_bad_response"),
        (Fault.quota(), 503, "provider_quota"),
    ],
)
def test_without_moderation_nothing_is_bought(
    real: Service, parts: Parts, fault: Fault, status: int, code: str
) -> None:
    """If moderation can't tell, the answer is an error, charged no, and nothing was asked for."""
    parts.fake.script("moderations", fault)
    check_failure(real.generate(), status, code, "no")
    assert parts.fake.paid == 0
    assert rows(real) == []


def test_flagged_prompt_is_refused(real: Service, parts: Parts) -> None:
    """What moderation flags is 400 prompt_rejected, and no picture is asked for."""
    check_failure(real.generate("something forbidden"), 400, "prompt_rejected", "no")
    assert [request.endpoint for request in parts.fake.requests] == ["moderations"]


def test_offline_refuses_plain_words(embedded: Service) -> None:
    """The offline provider refuses a few words, so that the 400 can be tried."""
    check_failure(embedded.generate("a gory scene"), 400, "prompt_rejected", "no")
    assert embedded.pictures() == []


@pytest.mark.parametrize("fault", [Fault.prose(), Fault.refusal()])
def test_failed_enhancement_buys_nothing(real: Service, parts: Parts, fault: Fault) -> None:
    """If the prompt can't be enhanced, nothing is drawn and nothing charged."""
    parts.fake.script("chat", fault)
    answer = real.generate(enhance=True)
    assert answer.status_code in {400, 502}
    assert (answer.json()["charged"], parts.fake.paid) == ("no", 0)


@pytest.mark.parametrize(("part", "code"), DOWN_BEFORE.items())
@pytest.mark.parametrize("how", ["refuse", "black_hole", "reset"])
def test_part_down_before_paying(
    real: Service, parts: Parts, part: str, code: str, how: str
) -> None:
    """With S3 or MongoDB down nothing is bought, and the answer says when to try again."""
    getattr(getattr(parts, part), how)()
    answer = real.generate()
    check_failure(answer, 503, code, "no")
    assert int(answer.headers["Retry-After"]) > 0
    assert parts.fake.paid == 0


def test_part_that_is_back_is_used_again(real: Service, parts: Parts) -> None:
    """When S3 and MongoDB, down at the start, are back, generations work without a restart."""
    parts.mongo.refuse()
    parts.s3.refuse()
    assert real.generate().status_code == 503
    parts.mongo.pass_through()
    parts.s3.pass_through()
    time.sleep(5.1)  # what a check found counts for five seconds
    assert real.generate().status_code == 200


def test_storage_down_after_paying_loses_nothing(real: Service, parts: Parts) -> None:
    """If S3 fails once the picture is paid, the original is in the spool and the answer says so."""
    assert real.get("/readyz").status_code == 200
    parts.s3.refuse()
    body = check_failure(real.generate(), 503, "storage_unavailable", "yes")
    assert "kept safely" in body["message"]
    assert parts.fake.paid == 1
    (spooled,) = (real.data_dir / "spool" / "originals").glob("*.png")
    assert spooled.read_bytes() == parts.fake.pictures[0]
    (row,) = rows(real)
    assert (row.state, str(row.charged)) == (State.PENDING, "yes")
    assert spooled.stem == row.id


def test_records_down_after_storing_still_answers(real: Service, parts: Parts) -> None:
    """If MongoDB fails once the picture is stored, it is answered, and the row stays pending."""
    parts.fake.script("images", Fault.delay(0.5))
    real.get("/readyz")
    cut = threading.Timer(0.3, parts.mongo.refuse)
    cut.start()
    answer = real.generate()
    cut.join()
    parts.mongo.pass_through()
    assert answer.status_code == 200
    assert real.get(f"/images/{answer.json()['filename']}").status_code == 200
    (row,) = rows(real)
    assert (row.state, row.prompt) == (State.PENDING, "A red fox")


@pytest.mark.parametrize("how", ["refuse", "black_hole", "reset"])
def test_failed_read_is_never_a_404(real: Service, parts: Parts, how: str) -> None:
    """S3 failing on a read is 503 with Retry-After, not cached, and works when it is back."""
    path = f"/images/{real.generate().json()['filename']}"
    getattr(parts.s3, how)()
    answer = real.get(path)
    check_failure(answer, 503, "storage_unavailable", None)
    assert int(answer.headers["Retry-After"]) > 0
    parts.s3.pass_through()
    assert real.get(path).status_code == 200


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # botocore drops the socket
@pytest.mark.usefixtures("answers_break_off")
def test_body_of_s3_that_breaks_off_is_never_served(real: Service, parts: Parts) -> None:
    """A truncated answer of S3 is 503, and not cached."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.s3.cut_after(2000)
    check_failure(real.get(path), 503, "storage_unavailable", None)
    parts.s3.pass_through()
    assert real.get(path).status_code == 200


def test_list_without_records(real: Service, parts: Parts) -> None:
    """With MongoDB down the list is 503 within seconds, while pictures are still served."""
    path = f"/images/{real.generate().json()['filename']}"
    parts.mongo.refuse()
    began = time.monotonic()
    check_failure(real.get("/images"), 503, "records_unavailable", None)
    assert time.monotonic() - began < 4
    check_failure(real.get(f"{path}/metadata"), 503, "records_unavailable", None)
    assert real.get(path).status_code == 200


@pytest.mark.parametrize("how", ["refuse", "black_hole", "reset"])
def test_cache_down_costs_little(real: Service, parts: Parts, how: str) -> None:
    """Without Redis pictures come from S3, hardly later, and the service is still ready."""
    path = f"/images/{real.generate().json()['filename']}"
    real.get(path)
    getattr(parts.redis, how)()
    for _ in range(3):
        began = time.monotonic()
        assert real.get(path).status_code == 200
        assert time.monotonic() - began < 1
    ready = real.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["parts"]["cache"] == {"kind": "redis", "up": False, "required": False}


def test_unexpected_error_is_logged_and_not_shown(embedded: Service) -> None:
    """A bug is 500 in the one shape; its traceback and the request's id are in the log only."""
    embedded.ports.store.__dict__["store"] = None  # what a bug might do
    path = "/images/00000000-0000-4000-8000-000000000000.png"
    answer = embedded.get(path, headers={"X-Request-ID": "find-me-1"})
    check_failure(answer, 500, "internal_error", None)
    assert "NoneType" not in answer.text
    log = embedded.log.getvalue()
    assert "[find-me-1] internal_error: AttributeError" in log
    assert "Traceback" in log


def test_errors_are_json_documents(embedded: Service) -> None:
    """Errors are JSON that any parser reads, with text for people in UTF-8."""
    answer = embedded.get("/nowhere")
    assert answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.content)["code"] == "not_found"
