"""Importing this package fills the metadata with every table."""

from app.tables import (
    billing_contracts,
    billing_time,
    billing_urgencies,
    calendar,
    clients,
    inbound_mail,
    invoice_money,
    invoice_runs,
    invoices,
    people,
    permanences,
    quotes,
    terms,
    tickets,
    work,
)
from app.tables.base import metadata

__all__ = [
    "billing_contracts",
    "billing_time",
    "billing_urgencies",
    "calendar",
    "clients",
    "inbound_mail",
    "invoice_money",
    "invoice_runs",
    "invoices",
    "metadata",
    "people",
    "permanences",
    "quotes",
    "terms",
    "tickets",
    "work",
]
