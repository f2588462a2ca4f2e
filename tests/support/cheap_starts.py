"""Less work at the start of each service in a process of tests, for speed."""

import contextlib
from collections.abc import Callable, Iterator
from functools import cache

from flask import Flask
from werkzeug.routing import Rule

from app import factory
from app.http.delivery import static_files
from app.usecases.operations import storage_check

Builder = Callable[..., tuple[str, str]]

_SHIPPED_PROBE = storage_check.PROBE_BYTES
_SMALL_PROBE = 64 * 1024

_builders: dict[tuple[str, bool], Builder] = {}
cached_digest = cache(static_files._content_digest)


def make_starts_cheap() -> None:
    """Share what applications compute of their code, and write small probes to stores.

    That is the URL builders of routes and the digest of the static files, which is half of the
    start of a service on embedded parts.
    """
    Flask.url_rule_class = CachingRule
    static_files._content_digest = cached_digest
    _write_probes_of(_SMALL_PROBE)


def compute_shared() -> None:
    """Compute what applications share, for processes forked from this one."""
    app = Flask(factory.__package__ or "", static_folder=None)
    factory._configure(app)
    factory._register_routes_and_commands(app)
    static_files.register(app)


@contextlib.contextmanager
def shipped_probes() -> Iterator[None]:
    """Write probes of the shipped size, two megabytes, for a store that refuses large objects."""
    _write_probes_of(_SHIPPED_PROBE)
    try:
        yield
    finally:
        _write_probes_of(_SMALL_PROBE)


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


def _write_probes_of(size: int) -> None:
    storage_check.PROBE_BYTES = size
