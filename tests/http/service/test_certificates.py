"""Every part behind TLS, with certificates of an authority of one's own."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from app.config import ConfigError, Settings
from app.container.certificates import trusted_certificates
from tests.support.concurrency.threads import wait_until
from tests.support.servers.certificates import Certificates
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.service import Parts, serving, settings_for

VARIABLES = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
ALL_UP = {"storage": True, "records": True, "cache": True}


@pytest.fixture
def behind_tls(parts: Parts, certificates: Certificates) -> Iterator[dict[str, Any]]:
    """Put TLS in front of all parts; return the settings that use it."""
    context = certificates.server_context
    with contextlib.ExitStack() as stack:

        def hide(host: str, port: int) -> str:
            proxy = stack.enter_context(FaultProxy(host, port, context))
            return f"{proxy.host}:{proxy.port}"

        s3, mongo, redis = (
            hide(part.host, part.port) for part in (parts.s3, parts.mongo, parts.redis)
        )
        fake = hide("127.0.0.1", parts.fake.port)
        yield parts.settings | {
            "openai_base_url": f"https://{fake}/v1",
            "s3_endpoint_url": f"https://{s3}",
            "mongodb_uri": f"mongodb://{mongo}/?directConnection=true&tls=true",
            "redis_url": f"rediss://{redis}/0?socket_timeout=60&socket_connect_timeout=60",
            "openai_timeout_seconds": 60,
            "memory_cache_mb": 0,
        }


def up(response: requests.Response) -> Mapping[str, bool]:
    """Return which parts are up, of a response of /readyz."""
    return {name: part["up"] for name, part in response.json()["parts"].items()}


def test_all_parts_trust_the_file(
    behind_tls: dict[str, Any], certificates: Certificates, tmp_path: Path
) -> None:
    """An image is generated, stored, recorded and cached, over TLS only."""
    values = behind_tls | {"data_dir": tmp_path, "ssl_cert_file": certificates.authority}
    with serving(settings_for(**values)) as service:
        wait_until(lambda: up(service.get("/readyz")) == ALL_UP)
        made = service.generate()
        assert made.status_code == 200, made.text
        for _ in range(2):
            assert service.get(f"/images/{made.json()['filename']}").status_code == 200
        wait_until(lambda: up(service.get("/readyz")) == ALL_UP)


def test_without_the_file_no_part_is_trusted(behind_tls: dict[str, Any], tmp_path: Path) -> None:
    """The certificates are checked everywhere, so the test above shows that they are trusted."""
    with serving(settings_for(**behind_tls, data_dir=tmp_path)) as service:
        assert up(service.get("/readyz")) == dict.fromkeys(ALL_UP, False)


@pytest.mark.parametrize("name", VARIABLES)
def test_the_usual_variables_name_the_file(
    name: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file adds to the usual certificates, so that no part loses those that it needs."""
    monkeypatch.setenv(name, str(certificates.authority))
    path = trusted_certificates(Settings.load())
    assert path is not None
    trusted = Path(path).read_text()
    assert certificates.authority.read_text() in trusted
    assert trusted.count("BEGIN CERTIFICATE") > 50


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----", "\x00"])
@pytest.mark.parametrize("name", VARIABLES)
def test_other_files_stop_the_start_by_name(
    name: str, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing file, or one without certificates, is named by its variable."""
    path = tmp_path / "certificates.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv(name, str(path))
    with pytest.raises(ConfigError, match=name):
        Settings.load()
