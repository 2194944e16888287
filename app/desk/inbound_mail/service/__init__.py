"""The verbs of incoming mail, one file each."""

from app.desk.inbound_mail.service.at_once import at_once
from app.desk.inbound_mail.service.receiving import Reading, keep, mailbox_of, process, read, take_in
from app.desk.inbound_mail.service.reviewing import discard, lock, release

__all__ = ["Reading", "at_once", "discard", "keep", "lock", "mailbox_of", "process", "read", "release", "take_in"]
