"""The services of the contract, as processes that a test may hurt."""

from tests.contract.conftest import server, service, targets, trained

__all__ = ["server", "service", "targets", "trained"]
