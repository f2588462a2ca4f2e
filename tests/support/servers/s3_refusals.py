"""What other S3 stores than Amazon's are reported to refuse, by kind of store.

`SOURCES` names the public reports behind each profile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class S3Request:
    """A request as it arrived; names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters of the query."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def is_about_bucket(self) -> bool:
        """Whether the path names no object; the bucket is in the path."""
        return "/" not in urlsplit(self.target).path.strip("/")


@dataclass(frozen=True)
class Refusal:
    """Which requests are refused, and with which status and code; an empty code has no body."""

    applies: Callable[[S3Request], bool]
    status: int
    code: str = ""


def _has_header(*starts: str) -> Callable[[S3Request], bool]:
    return lambda request: any(name.startswith(starts) for name in request.headers)


def _signs_as(text: str) -> Callable[[S3Request], bool]:
    return lambda request: request.headers.get("x-amz-content-sha256", "").startswith(text)


def _is_chunked(request: S3Request) -> bool:
    encoding = request.headers.get("content-encoding", "")
    return "aws-chunked" in encoding or "transfer-encoding" in request.headers


def _is_addressed_to(host: str) -> Callable[[S3Request], bool]:
    return lambda request: request.headers["host"].startswith(host)


def _is_head_of_bucket(request: S3Request) -> bool:
    return request.method == "HEAD" and request.is_about_bucket


def _deletes_many_without_md5(request: S3Request) -> bool:
    return "delete" in request.query and "content-md5" not in request.headers


def is_put(request: S3Request) -> bool:
    """Whether the request writes an object."""
    return request.method == "PUT"


def is_larger_than(size: int) -> Callable[[S3Request], bool]:
    """Make a condition on the size of the body, as of a proxy's limit."""
    return lambda request: len(request.body) > size


_CHECKSUMS = "x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-trailer"
_NO_TRAILERS = Refusal(_signs_as("STREAMING-"), 501, "NotImplemented")
_MD5_OF_DELETIONS = Refusal(_deletes_many_without_md5, 400, "MissingContentMD5")
_NO_LENGTH = Refusal(
    lambda request: "transfer-encoding" in request.headers, 411, "MissingContentLength"
)
_NO_ENCODING_TYPE = Refusal(
    lambda request: "encoding-type" in request.query, 400, "InvalidArgument"
)

PROFILES: dict[str, tuple[Refusal, ...]] = {
    "backblaze-b2": (
        Refusal(_has_header(*_CHECKSUMS), 400, "InvalidArgument"),
        Refusal(_is_head_of_bucket, 403),
        _NO_TRAILERS,
        _NO_LENGTH,
    ),
    "cloudflare-r2": (Refusal(_has_header(*_CHECKSUMS), 501, "NotImplemented"), _NO_TRAILERS),
    "alibaba-oss": (
        Refusal(_is_chunked, 400, "InvalidArgument"),
        Refusal(_signs_as("STREAMING-"), 400, "InvalidArgument"),
        Refusal(_is_addressed_to("oss-"), 403, "SecondLevelDomainForbidden"),
    ),
    "tencent-cos": (
        Refusal(_has_header(*_CHECKSUMS), 400, "InvalidArgument"),
        Refusal(_is_addressed_to("cos."), 403, "PathStyleDomainForbidden"),
        _MD5_OF_DELETIONS,
    ),
    "google-cloud-storage": (
        Refusal(_is_chunked, 403, "SignatureDoesNotMatch"),
        Refusal(_has_header("x-amz-trailer", "x-amz-sdk-"), 403, "SignatureDoesNotMatch"),
        _NO_ENCODING_TYPE,
    ),
    "ceph-before-squid": (
        Refusal(_signs_as("STREAMING-UNSIGNED"), 400, "XAmzContentSHA256Mismatch"),
        Refusal(_has_header(*_CHECKSUMS), 400, "XAmzContentSHA256Mismatch"),
        _MD5_OF_DELETIONS,
    ),
    "minio-of-2022": (
        _NO_TRAILERS,
        Refusal(_has_header("x-amz-sdk-", "x-amz-checksum-mode"), 501, "NotImplemented"),
        _MD5_OF_DELETIONS,
    ),
    "everything": (
        Refusal(_has_header(*_CHECKSUMS), 400, "InvalidArgument"),
        Refusal(_is_head_of_bucket, 405),
        Refusal(_is_chunked, 411, "MissingContentLength"),
        _NO_TRAILERS,
        _NO_ENCODING_TYPE,
        _MD5_OF_DELETIONS,
    ),
}
"""The refusals of each kind of store."""

SOURCES = {
    "backblaze-b2": (
        "https://github.com/jschneier/django-storages/issues/1498",
        "https://github.com/nextcloud/server/issues/60791",
        "https://github.com/diced/zipline/issues/746",
    ),
    "cloudflare-r2": ("https://github.com/cloudflare/cloudflare-docs/issues/6133",),
    "alibaba-oss": ("https://github.com/apache/polaris/issues/3346",),
    "tencent-cos": ("https://github.com/grafana/mimir/issues/7512",),
    "google-cloud-storage": (
        "https://github.com/EnterpriseDB/barman/issues/1112",
        "https://github.com/jschneier/django-storages/issues/1532",
    ),
    "ceph-before-squid": (
        "https://github.com/padok-team/burrito/issues/602",
        "https://github.com/aws/aws-cli/issues/4128",
    ),
    "minio-of-2022": ("https://github.com/langgenius/dify/pull/35117",),
}
"""The public reports of these refusals, and of lists without tokens."""
