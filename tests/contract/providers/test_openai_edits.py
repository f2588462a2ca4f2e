"""The image generator on OpenAI: edits of images, as multipart requests."""

import io
from dataclasses import replace
from typing import Any

import pytest
from openai import OpenAI

from app.errors import (
    EditsUnsupported,
    PromptRejected,
    ProviderMisconfigured,
    TransparencyRefused,
)
from app.models import ImageRequest
from app.ports.providers import InputFile
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.builders import a_drawing, an_input
from tests.support.fake_openai import FakeOpenAI, Fault, Request, sample_images
from tests.support.fake_openai.errors import unknown_parameter
from tests.support.fake_openai.reply import Reply
from tests.support.openai.checks import MODEL, fails_as, generator_at
from tests.support.openai.faults import FAILURES, NO
from tests.support.tables import each_row

FOX = sample_images.draw(1024, 1024, 1)
HAT = sample_images.draw(640, 480, 2, "webp")
COAT = sample_images.draw(320, 320, 3, "jpeg")
MASK = sample_images.draw(1024, 1024, 4, transparent=True)
PROMPT = "make the scarf blue\n\non white"


def edit(generator: OpenAIGenerator, *images: tuple[str, bytes], **changes: Any) -> Any:
    """Edit these images; a mask has the format `mask`."""
    request, files = an_edit(*images, **changes)
    return generator.draw(request, inputs=files)


def an_edit(*images: tuple[str, bytes], **changes: Any) -> tuple[ImageRequest, list[InputFile]]:
    """Return a request with its files."""
    inputs = tuple(an_input(data, kind) for kind, data in images or [("png", FOX)])
    request = replace(a_drawing(PROMPT, **changes), inputs=inputs)
    files = [
        InputFile(role=one.reference.role, format=one.format, file=io.BytesIO(data))
        for one, (_, data) in zip(inputs, images or [("png", FOX)], strict=True)
    ]
    return request, files


def parts(request: Request) -> dict[str, Any]:
    """Return all that a request says in its parts."""
    files = [(one.name, one.filename, one.content_type, one.data) for one in request.files]
    return {"path": request.endpoint, "fields": request.body, "files": files}


@each_row(
    "images, official",
    [
        ([("png", FOX)], {"image": ("image-1.png", FOX, "image/png")}),
        (
            [("png", FOX), ("webp", HAT), ("jpeg", COAT)],
            {
                "image": [
                    ("image-1.png", FOX, "image/png"),
                    ("image-2.webp", HAT, "image/webp"),
                    ("image-3.jpeg", COAT, "image/jpeg"),
                ]
            },
        ),
        (
            [("png", FOX), ("mask", MASK)],
            {
                "image": ("image-1.png", FOX, "image/png"),
                "mask": ("mask.png", MASK, "image/png"),
            },
        ),
    ],
)
def test_request_equals_that_of_the_official_client(
    images: list[tuple[str, bytes]],
    official: dict[str, Any],
    generator: OpenAIGenerator,
    fake_openai: FakeOpenAI,
    openai_client: OpenAI,
) -> None:
    """Names, file names, content types and bytes of all parts are those of the SDK's own call."""
    edit(generator, *images, quality="high", partial_images=2, safety_identifier="abc")
    call: Any = openai_client.images.edit
    stream = call(
        model=MODEL,
        prompt=PROMPT,
        size="1024x1024",
        n=1,
        quality="high",
        output_format="png",
        background="opaque",
        safety_identifier="abc",
        stream=True,
        partial_images=2,
        **official,
    )
    list(stream)
    ours, theirs = fake_openai.requests_to("edits")[-2:]
    assert parts(ours) == parts(theirs)
    assert ours.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert int(ours.headers["content-length"]) == int(theirs.headers["content-length"])


