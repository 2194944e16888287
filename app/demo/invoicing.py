"""A chapter: from the help form to the issued invoice, which leaves by mail, is taken over, corrected and paid (I).

Every figure that is printed comes from the service; the test of this chapter works each one out by hand.
"""

import secrets
from typing import Any, Protocol

from app.core import clock
from app.demo.year import eur
from app.domain.calendar import local_date

FORMS = {"pdf": ".pdf", "ubl": "-ubl.xml", "cii": "-cii.xml", "factur-x": "-factur-x.pdf"}
ADDRESS = {"street": "8, rue du Brill", "postal_code": "L-4041", "city": "Esch-sur-Alzette"}


class Teller(Protocol):
    """Who tells a story: see `app/demo/story.py`."""

    def tell(self, text: str) -> None:
        """One step, in words."""

    def note(self, text: str) -> None:
        """A figure that the service came to."""

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """One request; the answer."""

    def file(self, path: str, name: str, *, key: str) -> None:
        """Download a file."""

    def mail(self, recipient: str, words: str) -> str:
        """Wait for a mail; its text."""


def invoicing(story: Teller) -> None:
    """From the form by minutes to an invoice that is issued, mailed, exported, credited in part and paid."""
    address = f"compta.{secrets.token_hex(3)}@garage-weiler.example"
    client_id = _client(story, address)
    _work(story, _urgency(story, address))
    invoice = _issue(story, client_id)
    story.tell("Issuing promised the mail in its own transaction: the PDF and the e-invoice go along.")
    story.mail(address, invoice["number"])
    _take_over(story, invoice)
    _correct_and_pay(story, invoice, address)


def _client(story: Teller, address: str) -> str:
    """A client of its own for each performance."""
    story.tell("A client with an address, a VAT number and somebody who gets its invoices.")
    body = {"name": "Garage Weiler S.à r.l.", "language": "fr", "billing_address": ADDRESS, "vat_number": "LU26375245"}
    client = story.call("POST", "/v1/clients", body, key="agent")
    person = {"name": "Carla Weiler", "email": address, "billing": True}
    story.call("POST", f"/v1/clients/{client['id']}/contacts", person, key="agent")
    return str(client["id"])


def _urgency(story: Teller, address: str) -> str:
    """The id of the ticket; the sender's address says whose it is."""
    story.tell("Carla Weiler fills in the help form, asks for an urgency and accepts its fee.")
    form = {
        "name": "Carla Weiler", "email": address, "subject": "La prise de rendez-vous ne répond plus 🔧",
        "message": "Depuis ce matin.", "language": "fr", "urgent": True, "urgency_fee_accepted": True,
    }  # fmt: skip
    receipt = story.call("POST", "/v1/public/tickets", form)
    story.note(f"lane {receipt['lane']}, due on opening: {eur(receipt['urgency_fee_cents'])}")
    story.mail(address, receipt["number"])
    ticket = story.call("GET", f"/v1/tickets?number={receipt['number']}", key="agent")["items"][0]
    return str(ticket["id"])


def _work(story: Teller, ticket_id: str) -> None:
    story.tell("The agent takes it, works 35 and 50 minutes on it and resolves it.")
    take = {"ticket_id": ticket_id, "reason": "Nobody can book a repair"}
    story.call("POST", "/v1/queue/claims", take, key="agent")
    agent_id = story.call("GET", "/v1/agents?limit=1", key="agent")["items"][0]["id"]
    for minutes, words in ((35, "Analyse"), (50, "Correction et contrôle")):
        entry = {
            "ticket_id": ticket_id, "agent_id": agent_id, "worked_on": local_date(clock.now()).isoformat(),
            "worked_minutes": minutes, "description": words,
        }  # fmt: skip
        logged = story.call("POST", "/v1/time-entries", entry, key="agent")
        story.note(f"{logged['billed_minutes']} minutes, {eur(logged['amount_cents'])}")
    story.call("PATCH", f"/v1/tickets/{ticket_id}", {"status": "resolved"}, key="agent")


def _issue(story: Teller, client_id: str) -> Any:
    """The current quarter of that client alone."""
    today = local_date(clock.now())
    period = {"cycle": "quarterly", "period": f"{today.year}-Q{(today.month + 2) // 3}", "client_id": client_id}
    story.tell("A preview says what would be issued, with a digest; it writes nothing.")
    preview = story.call("POST", "/v1/invoice-previews", period, key="finance")["items"][0]
    story.tell("Finance issues exactly that: with another digest it would be refused.")
    order = period | {"issue": True, "digests": [{"client_id": client_id, "digest": preview["digest"]}]}
    run = story.call("POST", "/v1/invoice-runs", order, key="finance")
    invoice = story.call("GET", f"/v1/invoices/{run['created'][0]['invoice_id']}", key="finance")
    _show(story, invoice)
    return invoice


def _show(story: Teller, document: Any) -> None:
    for line in document["lines"]:
        price = f"{eur(line['unit_price_cents'])} for {line['base_quantity']}"
        story.note(f"{line['kind']}: {line['quantity']} {line['unit']}, {price}: {eur(line['net_cents'])}")
    for vat in document["vat"]:
        story.note(f"VAT {vat['rate_bp'] // 100} % of {eur(vat['base_cents'])}: {eur(vat['vat_cents'])}")
    story.note(f"total {eur(document['total_cents'])}, {document['kind']} {document['status']}")


def _take_over(story: Teller, invoice: Any) -> None:
    story.tell("The accounting system finds what is new, takes it in the form it likes, and says so.")
    is_new = f"/v1/invoices?exported=false&client_id={invoice['client_id']}"
    found = story.call("GET", is_new, key="accounting")["items"]
    story.note(f"to be taken over: {len(found)}, {eur(found[0]['total_cents'])}")
    for form, ending in FORMS.items():
        story.file(f"/v1/invoices/{invoice['id']}/{form}", f"{invoice['number']}{ending}", key="accounting")
    reference = {"external_reference": f"VT/{invoice['number']}"}
    story.call("PUT", f"/v1/accounting/exports/{invoice['id']}", reference, key="accounting")
    left = story.call("GET", is_new, key="accounting")["items"]
    story.note(f"to be taken over: {len(left)}")


def _correct_and_pay(story: Teller, invoice: Any, address: str) -> None:
    story.tell("Ten minutes were too many: a credit note gives them back, and nothing issued changes.")
    line = next(line for line in invoice["lines"] if line["kind"] == "time")
    body = {"reason": "Dix minutes comptées en trop", "lines": [{"line_id": line["id"], "minutes": 10}]}
    note = story.call("POST", f"/v1/invoices/{invoice['id']}/credit-notes", body, key="finance")
    _show(story, note)
    story.mail(address, note["number"])
    story.file(f"/v1/invoices/{note['id']}/pdf", f"{note['number']}.pdf", key="accounting")
    story.tell("The rest is paid.")
    owed = story.call("GET", f"/v1/invoices/{invoice['id']}", key="accounting")["outstanding_cents"]
    payment = {"amount_cents": owed, "paid_on": local_date(clock.now()).isoformat(), "reference": invoice["number"]}
    story.call("POST", f"/v1/invoices/{invoice['id']}/payments", payment, key="accounting")
    paid = story.call("GET", f"/v1/invoices/{invoice['id']}", key="accounting")
    story.note(
        f"{eur(paid['total_cents'])} less {eur(paid['credited_cents'])} credited and {eur(paid['paid_cents'])} paid: "
        f"{eur(paid['outstanding_cents'])} outstanding, {paid['payment_status']}"
    )
