"""Importing this package fills the metadata with every table."""

from app.tables import calendar, clients, inbound_mail, people, permanences, quotes, terms, tickets, work
from app.tables.base import metadata

__all__ = [
    "calendar",
    "clients",
    "inbound_mail",
    "metadata",
    "people",
    "permanences",
    "quotes",
    "terms",
    "tickets",
    "work",
]
