"""Importing this package fills the metadata with every table."""

from app.tables import calendar, clients, people, terms, tickets, work
from app.tables.base import metadata

__all__ = ["calendar", "clients", "metadata", "people", "terms", "tickets", "work"]
