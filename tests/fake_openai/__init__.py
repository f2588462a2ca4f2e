"""An OpenAI-compatible HTTP server for tests: scripted faults and a meter of what was paid."""

from tests.fake_openai.behaviour import Behaviour
from tests.fake_openai.errors import SECRET_MARKER, mask_key
from tests.fake_openai.faults import Fault
from tests.fake_openai.ledger import Request
from tests.fake_openai.server import DEFAULT_API_KEY, FakeOpenAI

__all__ = [
    "DEFAULT_API_KEY",
    "SECRET_MARKER",
    "Behaviour",
    "FakeOpenAI",
    "Fault",
    "Request",
    "mask_key",
]
