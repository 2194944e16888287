"""The verbs of incoming mail, one file each."""

from app.desk.inbound_mail.service.receiving import Reading, keep, mailbox_of, process, read, take_in
from app.desk.inbound_mail.service.reviewing import discard, lock, release

__all__ = ["Reading", "discard", "keep", "lock", "mailbox_of", "process", "read", "release", "take_in"]
