"""Every way this service says no: one table, RFC 9457 answers, and the page each `type` leads to.

Nothing a client sent is ever repeated in an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.clock import instant_text
from app.domain.errors import Refusal


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its HTTP status, its title, and what a client does about it."""

    status: int
    title: str
    advice: str


KINDS: dict[str, Kind] = {
    # The request itself.
    "malformed-request": Kind(400, "The request cannot be read", "Send a well-formed HTTP request."),
    "malformed-json": Kind(
        400,
        "The body is not JSON",
        "Send one JSON value in UTF-8 without duplicate keys, NaN or deep nesting.",
    ),
    "malformed-form": Kind(400, "The form cannot be read", "Send multipart/form-data as a browser would."),
    "too-many-files": Kind(422, "Too many files", "Send at most `most_files` files with one form."),
    "invalid-request": Kind(
        422,
        "Some of the input is not acceptable",
        "Each entry of `errors` names where (`in`, `pointer`), which rule (`code`) and why (`message`).",
    ),
    "unsupported-media-type": Kind(
        415, "The body has the wrong type", "Send the media type the operation documents, uncompressed."
    ),
    "request-too-large": Kind(413, "The request is too large", "Send less: `limit_bytes` says how much is read."),
    "method-not-allowed": Kind(405, "The method is not allowed here", "`Allow` lists the methods that are."),
    "origin-not-allowed": Kind(
        403,
        "Browsers may not send this from there",
        "Call from a configured origin (CORS), with the documented methods and headers.",
    ),
    "request-timeout": Kind(408, "The request came too slowly", "Send it again, at once and without pauses."),
    "head-too-large": Kind(431, "The request's head is too large", "Send a shorter address and fewer headers."),
    "too-many-uploads": Kind(429, "Too many uploads at once", "Wait until one of them has ended, then repeat."),
    "not-found": Kind(404, "There is nothing here", "It does not exist, or it is not yours to see."),
    "not-acceptable": Kind(406, "No such representation", "Ask for one of the documented media types."),
    # Who is calling.
    "credentials-missing": Kind(401, "A key is needed", "Send `Authorization: Bearer <api key>`."),
    "credentials-invalid": Kind(401, "The key is not valid", "It is unknown, expired or revoked: use another."),
    "forbidden": Kind(403, "The key may not do this", "Use a key whose role has the permission named in `detail`."),
    "rate-limited": Kind(429, "Too many requests", "Wait as long as `Retry-After` says, in seconds."),
    # Repeating and racing.
    "idempotency-key-reused": Kind(
        422, "The Idempotency-Key belongs to another request", "Use a new key for a new request."
    ),
    "idempotency-key-in-flight": Kind(
        409, "The first request with this key is still running", "Repeat in a moment: you will get its reply."
    ),
    "version-mismatch": Kind(412, "It has changed meanwhile", "Read it again, and repeat with the new ETag."),
    "version-required": Kind(428, "If-Match is needed", "Send the ETag you read, so that no change is lost."),
    "conflict": Kind(409, "The data do not allow this", "Read the resource again; something else has changed."),
    # The service.
    "unavailable": Kind(503, "The service is busy", "Repeat as `Retry-After` says; with the same Idempotency-Key."),
    "internal-error": Kind(500, "Our fault", "Repeat later; tell us the `request_id` if it stays."),
    # Rules of the desk.
    "illegal-move": Kind(409, "The ticket cannot go there", "`legal` lists the statuses it can go to."),
    "reason-required": Kind(
        422, "A reason is needed", "Taking a ticket out of order needs a `reason`, which is recorded."
    ),
    "queue-empty": Kind(409, "No ticket is waiting", "Nothing to take: read the queue again later."),
    "ticket-taken": Kind(409, "The ticket is not waiting any more", "Somebody else took it; read the queue again."),
    "agent-required": Kind(
        422, "Which agent?", "The key belongs to no agent: name one in `agent_id` (`/v1/agents` lists them)."
    ),
    "urgency-fee-not-accepted": Kind(
        422,
        "An urgency needs its fee accepted",
        "Send `urgency_fee_accepted: true` after showing the fee, or leave `urgent` out.",
    ),
    "proof-of-work-required": Kind(
        422,
        "A proof of work is needed",
        "Solve the challenge of `/v1/public/challenge` and send it as `altcha`.",
    ),
    "attachment-refused": Kind(
        422,
        "An attachment is not accepted",
        "Images, films, PDF, text in any encoding, office documents and zip archives are; not programs.",
    ),
    "ticket-not-open": Kind(409, "The ticket is closed for this", "Open a new ticket, or reopen it first."),
    "client-mismatch": Kind(409, "It belongs to another client", "Contact and site must be the ticket's client's."),
    "reference-unknown": Kind(422, "Something referred to does not exist", "`errors` names the field."),
    "vat-number-invalid": Kind(
        422, "The VAT number does not fit the country", "Check the number, or the client's `country`."
    ),
    "expired-already": Kind(422, "It would have expired already", "Choose a moment in the future, or none."),
    "already-exists": Kind(409, "There is one already", "Read it instead, or choose another value for the field."),
    "still-in-use": Kind(409, "Something depends on it", "Deactivate it instead of removing it."),
    "closure-empty": Kind(422, "The closure has no duration", "`ends_at` must lie after `starts_at`."),
    "closures-overlap": Kind(409, "The desk is closed then already", "Choose a stretch that is not closed yet."),
    "closure-over": Kind(409, "The closure is over", "What was closed stays closed: add another closure."),
    "closure-begun": Kind(
        409, "The closure has begun", "End it by setting `ends_at` to now or later; its start stays as it was."
    ),
    "naive-instant": Kind(422, "The instant has no offset", "Give instants with their offset: 2026-11-22T20:07:36Z."),
    "instant-out-of-range": Kind(422, "The instant is out of range", "Give a year from 2000 to 2099."),
    "empty-span": Kind(422, "The stretch of time has no duration", "The end must lie after the start."),
    "hours-invalid": Kind(422, "Those are no opening hours", "They open before they close, on at least one weekday."),
    "terms-missing": Kind(503, "No terms are in force", "An administrator must publish terms first."),
    # Terms (N).
    "no-terms": Kind(409, "No terms were in force", "The first terms hold from the date the list of terms shows."),
    "terms-retroactive": Kind(
        409, "Terms never hold for the past", "Choose an `effective_on` after today and after everything priced yet."
    ),
    "notice-too-short": Kind(
        422, "Clients would be told too late", "Choose a later `effective_on`, or say why it is sooner in `reason`."
    ),
    "terms-exist": Kind(
        409, "There are terms for that date", "A published version never changes: choose another date."
    ),
    "terms-changed": Kind(
        409, "New terms were published this moment", "Nothing was written: send it again, and the new terms price it."
    ),
    "terms-invalid": Kind(422, "The policy makes no sense", "`field` names the number that is out of its bounds."),
    "mailbox-unknown": Kind(422, "This is not one of our mailboxes", "Name the address that the mail was sent to."),
    "mail-not-held-back": Kind(409, "The mail is not held back", "Read it again: somebody has dealt with it."),
    "mail-unreadable": Kind(409, "The mail cannot be read", "Download it as it came, or discard it."),
    "mail-without-sender": Kind(409, "The mail names no sender", "Send the `ticket_id` that it belongs to."),
    # Quotes (Q) and on-call (O).
    "quote-required": Kind(
        409, "A quote must be accepted first", "Send a quote; the facts name the minutes and the limit."
    ),
    "estimate-exceeded": Kind(409, "The estimate is used up", "Send a new version; the facts name the minutes."),
    "quote-not-open": Kind(409, "The quote does not stand for this", "`legal` lists what can be done with it."),
    "quote-not-newest": Kind(409, "There is a newer version", "Work on the newest one: `newest_id`."),
    "quote-decided": Kind(409, "The quote was decided already", "`decision` says how; nothing was changed."),
    "quote-expired": Kind(409, "The quote has expired", "Ask for a new version."),
    "quote-line-invalid": Kind(
        422, "A line is neither time nor pieces", "Give `minutes` (and a rate), or `quantity` and `unit_price_cents`."
    ),
    "estimate-needs-minutes": Kind(422, "An estimate is made of minutes", "Put fixed amounts into a quote."),
    "validity-over": Kind(422, "It would have expired already", "Choose a `valid_until_on` from today on."),
    "recipient-missing": Kind(422, "Nobody to send it to", "Name a `recipient`."),
    "ticket-without-client": Kind(409, "The ticket has no client", "Link it to a client first."),
    "permanence-needs-quote": Kind(422, "On-call is always quoted", "Write a quote, not an estimate."),
    "no-suggestion": Kind(422, "There is no suggested price", "Give the quote's `lines`."),
    "permanence-unquoted": Kind(
        409, "The on-call has no accepted quote", "Have its quote accepted first, or say why nobody pays the time."
    ),
    "permanence-move": Kind(409, "The permanence does not stand for this", "`legal` lists what can be done with it."),
    "window-past": Kind(422, "The window has begun already", "Choose a start in the future."),
    "window-too-long": Kind(422, "The window is too long", "Ask for several shorter ones."),
    "window-in-hours": Kind(
        409, "The desk is open then", "Choose a window outside opening hours, or send `when_open: cut`."
    ),
    "window-not-over": Kind(409, "The window has not ended", "Wait for `ends_at`."),
    "shift-outside-window": Kind(422, "A shift lies outside the window", "Name stretches of the permanence's windows."),
    "agent-busy": Kind(409, "An agent stands by elsewhere then", "Choose another agent or another stretch."),
    # Minutes and money (P, C, U).
    "period-invalid": Kind(422, "There is no such period", "A period is a quarter (2026-Q3) or a month (2026-07)."),
    "minutes-not-positive": Kind(422, "Less than a minute", "Time is at least one minute."),
    "longer-than-day": Kind(
        422, "The day has not that many minutes", "`day_minutes` says how long it was; log other days by themselves."
    ),
    "entry-too-long": Kind(422, "The entry is too long", "Log it in several: one holds at most 10,000 minutes."),
    "future-work": Kind(422, "It lies in the future", "Log time once it has been worked; `latest_at` is the limit."),
    "reason-reserved": Kind(422, "That reason is the desk's own", "Give the reason in other words."),
    "client-unidentified": Kind(
        409, "Nobody is known who pays", "Link the ticket to a client first, or give a `non_billable_reason`."
    ),
    "ticket-is-spam": Kind(
        409, "The ticket is marked as spam", "Nobody pays for it: open another ticket, or give a `non_billable_reason`."
    ),
    "client-has-time": Kind(
        409,
        "Time was logged for the ticket's client",
        "Open a ticket for the other client; correct the time on this one.",
    ),
    "client-invoiced": Kind(
        409,
        "The ticket is on an invoice of its client",
        "Open a ticket for the other client; credit what was invoiced.",
    ),
    "time-overlaps": Kind(409, "The agent worked on something else then", "Times of one agent may touch, not overlap."),
    "already-corrected": Kind(409, "It was corrected already", "Correct the entry that replaced it."),
    "counter-entry": Kind(409, "It is a counter-entry", "Log what is right as a new entry."),
    "timer-running": Kind(409, "A timer of that agent runs", "Stop it first: an agent does one thing at a time."),
    "timer-stopped": Kind(409, "The timer was stopped already", "`entry_id` names the entry that came of it."),
    "description-required": Kind(422, "What was done?", "Neither the timer nor the request has a `description`."),
    "pool-overdrawn": Kind(409, "The contract has not that many minutes left", "Read its balance again."),
    "contract-year": Kind(422, "Hours are for the year they are bought in", "`year` and `purchased_on` must agree."),
    "purchase-in-future": Kind(422, "The purchase lies in the future", "Record a purchase once it was made."),
    "contract-effective": Kind(409, "The contract is effective already", "Nothing to do: read it again."),
    "refund-exceeds-unused": Kind(409, "More than is unused", "At most `refundable_minutes` can be refunded."),
    "carry-over-exceeds-expired": Kind(
        409, "More than expired unused", "At most `expired_minutes` can be carried over."
    ),
    "requested-by-required": Kind(422, "Who asked for the urgency?", "Name the person in `requested_by`."),
    "urgency-exists": Kind(409, "The ticket has an urgency already", "Requalify it: `/requalification` has both ways."),
    "lane-unchanged": Kind(409, "The ticket is in that lane already", "Nothing to do: read the ticket again."),
    "fee-not-due": Kind(409, "The fee is not due", "Only a due fee is waived; an invoiced one takes a credit note."),
    # Invoices (I).
    "period-not-begun": Kind(422, "The period has not begun", "Choose a period that has: nothing was worked in it."),
    "facts-changed": Kind(
        409, "The facts have changed", "`differences` says how: look at it again, and issue with the new digest."
    ),
    "invoice-issued": Kind(409, "It is issued, and stays", "Correct it by a credit note."),
    "invoice-not-issued": Kind(409, "It is not issued", "Only an issued invoice is paid or credited."),
    "legal-mention-missing": Kind(
        409, "A legal mention is missing", "`missing` names it: set the seller's data, or the client's address."
    ),
    "vat-proof-missing": Kind(
        409, "The VAT number is not proven", "Check it in VIES and record the result: `/clients/{id}/vat-proofs`."
    ),
    "vat-categories-mixed": Kind(
        409, "Two kinds of tax on one invoice", "Give back what was taxed otherwise by a credit note first."
    ),
    "invoiced-twice": Kind(
        409,
        "The entry is on several invoices",
        "Credit its line on all of `invoices` but one with `free_entries`, then correct it.",
    ),
    "total-negative": Kind(409, "More is given back than charged", "Write a credit note with `corrections`."),
    "credit-exceeds-line": Kind(409, "More than is left of the line", "`left` says how much can be credited."),
    "purchase-refunded-only": Kind(
        409,
        "Prepaid hours go back as refunds of their contract",
        "`POST /v1/contracts/{contract_id}/refunds`, at most `refundable_minutes`. To invoice the purchase anew, "
        "credit all of it with `free_entries`, while nothing was refunded.",
    ),
    "not-payable": Kind(409, "It is not an invoice", "Credit notes and statements are not paid: name the invoice."),
    "payment-too-early": Kind(
        422, "The payment is older than a year", "`earliest_on` is the first day: a year before the invoice was issued."
    ),
    "payment-in-future": Kind(422, "The payment lies in the future", "Record money once it has come."),
    "payment-reversed": Kind(409, "The payment is reversed", "Nothing to do: read the payments again."),
    "refund-exceeds-surplus": Kind(
        409, "More than the client has too much", "At most the invoice's `surplus_cents` can be refunded."
    ),
    "vat-number-missing": Kind(409, "The client has no VAT number", "Set the client's `vat_number` first."),
    "check-in-future": Kind(422, "The check lies in the future", "Record a check once it was made."),
    "date-goes-back": Kind(409, "The date would go back", "Dates of a series never do: wait, or set the clock right."),
    "no-e-invoice": Kind(
        409, "Not an e-invoice", "Only issued invoices and credit notes are; drafts and statements have their `/pdf`."
    ),
    "export-too-large": Kind(422, "Too many rows for one file", "Narrow the filters: `most_rows` fit."),
    "job-not-dead": Kind(409, "The job is not dead", "Only a dead job can be started again."),
}

