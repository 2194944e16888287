"""The table of contents: every router, its tag and what the tag is about."""

from typing import Any

from fastapi import FastAPI

from app.accounting.exports import routes as exports
from app.billing.contracts import routes as contracts
from app.billing.invoice_mails import routes as invoice_mails
from app.billing.invoice_papers import routes as invoice_papers
from app.billing.invoice_runs import routes as invoice_runs
from app.billing.invoices import money_routes as invoice_money
from app.billing.invoices import routes as invoices
from app.billing.permanences import calendar_routes as permanence_calendar
from app.billing.permanences import routes as permanences
from app.billing.prices import routes as prices
from app.billing.quotes import public_routes as public_quotes
from app.billing.quotes import routes as quotes
from app.billing.reports import routes as reports
from app.billing.terms import routes as terms
from app.billing.time_entries import routes as time_entries
from app.billing.timers import routes as timers
from app.billing.urgencies import routes as urgencies
from app.billing.vat_proofs import routes as vat_proofs
from app.desk.agents import routes as agents
from app.desk.api_keys import routes as api_keys
from app.desk.bounces import routes as bounces
from app.desk.calendar import routes as calendar
from app.desk.clients import routes as clients
from app.desk.contacts import routes as contacts
from app.desk.inbound_mail import routes as inbound_mail
from app.desk.oversight import health
from app.desk.oversight import routes as oversight
from app.desk.public import routes as public
from app.desk.queue import routes as queue
from app.desk.sites import routes as sites
from app.desk.tickets import routes as tickets

TAGS = [
    ("public", "The website's door: no credential, limited by address, open to the configured origins only."),
    ("tickets", "Requests for support, what is said on them, their files and their history."),
    ("mail", "Mail that comes in, what became of it, and how far the desk's own mails got."),
    ("queue", "The order of work: urgent before standard, then first come, first served."),
    ("clients", "Whom the desk works for: clients, their contacts and their sites."),
    ("quotes", "Quotes and estimates: versions, sending, the client's answer, and what they put on an invoice."),
    ("urgencies", "Tickets that cannot wait: their fee, its bookings, and how soon somebody acted."),
    ("invoices", "Previews, runs, invoices, credit notes and statements: numbered, sealed, explained; payments."),
    ("accounting", "What the accounting system says of the documents it has taken over."),
    ("contracts", "Prepaid hours: purchase, pools, statement, grants and refunds."),
    ("time entries", "What was worked, where its minutes went, what it costs and why."),
    ("permanences", "On-call outside opening hours: requests, quotes, who stands by, the calendar."),
    ("prices", "What applies to a client, what work would cost, what is still to be invoiced; nothing is written."),
    ("reports", "Whether every minute is somewhere, and what is overdue to invoice."),
    ("terms", "The prices and rules of the desk, as versions that each hold from a date."),
    ("calendar", "When the desk is open, and when not."),
    ("agents", "The people of the desk."),
    ("api-keys", "Credentials: one role each, shown once, revoked at once."),
    ("oversight", "Who did what, and what the service still has to do."),
    ("health", "For load balancers, orchestrators and metrics."),
]

DESCRIPTION: dict[str, Any] = {
    "title": "e-connect support desk",
    "version": "0.1.0",
    "summary": "From a client's first mail to the paid invoice.",
    "description": (
        "Money is integer cents with its currency, time integer minutes, instants are RFC 3339 in UTC. "
        "Errors are `application/problem+json` with a stable `code`; [all of them](/problems). "
        "Lists are `{items, next_cursor}`. Every POST takes an `Idempotency-Key`."
    ),
    "contact": {"name": "e-connect", "url": "https://www.e-connect.lu", "email": "support@e-connect.lu"},
    "license_info": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
    "openapi_tags": [{"name": name, "description": text} for name, text in TAGS],
}


ROUTERS = (
    public.router,
    public_quotes.router,
    tickets.router,
    inbound_mail.router,
    bounces.router,
    queue.router,
    time_entries.router,
    clients.router,
    contacts.router,
    sites.router,
    calendar.router,
    quotes.router,
    permanences.router,
    permanence_calendar.router,
    terms.router,
    urgencies.router,
    prices.clients,
    prices.tickets,
    prices.simulations,
    reports.router,
    contracts.router,
    invoice_runs.previews,
    invoice_runs.router,
    invoices.router,
    invoice_papers.router,
    invoice_mails.router,
    invoice_money.router,
    invoice_money.of_contracts,
    vat_proofs.router,
    exports.router,
    time_entries.imports,
    timers.router,
    agents.router,
    api_keys.router,
    oversight.router,
    health.router,
)


def include_all(app: FastAPI) -> None:
    """Put every router where it belongs.

    Each brings its whole prefix, so its routes go straight into the application's list: FastAPI's `include_router`
    would look through a tree of routers for each request, a fifth of what a read costs.
    """
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
