"""Failures before the first byte of a request has left, and after it."""

import ssl
import sys
from collections.abc import Iterator

import pytest

from app.errors import (
    AppError,
    Charged,
    GenerationInProgress,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnreachable,
)
from app.ports import paid_calls
from app.services.openai.client import lazy_client, translate_errors
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS, draw, generator_at
from tests.support.servers.canned_response import canned_server
from tests.support.servers.free_ports import free_port

_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use no proxy but the one of a test."""
    for name in _PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def failure(base_url: str, *, api_key: str = "sk-test-own") -> AppError:
    """Request an image, which has to fail; return the error."""
    client = lazy_client(api_key=api_key, base_url=base_url)
    generator = OpenAIGenerator(client, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)
    with pytest.raises(AppError) as caught:
        draw(generator)
    client.close()
    assert api_key not in f"{caught.value} {caught.value.detail} {caught.value.message}"
    return caught.value


@pytest.mark.parametrize(
    "key",
    [
        "sk-test\n",
        "sk-te\r\nst",
        "sk-test\x00",
        " sk-test ",
        "sk-tëst",
        "“sk-test”",
        "sk-test\u200b",
        "sk-test\ud800",
    ],
    ids=ascii,
)
def test_key_that_no_header_can_hold(fake_openai: FakeOpenAI, key: str) -> None:
    """A key with characters that a header can't have is a misconfiguration, and free."""
    error = failure(fake_openai.base_url, api_key=key)
    assert type(error) is ProviderMisconfigured
    assert error.charged is Charged.NO
    assert fake_openai.requests == []


@pytest.mark.parametrize(
    ("variable", "proxy", "kind"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1", ProviderMisconfigured),  # a missing module
        ("HTTP_PROXY", "socks://127.0.0.1:1", ProviderMisconfigured),
        ("ALL_PROXY", "ftp://127.0.0.1:1", ProviderMisconfigured),
        ("HTTP_PROXY", "http://127.0.0.1:port", ProviderMisconfigured),
        ("HTTP_PROXY", "http://[::1", ProviderMisconfigured),
        ("HTTP_PROXY", "http://127.0.0.1:{closed}", ProviderUnreachable),
        ("HTTP_PROXY", "http://nowhere.invalid:8080", ProviderUnreachable),
        ("HTTP_PROXY", "http://pässword:x@127.0.0.1:{closed}", ProviderUnreachable),
    ],
)
def test_proxy_that_cannot_be_used(
    fake_openai: FakeOpenAI,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    proxy: str,
    kind: type[AppError],
) -> None:
    """Whether its address is no address, or nothing is there, nothing was sent."""
    monkeypatch.setenv(variable, proxy.format(closed=free_port()))
    error = failure(fake_openai.base_url)
    assert (type(error), error.charged) == (kind, Charged.NO)
    assert fake_openai.requests == []


