"""What the SDKs refuse stops the start, by the names of the settings."""

import pytest

from app import create_app
from app.config import Settings

pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"MONGODB_URI": "mongodb://user:geheim%wort@host/"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://user:geheim:wort@host/"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://user:geheim@wort@host/"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://host/?nonsense=1"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://host/?retryWrites=maybe"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://host:99999/"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb://host/?tls=true&tlsCAFile=/geheim"}, "MONGODB_URI"),
        ({"MONGODB_URI": "mongodb+srv://a.example.com:27017/"}, "MONGODB_URI"),
        ({"REDIS_URL": "redis://:geheim@host/?nonsense=1"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://:geheim@host/?db=geheim"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://host/?socket_timeout=soon"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://host/?protocol=9"}, "REDIS_URL"),
        ({"REDIS_URL": "rediss://host/?ssl_cert_reqs=geheim"}, "REDIS_URL"),
        ({"OPENAI_API_KEY": "sk-geheim", "SSL_CERT_FILE": "/geheim"}, "SSL_CERT_FILE"),
        ({"S3_BUCKET_NAME": "images", "AWS_PROFILE": "geheim"}, "AWS_PROFILE"),
    ],
)
def test_client_that_cannot_be_created_stops_the_start(
    values: dict[str, str],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit status is 2, and one line names the settings, without values."""
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        create_app()
    assert stopped.value.code == 2
    heading, line = capsys.readouterr().err.splitlines()
    assert heading == "Invalid settings:"
    assert name in line
    assert not [part for part in ("geheim", "wort") if part in line]


@pytest.mark.parametrize(
    ("endpoint", "bucket"),
    [
        ("http://127.0.0.1:8333/images", "images"),
        ("http://127.0.0.1:8333/images/", "images"),
        ("https://images.s3.eu-central-1.amazonaws.com", "images"),
        ("https://images.s3-eu-central-1.amazonaws.com", "images"),
        ("https://images.s3.eu-central-003.backblazeb2.com", "images"),
        ("https://my.images.oss-cn-hangzhou.aliyuncs.com", "my.images"),
        ("https://images-1250000000.cos.ap-guangzhou.myqcloud.com", "images-1250000000"),
        ("https://images.fra1.digitaloceanspaces.com", "images"),
        ("https://images.0123abcd.r2.cloudflarestorage.com", "images"),
        ("https://0123abcd.r2.cloudflarestorage.com/images", "images"),
        ("https://images.storage.googleapis.com", "images"),
    ],
)
def test_bucket_in_the_endpoint_stops_the_start(
    endpoint: str,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Otherwise every object would be stored under the bucket's name twice."""
    monkeypatch.setenv("S3_BUCKET_NAME", bucket)
    monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
    with pytest.raises(SystemExit):
        create_app()
    assert "S3_ENDPOINT_URL: contains the bucket" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("endpoint", "bucket"),
    [
        ("http://minio.example.com:9000", "minio"),
        ("http://seaweed:8333", "seaweed"),
        ("https://project.supabase.co/storage/v1/s3", "images"),
    ],
)
def test_endpoint_that_only_resembles_a_bucket_is_accepted(
    endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is named like the bucket, and an endpoint with a path, are accepted."""
    monkeypatch.setenv("S3_BUCKET_NAME", bucket)
    monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
    assert Settings.load().s3_endpoint_url == endpoint
