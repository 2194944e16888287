"""The mails that bring invoices, credit notes and statements: how far they got, and once more."""

from uuid import UUID

from app.billing.invoice_mails import queries, service
from app.billing.invoice_mails.schemas import InvoiceSendingIn
from app.billing.invoices.answers import PATH
from app.billing.invoices.routes import visible
from app.core import paging
from app.core.http import allows, desk_router
from app.core.limits import Limit as Cap
from app.core.paging import NIL, Cursor, Limit, Page
from app.core.problems import Problem
from app.core.unit import Work
from app.desk.inbound_mail.schemas import OurMailOut, our_mail_out

router = desk_router(PATH, "invoices")
SENDINGS_PER_DAY = 5
DAY_SECONDS = 86_400


@router.get("/{invoice_id}/mails", operation_id="list_invoice_mails", **allows("invoice_mails:read", 404))
async def list_invoice_mails(
    invoice_id: UUID, work: Work, limit: Limit = 50, cursor: Cursor = None
) -> Page[OurMailOut]:
    """Every mail that brought the document, or did not: to whom, and how far it got."""
    await visible(work, invoice_id)
    after = paging.decode(cursor, UUID)[0] if cursor else NIL
    rows = await queries.mails_of_invoice(await work.connection(), invoice_id, after, limit + 1)
    shown, next_cursor = work.cut(rows, limit, "id")
    return Page(items=[our_mail_out(row) for row in shown], next_cursor=next_cursor)


@router.post("/{invoice_id}/sending", operation_id="send_invoice", **allows("invoices:write", 404, 409, 429))
async def send_invoice(invoice_id: UUID, body: InvoiceSendingIn, work: Work) -> Page[OurMailOut]:
    """Mail an issued document once more, the same PDF and UBL; at most five times a day. The mails it promised."""
    document = await visible(work, invoice_id)
    if document["status"] != "issued":
        raise Problem("invoice-not-issued")
    await work.limit(Cap(f"invoice mails {invoice_id}", SENDINGS_PER_DAY, DAY_SECONDS))
    connection = await work.begin()
    sent = await service.send_again(connection, document, body.recipient, actor=work.caller.actor(), now=work.now)
    work.audited |= {"id": str(invoice_id), "mails": len(sent)}
    return Page(items=[our_mail_out(row) for row in await queries.mails(connection, sent)], next_cursor=None)
