"""`make demo`: a ticket's story, played against the running service as its users would, each answer shown."""

import email
import email.policy
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.demo.by_mail import by_mail
from app.demo.invoicing import invoicing
from app.demo.quoting import on_call, quoting
from app.demo.year import a_year

PATIENCE_SECONDS = 15
WIDEST = 110


class Story:
    """Speaks HTTP to the service, and shows what was said."""

    def __init__(self, base_url: str, keys: dict[str, str], outbox: Path) -> None:
        self.base_url = base_url
        self.keys = keys
        self.outbox = outbox

    def tell(self, text: str) -> None:
        """One step, in words."""
        print(f"\n# {text}")

    def note(self, text: str) -> None:
        """A figure that the service came to."""
        print(f"  = {text}")

    def at(self, base_url: str, keys: dict[str, str], outbox: Path | None = None) -> "Story":
        """The same story told of another desk."""
        return Story(base_url, keys, outbox or self.outbox)

    def show(self, letter: EmailMessage) -> None:
        """A mail, as its reader sees it."""
        part = letter.get_body(("plain",))
        _show_mail("mail", letter, str(part.get_content()) if part is not None else "")

    def file(self, path: str, name: str, *, key: str) -> None:
        """Download a file into the folder `papers` beside the outbox."""
        print(f"GET {path}  (key: {key})")
        request = urllib.request.Request(self.base_url + path)  # noqa: S310 (our own service)
        request.add_header("Authorization", f"Bearer {self.keys[key]}")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            folder = self.outbox.parent / "papers"
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(answer.read())
        print(f"  {answer.status}  {answer.headers['Content-Type']}, kept as {folder / name}")

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """One request; prints it and what matters of its answer, and leaves when the service refuses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, method=method)  # noqa: S310 (our own service)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if key is not None:
            request.add_header("Authorization", f"Bearer {self.keys[key]}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        print(f"{method} {path}" + (f"  (key: {key})" if key else "  (no key)"))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                document = json.load(answer)
                print(f"  {answer.status}  {_short(document)}")
                return document
        except urllib.error.HTTPError as refusal:
            print(f"  {refusal.code}  {_short(json.load(refusal))}")
            sys.exit(f"The story breaks off here: {method} {path} was refused.")

    def mail(self, recipient: str, words: str) -> str:
        """Wait for the mail to `recipient` whose subject holds `words`; prints its headers and first lines."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for path in sorted(self.outbox.glob("*.eml"), reverse=True):
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                if recipient in str(message["To"]) and words in str(message["Subject"]):
                    part = message.get_body(("plain",))
                    text = str(part.get_content()) if part is not None else ""
                    _show_mail(path.name, message, text)
                    return text
            time.sleep(0.2)
        sys.exit(f"No mail to {recipient} arrived in {self.outbox}: is the worker running?")


def _short(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False)
    return text if len(text) <= WIDEST * 4 else text[: WIDEST * 4] + " …"


def _show_mail(title: str, message: Any, text: str) -> None:
    print(f"  ✉ {title}")
    for name in ("From", "To", "Reply-To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"):
        if message[name] is not None:
            print(f"    {name}: {message[name]}")
    for line in [line for line in text.splitlines() if line.strip()][:12]:
        print(f"    | {line[:WIDEST]}")


def front_door(story: Story) -> None:
    """From the help form to the desk's queue and back (rules H, T, U1)."""
    # A mailbox of its own for each performance: one mailbox gets one acknowledgement an hour.
    address = f"marie.{secrets.token_hex(3)}@fanfare-merl.example"
    form = {
        "name": "Marie Kayser", "email": address, "subject": "Le site ne s'affiche plus",
        "message": "Depuis midi la page d'accueil reste blanche.", "language": "fr",
    }  # fmt: skip
    story.tell("Somebody fills in the help form. The same Idempotency-Key twice is one ticket.")
    key = secrets.token_hex(8)
    receipt = story.call("POST", "/v1/public/tickets", form, Idempotency_Key=key)
    again = story.call("POST", "/v1/public/tickets", form, Idempotency_Key=key)
    assert again == receipt  # noqa: S101 (the story's promise)
    story.tell("The acknowledgement leaves by mail.")
    story.mail(address, receipt["number"])
    story.tell("An agent finds it in the queue: urgent first, then first come, first served.")
    queue = story.call("GET", "/v1/queue?limit=5", key="agent")["items"]
    ticket_id = story.call("GET", f"/v1/tickets?number={receipt['number']}", key="agent")["items"][0]["id"]
    story.tell("Taking it before the others needs a reason, which is recorded.")
    reason = {"ticket_id": ticket_id, "reason": f"Same server as {queue[0]['number']}"}
    story.call("POST", "/v1/queue/claims", reason, key="agent")
    story.tell("The agent replies in public; the reply is mailed.")
    reply = {"body": "Bonjour, le certificat avait expiré. Est-ce bon chez vous ?", "visibility": "public"}
    story.call("POST", f"/v1/tickets/{ticket_id}/messages", reply, key="agent")
    story.mail(address, f"Re: [{receipt['number']}]")
    story.call("PATCH", f"/v1/tickets/{ticket_id}", {"status": "waiting_client"}, key="agent")
    story.tell("The requester answers on the receipt page: work goes on.")
    url = f"/v1/public/tickets/{receipt['receipt_token']}"
    story.call("POST", f"{url}/messages", {"message": "Oui, merci beaucoup !"})
    story.call("PATCH", f"/v1/tickets/{ticket_id}", {"status": "resolved"}, key="agent")
    story.call("GET", url)
    story.tell("The whole history.")
    for event in story.call("GET", f"/v1/tickets/{ticket_id}/events", key="agent")["items"]:
        print(f"  {event['occurred_at']}  {event['type']}")


CHAPTERS: list[tuple[str, Callable[[Story], None]]] = [
    ("From the help form to the desk's queue", front_door),
    ("More than a day of work: the quote", quoting),
    ("On call during an event", on_call),
    ("A conversation by mail", by_mail),
    ("From the help form to the paid invoice", invoicing),
    ("A year of one client", a_year),
]


def play(settings: Settings) -> None:
    """Every chapter, one after the other."""
    path = settings.data_dir / "credentials.json"
    if not path.exists():
        sys.exit(f"{path} is not there: start the service first, with `make serve`.")
    credentials = json.loads(path.read_text())
    story = Story(credentials["base_url"], credentials["keys"], settings.data_dir / "outbox")
    for title, chapter in CHAPTERS:
        print(f"\n=== {title} ===")
        chapter(story)
    print("\nDone.")
