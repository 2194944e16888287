"""One mail and what is expected of it."""

from dataclasses import dataclass

from tests.mails import SUPPORT


@dataclass(frozen=True, kw_only=True)
class Case:
    """None stands for "does not matter"; `files` are names kept, `refused` names noted."""

    name: str
    raw: bytes
    outcome: str = "ticket"
    reason: str | None = None
    body: str | None = None
    subject: str | None = None
    sender: str | None = None
    sender_name: str | None = None
    files: list[str] | None = None
    refused: list[str] | None = None
    acknowledged: str | None = None
    mailbox: str = SUPPORT
