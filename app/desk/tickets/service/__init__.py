"""The verbs of tickets, one file each."""

from app.desk.tickets.service.changing import change_ticket
from app.desk.tickets.service.opening import (
    Opened,
    Opening,
    Plan,
    complete_ticket,
    facts_asked,
    open_ticket,
    plan_ticket,
)
from app.desk.tickets.service.reading import find_ticket, queue_position, search_words
from app.desk.tickets.service.writing import Writer, Written, note_what_came, write_as_agent, write_as_client

__all__ = [
    "Opened",
    "Opening",
    "Plan",
    "Writer",
    "Written",
    "change_ticket",
    "complete_ticket",
    "facts_asked",
    "find_ticket",
    "note_what_came",
    "open_ticket",
    "plan_ticket",
    "queue_position",
    "search_words",
    "write_as_agent",
    "write_as_client",
]
