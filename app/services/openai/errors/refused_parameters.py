"""Send requests again without the parameters that a server refuses.

A refused request costs nothing. Servers differ in the parameters that they know, so each process
learns them from the refusals.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from app.services.openai.errors.refusals import Refusal, refusal_of

_log = logging.getLogger(__name__)
_Parameters = Mapping[str, Any]
T = TypeVar("T")

# Parameters without a meaning of their own.
_TOGETHER = (frozenset({"stream", "partial_images"}),)


class RefusedParameters:
    """The parameters that a server has refused to this process.

    Args:
        what: names the server's part in the log, such as the model.
        required: parameters without which a request makes no sense.
        strict: parameters whose values are never left out, because the caller chose them and the
            model is known to have them. They are left out only if the server does not know them.
        identifying: parameters that are left out only if the server says that it does not know
            them. Otherwise, a blocked caller would be let through without its identifier.
    """

    def __init__(
        self,
        what: str,
        *,
        required: Collection[str],
        strict: Collection[str] = (),
        identifying: Collection[str] = (),
    ) -> None:
        self._what = what
        self._required = frozenset(required)
        self._strict = frozenset(strict)
        self._identifying = frozenset(identifying)
        self._names: frozenset[str] = frozenset()
        self._values: frozenset[tuple[str, str]] = frozenset()

    def leave_out(self, parameters: _Parameters) -> dict[str, Any]:
        """Return the parameters without those that are known to be refused."""
        return {
            name: value
            for name, value in parameters.items()
            if name not in self._names and (name, str(value)) not in self._values
        }

    def refused_by(self, refusal: Refusal, parameters: _Parameters) -> frozenset[str]:
        """Return which of the parameters a refusal is about, as far as they can be left out."""
        refused = refusal.parameters_among(parameters) - self._required
        for group in _TOGETHER:
            if refused & group:
                refused |= group & parameters.keys()
        if not refusal.refuses_name:
            refused -= self._identifying
        return refused - self._strict if refusal.refuses_value else refused

    def send(
        self,
        parameters: _Parameters,
        send: Callable[[_Parameters], T],
        *,
        may_repeat: Callable[[frozenset[str]], bool] = lambda _: True,
    ) -> T:
        """Send a request, and again without each parameter that the server refuses.

        What was refused is remembered once a request without it is accepted.

        Args:
            parameters: of the request.
            send: sends a request.
            may_repeat: called with the refused parameters before the request is sent again.
        """
        left = self.leave_out(parameters)
        names: frozenset[str] = frozenset()
        values: frozenset[tuple[str, str]] = frozenset()
        while True:
            try:
                result = send(left)
            except Exception as error:  # reason: others than refusals are raised again
                refusal = refusal_of(error)
                refused = self.refused_by(refusal, left) if refusal else frozenset()
                if refusal is None or not refused or not may_repeat(refused):
                    raise
                of_value = {
                    name
                    for name in refused
                    if refusal.refuses_value and not isinstance(left[name], dict)
                }
                values |= {(name, str(left[name])) for name in of_value}
                names |= refused - of_value
                left = {name: value for name, value in left.items() if name not in refused}
            else:
                self.remember(names, values)
                return result

    def remember(
        self, names: frozenset[str], values: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        """Leave these parameters, and these values, out of later requests."""
        new = (names - self._names) | {name for name, _ in values - self._values}
        self._names |= names
        self._values |= values
        if new:
            _log.warning("%s refuses %s; left out from now on", self._what, ", ".join(sorted(new)))
