"""An OpenAI-compatible HTTP server for tests, with scripted faults and a record of charges."""

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.errors import SECRET_MARKER, mask_key
from tests.support.fake_openai.faults.catalog import Fault
from tests.support.fake_openai.ledger import Request
from tests.support.fake_openai.server import DEFAULT_API_KEY, FakeOpenAI

__all__ = [
    "DEFAULT_API_KEY",
    "SECRET_MARKER",
    "Behavior",
    "FakeOpenAI",
    "Fault",
    "Request",
    "mask_key",
]
