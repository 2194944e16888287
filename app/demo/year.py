"""A year of one client: prepaid hours, an urgency, overflow, a correction, new terms in October, a top-up (P, C, U, N).

Every figure that is printed comes from the service; the test of this chapter works each one out by hand.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app.demo.another_desk import another_desk
from app.demo.turned_clock import turn

if TYPE_CHECKING:
    from app.demo.story import Story

YEAR = 2025
NOON = 11  # UTC: opening hours in summer and in winter
SHOP: dict[str, Any] = {
    "name": "Librairie Um Eck", "language": "fr", "billing_cycle": "quarterly",
    "billing_address": {"street": "3, rue du Livre", "postal_code": "L-1111", "city": "Luxembourg"}, "country": "LU",
}  # fmt: skip
OCTOBER: dict[str, Any] = {
    "effective_on": f"{YEAR}-10-01", "hourly_rate_cents": 12600, "contract_discount_bp": 500,
    "urgency": {"opening_fee_cents": 15000}, "billing_increment_minutes": 15, "minimum_minutes": 15,
    "quote_threshold_minutes": 480,
    "text": {
        "fr": "Dès le 1er octobre : 126 € de l'heure, par quarts d'heure.",
        "en": "From 1 October: 126 € an hour, by quarters of an hour.",
        "de": "Ab dem 1. Oktober: 126 € die Stunde, viertelstundenweise.",
    },
}  # fmt: skip


class Teller(Protocol):
    """Who tells the story: see `app/demo/story.py`."""

    def tell(self, text: str) -> None:
        """One step, in words."""

    def note(self, text: str) -> None:
        """A figure that the service came to."""

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """One request; the answer."""

    def mail(self, recipient: str, words: str) -> str:
        """Wait for a mail; its text."""


def a_year(story: "Story") -> None:
    """The year, on a desk whose clock the story turns."""
    story.tell(f"Another desk starts, for this chapter only: its clock stands in January {YEAR} and is turned on.")
    # Recurring jobs are always due by such a clock: look once a second, for all of them at once.
    settings = {"WORKER_POLL_MILLISECONDS": "1000", "WORKER_CONCURRENCY": "32"}
    module = ("app.demo.turned_clock", "serve")
    with another_desk(settings, module, lambda folder: turn(folder, moment(1, 6))) as desk:
        Year(story.at(desk.base_url, desk.keys, desk.folder / "outbox"), _hands(desk.folder)).play()


def _hands(folder: Path) -> Callable[[datetime], None]:
    return lambda when: turn(folder, when)


def moment(month: int, day: int) -> datetime:
    """Noon of a day of the year."""
    return datetime(YEAR, month, day, NOON, tzinfo=UTC)


def eur(cents: int) -> str:
    """Cents as people write them."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02d} EUR"


