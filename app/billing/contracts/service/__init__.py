"""The verbs of contracts, one file each."""

from app.billing.contracts.service.alerting import tell_thresholds
from app.billing.contracts.service.buying import buy_contract, make_effective
from app.billing.contracts.service.granting import grant_minutes
from app.billing.contracts.service.refunding import refund_minutes

__all__ = ["buy_contract", "grant_minutes", "make_effective", "refund_minutes", "tell_thresholds"]
