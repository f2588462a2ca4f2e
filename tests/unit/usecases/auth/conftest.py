"""Fixtures for tests of API keys."""

import pytest

from tests.support.api_key_service import ApiKeyService


@pytest.fixture
def service() -> ApiKeyService:
    """Return API keys without any key."""
    return ApiKeyService()