class Year:
    """The client's year, month by month."""

    def __init__(self, story: Teller, set_clock: Callable[[datetime], None]) -> None:
        self.story, self.set_clock = story, set_clock
        self.client_id = self.ticket_id = self.contract_id = ""

    def play(self) -> None:
        """From January to the books at the end."""
        for chapter in (
            self.january, self.february, self.may, self.july, self.august, self.september, self.october, self.november,
            self.december,
        ):  # fmt: skip
            chapter()

    def january(self) -> None:
        """Ten hours are bought (C1)."""
        self.set_clock(moment(1, 6))
        self.story.tell("6 January. A bookshop becomes a client and buys ten hours for the year.")
        self.client_id = self._post("/v1/clients", SHOP)["id"]
        ada = {"name": "Ada Lorang", "email": "ada@um-eck.example", "billing": True}
        self._post(f"/v1/clients/{self.client_id}/contacts", ada)
        self.contract_id = self._buy(600)
        self.ticket_id = self._ticket("Petits travaux")

    def february(self) -> None:
        """The first draw (C2)."""
        self.set_clock(moment(2, 11))
        self.story.tell("11 February. Two and a half hours of work are drawn from the contract.")
        self._log(self.ticket_id, f"{YEAR}-02-11", 150)
        self._left()

    def may(self) -> None:
        """An urgency: the fee is due, its minutes are drawn (U1, C4)."""
        self.set_clock(moment(5, 20))
        self.story.tell("20 May. The till is down: an urgency. Its fee is due; its minutes are prepaid like any other.")
        ticket_id = self._ticket("La caisse ne répond plus")
        urgency = self._post("/v1/urgencies", {"ticket_id": ticket_id, "requested_by": "Ada Lorang"})
        self.story.note(f"opening fee {eur(urgency['opening_fee_cents'])}, {urgency['fee_status']}")
        self._log(ticket_id, f"{YEAR}-05-20", 90)
        self._left()

    def july(self) -> None:
        """Nine tenths of the hours are used: the client is told (C5)."""
        self.set_clock(moment(7, 15))
        self.story.tell("15 July. Five hours more: nine tenths of the contract are used.")
        self._log(self._ticket("Nouvelle page d'accueil"), f"{YEAR}-07-15", 300)
        self._left()
        self.story.mail("ada@um-eck.example", "heures de maintenance")

    def august(self) -> None:
        """New terms are published and everybody is told (N1)."""
        self.set_clock(moment(8, 28))
        self.story.tell("28 August. New terms are published for October: dearer, and by quarters of an hour.")
        terms = self._post("/v1/terms", OCTOBER, key="finance")
        self.story.call("GET", f"/v1/terms/{terms['id']}/notices", key="finance")
        for on in (f"{YEAR}-09-30", f"{YEAR}-10-01"):
            prices = self.story.call("GET", f"/v1/clients/{self.client_id}/prices?on={on}", key="agent")
            self.story.note(f"an hour on {on}: {eur(prices['hourly_rate_cents'])}")

    def september(self) -> None:
        """Overflow and a correction (C3, P6)."""
        self.set_clock(moment(9, 9))
        self.story.tell("9 September. 100 minutes: the last hour is drawn, the rest is billed.")
        wrong = self._log(self.ticket_id, f"{YEAR}-09-09", 100)
        self._left()
        self.set_clock(moment(9, 10))
        self.story.tell(
            "10 September. It was 70 minutes: a counter-entry takes the entry back, a new one stands for it."
        )
        right = self._work(self.ticket_id, f"{YEAR}-09-09", 70)
        body = {"reason": "Typed 100 instead of 70", "replacement": right}
        corrected = self._post(f"/v1/time-entries/{wrong['id']}/corrections", body, "agent")
        self._show(corrected["counter_entry"])
        self._show(corrected["replacement"])
        self._left()

    def october(self) -> None:
        """Each entry is priced by the terms of its own date (P2, P3)."""
        self.set_clock(moment(10, 14))
        self.story.tell("14 October. 20 minutes of today by the new terms; 20 of 29 September, typed late, by the old.")
        for entry in (
            self._log(self.ticket_id, f"{YEAR}-10-14", 20),
            self._log(self.ticket_id, f"{YEAR}-09-29", 20),
        ):
            for step in entry["explanation"]:
                self.story.note(step["text"])
        self._unbilled()

    def november(self) -> None:
        """A top-up takes over what is not invoiced yet, oldest first (C3)."""
        self.set_clock(moment(11, 4))
        self.story.tell(
            "4 November. 40 minutes more are bought: they take over what is not invoiced yet, oldest first."
        )
        self._buy(40)
        self._left()
        self._unbilled()

    def december(self) -> None:
        """The books of the year: nothing is lost."""
        self.set_clock(moment(12, 31))
        self.story.tell("31 December. The contract's statement, and every minute of the year accounted for.")
        statement = self.story.call("GET", f"/v1/contracts/{self.contract_id}/draws", key="finance")
        for line in statement["items"]:
            self.story.note(f"{line['kind']} {line['minutes']:+d}, left {line['left_minutes']}")
        for quarter in ("Q1", "Q2", "Q3", "Q4"):
            path = f"/v1/reports/minutes?period={YEAR}-{quarter}&client_id={self.client_id}"
            (report,) = self.story.call("GET", path, key="finance")["items"]
            self.story.note(
                f"{quarter}: worked {report['worked_minutes']} + rounding {report['rounding_minutes']} = "
                f"drawn {report['drawn_minutes']} + not yet billed {report['not_yet_billed_minutes']}, "
                f"equal: {report['equal']}"
            )

    def _post(self, path: str, body: dict[str, Any], key: str = "admin") -> Any:
        return self.story.call("POST", path, body, key=key)

    def _ticket(self, subject: str) -> str:
        requester = {"name": "Ada Lorang", "email": "ada@um-eck.example"}
        body = {"requester": requester, "subject": subject, "message": "Merci !", "client_id": self.client_id}
        ticket_id: str = self._post("/v1/tickets", body, "agent")["id"]
        return ticket_id

    def _buy(self, minutes: int) -> str:
        body = {"client_id": self.client_id, "year": YEAR, "bought_minutes": minutes}
        contract = self._post("/v1/contracts", body, "finance")
        self.story.note(f"{minutes} minutes for {eur(contract['price_cents'])}")
        contract_id: str = contract["id"]
        self._post(f"/v1/contracts/{contract_id}/activation", {"reason": "Paid in advance"}, "finance")
        return contract_id

    def _work(self, ticket_id: str, day: str, minutes: int) -> dict[str, Any]:
        return {
            "ticket_id": ticket_id,
            "worked_on": day,
            "worked_minutes": minutes,
            "description": "Travaux sur le site",
        }

    def _log(self, ticket_id: str, day: str, minutes: int) -> Any:
        entry = self._post("/v1/time-entries", self._work(ticket_id, day, minutes), "agent")
        self._show(entry)
        return entry

    def _show(self, entry: Any) -> None:
        flags = f", {' '.join(entry['flags'])}" if entry["flags"] else ""
        self.story.note(
            f"{entry['worked_minutes']} worked, {entry['billed_minutes']} billed: {entry['drawn_minutes']} drawn, "
            f"{entry['billable_minutes']} to pay, {eur(entry['amount_cents'])}{flags}"
        )

    def _left(self) -> None:
        balance = self.story.call("GET", f"/v1/clients/{self.client_id}/balance", key="finance")
        self.story.note(f"{balance['left_minutes']} prepaid minutes left")

    def _unbilled(self) -> None:
        balance = self.story.call("GET", f"/v1/clients/{self.client_id}/balance", key="finance")
        open_ = balance["unbilled"]
        self.story.note(
            f"to be invoiced: {open_['minutes']} minutes {eur(open_['amount_cents'])}, "
            f"fees {eur(open_['urgency_fees_cents'])}, together {eur(open_['total_cents'])}"
        )
