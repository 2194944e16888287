"""Shapes of clients."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core.domain_names import FREE_MAIL, ascii_form
from app.core.shapes import Country, In, InstantOut, Language, Line, Out, Patch, unsent

MOST_DOMAINS = 50
CLIENT: dict[str, Any] = {
    "name": "Menuiserie Thill s.à r.l.",
    "language": "fr",
    "billing_cycle": "quarterly",
    "billing_address": {"street": "14, rue de la Gare", "postal_code": "L-4571", "city": "Differdange"},
    "country": "LU",
    "vat_number": "LU26375245",
    "peppol_id": "9938:LU26375245",
    "domains": ["menuiserie-thill.lu", "thill.lu"],
}
CLIENT_ID = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6a7b"


def _domain(text: str) -> str:
    domain = ascii_form(text)
    if domain is None:
        raise PydanticCustomError("domain_invalid", "This is not a domain that mail comes from, as in thill.lu.")
    if domain in FREE_MAIL:
        raise PydanticCustomError("domain_shared", "Anybody may write from this domain, so it stands for no client.")
    return domain


def _sorted(domains: list[str]) -> list[str]:
    return sorted(set(domains))


Name = Annotated[Line, Field(max_length=200)]
BillingCycle = Literal["quarterly", "monthly"]
VatNumber = Annotated[Line, Field(max_length=30)]
# Scheme (ISO 6523) and value, as Peppol's policy for identifiers writes them.
PeppolId = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}:[A-Za-z0-9._~-]{1,50}$")]
Domain = Annotated[Line, Field(max_length=253), AfterValidator(_domain)]
Domains = Annotated[list[Domain], Field(max_length=MOST_DOMAINS), AfterValidator(_sorted)]


class BillingAddress(In):
    """Where invoices go; the country stands beside it."""

    street: Annotated[Line, Field(max_length=300)]
    postal_code: Annotated[Line, Field(max_length=20)]
    city: Annotated[Line, Field(max_length=120)]


class ClientIn(In):
    """A new client."""

    model_config = ConfigDict(json_schema_extra={"examples": [CLIENT]})
    name: Name
    language: Language
    billing_cycle: BillingCycle = "quarterly"
    billing_address: BillingAddress | None = None
    country: Country = "LU"
    vat_number: VatNumber | None = None
    peppol_id: PeppolId | None = None
    domains: Domains = Field(default=[], description="Whoever writes from one of these belongs to the client.")


class ClientPatch(Patch):
    """What changes; `domains` and `billing_address` replace what is there."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"billing_cycle": "monthly", "domains": ["thill-bois.lu"]}]}
    )
    name: Name = unsent()
    language: Language = unsent()
    billing_cycle: BillingCycle = unsent()
    billing_address: BillingAddress | None = unsent()
    country: Country = unsent()
    vat_number: VatNumber | None = unsent()
    peppol_id: PeppolId | None = unsent()
    domains: Domains = unsent()


class BillingAddressOut(Out):
    """Where invoices go."""

    street: str
    postal_code: str
    city: str


class ClientOut(Out):
    """A client."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": CLIENT_ID, **CLIENT, "created_at": "2026-11-24T09:12:45Z", "version": 1}]
        }
    )
    id: UUID
    name: str
    language: Language
    billing_cycle: BillingCycle
    billing_address: BillingAddressOut | None
    country: str
    vat_number: str | None
    peppol_id: str | None
    domains: list[str]
    created_at: InstantOut
    version: int
