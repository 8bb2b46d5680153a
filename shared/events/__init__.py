"""The contracts between services: one module for each service that publishes."""

from shared.events import logistics, orders, production
from shared.events.contract import CONTRACTS, Contract, contract_of

__all__ = ["CONTRACTS", "Contract", "contract_of", "logistics", "orders", "production"]
