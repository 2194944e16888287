"""The verbs of time entries, one file each."""

from app.billing.time_entries.service.correcting import correct_entry
from app.billing.time_entries.service.importing import import_entries
from app.billing.time_entries.service.logging import log_time, price_time
from app.billing.time_entries.service.planning import Day, NewEntry, Replacing
from app.billing.time_entries.service.pricing import Logged
from app.billing.time_entries.service.reading import shown

__all__ = [
    "Day",
    "Logged",
    "NewEntry",
    "Replacing",
    "correct_entry",
    "import_entries",
    "log_time",
    "price_time",
    "shown",
]
