"""What a quote is about: a ticket or a permanence request, locked before any of its quotes is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.billing.permanences import queries as permanences
from app.core.db import Connection, Row
from app.desk.tickets import queries as tickets
from app.domain.errors import Refusal


@dataclass(frozen=True, slots=True)
class Subject:
    """The locked ticket or permanence; exactly one is there."""

    client_id: UUID
    ticket: Row | None = None
    permanence: Row | None = None

    @property
    def begins_at(self) -> datetime | None:
        """When the on-call begins."""
        return self.permanence["starts_at"] if self.permanence is not None else None

    @property
    def about(self) -> str:
        """One line for the quote's text."""
        if self.ticket is not None:
            return f"{self.ticket['number']} {self.ticket['subject']}"
        return str(self.permanence["event"]) if self.permanence is not None else ""


async def lock_subject(connection: Connection, ticket_id: UUID | None, permanence_id: UUID | None) -> Subject:
    """Hold what the quote is about until the transaction ends.

    Raises:
        Refusal: `reference-unknown`, or `ticket-without-client`: nothing can be billed for nobody known (T4).
    """
    if ticket_id is not None:
        ticket = await tickets.lock_ticket(connection, ticket_id)
        if ticket is None:
            raise Refusal("reference-unknown", "There is no such ticket.", pointer="/ticket_id")
        if ticket["client_id"] is None:
            raise Refusal("ticket-without-client", "Link the ticket to a client first.")
        return Subject(ticket["client_id"], ticket=ticket)
    permanence = await permanences.lock(connection, permanence_id) if permanence_id is not None else None
    if permanence is None:
        raise Refusal("reference-unknown", "There is no such permanence request.", pointer="/permanence_request_id")
    return Subject(permanence["client_id"], permanence=permanence)
