"""Types of settings that are URLs, hosts and paths. No message quotes a value."""

import re
from ipaddress import IPv6Address, ip_address
from typing import Annotated, NamedTuple
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlsplit

from pydantic import AfterValidator, SecretStr

# The characters of RFC 3986 without the apostrophe, which is more often a forgotten quote.
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]*")
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_.])?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_AZURE_SUFFIX = re.compile(r"/(?:openai|models|api/projects)(?:/.*)?\Z")
_AZURE_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)/images/generations\Z")
_API_CALL = re.compile(
    r"/(?:images/(?:generations|edits)|chat/completions|models|moderations|responses)\Z"
)
# Hosts on which stores serve buckets, after the name of the bucket.
_BUCKET_HOST = re.compile(
    r"(?:s3[.-]|oss-|cos\.|obs\.|storage\.googleapis\.com|[a-z0-9-]+\.digitaloceanspaces\.com"
    r"|(?:[a-z0-9-]+\.)*(?:r2\.cloudflarestorage|linodeobjects|vultrobjects|wasabisys)\.com)"
)
_ESCAPE = "in the user name and password, write @ : / ? # [ ] % as %40 %3A %2F %3F %23 %5B %5D %25"


class AzureTarget(NamedTuple):
    """What the URL of an Azure resource contains.

    Attributes:
        endpoint: the URL of the resource itself.
        deployment: the deployment of an image model, if the URL names one.
        api_version: the version of the API, or "" if the URL names none.
    """

    endpoint: str
    deployment: str | None
    api_version: str


def parse_azure_endpoint(url: str) -> AzureTarget:
    """Split an endpoint or a target URI, as Azure's portal shows them."""
    parts = urlsplit(url)
    deployment = _AZURE_DEPLOYMENT.search(parts.path)
    path = _AZURE_SUFFIX.sub("", parts.path).rstrip("/")
    return AzureTarget(
        endpoint=f"{parts.scheme}://{parts.netloc}{path}",
        deployment=deployment[1] if deployment else None,
        api_version=parse_qs(parts.query).get("api-version", [""])[-1],
    )


def contains_bucket(endpoint: str, bucket: str) -> bool:
    """Return whether the endpoint is that of the bucket, instead of the store's."""
    parts = urlsplit(endpoint)
    host, prefix = parts.hostname or "", f"{bucket}."
    in_host = host.startswith(prefix) and _BUCKET_HOST.match(host.removeprefix(prefix)) is not None
    return in_host or parts.path.rpartition("/")[2] == bucket


def database_in(uri: SecretStr | None) -> str | None:
    """Return the database in the path of a MongoDB URI."""
    return (urlsplit(uri.get_secret_value()).path.lstrip("/") or None) if uri else None


def _check_web_url(value: str, *, with_query: bool = False) -> str:
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not _has_host(parts):
        raise ValueError(
            "must be a URL in ASCII with http:// or https:// and with a valid host and port"
        )
    # In the path, it is the end of a password with a slash: http://user:1/2@host
    if parts.username is not None or parts.password is not None or "@" in parts.path:
        raise ValueError("must not contain a user name or password")
    if parts.fragment or (parts.query and not with_query) or "://" in parts.path:
        raise ValueError("must be a URL without ? and # and what follows them")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{query}"


def _check_base_url(value: str) -> str:
    """Remove the path of a call, such as `/images/generations`, from a base URL."""
    return _API_CALL.sub("", _check_web_url(value))


def _check_azure_endpoint(value: str) -> str:
    return _check_web_url(value, with_query=True)


def _check_mongodb_uri(value: SecretStr) -> SecretStr:
    parts = _split_secret(value, "mongodb", "mongodb+srv")
    database = parts.path.removeprefix("/")
    if database and not re.fullmatch(r"[A-Za-z0-9_-]{1,63}", database):
        raise ValueError(
            "has no valid database name after the host (letters, digits, - and _, at most 63); "
            + _ESCAPE
        )
    return value


def _check_redis_url(value: SecretStr) -> SecretStr:
    parts = _split_secret(value, "redis", "rediss", "unix")
    if parts.scheme == "unix":
        return value
    if not re.fullmatch(r"/?[0-9]{0,3}", parts.path):
        raise ValueError(f"must end in the number of a database, such as /0; {_ESCAPE}")
    if parts.netloc and not _has_host(parts):
        raise ValueError(f"has no valid host and port; {_ESCAPE}")
    return value


def _split_secret(value: SecretStr, *schemes: str) -> SplitResult:
    text = value.get_secret_value()
    parts = _split(text)
    if parts is None or parts.scheme not in schemes:
        names = " or ".join(f"{name}://" for name in schemes)
        raise ValueError(f"must start with {names} and be a valid URL in ASCII; {_ESCAPE}")
    options = parse_qsl(parts.query, keep_blank_values=True) if parts.query else []
    is_list = len(options) == parts.query.count("&") + 1 if parts.query else True
    misplaced = "@" in parts.path + parts.query and parts.scheme != "unix"
    if parts.fragment or misplaced or not is_list:
        raise ValueError(f"contains @, # or ? where it must not; {_ESCAPE}")
    return parts


def _split(value: str) -> SplitResult | None:
    """Split a URL; return None if it is none, or has other characters than a URL."""
    if not _URL_CHARACTERS.fullmatch(value) or value.endswith((",", ";")):
        return None
    try:
        return urlsplit(value)
    except ValueError:  # its message quotes the host
        return None


def _has_host(parts: SplitResult) -> bool:
    try:
        return is_host(parts.hostname or "") and parts.port != 0 and parts.netloc[-1] != ":"
    except ValueError:  # its message quotes the port, which can be a part of a password
        return False


def is_host(host: str) -> bool:
    """Return whether this is a host name or an address; IPv6 without brackets."""
    if ":" in host:
        try:
            return isinstance(ip_address(host), IPv6Address)
        except ValueError:
            return False
    return _HOST_NAME.fullmatch(host) is not None


def _check_listen_host(value: str) -> str:
    host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if not is_host(host):
        raise ValueError(
            "must be an address or a host name, such as 127.0.0.1, 0.0.0.0 or ::, without a port, "
            "which PORT sets"
        )
    return host


def _check_path_prefix(value: str) -> str | None:
    path = f"/{value.strip('/')}".rstrip("/")
    if not _PATH.fullmatch(path):
        raise ValueError("must be a path like /images-api: letters, digits, and . _ ~ -")
    return path or None


WebUrl = Annotated[str, AfterValidator(_check_web_url)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
AzureEndpoint = Annotated[str, AfterValidator(_check_azure_endpoint)]
MongoUri = Annotated[SecretStr, AfterValidator(_check_mongodb_uri)]
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis_url)]
ListenHost = Annotated[str, AfterValidator(_check_listen_host)]
PathPrefix = Annotated[str, AfterValidator(_check_path_prefix)]
