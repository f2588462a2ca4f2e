"""The forms that settings have, and what is told where one has another.

No text here quotes a value: it may be a secret.
"""

import json
import re
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_RATE = re.compile(r"[1-9][0-9]{0,5}/(second|minute|hour|day)|off")
_SIGNING_KEY_CHARS = 32  # a random text of that length can't be guessed


def split(value: str) -> list[str]:
    """Return the parts between commas, without those that are empty."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that starts with http:// or https://")
    return value.rstrip("/")


def _secret_with_scheme(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        try:
            scheme = urlsplit(value.get_secret_value()).scheme
        except ValueError:  # whose text can quote the address, password and all
            scheme = ""
        if scheme not in schemes:
            raise ValueError("must start with " + " or ".join(f"{name}://" for name in schemes))
        return value

    return AfterValidator(check)


def _signing_keys(value: SecretStr) -> SecretStr:
    keys = split(value.get_secret_value())
    if not keys or any(len(key) < _SIGNING_KEY_CHARS for key in keys):
        raise ValueError(
            f"must be secrets of at least {_SIGNING_KEY_CHARS} characters, with commas"
        )
    return value


def _rate(value: str) -> str:
    if not _RATE.fullmatch(value):
        raise ValueError("must be like 10/minute (second, minute, hour or day), or off")
    return value


def _proxies(value: str) -> str:
    for proxy in split(value):
        try:
            proxy == "unix" or ip_network(proxy)
        except ValueError:  # whose text quotes the value
            raise ValueError("must be addresses and networks, or unix, with commas") from None
    return value


Dollars = Annotated[float | None, Field(ge=0, le=100_000, allow_inf_nan=False)]


class ModelPrices(BaseModel, extra="forbid", strict=True):
    """What a model costs, in dollars per million tokens; and how many make an image.

    Only what is given counts; the rest stays as shipped.
    """

    text_in: Dollars = None
    image_in: Dollars = None
    image_out: Dollars = None
    text_out: Dollars = None
    output_tokens: dict[str, dict[str, Annotated[int, Field(ge=0, le=10_000_000)]]] = {}


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise ValueError('must be JSON like {"gpt-image-2": {"image_out": 30}}') from None


def _budget(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?/(day|month)", value):
        raise ValueError("must be like 20.00/day or 300/month, in dollars")
    return value


BudgetText = Annotated[str, AfterValidator(_budget)]
Prices = Annotated[dict[str, ModelPrices] | None, NoDecode, BeforeValidator(_parsed)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
MongoUri = Annotated[SecretStr, _secret_with_scheme("mongodb", "mongodb+srv")]
RedisUrl = Annotated[SecretStr, _secret_with_scheme("redis", "rediss", "unix")]
RateText = Annotated[str, AfterValidator(_rate)]
Proxies = Annotated[str, AfterValidator(_proxies)]
SigningKeys = Annotated[SecretStr, AfterValidator(_signing_keys)]
