"""Shared URL builders against those that Werkzeug compiles for each application."""

from collections.abc import Mapping
from typing import Any

from werkzeug.routing import BaseConverter, Map, Rule

from tests.support.cheap_starts import CachingRule


class _Upper(BaseConverter):
    def to_url(self, value: str) -> str:
        return super().to_url(value.upper())


class _Reversed(BaseConverter):
    def to_url(self, value: str) -> str:
        return super().to_url(value[::-1])


def _url(
    kind: type[Rule], converter: type[BaseConverter], defaults: Mapping[str, Any] | None = None
) -> str:
    rules = [
        kind("/a/<word:one>/<int:two>", endpoint="words", defaults=defaults),
        kind("/b", endpoint="plain"),
    ]
    adapter = Map(rules, converters={"word": converter}).bind("example.com", "/base")
    urls = [adapter.build("plain", {"q": "a b"}), adapter.build("words", {"one": "x/y", "two": 3})]
    return " ".join(urls)


def test_urls_are_those_of_werkzeug() -> None:
    """The same text with other converters or defaults makes other URLs; a query is appended."""
    for _ in range(2):
        for converter in (_Upper, _Reversed):
            for defaults in (None, {"three": 3}):
                expected = _url(Rule, converter, defaults)
                assert _url(CachingRule, converter, defaults) == expected
    assert _url(Rule, _Upper) != _url(Rule, _Reversed)
