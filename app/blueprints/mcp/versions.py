"""Versions of the protocol, and what a request of each states about itself.

Up to 2025-11-25 a client agrees on a version by `initialize`, and names it in a header from then
on. Since 2026-07-28 each request carries its version and the client's capabilities in `_meta`, and
over HTTP repeats version, method and tool in headers, so that a proxy can route it.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from app.blueprints.mcp.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    UNSUPPORTED_VERSION,
    Message,
    ProtocolError,
)

LATEST = "2026-07-28"
LATEST_HANDSHAKE = "2025-11-25"
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", LATEST_HANDSHAKE)
SUPPORTED_VERSIONS = (*HANDSHAKE_VERSIONS, LATEST)
BATCH_VERSIONS = ("2024-11-05", "2025-03-26")
DEFAULT = "2025-03-26"
"""The version of a request without the header, as its specification says."""

VERSION_HEADER = "MCP-Protocol-Version"
METHOD_HEADER = "Mcp-Method"
NAME_HEADER = "Mcp-Name"
HEADERS = (VERSION_HEADER, METHOD_HEADER, NAME_HEADER)

_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
_NAMED_METHODS = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_ENCODED_START, _ENCODED_END = "=?base64?", "?="


@dataclass(frozen=True, slots=True)
class Protocol:
    """The version of a request."""

    version: str

    @property
    def is_stateless(self) -> bool:
        """Whether requests describe themselves, instead of a handshake before them."""
        return self.version == LATEST

    @property
    def has_batches(self) -> bool:
        """Whether a body may be a list of messages."""
        return self.version in BATCH_VERSIONS


def negotiated(requested: object) -> str:
    """Return the version for the response to `initialize`."""
    return str(requested) if requested in HANDSHAKE_VERSIONS else LATEST_HANDSHAKE


def protocol_of_message(message: Message) -> Protocol:
    """Return the protocol of a message without headers, which came by standard input.

    Raises:
        ProtocolError: it states a version that is not supported.
    """
    if _VERSION_KEY not in message.meta:
        return Protocol(LATEST_HANDSHAKE)
    return _stated_protocol(message)


def protocol_of_request(message: Message, headers: Mapping[str, str]) -> Protocol:
    """Return the protocol of a message that came by HTTP.

    Raises:
        ProtocolError: headers and message don't agree, or the version is not supported.
    """
    header = headers.get(VERSION_HEADER)
    is_described = _VERSION_KEY in message.meta
    if not is_described and (header is None or header in HANDSHAKE_VERSIONS):
        return Protocol(header or DEFAULT)
    if header is not None and header not in SUPPORTED_VERSIONS:
        raise unsupported(header)
    if message.id is None:
        return Protocol(LATEST)
    protocol = _stated_protocol(message)
    if header != protocol.version:
        raise _mismatch(VERSION_HEADER)
    if headers.get(METHOD_HEADER) != message.method:
        raise _mismatch(METHOD_HEADER)
    name = message.params.get(_NAMED_METHODS.get(message.method, ""))
    if name is not None and _decoded(headers.get(NAME_HEADER, "")) != name:
        raise _mismatch(NAME_HEADER)
    return protocol


def protocol_of_header(headers: Mapping[str, str]) -> Protocol:
    """Return the protocol that the headers alone state, for a body that is no single message.

    Raises:
        ProtocolError: the version is not supported.
    """
    version = headers.get(VERSION_HEADER, DEFAULT)
    if version not in SUPPORTED_VERSIONS:
        raise unsupported(version)
    return Protocol(version)


def unsupported(requested: str) -> ProtocolError:
    """Return the error for an unknown version."""
    return ProtocolError(
        UNSUPPORTED_VERSION,
        "Unsupported protocol version",
        {"supported": list(SUPPORTED_VERSIONS), "requested": requested[:40]},
    )


def _stated_protocol(message: Message) -> Protocol:
    """Return the protocol that the request's `_meta` states."""
    missing = [key for key in (_VERSION_KEY, _CAPABILITIES_KEY) if key not in message.meta]
    if missing:
        raise ProtocolError(INVALID_PARAMS, f"The params' _meta lacks {', '.join(missing)}.")
    version = message.meta[_VERSION_KEY]
    if not isinstance(version, str):
        raise ProtocolError(INVALID_PARAMS, "The protocol version must be a string.")
    if version != LATEST:
        raise unsupported(version)
    return Protocol(version)


def _mismatch(header: str) -> ProtocolError:
    return ProtocolError(HEADER_MISMATCH, f"The header {header} does not match the message.")


def _decoded(text: str) -> str | None:
    """Return the value of a header, which is in base64 if it is not plain ASCII."""
    if not (text.startswith(_ENCODED_START) and text.endswith(_ENCODED_END)):
        return text
    encoded = text[len(_ENCODED_START) : -len(_ENCODED_END)]
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
