"""Images in other wrappings than OpenAI's."""

import itertools

import pytest

from app.errors import Charged, ProviderBadResponse, ProviderMisconfigured
from app.services.openai.body_buffer import Body
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.image_payload import read_payload
from app.services.openai.transport.image_download import HostNotListed, download_image
from tests.support.builders import a_drawing
from tests.support.fake_openai import Behavior, FakeOpenAI, Fault
from tests.support.openai.checks import draw, fails_as, generator_at
from tests.support.openai.faults import YES
from tests.support.openai.wrappings import WRAPPINGS, raw_file
from tests.support.servers import python_process

_FORKED = """
import os
from app.errors import AppError
from app.services.openai.transport.image_download import ImageHosts

hosts = ImageHosts(())
hosts.require_listed()
print("nothing known", flush=True)
worker = os.fork()
if not worker:
    hosts.report_unlisted("cdn.example")
    os._exit(0)
os.waitpid(worker, 0)
try:
    hosts.require_listed()
except AppError as error:
    print(error.code)
"""


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=lambda wrapping: wrapping.name)
def test_image_is_found_in_any_wrapping(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, wrapping: Behavior
) -> None:
    """The bytes are those of the model, after one request with one charge."""
    fake_openai.script("images", wrapping)
    assert [draw(generator).data] == fake_openai.images
    assert (fake_openai.paid, len(fake_openai.requests)) == (1, 1)


@pytest.mark.parametrize(
    ("field", "address"),
    [
        *itertools.product(
            ("url", "b64_json"),
            (
                *("/v1/files/0", "./files/0", "../v1/files/0", "/v1/files/0?sig=a%2Fb&t=1"),
                *("{base}/files/0", "{base}/files/0#top"),
            ),
        ),
        ("url", "files/0"),
    ],
)
def test_relative_address_is_the_servers_own(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI, address: str, field: str
) -> None:
    """An address without a host is read from the provider, in either field."""
    url = address.format(base=fake_openai.base_url)
    fake_openai.script("images", Fault.image_item({field: url}))
    assert [draw(generator).data] == fake_openai.images
    assert (fake_openai.paid, len(fake_openai.requests_to("files"))) == (1, 1)


