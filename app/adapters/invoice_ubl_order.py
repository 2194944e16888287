"""The order in which UBL 2.1 wants the elements that our invoices have."""

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
SPACES: dict[str, dict[str | None, str]] = {
    root: {None: f"urn:oasis:names:specification:ubl:schema:xsd:{root}-2", "cac": CAC, "cbc": CBC}
    for root in ("Invoice", "CreditNote")
}

_HEAD = ("cbc:CustomizationID", "cbc:ProfileID", "cbc:ID", "cbc:IssueDate")
_PARTIES = (
    "cbc:DocumentCurrencyCode", "cbc:BuyerReference", "cac:InvoicePeriod", "cac:BillingReference",
    "cac:AccountingSupplierParty", "cac:AccountingCustomerParty", "cac:Delivery", "cac:PaymentMeans",
    "cac:TaxTotal", "cac:LegalMonetaryTotal",
)  # fmt: skip
_LINE = (
    "cbc:LineExtensionAmount", "cac:InvoicePeriod", "cac:DocumentReference", "cac:AllowanceCharge", "cac:Item",
    "cac:Price",
)  # fmt: skip
_CATEGORY = (
    "cbc:ID", "cbc:Percent", "cbc:TaxExemptionReasonCode", "cbc:TaxExemptionReason", "cac:TaxScheme",
)  # fmt: skip

ORDER: dict[str, tuple[str, ...]] = {
    "Invoice": (*_HEAD, "cbc:DueDate", "cbc:InvoiceTypeCode", "cbc:Note", *_PARTIES, "cac:InvoiceLine"),
    "CreditNote": (*_HEAD, "cbc:CreditNoteTypeCode", "cbc:Note", *_PARTIES, "cac:CreditNoteLine"),
    "cac:InvoicePeriod": ("cbc:StartDate", "cbc:EndDate"),
    "cac:BillingReference": ("cac:InvoiceDocumentReference",),
    "cac:InvoiceDocumentReference": ("cbc:ID", "cbc:IssueDate"),
    "cac:AccountingSupplierParty": ("cac:Party",),
    "cac:AccountingCustomerParty": ("cac:Party",),
    "cac:Party": (
        "cbc:EndpointID", "cac:PartyName", "cac:PostalAddress", "cac:PartyTaxScheme", "cac:PartyLegalEntity",
        "cac:Contact",
    ),
    "cac:PartyName": ("cbc:Name",),
    "cac:PostalAddress": ("cbc:StreetName", "cbc:CityName", "cbc:PostalZone", "cac:Country"),
    "cac:Country": ("cbc:IdentificationCode",),
    "cac:PartyTaxScheme": ("cbc:CompanyID", "cac:TaxScheme"),
    "cac:TaxScheme": ("cbc:ID",),
    "cac:PartyLegalEntity": ("cbc:RegistrationName", "cbc:CompanyID", "cbc:CompanyLegalForm"),
    "cac:Contact": ("cbc:Name", "cbc:Telephone", "cbc:ElectronicMail"),
    "cac:Delivery": ("cbc:ActualDeliveryDate",),
    "cac:PaymentMeans": ("cbc:PaymentMeansCode", "cbc:PaymentID", "cac:PayeeFinancialAccount"),
    "cac:PayeeFinancialAccount": ("cbc:ID", "cbc:Name", "cac:FinancialInstitutionBranch"),
    "cac:FinancialInstitutionBranch": ("cbc:ID",),
    "cac:TaxTotal": ("cbc:TaxAmount", "cac:TaxSubtotal"),
    "cac:TaxSubtotal": ("cbc:TaxableAmount", "cbc:TaxAmount", "cac:TaxCategory"),
    "cac:TaxCategory": _CATEGORY,
    "cac:ClassifiedTaxCategory": _CATEGORY,
    "cac:LegalMonetaryTotal": (
        "cbc:LineExtensionAmount", "cbc:TaxExclusiveAmount", "cbc:TaxInclusiveAmount", "cbc:PayableAmount",
    ),
    "cac:InvoiceLine": ("cbc:ID", "cbc:InvoicedQuantity", *_LINE),
    "cac:CreditNoteLine": ("cbc:ID", "cbc:CreditedQuantity", *_LINE),
    "cac:DocumentReference": ("cbc:ID", "cbc:DocumentTypeCode"),
    "cac:AllowanceCharge": (
        "cbc:ChargeIndicator", "cbc:AllowanceChargeReasonCode", "cbc:AllowanceChargeReason",
        "cbc:MultiplierFactorNumeric", "cbc:Amount", "cbc:BaseAmount",
    ),
    "cac:Item": ("cbc:Description", "cbc:Name", "cac:ClassifiedTaxCategory"),
    "cac:Price": ("cbc:PriceAmount", "cbc:BaseQuantity"),
}  # fmt: skip
"""Children of each element, as far as we write them, in the order of the schema."""
