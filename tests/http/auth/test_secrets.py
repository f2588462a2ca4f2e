"""Secrets."""

import base64
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.attacks import Observe, attack
from tests.support.concurrency.threads import in_threads
from tests.support.service import Parts, Service, serving, settings_for

_NOWHERE = "in no response and in no line of the log"
_SECRETS = {
    "openai_api_key": "sk-test-sweep/OpenAI+key=0123456789",
    "aws_access_key_id": "AKIASWEEPACCESSKEYID",
    "aws_secret_access_key": "sweep/AWS+secret=access&key0123456789",
    "variant_signing_keys": "sweep-signing-key?/+=0123456789abcdef",
    "mongodb": "sweep:mongo/pass@word+0123456789",
    "redis": "sweep:redis/pass@word+0123456789",
}


def encodings(secret: str) -> set[str]:
    """Return a secret in all encodings to search for."""
    data = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
        base64.b64encode(data).decode().rstrip("="),
        base64.urlsafe_b64encode(data).decode().rstrip("="),
        data.hex(),
        secret[::-1],
    }


def all_responses(service: Service) -> str:
    """Send valid and invalid requests to all endpoints; return all responses as text."""
    absent = "/images/00000000-0000-4000-8000-000000000000.png"
    secret = {"Authorization": f"Bearer {_SECRETS['openai_api_key']}"}
    paths = (
        *("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/usage", "/nowhere"),
        *("/images", "/images?q=fox", "/images?cursor=x", f"{absent}/metadata"),
        *("/generate-prompts", "/generate-prompts?theme=x", "/static/studio/create_page.js"),
        *(absent + query for query in ("", "?w=64", "?w=64&sig=x", "?w=x")),
    )
    calls = [
        *(partial(service.get, path) for path in paths),
        partial(service.call, "DELETE", absent),
        partial(service.call, "TRACE", "/images", headers=secret),
        partial(service.call, "POST", "/generate-image", data=b"{", headers=secret),
        *(partial(service.generate, prompt) for prompt in ("", "A fox")),
        partial(service.generate, enhance=True),
    ]
    # Concurrent, since some wait for an unavailable server.
    responses = in_threads(len(calls), lambda number: calls[number]())
    return "\n".join(
        f"{response.status_code} {response.reason} {response.headers} {response.text}"
        for response in responses
    )


def leaked_settings(text: str) -> list[str]:
    """Return the settings whose secrets appear in the text."""
    return [
        name
        for name, secret in _SECRETS.items()
        if any(encoding in text for encoding in encodings(secret))
    ]


def hostile_settings(parts: Parts) -> dict[str, object]:
    """Return settings with recognizable but wrong secrets everywhere."""
    mongo, redis = quote(_SECRETS["mongodb"], safe=""), quote(_SECRETS["redis"], safe="")
    single = (
        "openai_api_key",
        "aws_access_key_id",
        "aws_secret_access_key",
        "variant_signing_keys",
    )
    return parts.settings | {
        **{name: _SECRETS[name] for name in single},
        "mongodb_uri": f"mongodb://user:{mongo}@{parts.mongo.host}:{parts.mongo.port}/"
        "?directConnection=true&serverSelectionTimeoutMS=500",
        "redis_url": f"redis://default:{redis}@{parts.redis.host}:{parts.redis.port}/0",
        "log_level": "DEBUG",
    }


@attack("Requests while all servers reject every credential", expect=_NOWHERE)
def test_no_secret_leaks_when_all_credentials_are_wrong(
    parts: Parts, tmp_path: Path, observe: Observe
) -> None:
    """Neither responses nor the DEBUG log contain a secret in any encoding."""
    with serving(settings_for(data_dir=tmp_path, **hostile_settings(parts))) as service:
        responses = all_responses(service)
        log = service.log.getvalue()
    assert "503 " in responses
    assert "WARNING" in log
    names = leaked_settings(responses + log)
    observe(f"leaked: {names}" if names else _NOWHERE)


@attack("Requests while all servers refuse connections", expect=_NOWHERE)
def test_no_secret_leaks_when_connections_are_refused(
    parts: Parts, tmp_path: Path, observe: Observe
) -> None:
    """The same for refused connections, which raise and log other errors."""
    for proxy in (parts.s3, parts.mongo, parts.redis):
        proxy.refuse()
    parts.fake.stop()
    try:
        with serving(settings_for(data_dir=tmp_path, **hostile_settings(parts))) as service:
            names = leaked_settings(all_responses(service) + service.log.getvalue())
    finally:
        parts.fake.start()
    observe(f"leaked: {names}" if names else _NOWHERE)


def test_leak_search_finds_every_encoding() -> None:
    """A secret is found in plain text, quoted, in base64 and in hex."""
    for name, secret in _SECRETS.items():
        for encoding in encodings(secret):
            assert leaked_settings(f"before {encoding} after") == [name]
