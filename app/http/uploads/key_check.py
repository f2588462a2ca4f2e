"""Check the API key of a request with a large body before the body has arrived.

The application checks it again, with all else, once the request is complete. Without this check,
clients without a key could occupy all places for such bodies by sending slowly.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import Forbidden, Unauthorized
from app.http.auth import Authenticate, api_key
from app.models import Scope

Credentials = dict[str, str]
"""The headers that can carry an API key, under their names in a WSGI environment."""


@dataclass(frozen=True)
class KeyCheck:
    """Checks API keys; all requests with a large body need the scope `generate`.

    Args:
        authenticate: returns the caller of a key.
        id_in: returns the id in a key, or None if its form is wrong.
    """

    authenticate: Authenticate
    id_in: Callable[[str], str | None]

    def check_form(self, credentials: Credentials) -> None:
        """Check the form of the key alone, which waits for nothing.

        Raises:
            Unauthorized: there is no key, or a malformed one.
        """
        if self.id_in(api_key(credentials)) is None:
            raise Unauthorized("no key, or a malformed one")

    def __call__(self, credentials: Credentials) -> None:
        """Check the key.

        Raises:
            Unauthorized: the key is not valid.
            Forbidden: it lacks the scope.
            RecordsUnavailable: it can't be checked.
        """
        caller = self.authenticate(api_key(credentials), lambda: None)
        if Scope.GENERATE not in caller.scopes:
            raise Forbidden(f"key {caller.id} lacks the scope {Scope.GENERATE}")
