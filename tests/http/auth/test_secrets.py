"""Secrets."""

import base64
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.attacks import Seen, attack
from tests.support.concurrency.threads import at_once
from tests.support.service import Parts, Service, serving, settings_for

_NOWHERE = "in no answer and in no line of the log"
_SECRETS = {
    "openai_api_key": "sk-test-sweep/OpenAI+key=0123456789",
    "aws_access_key_id": "AKIASWEEPACCESSKEYID",
    "aws_secret_access_key": "sweep/AWS+secret=access&key0123456789",
    "variant_signing_keys": "sweep-signing-key?/+=0123456789abcdef",
    "mongodb": "sweep:mongo/pass@word+0123456789",
    "redis": "sweep:redis/pass@word+0123456789",
}


def written(secret: str) -> set[str]:
    """Return the ways in which a secret may be written."""
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


def reported(service: Service) -> str:
    """Call everything there is, rightly and wrongly; return all that is answered."""
    absent = "/images/00000000-0000-4000-8000-000000000000.png"
    secret = {"Authorization": f"Bearer {_SECRETS['openai_api_key']}"}
    paths = (
        *("/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics", "/usage", "/nowhere"),
        *("/images", "/images?q=fox", "/images?cursor=x", f"{absent}/metadata"),
        *("/generate-prompts", "/generate-prompts?theme=x", "/static/studio/main.js"),
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
    # Side by side, since some wait in vain for a part.
    answers = at_once(len(calls), lambda number: calls[number]())
    return "\n".join(
        f"{answer.status_code} {answer.reason} {answer.headers} {answer.text}" for answer in answers
    )


def leaked(text: str) -> list[str]:
    """Name the settings of which something is in the text."""
    return [
        name for name, secret in _SECRETS.items() if any(way in text for way in written(secret))
    ]


def hostile_settings(parts: Parts) -> dict[str, object]:
    """Return settings with a recognisable secret in every place, none of which is right."""
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


@attack("Calls that fail on parts which refuse every key", expect=_NOWHERE)
def test_no_secret_gets_out_where_every_key_is_wrong(
    parts: Parts, tmp_path: Path, seen: Seen
) -> None:
    """Neither answers nor the log, at its most talkative, have a secret, however it is written."""
    with serving(settings_for(data_dir=tmp_path, **hostile_settings(parts))) as service:
        answers = reported(service)
        log = service.log.getvalue()
    assert "503 " in answers
    assert "WARNING" in log
    names = leaked(answers + log)
    seen(f"leaked: {names}" if names else _NOWHERE)


@attack("Calls on parts that hang up", expect=_NOWHERE)
def test_no_secret_gets_out_where_nothing_answers(parts: Parts, tmp_path: Path, seen: Seen) -> None:
    """The same if connections are refused, so that errors of other kinds are told and logged."""
    for proxy in (parts.s3, parts.mongo, parts.redis):
        proxy.refuse()
    parts.fake.stop()
    try:
        with serving(settings_for(data_dir=tmp_path, **hostile_settings(parts))) as service:
            names = leaked(reported(service) + service.log.getvalue())
    finally:
        parts.fake.start()
    seen(f"leaked: {names}" if names else _NOWHERE)


def test_the_sweep_finds_what_it_looks_for() -> None:
    """A secret is found in plain, quoted, in base64 and in hex."""
    for name, secret in _SECRETS.items():
        for way in written(secret):
            assert leaked(f"before {way} after") == [name]
