"""Types of the settings, with their validation messages.

No message quotes a value, because it may be a secret.
"""

import json
import re
import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

from app.config.cleaning import clean

_RATE = re.compile(r"([1-9][0-9]{0,5})\s*/\s*(second|minute|hour|day)")
_BUDGET = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*/\s*(day|month)")
_TRUE, _FALSE = {"true", "yes", "on", "1", "t", "y"}, {"false", "no", "off", "0", "f", "n"}
_LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL"}
_SCHEME = re.compile(r"\Ahttps?://")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?(:[1-9][0-9]{0,4})?")
_MIN_SIGNING_KEY_LENGTH = 32  # characters; a random text of that length can't be guessed
_SIGNING_KEY = re.compile(
    rf"""(?!["'`\u201c-\u201f\u2018-\u201b]).{{{_MIN_SIGNING_KEY_LENGTH},}}"""
    r"""(?<!["'`;\u201c-\u201f\u2018-\u201b])"""
)


def split_list(value: str) -> list[str]:
    """Split a comma-separated value, dropping empty parts, and clean each part."""
    return [part for part in map(clean, value.split(",")) if part]


def _matching(pattern: str, message: str) -> AfterValidator:
    """Require a text or a secret to match a pattern as a whole, in ASCII."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not compiled.fullmatch(text):
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _digits(pattern: str, message: str) -> BeforeValidator:
    """Require plain digits: pydantic would also accept `1_000`, `+5`, `5.0` and `inf`."""

    def check(value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            raise ValueError(message)
        return value

    return BeforeValidator(check)


def _parse_flag(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lower() not in _TRUE | _FALSE:
        raise ValueError("must be true or false")
    return value.lower() in _TRUE


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _parse_level(value: object) -> object:
    return _LEVELS.get(value.upper(), value.upper()) if isinstance(value, str) else value


def _check_certificates(value: Path) -> Path:
    try:
        ssl.create_default_context(cafile=value)
    except (OSError, ValueError):
        raise ValueError("must be a readable file of certificates in PEM format") from None
    return value


def _check_signing_keys(value: SecretStr) -> SecretStr:
    keys = split_list(value.get_secret_value())
    if not keys or not all(_SIGNING_KEY.fullmatch(key) for key in keys):
        raise ValueError(
            "must be a comma-separated list of secrets of at least "
            f"{_MIN_SIGNING_KEY_LENGTH} characters each, without quotes around them"
        )
    return value


def _check_rate(value: str) -> str:
    match = _RATE.fullmatch(value.lower())
    if match is None and value.lower() != "off":
        raise ValueError(
            "must be like 10/minute (second, minute, hour or day) with a number from 1 to 999999, "
            "or off"
        )
    return f"{match[1]}/{match[2]}" if match else "off"


def _check_budget(value: str) -> str:
    match = _BUDGET.fullmatch(value.lower())
    if match is None:
        raise ValueError("must be like 20.00/day or 300/month, in dollars")
    return f"{match[1]}/{match[2]}"


def _check_proxies(value: str) -> str:
    for proxy in split_list(value.lower()):
        try:
            proxy == "unix" or ip_network(proxy)
        except ValueError:  # its message quotes the value
            raise ValueError(
                "must be a comma-separated list of IP addresses, networks such as 10.0.0.0/8, "
                "or unix"
            ) from None
    return value.lower()


def _check_hosts(value: str) -> str:
    hosts = [_SCHEME.sub("", host).removesuffix("/") for host in split_list(value.lower())]
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError(
            "must be a comma-separated list of hosts like images.example.com or 10.0.0.7:9000, "
            "without a path or wildcard"
        )
    return ",".join(hosts)


def _check_folder(value: Path) -> Path:
    try:
        folder = value.expanduser()
        existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
        is_file = existing is not None and not existing.is_dir()
    except (OSError, RuntimeError):  # it may not be searched, or it is too long; `~` of no user
        raise ValueError("must be a folder that this user can reach") from None
    if is_file:
        raise ValueError("must be a folder, but it or a part of it is a file")
    return folder


Dollars = Annotated[float | None, Field(ge=0, le=100_000, allow_inf_nan=False)]


class ModelPrices(BaseModel, extra="forbid", strict=True):
    """Prices of a model in dollars per million tokens, and image tokens.

    Omitted fields keep the built-in values.
    """

    text_in: Dollars = None
    image_in: Dollars = None
    image_out: Dollars = None
    text_out: Dollars = None
    output_tokens: dict[str, dict[str, Annotated[int, Field(ge=0, le=10_000_000)]]] = {}


def _parse_prices(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError('must be JSON like {"gpt-image-2": {"image_out": 30}}') from None


Whole = Annotated[int, _digits(r"-?[0-9]{1,9}", "must be a whole number, in digits only")]
Number = Annotated[
    float,
    _digits(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", "must be a number like 120 or 0.5, in digits only"),
]
Flag = Annotated[bool, BeforeValidator(_parse_flag)]
AnyCase = BeforeValidator(_lower)
LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_parse_level)
]
Folder = Annotated[Path, AfterValidator(_check_folder)]
CertificateFile = Annotated[Path, AfterValidator(_check_certificates)]
BudgetText = Annotated[str, AfterValidator(_check_budget)]
PriceTable = Annotated[dict[str, ModelPrices] | None, BeforeValidator(_parse_prices)]
RateText = Annotated[str, AfterValidator(_check_rate)]
HostList = Annotated[str, AfterValidator(_check_hosts)]
ProxyList = Annotated[str, AfterValidator(_check_proxies)]
SigningKeys = Annotated[SecretStr, AfterValidator(_check_signing_keys)]
ApiKey = Annotated[
    SecretStr,
    _matching(
        r"""(?:(?!["'`\\<>,;])[\x21-\x7e])+""",
        "must be the key alone: printable ASCII characters without spaces, quotes, commas and \\",
    ),
]
StoreKey = Annotated[
    SecretStr,
    _matching(
        r"""(?!["'`])[\x21-\x7e]*(?<!["'`,;\s])""",
        "must be printable ASCII characters without spaces, and without quotes, commas and "
        "semicolons around it",
    ),
]
Identifier = Annotated[str, _matching(r"[A-Za-z0-9_-]{1,100}", "must be letters, digits, - and _")]
ModelName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9@_][\w.:/@+\[\]() -]{0,199}(?<! )",
        "must be the name of a model: at most 200 letters, digits and . _ : / @ + - [ ] ( )",
    ),
]
_ALIAS = r"([\w.:/@+-]{0,200}\*|[\w.:/@+-]{1,200})"
ModelAliases = Annotated[
    str,
    _matching(
        rf"\s*{_ALIAS}(\s*,\s*{_ALIAS})*\s*",
        "must be off, or a comma-separated list of model names, each of which may end with *",
    ),
]
ApiVersion = Annotated[str, _matching(r"[\w.-]{1,40}", "must be a version like 2025-04-01-preview")]
Region = Annotated[str, AnyCase, _matching(r"[a-z0-9-]{1,40}", "must be a region like us-east-1")]
BucketName = Annotated[
    str,
    _matching(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "must be the bucket's name alone: 3 to 63 lower-case letters, digits, . and -",
    ),
]
DatabaseName = Annotated[
    str, _matching(r"[\w-]{1,63}", "must be at most 63 letters, digits, - and _")
]
