"""Verbs of outgoing mail. `sending` is for the worker; whoever promises a mail needs `queue_mail` alone."""

from app.desk.mail.service.queueing import queue_mail

__all__ = ["queue_mail"]
