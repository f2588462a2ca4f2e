"""Isolate the tests: they reach no other host and use no real credentials."""

import ipaddress
import os
import re
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

# Settings of this machine's user would change the results of tests, or make them contact and pay
# other services.
_PREFIXES = ("AWS_", "OPENAI_", "AZURE_OPENAI_", "OTEL_")
_EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
_SETTINGS = frozenset(re.findall(r"^([A-Z0-9_]+)=", _EXAMPLE.read_text(), re.MULTILINE))
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another host; no OSError, so that it is not taken for an outage."""


def clean_environment(environment: MutableMapping[str, str]) -> None:
    """Remove credentials, the service's settings and proxies."""
    for name in tuple(environment):
        if name.startswith(_PREFIXES) or name.upper() in _SETTINGS.union(_PROXIES):
            del environment[name]
    # boto3 reads these files, and without keys requests some from an address of the cloud.
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    # Creating a client would load all certificates of the machine.
    environment["SSL_CERT_FILE"], environment["SSL_CERT_DIR"] = "", os.devnull
    environment.pop("REQUESTS_CA_BUNDLE", None)
    # A hundred servers and commands are started, and each would compile the whole service again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)


def block_network() -> None:
    """Restrict this process to connections to the loopback interface, permanently.

    An audit hook sees every connection that Python makes, by any library.
    """
    sys.addaudithook(_check)


def _check(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkBlockedError(f"a test tried to reach {address[0]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and not _is_local(args[0]):
        if str(args[0]).endswith(".invalid"):
            # For a look-up that fails without a request to a name server.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise NetworkBlockedError(f"a test tried to look up {args[0]}")


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False
