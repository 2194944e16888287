"""The order in which the CrossIndustryInvoice of EN 16931 wants the elements that our invoices have."""

_CODES = "urn:un:unece:uncefact:data:standard"
SPACES: dict[str | None, str] = {
    "rsm": f"{_CODES}:CrossIndustryInvoice:100",
    "ram": f"{_CODES}:ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CODES}:UnqualifiedDataType:100",
    "qdt": f"{_CODES}:QualifiedDataType:100",
}
_PARTY = (
    "ram:ID", "ram:Name", "ram:Description", "ram:SpecifiedLegalOrganization", "ram:DefinedTradeContact",
    "ram:PostalTradeAddress", "ram:URIUniversalCommunication", "ram:SpecifiedTaxRegistration",
)  # fmt: skip
_DATED = ("udt:DateTimeString",)
_REFERENCE = ("ram:IssuerAssignedID", "ram:TypeCode", "ram:FormattedIssueDateTime")

ORDER: dict[str, tuple[str, ...]] = {
    "rsm:CrossIndustryInvoice": (
        "rsm:ExchangedDocumentContext", "rsm:ExchangedDocument", "rsm:SupplyChainTradeTransaction",
    ),
    "rsm:ExchangedDocumentContext": ("ram:GuidelineSpecifiedDocumentContextParameter",),
    "ram:GuidelineSpecifiedDocumentContextParameter": ("ram:ID",),
    "rsm:ExchangedDocument": ("ram:ID", "ram:TypeCode", "ram:IssueDateTime", "ram:IncludedNote"),
    "ram:IssueDateTime": _DATED,
    "ram:IncludedNote": ("ram:Content",),
    "rsm:SupplyChainTradeTransaction": (
        "ram:IncludedSupplyChainTradeLineItem", "ram:ApplicableHeaderTradeAgreement",
        "ram:ApplicableHeaderTradeDelivery", "ram:ApplicableHeaderTradeSettlement",
    ),
    "ram:IncludedSupplyChainTradeLineItem": (
        "ram:AssociatedDocumentLineDocument", "ram:SpecifiedTradeProduct", "ram:SpecifiedLineTradeAgreement",
        "ram:SpecifiedLineTradeDelivery", "ram:SpecifiedLineTradeSettlement",
    ),
    "ram:AssociatedDocumentLineDocument": ("ram:LineID",),
    "ram:SpecifiedTradeProduct": ("ram:Name", "ram:Description"),
    "ram:SpecifiedLineTradeAgreement": ("ram:NetPriceProductTradePrice",),
    "ram:NetPriceProductTradePrice": ("ram:ChargeAmount", "ram:BasisQuantity"),
    "ram:SpecifiedLineTradeDelivery": ("ram:BilledQuantity",),
    "ram:SpecifiedLineTradeSettlement": (
        "ram:ApplicableTradeTax", "ram:BillingSpecifiedPeriod", "ram:SpecifiedTradeAllowanceCharge",
        "ram:SpecifiedTradeSettlementLineMonetarySummation", "ram:AdditionalReferencedDocument",
    ),
    "ram:ApplicableTradeTax": (
        "ram:CalculatedAmount", "ram:TypeCode", "ram:ExemptionReason", "ram:BasisAmount", "ram:CategoryCode",
        "ram:ExemptionReasonCode", "ram:RateApplicablePercent",
    ),
    "ram:BillingSpecifiedPeriod": ("ram:StartDateTime", "ram:EndDateTime"),
    "ram:StartDateTime": _DATED,
    "ram:EndDateTime": _DATED,
    "ram:SpecifiedTradeAllowanceCharge": (
        "ram:ChargeIndicator", "ram:CalculationPercent", "ram:BasisAmount", "ram:ActualAmount", "ram:ReasonCode",
        "ram:Reason",
    ),
    "ram:ChargeIndicator": ("udt:Indicator",),
    "ram:SpecifiedTradeSettlementLineMonetarySummation": ("ram:LineTotalAmount",),
    "ram:AdditionalReferencedDocument": _REFERENCE,
    "ram:ApplicableHeaderTradeAgreement": ("ram:BuyerReference", "ram:SellerTradeParty", "ram:BuyerTradeParty"),
    "ram:SellerTradeParty": _PARTY,
    "ram:BuyerTradeParty": _PARTY,
    "ram:SpecifiedLegalOrganization": ("ram:ID",),
    "ram:DefinedTradeContact": (
        "ram:PersonName", "ram:TelephoneUniversalCommunication", "ram:EmailURIUniversalCommunication",
    ),
    "ram:TelephoneUniversalCommunication": ("ram:CompleteNumber",),
    "ram:EmailURIUniversalCommunication": ("ram:URIID",),
    "ram:PostalTradeAddress": ("ram:PostcodeCode", "ram:LineOne", "ram:CityName", "ram:CountryID"),
    "ram:URIUniversalCommunication": ("ram:URIID",),
    "ram:SpecifiedTaxRegistration": ("ram:ID",),
    "ram:ApplicableHeaderTradeDelivery": ("ram:ActualDeliverySupplyChainEvent",),
    "ram:ActualDeliverySupplyChainEvent": ("ram:OccurrenceDateTime",),
    "ram:OccurrenceDateTime": _DATED,
    "ram:ApplicableHeaderTradeSettlement": (
        "ram:PaymentReference", "ram:InvoiceCurrencyCode", "ram:SpecifiedTradeSettlementPaymentMeans",
        "ram:ApplicableTradeTax", "ram:BillingSpecifiedPeriod", "ram:SpecifiedTradePaymentTerms",
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation", "ram:InvoiceReferencedDocument",
    ),
    "ram:SpecifiedTradeSettlementPaymentMeans": (
        "ram:TypeCode", "ram:Information", "ram:PayeePartyCreditorFinancialAccount",
        "ram:PayeeSpecifiedCreditorFinancialInstitution",
    ),
    "ram:PayeePartyCreditorFinancialAccount": ("ram:IBANID", "ram:AccountName"),
    "ram:PayeeSpecifiedCreditorFinancialInstitution": ("ram:BICID",),
    "ram:SpecifiedTradePaymentTerms": ("ram:DueDateDateTime",),
    "ram:DueDateDateTime": _DATED,
    "ram:SpecifiedTradeSettlementHeaderMonetarySummation": (
        "ram:LineTotalAmount", "ram:TaxBasisTotalAmount", "ram:TaxTotalAmount", "ram:GrandTotalAmount",
        "ram:DuePayableAmount",
    ),
    "ram:InvoiceReferencedDocument": _REFERENCE,
    "ram:FormattedIssueDateTime": ("qdt:DateTimeString",),
}  # fmt: skip
"""Children of each element, as far as we write them, in the order of the schema."""
