"""`flask images doctor` against broken setups: its advice names the setting."""

import pytest

from tests.support.diagnostic_findings import Doctor
from tests.support.fake_openai import FakeOpenAI
from tests.support.service import Parts

NOWHERE = "127.0.0.1:9"
BROKEN = {
    "OPENAI_API_KEY": {"openai_api_key": "sk-wrong-000000000000-secret"},
    "OPENAI_BASE_URL": {"openai_base_url": f"http://{NOWHERE}/v1"},
    "OPENAI_IMAGE_MODEL": {"openai_image_model": "gpt-image-0"},
    "OPENAI_TEXT_MODEL": {"openai_text_model": "gpt-0"},
    "OPENAI_MODERATION_MODEL": {"openai_moderation_model": "moderation-0"},
    "S3_ENDPOINT_URL": {"s3_endpoint_url": f"http://{NOWHERE}"},
    "S3_BUCKET_NAME": {"s3_bucket_name": "no-such-bucket"},
    "AWS_SECRET_ACCESS_KEY": {"aws_secret_access_key": "wrong-secret-key"},
    "AWS_ACCESS_KEY_ID": {"aws_access_key_id": "wrong-access-key"},
    "MONGODB_URI": {"mongodb_uri": f"mongodb://{NOWHERE}/"},
    "REDIS_URL": {"redis_url": f"redis://{NOWHERE}/0"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_advice_names_the_broken_setting(name: str, doctor: Doctor, parts: Parts) -> None:
    """Exactly the part with the broken setting fails, and the advice names that setting."""
    reported = doctor("--json", **(parts.settings | BROKEN[name]))
    failed = [one for one in reported.findings() if one["result"] == "failed"]
    assert len({one["part"] for one in failed}) == 1
    assert name in failed[0]["advice"]


@pytest.mark.parametrize(
    ("name", "wrong", "result"),
    [
        ("AZURE_OPENAI_ENDPOINT", f"http://{NOWHERE}", "failed"),
        ("AZURE_OPENAI_API_KEY", "wrong-azure-key-0000", "failed"),
        ("AZURE_OPENAI_ENDPOINT", "/gateway", "warning"),
        ("", "", "ok"),
    ],
)
def test_azures_key_and_endpoint_are_checked(
    name: str, wrong: str, result: str, doctor: Doctor, fake_openai: FakeOpenAI
) -> None:
    """The resource's list of models shows whether key and endpoint work, free of charge."""
    endpoint = fake_openai.base_url.removesuffix("/v1")
    settings = {"azure_openai_api_key": fake_openai.api_key, "azure_openai_endpoint": endpoint}
    if name:
        settings[name.lower()] = endpoint + wrong if wrong.startswith("/") else wrong
    reported = doctor("--json", **settings)
    assert reported.result("provider", "key") == result
    (finding,) = [one for one in reported.findings() if one["part"] == "provider"]
    assert name in finding["advice"]
    assert fake_openai.paid == 0


def test_base_url_without_its_path_is_named(doctor: Doctor, fake_openai: FakeOpenAI) -> None:
    """A server that has no list of models under OPENAI_BASE_URL may have it under /v1."""
    base_url = fake_openai.base_url.removesuffix("/v1") + "/nothing"
    reported = doctor("--json", openai_api_key=fake_openai.api_key, openai_base_url=base_url)
    (key,) = [one for one in reported.findings() if one["check"] == "key"]
    assert (key["result"], "OPENAI_BASE_URL" in key["advice"]) == ("warning", True)
