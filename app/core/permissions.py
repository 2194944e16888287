"""Who may do what: one table of roles, deny by default.

A permission is `resource:read` or `resource:write`. `public` needs no credential. Every route names its permission
(see `app/core/http.py`); the service refuses to start when one does not.
"""

from typing import Final

PUBLIC: Final = "public"

# What a client pays and why: its own, for its portal.
MONEY_READS = frozenset(
    {"time_entries:read", "contracts:read", "urgencies:read", "prices:read", "balances:read", "invoices:read"}
)
ALL_READS = MONEY_READS | frozenset(
    {
        "clients:read", "contacts:read", "sites:read", "tickets:read", "queue:read", "calendar:read", "agents:read",
        "terms:read", "notices:read", "timers:read", "reports:read", "events:read", "inbound_messages:read",
        "quotes:read", "permanences:read", "charges:read", "invoices:preview", "invoices:run",
        "vat_proofs:read", "invoice_mails:read",
    }
)  # fmt: skip

WORKS = frozenset({"time_entries:write", "time_entries:correct", "timers:write", "urgencies:write"})
KEEPS_BOOKS = frozenset(
    {
        "terms:write", "time_entries:correct", "contracts:write", "urgencies:waive", "invoices:write", "payments:write",
        "invoices:export", "vat_proofs:write",
    }
)  # fmt: skip

ROLES: Final[dict[str, frozenset[str]]] = {
    # Works the desk: tickets, queue, the people and sites of clients.
    "agent": ALL_READS
    | WORKS
    | {"tickets:write", "tickets:work", "queue:write", "clients:write", "contacts:write", "sites:write"}
    | {"inbound_messages:work", "subscriptions:write", "quotes:write", "permanences:write", "permanences:request"},
    # Keeps the books: reads everything, changes what bills are made of.
    "finance": ALL_READS
    | KEEPS_BOOKS
    | {
        "clients:write", "contacts:write", "audit:read", "quotes:write", "permanences:write", "permanences:request",
    },
    # The accounting system: reads whom it bills.
    "accounting": MONEY_READS
    | {
        "clients:read", "contacts:read", "calendar:read", "terms:read", "reports:read", "quotes:read",
        "permanences:read", "charges:read", "invoices:preview", "invoices:run", "payments:write", "invoices:export",
        "vat_proofs:read", "invoice_mails:read",
    },
    # A client's own portal: its own data only (the service narrows every query to the key's client).
    "client": MONEY_READS
    | frozenset(
        {
            "clients:read", "contacts:read", "sites:read", "tickets:read", "tickets:write", "calendar:read",
            "terms:read", "quotes:read", "permanences:read", "permanences:request",
        }
    ),
    # A mail server: may hand in mail, and nothing else.
    "mail": frozenset({"inbound_messages:write"}),
    "admin": frozenset(
        ALL_READS
        | WORKS
        | KEEPS_BOOKS
        | {
            "tickets:write", "tickets:work", "queue:write", "clients:write", "contacts:write", "sites:write",
            "calendar:write", "quotes:write", "permanences:write", "permanences:request",
            "agents:write", "api_keys:read", "api_keys:write", "audit:read", "jobs:read", "jobs:write",
            "inbound_messages:write", "inbound_messages:work", "subscriptions:write",
        }
    ),
}  # fmt: skip


def known_permissions() -> frozenset[str]:
    """Every permission some role holds."""
    return frozenset().union(*ROLES.values())


def permits(role: str, permission: str) -> bool:
    """Whether the role holds the permission; an unknown role holds none."""
    return permission in ROLES.get(role, frozenset())
