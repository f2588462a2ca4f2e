"""Routes whose URL builders are compiled once in a process, for speed."""

from collections.abc import Callable

from flask import Flask
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]

_builders: dict[tuple[str, bool], Builder] = {}


class CachingRule(Rule):
    """A route that shares its URL builders with the same route of other applications.

    Werkzeug compiles two for each route, which takes most of the start of an application. They
    depend on the text of the route alone: converters are found by name when a URL is built.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        if self.defaults or self.host or self.subdomain or not self.merge_slashes:
            return super()._compile_builder(append_unknown)
        key = self.rule, append_unknown
        if key not in _builders:
            _builders[key] = super()._compile_builder(append_unknown)
        return _builders[key]


def cache_routes() -> None:
    """Let all applications of this process use the routes above."""
    Flask.url_rule_class = CachingRule
