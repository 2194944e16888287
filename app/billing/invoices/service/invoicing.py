"""Clients' periods: previewed, drafted or issued, all by the same rules (I1, I3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.billing.invoices.queries import documents as queries
from app.billing.invoices.service.books import Books
from app.billing.invoices.service.gathering import Gathered, by_client, gather, gather_one
from app.billing.invoices.service.writing import ToIssue, issue, issue_all, values_of
from app.core.db import Connection, Row
from app.core.ids import new_id
from app.domain.errors import Refusal
from app.domain.invoice import invoice_of
from app.domain.invoice_assembly import Invoicing
from app.domain.invoice_body import body_of, differences, digest_of, document_of
from app.domain.invoice_checks import obstacles
from app.domain.invoice_document import Document, DocumentKind
from app.domain.money import decimal_text
from app.domain.period import Period, parse_period

# What no later check could cure: the facts themselves make no invoice.
NOT_EVEN_A_DRAFT = {"total-negative", "vat-categories-mixed"}


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be issued now, and what keeps it from being issued."""

    invoicing: Invoicing
    body: str
    obstacles: tuple[Refusal, ...]
    told: dict[UUID, int]
    skipped: bool = False
    """A run writes nothing of it, whatever the digest; the first obstacle says why."""

    @property
    def document(self) -> Document:
        """It has no number yet."""
        return self.invoicing.document

    @property
    def digest(self) -> bytes:
        """SHA-256 of all it says."""
        return digest_of(self.body)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: a period, issued or as a draft, perhaps only as it was seen in a preview."""

    period: Period
    issue: bool
    digests: dict[str, str]
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a client: created, skipped or parked, and why; `noted` once it is among the run's results."""

    outcome: str
    reason: str | None = None
    detail: str | None = None
    invoice_id: UUID | None = None
    noted: bool = False

    @property
    def refusal(self) -> Refusal:
        """What keeps a client's period from being written, in a rule's words."""
        return Refusal(self.reason or self.outcome, self.detail or "")


def preview_of(gathered: Gathered, document_id: UUID, books: Books) -> Preview | None:
    """What a client's facts make today; None when there is nothing to bill."""
    invoicing = invoice_of(gathered.facts, document_id, books.today)
    if invoicing is None:
        return None
    found = obstacles(invoicing, vat_number_proven=gathered.vat_number_proven)
    return Preview(invoicing, body_of(invoicing.document), found, gathered.told)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a client, known before anything is written."""

    outcome: Outcome
    draft: Row | None = None
    """One that is there; it goes unless `written` takes its place."""
    written: Preview | None = None
    """What is to be drafted or issued."""

    @property
    def entries(self) -> int:
        """How many it takes off the open list."""
        billed = self.written.invoicing.billed if self.written else ()
        return sum(len(one.entries) + sum(listed.many for listed in one.listed) for one in billed)


async def invoice_clients(
    connection: Connection, clients: Sequence[UUID], order: Order, books: Books
) -> dict[UUID, Decision]:
    """Draft or issue clients' period, or say why not; doing it again changes nothing.

    Raises:
        Refusal: `date-goes-back`.
    """
    gathered = {one.client_id: one for one in await gather(connection, clients, order.period, books, lock=True)}
    standing = by_client(await queries.standing(connection, list(gathered), order.period.name))
    decided = {id_: _decide(gathered.get(id_), standing[id_], order, books) for id_ in sorted(clients)}
    await _do(connection, decided.values(), order, books)
    return decided


def _decide(gathered: Gathered | None, standing: Sequence[Row], order: Order, books: Books) -> Decision:
    if gathered is None:
        return Decision(Outcome("parked", "not-found", "There is no such client."))
    issued = issued_of(standing)
    if (skipped := skips(gathered, issued, order.period)) is not None:
        return Decision(skipped)
    draft = next((row for row in standing if row["status"] == "draft"), None)
    return _written(gathered, draft, issued, order, books)


def issued_of(standing: Sequence[Row]) -> dict[str, Row]:
    """What of a client's period is issued and stands, by kind."""
    return {row["kind"]: row for row in standing if row["status"] == "issued"}


def skips(
    gathered: Gathered, issued: Mapping[str, Row], period: Period, kind: DocumentKind | None = None
) -> Outcome | None:
    """Why nothing is written of a client's period, whatever there is to bill; of that `kind`, once it is known."""
    if gathered.cycle is not period.cycle:
        return Outcome("skipped", "other-cycle", f"The client is invoiced {gathered.cycle} in this period.")
    there = issued.get(DocumentKind.INVOICE) or (issued.get(kind) if kind is not None else None)
    return _already(there) if there is not None else None