# What the database refuses, in the words of the desk: constraint → problem code.
CONSTRAINTS: dict[str, str] = {
    "uq_agents_email": "already-exists",
    "pk_client_domains": "already-exists",
    "uq_contacts_client_id_email": "already-exists",
    "uq_sites_client_id_url": "already-exists",
    "fk_tickets_client_id": "reference-unknown",
    "fk_tickets_client_id_site_id": "client-mismatch",
    "fk_tickets_client_id_contact_id": "client-mismatch",
    "ck_tickets_site_has_client": "client-mismatch",
    "ck_tickets_contact_has_client": "client-mismatch",
    "fk_tickets_assignee_id": "reference-unknown",
    "fk_api_keys_client_id": "reference-unknown",
    "fk_api_keys_agent_id": "reference-unknown",
    "uq_terms_effective_on": "terms-exist",
    "terms_in_force": "terms-changed",
    "fk_quotes_client_id_ticket_id": "client-mismatch",
    "fk_permanence_sites_client_id_site_id": "client-mismatch",
    "ex_permanence_shifts_agent_id_during": "agent-busy",
    "uq_quotes_chain_id_open": "conflict",
    "uq_quotes_chain_id_version": "conflict",
    "uq_quotes_permanence_id_live": "conflict",
    "fk_time_entries_client_id_ticket_id": "client-has-time",
    "uq_time_entries_corrects_id": "already-corrected",
    "ex_busy_times_agent_id_during": "time-overlaps",
    "uq_urgencies_ticket_id": "urgency-exists",
    "uq_timers_running": "timer-running",
    "ck_contracts_not_overdrawn": "pool-overdrawn",
    "fk_invoice_lines_client_id_ticket_id": "client-invoiced",
    "uq_invoice_states_client_id_period_kind": "already-exists",
    "uq_invoice_states_contract_id": "already-exists",
    "payments_refund_surplus": "refund-exceeds-surplus",
    "pk_idempotency_keys": "idempotency-key-in-flight",
}

