"""The services of the contract, for whoever means them harm."""

from tests.contract.conftest import service, targets, trained

__all__ = ["service", "targets", "trained"]
