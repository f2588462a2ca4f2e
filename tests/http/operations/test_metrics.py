"""GET /metrics after requests of all kinds."""

from pathlib import Path

from app.models import Scope
from tests.support.fake_openai import SECRET_MARKER, Fault
from tests.support.http.authenticated_service import serving_with_keys
from tests.support.observability.log_capture import log_records
from tests.support.observability.prometheus import samples, value
from tests.support.service import Parts, Service


def scrape(service: Service) -> str:
    """Return the text of /metrics."""
    response = service.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    return response.text


def test_requests_generations_and_cache_reads_are_counted(service: Service) -> None:
    """Metrics count requests by rule, generations by outcome and cache reads by level."""
    name = service.generate().json()["filename"]
    for path in (f"/images/{name}", f"/images/{name}?w=64", "/nowhere", "/images?page=0"):
        service.get(path)
    service.get(f"/images/{name}", headers={"Range": "bytes=0-3"})
    service.call("BREW", "/healthz")
    page = scrape(service)
    rule = "/images/<image_name:filename>"
    assert value(page, "imageapi_requests_total", route=rule, status="200") == 2
    assert value(page, "imageapi_requests_total", route=rule, status="206") == 1
    assert value(page, "imageapi_requests_total", route="other", status="404") == 1
    assert value(page, "imageapi_requests_total", route="/images", status="400") == 1
    assert value(page, "imageapi_requests_total", method="other", status="405") == 1
    assert value(page, "imageapi_request_duration_seconds_count", route=rule) == 3
    assert value(page, "imageapi_generations_total", outcome="ready") == 1
    assert value(page, "imageapi_generation_step_duration_seconds_count", step="cutout") == 1
    assert value(page, "imageapi_cache_reads_total", level="store") >= 1
    assert value(page, "imageapi_cache_reads_total", level="computed") == 1
    assert value(page, "imageapi_cache_reads_total", level="memory") >= 2
    assert value(page, "imageapi_part_up") == 3
    assert value(page, "imageapi_spool_images") == 0


def test_edits_are_counted_apart(embedded: Service) -> None:
    """Single edits, candidates and refused edits have another operation than generations."""
    path = f"/images/{embedded.generate().json()['filename']}"
    for body in ({"prompt": "Make it blue"}, {"prompt": "Make it red", "n": 2}):
        assert embedded.call("POST", f"{path}/edits", json=body).status_code == 200
    headers = {"X-Simulate": "prompt_rejected"}
    edit = {"prompt": "Make it green"}
    refused = embedded.call("POST", f"{path}/edits", json=edit, headers=headers)
    assert refused.status_code == 400
    page = scrape(embedded)
    counts = [
        value(page, "imageapi_generations_total", operation=operation, outcome=outcome)
        for operation, outcome in (
            ("generate", "ready"),
            ("edit", "ready"),
            ("edit", "prompt_rejected"),
        )
    ]
    assert counts == [1, 3, 1]


def test_metrics_contain_no_user_data(real: Service, parts: Parts) -> None:
    """Metrics contain no prompt, name, address, key or text of another server."""
    name = real.generate("A secret fox").json()["filename"]
    parts.fake.script("images", Fault.html())
    real.generate("Another fox")
    real.get(f"/images/{name}?w=64&s=signature")
    page = scrape(real)
    secrets = (SECRET_MARKER, parts.fake.api_key, parts.settings["aws_secret_access_key"])
    for word in (*secrets, "fox", name[:8], "127.0.0.1", "signature", "s3_bucket"):
        assert word not in page
    labels = {key for _, pairs in samples(page) for key, _ in pairs}
    assert labels == {
        *("action", "charged", "le", "level", "method", "operation", "outcome", "part", "provider"),
        *("python_version", "route", "status", "step", "version"),
    }


def test_spooled_images_are_counted(real: Service, parts: Parts) -> None:
    """While storage is down, the charged image counts as spooled."""
    real.get("/readyz")  # so that the cached state of storage is up
    parts.s3.refuse()
    assert real.generate().json()["charged"] == "yes"
    page = scrape(real)
    assert value(page, "imageapi_spool_images") == 1
    labels = {"outcome": "storage_unavailable", "charged": "yes"}
    assert value(page, "imageapi_generations_total", **labels) == 1


def test_all_log_lines_of_a_request_have_its_id(embedded: Service) -> None:
    """All log lines of a request contain its id."""
    request_id = "story-1"
    embedded.call(
        "POST", "/generate-image", json={"prompt": "x"}, headers={"X-Request-ID": request_id}
    )
    lines = [line for line in embedded.log.getvalue().splitlines() if f"[{request_id}]" in line]
    assert [line.split("] ")[1].split()[0] for line in lines] == ["generation", "POST"]


def test_metrics_require_their_own_scope(tmp_path: Path) -> None:
    """401 without a key, 403 with a key for images; the log has the key's id."""
    with (
        log_records("app.http.logs.access_log") as records,
        serving_with_keys(data_dir=tmp_path) as auth_service,
    ):
        own = auth_service.create_key("prometheus", frozenset({Scope.METRICS}))
        statuses = [
            auth_service.get("/metrics", key).status_code
            for key in ("", auth_service.create_key("shop"), own)
        ]
        ids = {key.name: key.id for key in auth_service.api_keys.list()}
    assert statuses == [401, 403, 200]
    callers = [record.__dict__["fields"]["caller"] for record in records]
    assert callers == [None, ids["shop"], ids["prometheus"]]
