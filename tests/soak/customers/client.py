"""The HTTP requests of customers."""

import threading
from dataclasses import dataclass, field
from typing import Any

import requests

_TIMEOUT_SECONDS = 40
_own = threading.local()  # the session of each thread


@dataclass(frozen=True)
class Reply:
    """What came back from a server.

    Attributes:
        status: 0 if the connection was lost, or the time was over.
        body: the JSON object, if it is one.
        data: the bytes.
        is_late: whether the time was over: the server may still work on the request.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    data: bytes = field(default=b"", repr=False)
    is_late: bool = False

    @property
    def text(self) -> str:
        """The beginning of the content, for messages."""
        return self.data[:300].decode(errors="replace")


@dataclass(frozen=True)
class Client:
    """Sends customers' requests to one server.

    Args:
        url: where the server is.
    """

    url: str

    def generate(self, prompt: str, key: str, n: int = 1) -> Reply:
        """Order images, under an idempotency key."""
        return self._order("/generate-image", prompt, key, n)

    def edit(self, filename: str, prompt: str, key: str, n: int = 1) -> Reply:
        """Order edits of an image, under an idempotency key."""
        return self._order(f"/images/{filename}/edits", prompt, key, n)

    def upload(self, file: bytes, prompt: str) -> Reply:
        """Upload a PNG file."""
        headers = {"Content-Type": "image/png"}
        return self._send("POST", "/images", params={"prompt": prompt}, data=file, headers=headers)

    def fetch(self, filename: str) -> Reply:
        """Fetch the bytes of an image."""
        return self._send("GET", f"/images/{filename}")

    def list(self) -> Reply:
        """Read the first page of the list."""
        return self._send("GET", "/images", params={"limit": "50"})

    def delete(self, filename: str, *, purge: bool) -> Reply:
        """Move an image to the trash, or delete it for good."""
        params = {"purge": "true"} if purge else {}
        return self._send("DELETE", f"/images/{filename}", params=params)

    def restore(self, filename: str) -> Reply:
        """Return an image from the trash."""
        return self._send("POST", f"/images/{filename}/restore")

    def delete_group(self, group: str, *, kept: str) -> Reply:
        """Move all images of a group to the trash, except one."""
        return self._send("DELETE", "/images", params={"group": group, "except": kept})

    def _order(self, path: str, prompt: str, key: str, n: int) -> Reply:
        body: dict[str, Any] = {"prompt": prompt} | ({"n": n} if n > 1 else {})
        return self._send("POST", path, json=body, headers={"Idempotency-Key": key})

    def _send(self, method: str, path: str, **content: Any) -> Reply:
        try:
            response = _session().request(
                method, self.url + path, timeout=_TIMEOUT_SECONDS, **content
            )
        except requests.RequestException as error:
            return Reply(0, is_late=isinstance(error, requests.Timeout))
        is_json = "json" in response.headers.get("content-type", "")
        body = response.json() if is_json else {}
        return Reply(response.status_code, body if isinstance(body, dict) else {}, response.content)


def _session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
    session: requests.Session = _own.session
    return session
