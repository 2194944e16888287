"""What fields of certain shapes look like in examples, where their names alone would mislead."""

from typing import Any

# Most of these things do not have it.
USUALLY_NULL = {
    "acknowledgement_reason", "bounce", "cancellation_reason", "cancelled_at", "carried_from_id", "client_scope_id",
    "closed_at", "completed_at", "corrected_by_id", "correction_reason", "corrects_id", "credit_reason",
    "discarded_at", "effective_reason", "exported", "fee_reason", "follows_id", "follows_ticket_id",
    "header_message_id", "interest_cents", "non_billable_reason", "out_of_hours_hourly_rate_cents", "part_of_id",
    "permanence_request_id", "problem", "reason", "reference", "released_at", "reminded_at", "replaces_id",
    "resolved_at", "reversed_at", "smtp_reply", "stopped_at", "superseded_by_id", "urgency_accepted_at",
    "urgency_accepted_by", "urgency_fee_cents", "waived_at", "withdrawn_at",
}  # fmt: skip
TRUE = {"active", "equal", "open", "prepaid_covers_urgent", "ready"}
OURS = {"lane": "standard"}
FULL_PRICE = {"subtotal_cents": 6_000, "vat_cents": 1_020, "total_cents": 7_020}
LINE = {"description": "Repair of the basket", "quantity": None, "unit_price_cents": None}
QUOTE: dict[str, Any] = FULL_PRICE | {
    "number": "D2026-0007",
    "status": "sent",
    "text": "Devis D2026-0007 du 24 novembre 2026 : réparation du panier, 30 minutes à 120,00 €/h …",
    "expires_at": "2026-12-24T23:00:00Z",
    "cancellation": [],
    "decision": None,
}
INVOICE: dict[str, Any] = FULL_PRICE | {
    "kind": "invoice",
    "number": "F2026-0001",
    "status": "issued",
    "credits": [],
    "period_start": "2026-10-01",
    "period_end": "2027-01-01",
    "issued_on": "2027-01-02",
    "due_on": "2027-02-01",
}
MAIL = {"copy_of_id": None, "header_message_id": "<CAF0a1b2c3@mail.boulangerie-schmit.example>"}
SHAPES: dict[str, dict[str, Any]] = {
    "TicketOut": OURS | {"status": "in_progress"},
    "ReceiptOut": OURS,
    "PublicTicketOut": OURS,
    "QueueItemOut": OURS | {"why": "First come, first served: waiting since its receipt.", "assignee_id": None},
    "TimeEntryOut": OURS,
    "LoggedOut": OURS,
    "CostOut": {"total_cents": 6_000, "urgency_fee_cents": 0},
    "ClosureOut": {"reason": "Christmas Eve"},
    "Names": {"fr": "Noël", "en": "Christmas Day", "de": "Weihnachtstag", "lb": "Chrëschtdag"},
    "HolidayOut": {"on": "2026-12-25"},
    "PublicHolidayOut": {"on": "2026-12-25"},
    "QuoteOut": QUOTE,
    "PublicQuoteOut": QUOTE,
    "ChargeOut": {"explanation": {"quote": "D2026-0007", "version": 1, "subtotal_cents": 6_000}},
    "StepOut": {"because": "billable", "text": "30 minutes at 120.00 EUR an hour are 60.00 EUR."},
    "SimulationOut": FULL_PRICE | OURS | {"urgency_fee_cents": 0},
    "ClientUnbilledOut": {"total_cents": 6_000},
    "UnbilledOut": {"total_cents": 6_000},
    "ContractOut": {"status": "active", "starts_on": "2026-01-01", "discount_bp": 500},
    "PoolOut": {"status": "active"},
    "DrawOut": {"minutes": 60},
    "GrantOut": {"reason": "An hour for the trouble with the update", "minutes": 60, "left_minutes": 600},
    "RefundOut": {"reason": "The client moves abroad", "minutes": 60, "left_minutes": 480, "amount_cents": 11_400},
    "FeeOut": {"amount_cents": 15_000, "reason": None},
    "SuggestionOut": {"reason": "72 to 168 hours ahead", "amount_cents": 72_000},
    "CancellationOut": {"from_lead_hours": 24},
    "PermanenceOut": {"starts_at": "2026-12-12T16:30:00Z", "ends_at": "2026-12-12T22:30:00Z"},
    "WindowOut": {"starts_at": "2026-12-12T16:30:00Z", "ends_at": "2026-12-12T22:30:00Z"},
    "ShiftOut": {"starts_at": "2026-12-12T16:30:00Z", "ends_at": "2026-12-12T22:30:00Z"},
    "CalendarItemOut": {"starts_at": "2026-12-12T16:30:00Z", "ends_at": "2026-12-12T22:30:00Z", "status": "scheduled"},
    "PublicMessageOut": {"attachments": ["basket.png"]},
    "MessageOut": {"visibility": "public", "channel": "agent"},
    "TicketMailOut": {"reason": None, "status": "sent"},
    "OurMailOut": {"kind": "invoice_sent", "reason": None, "status": "sent"},
    "NoticeOut": {"status": "sent"},
    "HandedInOut": MAIL,
    "InboundMessageOut": MAIL,
    "InboundMessageWhole": MAIL,
    "ImportOut": {"logged": 1},
    "InvoiceOut": INVOICE,
    "StandingOut": INVOICE,
    "PreviewOut": INVOICE | {"obstacles": []},
    "ResultOut": {"detail": None},
    "RunOut": {"skipped": [], "parked": []},
    "CreditOut": {"number": "NC2026-0001"},
    "SellerOut": {"name": "e-connect", "email": "support@e-connect.lu", "phone": "+35220301020"},
    "BuyerOut": {"name": "Boulangerie Schmit", "vat_number": "LU26375245"},
    "InvoiceLineOut": {"kind": "time", "quantity": 30, "unit_price_cents": 12_000, "source_id": None},
    "PoolDrawOut": {"minutes": 60},
}
