"""What the mails about terms and contracts say, from what stands on record when they are sent."""

from uuid import UUID

from app.adapters.money_mail import ContractAlert, MoneyMail, TermsNotice
from app.core.db import Connection, Row
from app.desk.mail import queries
from app.domain.money import discounted_cents


async def money_mail(connection: Connection, mail: Row) -> MoneyMail:
    """The facts of a mail about terms or about a contract."""
    facts = mail["facts"]
    if mail["kind"] == TermsNotice.kind:
        return _terms(await queries.terms(connection, UUID(facts["terms_id"])), mail["language"])
    alert = await queries.contract_alert(connection, UUID(facts["contract_alert_id"]))
    return ContractAlert(**alert, left_minutes=alert["total_minutes"] - alert["drawn_minutes"])


def _terms(row: Row, language: str) -> TermsNotice:
    return TermsNotice(
        effective_on=row["effective_on"],
        text=row["text"][language],
        hourly_rate_cents=row["hourly_rate_cents"],
        contract_hourly_rate_cents=discounted_cents(row["hourly_rate_cents"], row["contract_discount_bp"]),
        urgency_fee_cents=row["urgency_fee_cents"],
        currency=row["currency"],
    )
