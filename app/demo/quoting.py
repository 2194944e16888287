"""Two chapters: work above a day is quoted first, and on-call is asked for, quoted, accepted and planned."""

import secrets
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from app.core import clock
from app.domain.calendar import at_local, local_date

SATURDAY = 5
WEEKS_AHEAD = 6
CHOICE_OF_WEEKS = 90  # so that the story can be told again and again


class Teller(Protocol):
    """Who tells a story: see `app/demo/story.py`."""

    def tell(self, text: str) -> None:
        """One step, in words."""

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """One request; the answer."""

    def mail(self, recipient: str, words: str) -> str:
        """Wait for a mail; its text."""


def quoting(story: Teller) -> None:
    """An estimate above a day, a quote, a second version, the client's acceptance (rule Q)."""
    client = story.call("GET", "/v1/clients?limit=1", key="agent")["items"][0]
    address = f"jane.miller+{secrets.token_hex(3)}@moselle-vineyards.example"
    story.tell("A client asks for more than a day's work.")
    ticket = story.call(
        "POST",
        "/v1/tickets",
        {
            "requester": {"name": "Jane Miller", "email": address}, "subject": "A page for the wine fair",
            "message": "With a map and a form, please.", "language": "en", "client_id": client["id"],
        },
        key="agent",
    )  # fmt: skip
    take = {"ticket_id": ticket["id"], "reason": "The fair is near"}
    story.call("POST", "/v1/queue/claims", take, key="agent")
    story.tell("Estimated at 900 minutes, it needs a quote first: the ticket waits.")
    story.call("PATCH", f"/v1/tickets/{ticket['id']}", {"estimated_minutes": 900}, key="agent")
    story.tell("The agent writes a quote, looks at it again, and makes a better version.")
    lines: list[dict[str, Any]] = [{"description": "Page with map and form", "minutes": 840}]
    first = story.call("POST", "/v1/quotes", {"ticket_id": ticket["id"], "kind": "quote", "lines": lines}, key="agent")
    lines.append({"description": "Map licence", "quantity": 1, "unit_price_cents": 9000, "discount_bp": 1000})
    second = story.call("POST", f"/v1/quotes/{first['id']}/versions", {"lines": lines}, key="agent")
    story.tell("It leaves by mail, with its secret link and as a PDF.")
    sent = story.call("POST", f"/v1/quotes/{second['id']}/sending", {}, key="agent")
    story.mail(address, sent["number"])
    _accept(story, sent, "Jane Miller")
    story.tell("The ticket is in progress again, and the price stands ready for the next invoice, once.")
    story.call("GET", f"/v1/tickets/{ticket['id']}", key="agent")
    story.call("GET", f"/v1/quotes/{second['id']}/charge", key="finance")


def _accept(story: Teller, sent: Any, name: str) -> None:
    """As the client does on the quote page; looking at it decides nothing."""
    door = f"/v1/public/quotes/{sent['url'].rpartition('#')[2]}"
    story.tell(f"The client opens {sent['url']}, which decides nothing, and accepts.")
    story.call("GET", door)
    story.call("POST", f"{door}/acceptance", {"name": name, "role": "Manager"})


def on_call(story: Teller) -> None:
    """A permanence from its request to its calendar entry, and what cancelling it costs (rule O)."""
    starts_at, ends_at = _an_evening(local_date(clock.now()))
    client = story.call("GET", "/v1/clients?limit=1", key="agent")["items"][0]
    address = f"tom.weber+{secrets.token_hex(3)}@weber-events.example"
    story.tell("A client asks for somebody on call during a Saturday evening.")
    asked = story.call(
        "POST",
        "/v1/permanence-requests",
        {
            "client_id": client["id"], "event": "Opening night", "site_ids": [], "requested_by": "Tom Weber",
            "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(),
            "contact": {"name": "Tom Weber", "email": address, "phone": "+352621000000"},
        },
        key="agent",
    )  # fmt: skip
    path = f"/v1/permanence-requests/{asked['id']}"
    story.tell("The terms carry no grid by lead time, so the agent types the price, and a cancellation clause.")
    offer = {
        "lines": [{"description": "Standby, five hours", "quantity": 1, "unit_price_cents": 75000}],
        "cancellation": [{"from_lead_hours": 0, "charge_bp": 10000}, {"from_lead_hours": 48, "charge_bp": 2500}],
    }
    quote = story.call("POST", f"{path}/quote", offer, key="agent")
    sent = story.call("POST", f"/v1/quotes/{quote['id']}/sending", {}, key="agent")
    story.mail(address, sent["number"])
    _accept(story, sent, "Tom Weber")
    story.tell("An agent is named; nobody can stand by twice at the same time. The calendar knows.")
    agent = story.call("GET", "/v1/agents?limit=1", key="agent")["items"][0]
    story.call("POST", f"{path}/schedule", {"shifts": [{"agent_id": agent["id"]}]}, key="agent")
    story.call("GET", f"/v1/calendar/permanences?agent_id={agent['id']}", key="agent")
    story.tell("The event is called off: the clause says what is due, and the agent is free again.")
    story.call("POST", f"{path}/cancellation", {"reason": "The hall is flooded."}, key="agent")
    story.call("GET", f"/v1/quotes/{quote['id']}/charge", key="finance")


def _an_evening(today: date) -> tuple[datetime, datetime]:
    """A Saturday of the coming years, from six to eleven on the desk's clock."""
    weeks = WEEKS_AHEAD + secrets.randbelow(CHOICE_OF_WEEKS)
    saturday = today + timedelta(days=(SATURDAY - today.weekday()) % 7, weeks=weeks)
    return at_local(saturday, time(18)), at_local(saturday, time(23))