def test_one_request_returns_one_image_and_its_usage(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """The bytes are those of the model, after one charge; given images count as tokens."""
    generated = edit(generator, ("png", FOX), ("webp", HAT))
    assert [generated.data] == fake_openai.images
    assert (fake_openai.paid, len(fake_openai.requests)) == (1, 1)
    assert generated.usage is not None
    assert generated.usage.image_in == 2 * (32 * 32 + 20 * 15)


def test_partial_images_are_forwarded(generator: OpenAIGenerator, fake_openai: FakeOpenAI) -> None:
    """The events of an edit have names of their own."""
    partial: list[int] = []
    request, files = an_edit(partial_images=3)
    generated = generator.draw(
        request, inputs=files, on_partial=lambda index, _: partial.append(index)
    )
    assert (partial, [generated.data]) == ([0, 1, 2], fake_openai.images)


def test_description_has_no_bytes(generator: OpenAIGenerator) -> None:
    """The request that would be sent names its files, and the sizes of their images."""
    described = generator.describe(an_edit(("png", FOX), ("mask", MASK))[0])
    assert described.path == "/images/edits"
    assert described.input_sizes == ((1024, 1024), (1024, 1024))
    assert described.body["image"] == {
        "filename": "image-1.png",
        "content_type": "image/png",
        "size_bytes": len(FOX),
    }
    assert described.body["mask"]["filename"] == "mask.png"


@each_row(
    "name",
    ["500, paid", "429", "billing limit", "blocked input", "401", "dropped, paid", "cut later"],
)
def test_each_failure_has_its_own_error_and_charge(
    name: str, generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """Edits fail as other images do; files are read from the beginning each time."""
    fault, kind, charged, paid = FAILURES[name]
    fake_openai.script("edits", fault)
    with fails_as(kind, charged=charged, fake=fake_openai, endpoint="edits"):
        edit(generator)
    assert fake_openai.paid == paid
    fake_openai.reset()
    assert edit(generator).data
    fake_openai.reset()


@each_row(
    "status, body",
    [
        (404, '{"detail":"Not Found"}'),  # FastAPI
        (404, "404 page not found"),  # Go
        (404, '{"error":{"message":"Invalid URL (POST /v1/images/edits)","code":null}}'),
        (404, "<html><title>404</title></html>"),
        (405, '{"detail":"Method Not Allowed"}'),
        (501, '{"error":{"message":"model m can not edit","type":"x"}}'),
    ],
)
def test_server_without_edits(
    status: int, body: str, generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """An unknown call is no wrong setting, and costs nothing."""
    fake_openai.script("edits", Fault("unknown", reply=Reply(status, body.encode())))
    with fails_as(EditsUnsupported, charged=NO, fake=fake_openai, endpoint="edits"):
        edit(generator)
    assert fake_openai.paid == 0


@each_row(
    "body",
    [
        '{"error":{"message":"gone","code":"model_not_found"}}',
        '{"error":{"message":"The model `x` does not exist","code":null}}',
        '{"error":{"code":"DeploymentNotFound","message":"not there"}}',  # Azure
    ],
)
def test_missing_model_is_no_missing_call(
    body: str, generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A 404 about the model remains a wrong setting."""
    fake_openai.script("edits", Fault("gone", reply=Reply(404, body.encode())))
    with fails_as(ProviderMisconfigured, charged=NO, fake=fake_openai, endpoint="edits"):
        edit(generator)


def test_repeated_prompt_is_not_read_as_a_refusal(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A server may quote the prompt, also that of a body that can be sent only once."""
    prompt = "a sign that says: violates our content policy"
    message = f'{{"error":{{"message":"cannot parse {prompt}","code":"invalid_value"}}}}'
    fake_openai.script("edits", Fault("quotes", reply=Reply(400, message.encode())))
    request, files = an_edit()
    with pytest.raises(ProviderMisconfigured):
        generator.draw(replace(request, subject=prompt), inputs=files)
    fake_openai.script("edits", Fault("quotes", reply=Reply(400, message.encode())))
    with pytest.raises(PromptRejected):
        generator.draw(request, inputs=files)


def test_refused_parameter_is_left_out_of_edits_only(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """The request is sent again with its files, and other images keep the parameter."""
    fake_openai.script("edits", Fault("unknown", reply=unknown_parameter("output_format")))
    assert edit(generator).data
    first, second = fake_openai.requests_to("edits")
    assert ("output_format" in first.body, "output_format" in second.body) == (True, False)
    assert first.files == second.files
    generator.draw(a_drawing())
    assert "output_format" in fake_openai.requests_to("images")[0].body
    assert fake_openai.paid == 2


def test_refused_transparency_of_edits_leaves_other_images_alone(fake_openai: FakeOpenAI) -> None:
    """Nothing is paid, and images from words alone remain transparent."""
    fake_openai.api_key = "sk-test-own"
    with generator_at(fake_openai.base_url, transparent=True) as generator:
        fake_openai.script("edits", Fault.transparent_refused())
        for _ in range(2):  # the second time without a request
            with pytest.raises(TransparencyRefused):
                edit(generator, transparent=True)
        assert generator.transparent
        assert edit(generator).data
    assert len(fake_openai.requests_to("edits")) == 2


def test_old_models_send_nothing() -> None:
    """The models of old take no further images."""
    with (
        FakeOpenAI(legacy_models=True, api_key="sk-test-own") as fake,
        generator_at(fake.base_url, model="dall-e-3") as generator,
    ):
        with pytest.raises(EditsUnsupported):
            edit(generator)
        assert fake.requests == []