# The field at fault, where a constraint is about one that clients send.
POINTERS: dict[str, str] = {
    "uq_agents_email": "/email",
    "pk_client_domains": "/domains",
    "uq_contacts_client_id_email": "/email",
    "uq_sites_client_id_url": "/url",
    "fk_tickets_client_id": "/client_id",
    "fk_tickets_client_id_site_id": "/site_id",
    "fk_tickets_client_id_contact_id": "/contact_id",
    "fk_tickets_assignee_id": "/assignee_id",
    "fk_permanence_sites_client_id_site_id": "/site_ids",
    "fk_api_keys_client_id": "/client_id",
    "fk_api_keys_agent_id": "/agent_id",
}


MEDIA_TYPE = "application/problem+json"


def documented() -> dict[str, Any]:
    """How OpenAPI describes the body of a refusal."""
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


class FieldError(BaseModel):
    """One thing wrong with the input, and where."""

    model_config = ConfigDict(populate_by_name=True)
    place: str = Field(alias="in", description="body, query, path or header", examples=["body"])
    pointer: str = Field(description="JSON pointer (RFC 6901) to the value.", examples=["/email"])
    code: str = Field(description="Stable, for translations.", examples=["email-invalid"])
    message: str = Field(description="English, for developers.", examples=["This is not an e-mail address."])