def _written(gathered: Gathered, draft: Row | None, issued: Mapping[str, Row], order: Order, books: Books) -> Decision:
    preview = preview_of(gathered, draft["id"] if draft else new_id(), books)
    if preview is None:
        return Decision(_already(*issued.values()) if issued else NOTHING, draft)
    if (skipped := skips(gathered, issued, order.period, preview.document.kind)) is not None:
        return Decision(skipped, draft)
    refused = _refused(preview, order, order.digests.get(str(gathered.client_id)))
    if refused is not None:
        return Decision(refused)
    if not order.issue and draft is not None and draft["digest"] == preview.digest:
        return Decision(Outcome("skipped", "draft-unchanged", "The draft is as it was.", draft["id"]))
    noted = order.issue and order.run_id is not None
    return Decision(Outcome("created", invoice_id=preview.document.id, noted=noted), draft, preview)


async def _do(connection: Connection, decided: Iterable[Decision], order: Order, books: Books) -> None:
    issuing, drafting = [], []
    for one in decided:
        stays = one.draft is not None and one.written is not None and one.draft["kind"] == one.written.document.kind
        if one.draft is not None and not stays:
            await queries.delete_draft(connection, one.draft["id"])
        if one.written is not None and order.issue:
            issuing.append(ToIssue(one.written.invoicing, one.written.body, one.written.told, draft=stays))
        elif one.written is not None:
            values = values_of(one.written.document, one.written.body, "draft", books)
            if stays:
                await queries.rewrite(connection, one.written.document.id, values)
            else:
                drafting.append(values)
    if drafting:
        await queries.insert(connection, drafting)
    if issuing:
        await issue_all(connection, issuing, books, order.run_id)


NOTHING = Outcome("skipped", "nothing-to-bill", "There is nothing to bill.")


def _already(row: Row) -> Outcome:
    return Outcome("skipped", "already-invoiced", f"The period is on {row['number']} already.", row["id"])


def _refused(preview: Preview, order: Order, digest: str | None) -> Outcome | None:
    if digest is not None and digest != preview.digest.hex():
        return Outcome(
            "parked", "facts-changed", f"It is not what was previewed any more. {in_words(preview.document)}"
        )
    found = [one for one in preview.obstacles if order.issue or one.code in NOT_EVEN_A_DRAFT]
    if not found:
        return None
    return Outcome("parked", found[0].code, " ".join(one.detail for one in found))


def in_words(document: Document) -> str:
    """What a document would say now."""
    lines = "; ".join(f"{line.description} ({decimal_text(line.net_cents)})" for line in document.lines[:20])
    more = f"; and {len(document.lines) - 20} more" if len(document.lines) > 20 else ""  # noqa: PLR2004 (see above)
    total = f"{decimal_text(document.total_cents)} {document.currency}"
    return (
        f"Now it is {total} in all, on {len(document.lines)} lines: {lines}{more}." if lines else f"Now it is {total}."
    )


async def issue_draft(connection: Connection, draft: Row, digest: str | None, books: Books) -> Row:
    """Issue a draft, if it still says what the facts say.

    Raises:
        Refusal: `invoice-issued`, `facts-changed` with the differences in words, what `obstacles` finds,
            `date-goes-back`.
    """
    before = document_of(draft["body"], draft["id"])
    period = period_of_document(before)
    gathered = await gather_one(connection, draft["client_id"], period, books, lock=True)
    row = await queries.document(connection, draft["id"])
    if gathered is None or row is None or row["status"] != "draft":
        raise Refusal("invoice-issued", "It is no draft any more: read it again.")
    preview = preview_of(gathered, draft["id"], books)
    check_unchanged(before, preview, digest or row["digest"].hex())
    assert preview is not None  # noqa: S101 (checked just now)
    if preview.obstacles:
        raise preview.obstacles[0]
    return await issue(connection, ToIssue(preview.invoicing, preview.body, preview.told, draft=True), books)


def check_unchanged(before: Document, preview: Preview | None, digest: str) -> None:
    """Refuses facts that make another document than the one that was looked at, as `facts-changed`."""
    if preview is None or preview.document.kind is not before.kind:
        raise Refusal("facts-changed", "There is nothing to bill any more.", differences=["Nothing is open any more."])
    if preview.digest.hex() != digest:
        words = differences(before, preview.document) or (in_words(preview.document),)
        detail = "The facts have changed since it was looked at: run again for a new draft."
        raise Refusal("facts-changed", detail, differences=list(words), digest=preview.digest.hex())


def period_of_document(document: Document) -> Period:
    """The period that a document is for."""
    assert document.period is not None  # noqa: S101 (only documents of periods are drafts)
    return parse_period(document.period)
