"""Sessions of the S3 SDK that share its descriptions of the API, which take most of its memory."""

import logging
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError
from botocore.loaders import create_loader
from botocore.session import get_session

_log = logging.getLogger(__name__)
_descriptions = create_loader()  # read once, then kept: plain data, no connections and no locks


def new_session(**arguments: Any) -> boto3.session.Session:
    """Return a session with nothing of another one but the descriptions."""
    core = get_session()
    core.register_component("data_loader", _descriptions)
    return boto3.session.Session(botocore_session=core, **arguments)


def load() -> None:
    """Read what a client needs, for processes that are forked from this one.

    The client made for that is dropped: it has the keys of nobody, and connects to nothing.
    """
    nobody = {"aws_access_key_id": "-", "aws_secret_access_key": "-"}
    try:
        new_session(region_name="us-east-1", **nobody).client("s3").close()
    except (
        BotoCoreError,
        ValueError,
    ) as error:  # the profile's fault; storage will say so when used
        _log.warning("the S3 SDK can't be prepared: %s", type(error).__name__)
