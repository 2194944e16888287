"""A small desk as one might find it on a Tuesday: people, sites, and requests in every state. All of it is made up."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

AGENTS = (
    ("Claire Hoffmann", "claire.hoffmann@e-connect.lu", "fr"),
    ("Marc Thill", "marc.thill@e-connect.lu", "fr"),
    ("Sofia Almeida", "sofia.almeida@e-connect.lu", "en"),
)


@dataclass(frozen=True)
class DemoClient:
    """A client with its domain, people (name, local part, billing) and sites (name, host, project closed on)."""

    name: str
    language: Literal["fr", "en", "de"]
    cycle: str
    city: str
    domain: str
    people: tuple[tuple[str, str, bool], ...]
    sites: tuple[tuple[str, str, date | None], ...]


CLIENTS = (
    DemoClient(
        "Boulangerie Schmit S.à r.l.", "fr", "quarterly", "Luxembourg", "boulangerie-schmit.example",
        (("Anna Schmit", "anna", True), ("Luc Schmit", "luc", False)),
        (("Boutique en ligne", "www.boulangerie-schmit.example", date(2024, 3, 15)),),
    ),
    DemoClient(
        "Weber Events S.A.", "de", "monthly", "Esch-sur-Alzette", "weber-events.example",
        (("Tom Weber", "tom", False), ("Buchhaltung Weber", "rechnungen", True)),
        (
            ("Ticketshop", "tickets.weber-events.example", date(2023, 9, 1)),
            ("Festival 2027", "festival.weber-events.example", None),
        ),
    ),
    DemoClient(
        "Moselle Vineyards Coop", "en", "quarterly", "Remich", "moselle-vineyards.example",
        (("Jane Miller", "jane.miller", True),),
        (("Main site", "www.moselle-vineyards.example", date(2022, 11, 30)),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class DemoTicket:
    """A request: who (client, person), what, how long ago, and how far it has come."""

    client: int | None
    person: int
    subject: str
    message: str
    ago: timedelta
    steps: tuple[str, ...] = ()
    urgent: bool = False
    reply: str | None = None


STRANGER = ("Paul Kayser", "paul.kayser@fanfare-merl.example", "Fanfare de Merl")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

TICKETS = (
    DemoTicket(
        0, 0, "Mettre à jour les horaires de Noël", "Merci d'ajouter nos horaires du 24 et du 31 décembre.",
        20 * DAY, ("in_progress", "resolved", "closed"), reply="C'est en ligne, bonne journée !",
    ),
    DemoTicket(
        2, 0, "Contact form sends no mail", "Visitors say they get no confirmation since the weekend.",
        6 * DAY, ("in_progress", "resolved"), reply="The mail relay had changed; messages flow again.",
    ),
    DemoTicket(
        1, 0, "Rabattcode funktioniert nicht", "Der Code HERBST26 wird im Warenkorb abgelehnt.",
        2 * DAY, ("in_progress", "waiting_client"), reply="Welche Artikel lagen im Warenkorb? Ein Foto hilft uns.",
    ),
    DemoTicket(
        2, 0, "New page for the wine fair", "We need a page with a map and a form; we think two days of work.",
        DAY + 3 * HOUR, ("in_progress", "waiting_quote"),
    ),
    DemoTicket(
        0, 1, "Le panier se vide", "Depuis ce matin, chaque article disparaît du panier après le paiement.",
        5 * HOUR, ("in_progress",),
    ),
    DemoTicket(
        1, 0, "Logo auf der Festivalseite", "Bitte das neue Logo des Sponsors oben rechts einsetzen.", 4 * HOUR,
    ),
    DemoTicket(0, 0, "Photo trop sombre", "La photo de la page d'accueil est trop sombre sur mobile.", 3 * HOUR),
    DemoTicket(
        1, 0, "Ticketverkauf ist ausgefallen", "Niemand kann Karten kaufen, das Konzert ist heute Abend!", HOUR,
        urgent=True,
    ),
    DemoTicket(None, 0, "Créer une adresse e-mail", "Pouvez-vous créer une adresse pour notre secrétaire ?", HOUR / 2),
)  # fmt: skip