def test_next_address_is_used_if_one_fails(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Of several addresses, the first one with an image is used."""
    fake_openai.script("images", Fault.image_item({"url": "/v1/files/0"}, {"url": "/v1/files/0"}))
    fake_openai.script("files", Fault.status(404))
    assert [draw(generator).data] == fake_openai.images


def test_large_file_is_no_complex_json(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """The bytes of a file contain many commas, but none between values."""
    fake_openai.image = b"\x89PNG\r\n\x1a\n" + b",{}" * 500_000
    fake_openai.script("images", raw_file("image/png"))
    assert draw(generator).data == fake_openai.image


@pytest.mark.parametrize("model", ["flux-1-dev", "grok-imagine-image", "my-model", "imagen-4"])
def test_other_models_are_asked_for_base64(fake_openai: FakeOpenAI, model: str) -> None:
    """A model that is no GPT image model is asked for base64, and once more without, if refused."""
    fake_openai.script("images", Fault.stream_refused("response_format"), *[Fault.model(model)] * 2)
    with generator_at(fake_openai.base_url, model=model) as generator:
        assert draw(generator).data
        assert draw(generator).data
    formats = [sent.body.get("response_format") for sent in fake_openai.requests_to("images")]
    assert formats == ["b64_json", None, None]
    assert fake_openai.paid == 2


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-1-mini", "chatgpt-image-latest"])
def test_gpt_image_models_are_not_asked_for_base64(model: str) -> None:
    """They return nothing else, and refuse the parameter."""
    with generator_at("http://127.0.0.1:1/v1", model=model) as generator:
        assert "response_format" not in generator.describe(a_drawing("a mug")).body


class TestOtherHosts:
    """Addresses on a host that is not the provider's."""

    @pytest.fixture
    def other(self) -> FakeOpenAI:
        """Return another server, which has an image."""
        server = FakeOpenAI()
        server.ledger.add_image(b"\x89PNG\r\n\x1a\n from elsewhere")
        return server

    def test_nothing_is_paid_after_the_first(
        self, generator: OpenAIGenerator, fake_openai: FakeOpenAI, other: FakeOpenAI
    ) -> None:
        """The first image is kept as evidence; later requests name the setting, for nothing."""
        fake_openai.always("images", Fault.image_url(f"http://localhost:{other.port}/v1/files/0"))
        with other:
            with fails_as(
                ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"
            ) as caught:
                draw(generator)
            assert "PROVIDER_IMAGE_HOSTS" in caught.error.message
            for _ in range(2):
                with pytest.raises(ProviderMisconfigured, match="unlisted") as refused:
                    draw(generator)
                assert refused.value.charged is Charged.NO
                assert "PROVIDER_IMAGE_HOSTS" in refused.value.message
                assert "localhost" not in refused.value.message
        assert (fake_openai.paid, other.requests) == (1, [])

    def test_forked_processes_share_what_is_known(self) -> None:
        """Of all workers of a server, only the first pays for an image on an unlisted host."""
        assert python_process.run(_FORKED) == "nothing known\nprovider_misconfigured\n"

    @pytest.mark.parametrize("listed", ["localhost", "localhost:{port}"])
    def test_listed_host_is_used(
        self, fake_openai: FakeOpenAI, other: FakeOpenAI, listed: str
    ) -> None:
        """A host is listed with all its ports, or with one. It gets neither key nor prompt."""
        hosts = [listed.format(port=other.port)]
        url = f"http://LOCALHOST:{other.port}/v1/files/0"
        fake_openai.api_key = "sk-test-own"
        fake_openai.script("images", Fault.image_url(url))
        with other, generator_at(fake_openai.base_url, image_hosts=hosts) as generator:
            assert draw(generator).data == other.images[0]
        (request,) = other.requests
        assert "authorization" not in request.headers
        assert request.body is None

    @pytest.mark.parametrize(
        ("listed", "url"),
        [
            ("localhost:1", "http://localhost:{port}/v1/files/0"),
            ("localhost", "http://127.0.0.2:{port}/v1/files/0"),
            ("localhost", "http://localhost.example:{port}/v1/files/0"),
            ("localhost", "http://localhost@127.0.0.2:{port}/v1/files/0"),
            ("localhost", "http://user:secret@localhost:{port}/v1/files/0"),
            ("localhost", "ftp://localhost:{port}/v1/files/0"),
            ("localhost", "//localhost:{port}/v1/files/0"),
            ("localhost", "http:\\\\localhost:{port}\\v1/files/0"),
            ("localhost", "http://169.254.169.254/latest/meta-data/"),
            ("localhost", "http://[::ffff:127.0.0.1]:{port}/v1/files/0"),
        ],
    )
    def test_only_listed_hosts_are_used(
        self, fake_openai: FakeOpenAI, other: FakeOpenAI, listed: str, url: str
    ) -> None:
        """Another host, another port, or a user name in the address gets no request."""
        fake_openai.api_key = "sk-test-own"
        fake_openai.script("images", Fault.image_url(url.format(port=other.port)))
        with (
            other,
            generator_at(fake_openai.base_url, image_hosts=[listed]) as generator,
            fails_as(ProviderBadResponse, charged=YES, fake=fake_openai, endpoint="images"),
        ):
            draw(generator)
        assert other.requests == []

    def test_listed_host_needs_encryption_if_the_provider_has_it(self) -> None:
        """An image over http is refused from a provider over https."""
        with pytest.raises(HostNotListed):
            download_image(
                "http://cdn.example/x.png",
                base_url="https://api.example/v1",
                hosts={"cdn.example"},
                deadline=0,
                max_bytes=1,
            )


@pytest.mark.parametrize(
    "body", [b'{"data": [' + b"[" * 20000, b'{"data": "' + b"/9j/" * 9, b"\xff\xfe{", b"null", b"7"]
)
def test_odd_bodies_are_no_images(body: bytes) -> None:
    """Whatever the body is, reading it raises nothing."""
    assert read_payload(Body(body)).image == b""
