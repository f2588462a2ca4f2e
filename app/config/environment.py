"""The environment and `.env`: cleaned values, errors, and variables that libraries read."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.config.cleaning import clean, find_dirt
from app.config.env_file import EnvFileError, read_env_file

_REPLACED = {
    "OPENAI_NATIVE_TRANSPARENCY": "was replaced: remove it, and set OPENAI_BACKGROUND=transparent "
    "instead of true, and OPENAI_BACKGROUND=white instead of false"
}
_ALIASES = {
    "AWS_REGION": ("AWS_DEFAULT_REGION",),
    "OPENAI_ORG_ID": ("OPENAI_ORGANIZATION",),
    "OPENAI_PROJECT_ID": ("OPENAI_PROJECT",),
    "SSL_CERT_FILE": ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
    "S3_ENDPOINT_URL": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}
"""Other names of settings, which count if the setting itself is not set."""

_MULTI_LINE = frozenset(
    {"CORS_ORIGINS", "OPENAI_PRICES", "TRUSTED_PROXIES", "VARIANT_SIGNING_KEYS"}
)
"""Lists and JSON, which may have line breaks."""

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class ConfigError(Exception):
    """The settings are invalid; the message lists all problems, no values."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(["Invalid settings:", *(f"  {line}" for line in problems)]))


@dataclass(frozen=True, kw_only=True)
class Variables:
    """The variables of the settings, cleaned.

    Attributes:
        values: the values by setting, in lower case; empty ones are left out.
        names: the variable that each value comes from.
        problems: what is wrong with them, a line each, without values.
    """

    values: Mapping[str, str]
    names: Mapping[str, str]
    problems: Sequence[str]

    def explain(self, error: ValidationError) -> list[str]:
        """List the invalid settings by variable name, a line each.

        Values are left out, since they may be secrets.
        """
        found = error.errors(include_input=False, include_url=False, include_context=False)
        return [f"{self._path(problem['loc'])}: {_text(problem['msg'])}" for problem in found]

    def _path(self, location: Sequence[int | str]) -> str:
        setting, *rest = map(str, location)
        return ".".join([self.names.get(setting, setting.upper()), *map(str.upper, rest)])


def read_variables(settings: Collection[str], env_file: Path) -> Variables:
    """Read the settings from the environment, and else from `env_file`.

    Surrounding spaces, quotes and invisible characters are removed. Names are read in any case.

    Args:
        settings: the settings' names, in lower case.
        env_file: a file of variables; it need not exist.
    """
    problems: list[str] = []
    try:
        in_file = read_env_file(env_file)
    except EnvFileError as error:
        in_file = {}
        problems.append(f"{env_file}: {error}")
    variables = _cleaned(in_file) | _cleaned(os.environ)
    problems += [f"{old}: {advice}" for old, advice in _REPLACED.items() if old in variables]
    values, names = {}, {}
    for setting in settings:
        upper = setting.upper()
        name = next((name for name in (upper, *_ALIASES.get(upper, ())) if name in variables), None)
        if name is None:
            continue
        dirt = find_dirt(name, variables[name], multi_line=_MULTI_LINE)
        if dirt is None:
            values[setting], names[setting] = variables[name], name
        else:
            problems.append(f"{name}: {dirt}")
    return Variables(values=values, names=names, problems=problems)


def find_unusable_proxies() -> Iterator[str]:
    """Describe the proxies in the environment that can't be used, a line each.

    The SDKs of OpenAI and S3 read these variables themselves.
    """
    for name in (*_PROXY_VARIABLES, *map(str.lower, _PROXY_VARIABLES)):
        value = os.environ.get(name, "")
        if value and (problem := _proxy_problem(value)):
            yield f"{name}: {problem}"


def traces_exporter() -> str | None:
    """Return the exporter that OpenTelemetry's variables select.

    These variables are not fields of Settings, because the OpenTelemetry SDK reads them itself.

    Returns:
        `otlp`, `console`, or None if tracing is off.
    """
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    if exporter:
        return "console" if exporter == "console" else "otlp"
    return "otlp" if any(os.environ.get(name) for name in endpoints) else None


def _cleaned(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the cleaned variables by upper-case name, without empty ones."""
    # Upper-case names last, so that they win over others.
    ordered = sorted(variables.items(), key=lambda item: item[0].isupper())
    cleaned = {clean(name).upper(): clean(value) for name, value in ordered}
    return {name: value for name, value in cleaned.items() if value}


def _text(message: str) -> str:
    return message.removeprefix("Value error, ")


def _proxy_problem(value: str) -> str | None:
    if value != clean(value):
        return "remove the spaces, quotes or invisible characters around the value"
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:  # its message can quote a password
        is_complete = False
    if is_complete and parts.scheme in {"http", "https"} and not (parts.query or parts.fragment):
        return None
    return (
        "must be like http://proxy.example.com:3128 (socks proxies are not supported; in its user "
        "name and password, write @ : / ? # as %40 %3A %2F %3F %23)"
    )
