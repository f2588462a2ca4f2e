"""Tests that attack the service, marked with what they try and shown as a page.

    @attack("JSON with a key twice", expect="400 invalid_json")
    def test_doubled_key(service: Service, observe: Observe) -> None:
        observe(service.call(...))

The page's headings are the first lines of the test modules.
"""

from tests.attacks.marks import Observe, attack

__all__ = ["Observe", "attack"]
