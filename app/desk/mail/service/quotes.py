"""What the mails about quotes say, and the PDF that goes along."""

import asyncio

from app.adapters.mail_message import Attachment
from app.adapters.mail_templates import Facts
from app.adapters.quote_mail import QuoteReminder, QuoteSent
from app.adapters.quote_pdf import quote_pdf
from app.adapters.quote_words import paper_of
from app.core import tokens
from app.core.db import Connection, Row
from app.core.settings import Settings
from app.desk.mail import queries

QUOTE = "quote"  # the purpose that its links are signed for


async def quote_mail(connection: Connection, mail: Row, settings: Settings) -> tuple[Facts, list[Attachment]]:
    """The facts of a mail about a quote, and its PDF."""
    quote = await queries.quote(connection, mail["quote_id"])
    kind = QuoteReminder if mail["kind"] == QuoteReminder.kind else QuoteSent
    token = tokens.sign(QUOTE, settings.secret_key.get_secret_value(), quote["id"])
    facts = kind(
        paper=quote["kind"],
        **{name: quote[name] for name in ("number", "about", "subtotal_cents", "currency", "valid_until_on")},
        url=settings.quote_link(token),
    )
    paper = paper_of(quote, settings.company_name)
    content = await asyncio.to_thread(quote_pdf, paper, quote["text_sha256"].hex(), settings.company_website)
    return facts, [Attachment(f"{quote['number']}-v{quote['version']}.pdf", "application/pdf", content)]
