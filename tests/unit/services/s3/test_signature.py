from datetime import datetime

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from app.services.s3.signature import signed_headers

TEXT = st.text("abcXYZ019/+=", min_size=1, max_size=40)
HOSTS = st.sampled_from(["bucket.s3.eu-central-1.amazonaws.com", "127.0.0.1:8333", "s3.test"])


@given(
    credentials=st.builds(ReadOnlyCredentials, TEXT, TEXT, st.none() | TEXT, st.none()),
    host=HOSTS,
    path=st.sampled_from(["/images/x.png", "/bucket/originals/0f-1.webp"]),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
)
def test_it_signs_as_the_sdk_does(
    credentials: ReadOnlyCredentials, host: str, path: str, region: str
) -> None:
    """Whoever reads what, where and when: the signature is that of the SDK's own signer."""
    request = AWSRequest("GET", f"https://{host}{path}", headers={"x-amz-checksum-mode": "ENABLED"})
    S3SigV4Auth(credentials, "s3", region).add_auth(request)
    signed_at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%S%z")
    headers = signed_headers(
        credentials, host=host, path=path, region=region, now=signed_at.timestamp()
    )
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert headers == theirs | {"host": host}
