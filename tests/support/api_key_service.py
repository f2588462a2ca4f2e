"""API keys and their authentication, on a fake repository."""

from datetime import timedelta

from app.errors import Unauthorized
from app.models import Scope
from app.services.caching.api_key_cache import SECONDS, CachedApiKeys
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.auth.authentication import Authentication
from tests.support.fakes.api_keys import FakeApiKeys
from tests.support.fakes.ports import FakeClock


class ApiKeyService:
    """Creates keys and authenticates with them, through the cache of a process."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.repository = FakeApiKeys([])
        self.keys = ApiKeys(self.repository, self.clock)
        self.cache = CachedApiKeys(self.repository, self.clock)
        self.authenticate = Authentication(self.cache.get, self.clock)

    def create(self, name: str = "alice", lifetime: timedelta | None = None) -> str:
        """Create a key, and return its text; reset the number of lookups."""
        text = self.keys.create(name, scopes={Scope.READ}, lifetime=lifetime).text
        self.repository.events.clear()
        return text

    def accepts(self, text: str) -> bool:
        """Return whether the key is valid, after the cache has expired."""
        self.clock.advance(SECONDS)
        try:
            self.authenticate(text)
        except Unauthorized:
            return False
        return True

    def lookups(self) -> int:
        """Return how often the repository was read by id."""
        return self.repository.events.count("keys get")
