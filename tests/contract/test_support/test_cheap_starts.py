"""What applications in tests share, against what each would compute for itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.routing import BaseConverter, Map, Rule

from app.http.delivery import static_files
from tests.support.cheap_starts import CachingRule, cached_digest


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


def test_the_digest_is_that_of_the_files(tmp_path: Path) -> None:
    """Folders with other files have other digests, the same as without sharing."""
    assert static_files._content_digest is cached_digest
    digests = []
    for name in ("a.css", "b.css"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("a{}")
        digests.append(cached_digest(tmp_path / name))
        assert digests[-1] == cached_digest.__wrapped__(tmp_path / name)
    assert len(set(digests)) == 2
