"""Types of the settings, with their validation messages.

No message quotes a value, because it may be a secret.
"""

import json
import re
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_RATE = re.compile(r"[1-9][0-9]{0,5}/(second|minute|hour|day)|off")
_MIN_SIGNING_KEY_LENGTH = 32  # characters; a random text of that length can't be guessed


def split_list(value: str) -> list[str]:
    """Split a comma-separated value, dropping spaces and empty parts."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be a URL that starts with http:// or https://")
    return value.rstrip("/")


def _secret_url(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        try:
            scheme = urlsplit(value.get_secret_value()).scheme
        except ValueError:  # its message can quote the whole URL with its password
            scheme = ""
        if scheme not in schemes:
            raise ValueError("must start with " + " or ".join(f"{name}://" for name in schemes))
        return value

    return AfterValidator(check)


def _check_signing_keys(value: SecretStr) -> SecretStr:
    keys = split_list(value.get_secret_value())
    if not keys or any(len(key) < _MIN_SIGNING_KEY_LENGTH for key in keys):
        raise ValueError(
            "must be a comma-separated list of secrets of at least "
            f"{_MIN_SIGNING_KEY_LENGTH} characters each"
        )
    return value


def _check_rate(value: str) -> str:
    if not _RATE.fullmatch(value):
        raise ValueError("must be like 10/minute (second, minute, hour or day), or off")
    return value


def _check_proxies(value: str) -> str:
    for proxy in split_list(value):
        try:
            proxy == "unix" or ip_network(proxy)
        except ValueError:  # its message quotes the value
            raise ValueError(
                "must be a comma-separated list of IP addresses, networks such as 10.0.0.0/8, "
                "or unix"
            ) from None
    return value


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


def _check_budget(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?/(day|month)", value):
        raise ValueError("must be like 20.00/day or 300/month, in dollars")
    return value


BudgetText = Annotated[str, AfterValidator(_check_budget)]
PriceTable = Annotated[dict[str, ModelPrices] | None, NoDecode, BeforeValidator(_parse_prices)]
WebUrl = Annotated[str, AfterValidator(_check_url)]
MongoUri = Annotated[SecretStr, _secret_url("mongodb", "mongodb+srv")]
RedisUrl = Annotated[SecretStr, _secret_url("redis", "rediss", "unix")]
RateText = Annotated[str, AfterValidator(_check_rate)]
ProxyList = Annotated[str, AfterValidator(_check_proxies)]
SigningKeys = Annotated[SecretStr, AfterValidator(_check_signing_keys)]
