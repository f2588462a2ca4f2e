"""The `@attack` mark: what a test tries, what it expects, and what it observed."""

from collections.abc import Callable

import pytest
import requests

Observe = Callable[[object], None]


def attack(what: str, *, expect: str) -> pytest.MarkDecorator:
    """Mark a test, or one of its parameters by `marks=`, as an attack.

    Args:
        what: the attack, in words for readers.
        expect: the expected observation, such as `400 invalid_json`.
    """
    return pytest.mark.attack(what=what, expect=expect)


def make_observe(test: pytest.Item) -> Observe:
    """Return the function behind the fixture `observe`: it checks and records the result."""
    mark = test.get_closest_marker("attack")
    if mark is None:
        raise ValueError("a test that takes `observe` is marked with @attack")
    expected = mark.kwargs["expect"]

    def observe(result: object) -> None:
        found = outcome(result)
        test.user_properties.append(("attack", (heading(test), mark.kwargs["what"], found)))
        assert found == expected

    return observe


def outcome(result: object) -> str:
    """Return a response as `status code`, and anything else as text."""
    if not isinstance(result, requests.Response):
        return str(result)
    is_json = result.headers.get("Content-Type") == "application/json" and result.content
    reported = result.json() if is_json else {}
    return f"{result.status_code} {reported.get('code', '')}".strip()


def heading(test: pytest.Item) -> str:
    """Return the first line of the module's docstring, which is the heading on the page."""
    return str(getattr(test, "module").__doc__).partition("\n")[0].rstrip(".")  # noqa: B009 - reason: pytest's Item doesn't declare it
