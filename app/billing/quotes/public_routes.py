"""The public door of quotes: a secret link shows one version, and takes one answer (Q3)."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from app.billing.quotes import queries
from app.billing.quotes.answers import PublicQuoteOut, public_quote_out
from app.billing.quotes.routes import pdf_answer
from app.billing.quotes.schemas import PublicAcceptanceIn, PublicRefusalIn
from app.billing.quotes.service.deciding import Decision, accept_quote, refuse_quote
from app.billing.quotes.service.sending import quote_of
from app.core import limits
from app.core.db import Connection, Row
from app.core.forms import FORM_LIMIT
from app.core.http import allows, desk_router
from app.core.permissions import PUBLIC
from app.core.problems import not_found
from app.core.unit import Unit, Work

router = desk_router("/v1/public/quotes", "public")
Token = Annotated[str, Path(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_\-]{43}$")]
MINUTE = 60


async def _shown(work: Unit, connection: Connection, token: str) -> Row:
    """The version behind the link, unless it was never sent."""
    quote_id: UUID | None = quote_of(work.settings, token)
    row = await queries.quote(connection, quote_id) if quote_id is not None else None
    if row is None or row["sent_at"] is None:
        raise not_found()
    return row


async def _to_decide(work: Unit, token: str) -> tuple[Connection, Row]:
    network = limits.network_of(work.client_address)
    await work.limit(limits.Limit(f"quote {network}", work.settings.form_per_minute_per_ip, MINUTE))
    connection = await work.begin()
    return connection, await _shown(work, connection, token)


def _decision(work: Unit, **said: str | None) -> Decision:
    return Decision(
        **said,  # type: ignore[arg-type]
        client_address=work.client_address,
        user_agent=work.request.headers.get("user-agent"),
        actor=work.caller.actor(),
    )


@router.get("/{quote_token}", operation_id="read_public_quote", **allows(PUBLIC, 404))
async def read_public_quote(quote_token: Token, work: Work) -> PublicQuoteOut:
    """The quote as its client sees it. Reading it decides nothing, however often a mail scanner does."""
    return public_quote_out(await _shown(work, await work.connection(), quote_token))


@router.get(
    "/{quote_token}/pdf",
    operation_id="download_public_quote",
    response_class=Response,
    **allows(PUBLIC, 404, produces="application/pdf"),
)
async def download_public_quote(quote_token: Token, work: Work) -> Response:
    """The same as a PDF, as it came with the mail."""
    return await pdf_answer(work, await _shown(work, await work.connection(), quote_token))


@router.post(
    "/{quote_token}/acceptance",
    operation_id="accept_public_quote",
    **allows(PUBLIC, 404, 409, 429, body_limit=FORM_LIMIT),
)
async def accept_public_quote(quote_token: Token, body: PublicAcceptanceIn, work: Work) -> PublicQuoteOut:
    """Accept it, once, before it expires, naming who does; the same person again gets the same answer (Q3)."""
    connection, row = await _to_decide(work, quote_token)
    await accept_quote(connection, row, _decision(work, **body.model_dump()), now=work.now)
    return public_quote_out(await _shown(work, connection, quote_token))


@router.post(
    "/{quote_token}/refusal",
    operation_id="refuse_public_quote",
    **allows(PUBLIC, 404, 409, 429, body_limit=FORM_LIMIT),
)
async def refuse_public_quote(quote_token: Token, body: PublicRefusalIn, work: Work) -> PublicQuoteOut:
    """Refuse it, once, before it expires (Q3)."""
    connection, row = await _to_decide(work, quote_token)
    await refuse_quote(connection, row, _decision(work, **body.model_dump()), now=work.now)
    return public_quote_out(await _shown(work, connection, quote_token))