@pytest.mark.parametrize("status", [b"403 Forbidden", b"407 Proxy Authentication Required"])
def test_proxy_that_refuses_the_tunnel(monkeypatch: pytest.MonkeyPatch, status: bytes) -> None:
    """The proxy's CONNECT is not the request, so a refused one is free."""
    refusal = b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
    with canned_server(refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        error = failure("https://api.example/v1")
        assert len(proxy.requests) == 1
    assert (type(error), error.charged) == (ProviderUnreachable, Charged.NO)


@pytest.mark.parametrize(
    ("base_url", "kind"),
    [
        ("https://127.0.0.1:{own}/v1", ProviderUnreachable),  # no TLS there
        ("http://127.0.0.1:{closed}/v1", ProviderUnreachable),
        ("http://nowhere.invalid/v1", ProviderUnreachable),
        ("http://127.0.0.1:99999/v1", ProviderUnreachable),
        ("http://[::1/v1", ProviderMisconfigured),
        ("ftp://127.0.0.1:{own}/v1", ProviderMisconfigured),
        ("127.0.0.1:{own}/v1", ProviderMisconfigured),
        ("http://-.invalid:{own}/v1", ProviderUnreachable),
    ],
)
def test_address_that_cannot_be_reached(
    fake_openai: FakeOpenAI, base_url: str, kind: type[AppError]
) -> None:
    """A wrong address, name, port or protocol of the provider is free."""
    error = failure(base_url.format(own=fake_openai.port, closed=free_port()))
    assert (type(error), error.charged) == (kind, Charged.NO)
    assert fake_openai.requests == []


def test_missing_module_is_free(fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK that can't be imported has sent nothing."""
    monkeypatch.setitem(sys.modules, "openai", None)
    error = failure(fake_openai.base_url)
    assert (type(error), error.charged) == (ProviderMisconfigured, Charged.NO)


def test_missing_certificates_are_free(
    fake_openai: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of certificates that does not exist stops the first call, for nothing."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/certificates.pem")
    monkeypatch.setattr(ssl, "create_default_context", _missing)
    error = failure(fake_openai.base_url)
    assert (type(error), error.charged) == (ProviderMisconfigured, Charged.NO)


def _missing(*_: object, **__: object) -> Iterator[None]:
    raise FileNotFoundError


def test_unexpected_error_after_sending_is_raised(fake_openai: FakeOpenAI) -> None:
    """A fault of this service after the request was sent is not hidden, nor called free."""
    fake_openai.api_key = "sk-test-own"
    with generator_at(fake_openai.base_url) as generator, pytest.raises(ZeroDivisionError):
        _list_models_and_fail(generator)


def _list_models_and_fail(generator: OpenAIGenerator) -> None:
    with translate_errors(if_sent=Charged.UNKNOWN):
        generator._client().models.list()
        raise ZeroDivisionError


@pytest.mark.parametrize("fault", [Fault.drop_before_response(), Fault.cut(0), Fault.cut(50)])
def test_failure_after_the_first_byte_is_unknown(fake_openai: FakeOpenAI, fault: Fault) -> None:
    """Once a byte has left, a lost connection leaves the charge unknown."""
    fake_openai.api_key = "sk-test-own"
    fake_openai.script("images", fault)
    error = failure(fake_openai.base_url)
    assert (type(error), error.charged) == (ProviderTimeout, Charged.UNKNOWN)
    assert fake_openai.paid == 1


class StoppedCall:
    """A paid call whose process was stopped, at one of the checks."""

    def __init__(self, at: str) -> None:
        self.at, self.checks = at, list[str]()

    def begin(self) -> None:
        """See PaidCall."""
        self._check("begin")

    def check(self) -> None:
        """See PaidCall."""
        self._check("check")

    def _check(self, name: str) -> None:
        self.checks.append(name)
        if name == self.at:
            raise GenerationInProgress("stopped", charged=Charged.NO)


@pytest.mark.parametrize(("at", "checks"), [("begin", ["begin"]), ("check", ["begin", "check"])])
def test_a_call_that_may_not_be_sent_is_aborted(
    fake_openai: FakeOpenAI, generator: OpenAIGenerator, at: str, checks: list[str]
) -> None:
    """The call's own error is raised, and the server never gets a whole request."""
    call = StoppedCall(at)
    with paid_calls.checking(call), pytest.raises(GenerationInProgress) as caught:
        draw(generator)
    assert (caught.value.charged, call.checks) == (Charged.NO, checks)
    draw(generator)  # outside of the block, on another connection
    assert (fake_openai.paid, call.checks) == (1, checks)


def test_each_request_is_checked(fake_openai: FakeOpenAI, generator: OpenAIGenerator) -> None:
    """Also the second one on the same connection."""
    call = StoppedCall("never")
    with paid_calls.checking(call):
        draw(generator)
        draw(generator)
    assert (fake_openai.paid, call.checks) == (2, ["begin", "check"] * 2)
