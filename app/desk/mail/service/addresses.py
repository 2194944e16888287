"""What our mails carry so that answers find their ticket: signed message ids and signed reply addresses."""

from collections.abc import Iterable
from uuid import UUID

from app.core import tokens
from app.core.settings import Settings

MAIL, REPLY = "mail", "reply"


def message_id(mail_id: UUID, settings: Settings) -> str:
    """The Message-ID of a mail of ours: the same for every attempt to send it, and nobody else can make one."""
    return f"<{tokens.sign_short(MAIL, settings.secrets[0], mail_id)}@{settings.mail_from.rpartition('@')[2]}>"


def mail_ids(message_ids: Iterable[str], settings: Settings) -> list[UUID]:
    """Which of those message ids are ours, as ids of mails, in order."""
    tokens_ = (one.strip("<>").rpartition("@")[0] for one in message_ids)
    found = (tokens.read_short(MAIL, settings.secrets, token) for token in tokens_)
    return list(dict.fromkeys(id_ for id_ in found if id_ is not None))


def reply_address(ticket_id: UUID, settings: Settings) -> str:
    """Where an answer about a ticket goes: our address with the ticket's token as its sub-address."""
    local, _, domain = settings.mail_from.rpartition("@")
    return f"{local}+{tokens.sign_short(REPLY, settings.secrets[0], ticket_id)}@{domain}"


def ticket_ids(addresses: Iterable[str], settings: Settings) -> list[UUID]:
    """The tickets that reply addresses stand for, in order."""
    tokens_ = (address.rpartition("@")[0].rpartition("+")[2] for address in addresses)
    found = (tokens.read_short(REPLY, settings.secrets, token) for token in tokens_)
    return list(dict.fromkeys(id_ for id_ in found if id_ is not None))