class ProblemOut(BaseModel):
    """RFC 9457 problem details; some problems carry more members, named in their documentation."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(description="Address of this problem's documentation.")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable kebab-case name of the problem.")
    request_id: str
    errors: list[FieldError] | None = None


class Problem(Exception):  # noqa: N818 (it is what RFC 9457 calls it)
    """Raise it to answer with the problem of that code."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.advice
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.facts = facts

    @classmethod
    def of_refusal(cls, refusal: Refusal) -> "Problem":
        """A rule of the desk in HTTP's words; a `pointer` among the facts becomes the field at fault, in `place`."""
        facts = {name: _plain(fact) for name, fact in refusal.facts.items()}
        pointer, place = facts.pop("pointer", None), str(facts.pop("place", "body"))
        errors = [error_at(str(pointer), refusal.code, refusal.detail, place)] if pointer else []
        problem = cls(refusal.code, refusal.detail, errors=errors)
        problem.facts = facts
        return problem

    def body(self, base_url: str, request_id: str) -> dict[str, Any]:
        """The JSON of the answer."""
        document: dict[str, Any] = {
            "type": f"{base_url}/problems/{self.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            "request_id": request_id,
        }
        if self.errors:
            document["errors"] = [error.model_dump(by_alias=True) for error in self.errors]
        return document | self.facts


def _plain(fact: object) -> object:
    """What JSON has no word for, as its text: instants as everywhere, in UTC."""
    if isinstance(fact, datetime):
        return instant_text(fact)
    return str(fact) if isinstance(fact, date | UUID) else fact


def error_at(pointer: str, code: str, message: str, place: str = "body") -> FieldError:
    """A field error in one line."""
    return FieldError(place=place, pointer=pointer, code=code, message=message)


def invalid(pointer: str, code: str, message: str, place: str = "body") -> Problem:
    """One field is wrong: 422."""
    return Problem("invalid-request", message, errors=[error_at(pointer, code, message, place)])


def not_found() -> Problem:
    """Absent, or not yours: nobody can tell the difference."""
    return Problem("not-found")


def busy(seconds: int = 1) -> Problem:
    """Try again in a moment."""
    return Problem("unavailable", headers={"Retry-After": str(seconds)})
