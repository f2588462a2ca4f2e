"""Check the key and the endpoint of an Azure OpenAI resource, free of charge."""

import contextlib
from typing import TYPE_CHECKING

from app.models import Finding
from app.services.diagnostics.findings import FailureAdvice, FindingBuilder
from app.services.openai.client import classify
from app.services.runtime.failures import Failure, FailureKind

if TYPE_CHECKING:
    from openai import OpenAI

    from app.services.runtime.lazy_client import LazyClient

_PROVIDER = FindingBuilder("provider")
_TIMEOUT_SECONDS, _CONNECT_SECONDS = 4.0, 3.0
_NOT_CHECKED = "the names of its deployments can't be checked"
_SET_KEY = "set AZURE_OPENAI_API_KEY to a key of this resource"
_ADVICE = FailureAdvice(
    {
        FailureKind.CREDENTIALS_REFUSED: ("the resource refuses the key", _SET_KEY),
        FailureKind.PERMISSION_DENIED: (
            "the resource denies access",
            f"{_SET_KEY}, and allow this network to reach it",
        ),
    },
    otherwise=(
        "no usable response from the resource",
        "check the network, AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY",
    ),
)
# Gateways in front of a resource may have no list of models.
_INCONCLUSIVE = {FailureKind.NOT_FOUND, FailureKind.REJECTED, FailureKind.RATE_LIMITED}


def check_resource(client: "LazyClient[OpenAI]") -> Finding:
    """Request the resource's list of models, which needs the key."""
    with contextlib.closing(client):
        failure = _list_models(client)
    if failure is None:
        return _PROVIDER.ok("key", f"accepted by Azure OpenAI; {_NOT_CHECKED}")
    if failure.kind in _INCONCLUSIVE:
        found = f"the models can't be listed ({failure.code}), and {_NOT_CHECKED}"
        advice = "check AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_VERSION"
        return _PROVIDER.warning("key", found, advice)
    error = _ADVICE.check_failed(failure)
    return _PROVIDER.failed("key", error.found, error.advice)


def _list_models(client: "LazyClient[OpenAI]") -> Failure | None:
    from openai import Timeout

    timeout = Timeout(_TIMEOUT_SECONDS, connect=_CONNECT_SECONDS)
    try:
        client().with_options(timeout=timeout).models.with_raw_response.list()
    except Exception as error:  # reason: others than the SDK's are raised again
        failure = classify(error)
        if failure is None:
            raise
        return failure
    return None
