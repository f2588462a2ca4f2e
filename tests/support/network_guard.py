"""Keeps the tests on this machine: no foreign host is reached, no real credential is used."""

import ipaddress
import os
import re
import socket
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

# What the person at this machine has set would make a test behave otherwise than elsewhere, or
# talk to, or pay, somebody else.
_PREFIXES = ("AWS_", "OPENAI_", "AZURE_OPENAI_", "OTEL_")
_EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
_SETTINGS = frozenset(re.findall(r"^([A-Z0-9_]+)=", _EXAMPLE.read_text(), re.MULTILINE))
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another host; no OSError, lest it be taken for an outage."""


def clean_environment(environment: MutableMapping[str, str]) -> None:
    """Remove credentials, the service's settings and proxies."""
    for name in tuple(environment):
        if name.startswith(_PREFIXES) or name.upper() in _SETTINGS.union(_PROXIES):
            del environment[name]
    # boto3 reads these files, and asks an address of the cloud for keys when it finds none.
    environment["AWS_CONFIG_FILE"] = environment["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    # Nobody here speaks TLS, and a client that is made loads all certificates of the machine.
    environment["SSL_CERT_FILE"], environment["SSL_CERT_DIR"] = "", os.devnull
    # A hundred servers and commands are started, and each would compile the whole service anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)


def block_network() -> None:
    """Allow this process connections to the loopback interface only, for good.

    An audit hook sees every connection that Python makes, whichever library asks for it.
    """
    sys.addaudithook(_check)


def _check(event: str, args: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = args[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkBlockedError(f"a test tried to reach {address[0]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"} and not _is_local(args[0]):
        if str(args[0]).endswith(".invalid"):
            # A name that never exists lets a test have a failing look-up without asking anybody.
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
