"""Who may call what. The table is written by hand: whoever adds an operation says here who is meant to use it."""

import json
from datetime import timedelta
from itertools import product
from typing import Any

import httpx
import pytest

from app.core.db import Connection
from app.core.ids import new_id
from app.core.permissions import PUBLIC
from tests.builders import A_MOMENT_AGO, ROLES, Keys, a_key
from tests.contract.operations import GUARDED, OPERATIONS, Operation
from tests.contract.world import ABSENT, FOREIGN, NOTE, World, a_world

STAFF = {"agent", "finance", "admin"}
DESK = {"agent", "admin"}
READERS = STAFF | {"client"}
EVERYBODY_BUT_MAIL = STAFF | {"client", "accounting"}

WHO = {
    # Agents and the administrator work tickets; finance reads along; a client sees its own.
    "list_tickets": READERS,
    "read_ticket": READERS,
    "create_ticket": DESK | {"client"},
    "change_ticket": DESK,
    "list_messages": READERS,
    "create_message": DESK | {"client"},
    "list_attachments": READERS,
    "download_attachment": READERS,
    "list_ticket_events": STAFF,
    # Mail servers hand mail in, and cannot read any.
    "hand_in_mail": {"mail", "admin"},
    "list_inbound_messages": STAFF,
    "read_inbound_message": STAFF,
    "download_inbound_message": STAFF,
    "release_inbound_message": DESK,
    "discard_inbound_message": DESK,
    "list_ticket_mails": DESK,
    "list_bounces": STAFF,
    "clear_bounce": DESK,
    "list_queue": STAFF,
    "claim_ticket": DESK,
    # Whom the desk works for: the books need names and addresses, not websites; a client sees itself.
    "list_clients": EVERYBODY_BUT_MAIL,
    "read_client": EVERYBODY_BUT_MAIL,
    "create_client": STAFF,
    "change_client": STAFF,
    "list_contacts": EVERYBODY_BUT_MAIL,
    "read_contact": EVERYBODY_BUT_MAIL,
    "create_contact": STAFF,
    "change_contact": STAFF,
    "delete_contact": STAFF,
    "list_sites": READERS,
    "read_site": READERS,
    "create_site": DESK,
    "change_site": DESK,
    # The people of the desk are known to its staff; who works here and who has a key is the administrator's business.
    "list_agents": STAFF,
    "read_agent": STAFF,
    "create_agent": {"admin"},
    "change_agent": {"admin"},
    "list_api_keys": {"admin"},
    "read_api_key": {"admin"},
    "create_api_key": {"admin"},
    "revoke_api_key": {"admin"},
    # The calendar is no secret, but only the administrator closes the desk.
    "list_holidays": EVERYBODY_BUT_MAIL,
    "list_closures": EVERYBODY_BUT_MAIL,
    "read_closure": EVERYBODY_BUT_MAIL,
    "create_closure": {"admin"},
    "change_closure": {"admin"},
    "delete_closure": {"admin"},
    # Everybody may know the terms; finance sets them, staff sees who was told.
    "list_terms": EVERYBODY_BUT_MAIL,
    "read_terms": EVERYBODY_BUT_MAIL,
    "publish_terms": {"finance", "admin"},
    "list_terms_notices": STAFF,
    # Staff writes quotes and sells on-call; the books read along; a client sees its own, and may ask for on-call.
    "list_quotes": EVERYBODY_BUT_MAIL,
    "read_quote": EVERYBODY_BUT_MAIL,
    "download_quote_pdf": EVERYBODY_BUT_MAIL,
    "create_quote": STAFF,
    "create_quote_version": STAFF,
    "send_quote": STAFF,
    "record_quote_acceptance": STAFF,
    "withdraw_quote": STAFF,
    "list_permanence_requests": EVERYBODY_BUT_MAIL,
    "read_permanence_request": EVERYBODY_BUT_MAIL,
    "create_permanence_request": STAFF | {"client"},
    "change_permanence_request": STAFF,
    "create_permanence_quote": STAFF,
    "schedule_permanence": STAFF,
    "complete_permanence": STAFF,
    "cancel_permanence": STAFF,
    "list_permanences": EVERYBODY_BUT_MAIL,
    "download_permanence_calendar": EVERYBODY_BUT_MAIL,
    "create_calendar_subscription": DESK,
    "read_calendar_subscription": DESK,
    "delete_calendar_subscription": DESK,
    "read_quote_charge": STAFF | {"accounting"},
    # Agents log their time; who pays it, and who bills it, may see it.
    "list_time_entries": EVERYBODY_BUT_MAIL,
    "read_time_entry": EVERYBODY_BUT_MAIL,
    "log_time": DESK,
    "import_time_entries": DESK,
    "correct_time_entry": STAFF,
    "list_timers": STAFF,
    "read_timer": STAFF,
    "start_timer": DESK,
    # Agents open urgencies and move them; only finance waives a fee.
    "list_urgencies": EVERYBODY_BUT_MAIL,
    "read_urgency": EVERYBODY_BUT_MAIL,
    "create_urgency": DESK,
    "requalify_urgency": DESK,
    "waive_urgency": {"finance", "admin"},
    # What is asked about money; reports are not for clients.
    "read_client_prices": EVERYBODY_BUT_MAIL,
    "read_client_balance": EVERYBODY_BUT_MAIL,
    "simulate_price": EVERYBODY_BUT_MAIL,
    "read_ticket_cost": EVERYBODY_BUT_MAIL,
    "report_minutes": STAFF | {"accounting"},
    "report_unbilled": STAFF | {"accounting"},
    # The books: finance invoices, the accounting system reads, pays and takes over; a client sees its own.
    "list_invoices": EVERYBODY_BUT_MAIL,
    "read_invoice": EVERYBODY_BUT_MAIL,
    "download_invoice_pdf": EVERYBODY_BUT_MAIL,
    "download_invoice_ubl": EVERYBODY_BUT_MAIL,
    "download_invoice_cii": EVERYBODY_BUT_MAIL,
    "download_invoice_factur_x": EVERYBODY_BUT_MAIL,
    "preview_invoices": STAFF | {"accounting"},
    "list_invoice_runs": STAFF | {"accounting"},
    "read_invoice_run": STAFF | {"accounting"},
    "list_invoice_run_results": STAFF | {"accounting"},
    "create_invoice_run": {"finance", "admin"},
    "issue_invoice": {"finance", "admin"},
    "delete_invoice_draft": {"finance", "admin"},
    "explain_invoice_line": EVERYBODY_BUT_MAIL,
    "create_credit_note": {"finance", "admin"},
    "issue_contract_invoice": {"finance", "admin"},
    "list_payments": EVERYBODY_BUT_MAIL,
    "record_payment": {"finance", "admin", "accounting"},
    "list_invoice_mails": STAFF | {"accounting"},
    "send_invoice": {"finance", "admin"},
    "refund_surplus": {"finance", "admin", "accounting"},
    "reverse_payment": {"finance", "admin", "accounting"},
    "list_vat_proofs": STAFF | {"accounting"},
    "record_vat_proof": {"finance", "admin"},
    "mark_exported": {"finance", "admin", "accounting"},
    "read_export": {"finance", "admin", "accounting"},
    # Prepaid hours are finance's; everybody they concern may see them.
    "list_contracts": EVERYBODY_BUT_MAIL,
    "read_contract": EVERYBODY_BUT_MAIL,
    "list_contract_draws": EVERYBODY_BUT_MAIL,
    "list_contract_grants": EVERYBODY_BUT_MAIL,
    "list_contract_refunds": EVERYBODY_BUT_MAIL,
    "create_contract": {"finance", "admin"},
    "activate_contract": {"finance", "admin"},
    "grant_contract_minutes": {"finance", "admin"},
    "refund_contract_minutes": {"finance", "admin"},
    "stop_timer": DESK,
    # Whoever answers for the books may see who changed them; the machinery is the administrator's.
    "list_audit_log": {"admin", "finance"},
    "list_events": STAFF,
    "list_jobs": {"admin"},
    "read_job": {"admin"},
    "retry_job": {"admin"},
}
EVERY_GUARDED = pytest.mark.parametrize("operation", GUARDED, ids=[operation.id for operation in GUARDED])


@pytest.fixture
async def world(conn: Connection, keys: Keys) -> World:
    return await a_world(conn, keys)


async def call(api: httpx.AsyncClient, operation: Operation, values: dict[str, str], headers: Any) -> httpx.Response:
    """One call with its documented example as the body."""
    path = operation.path.format(**values)
    return await api.request(operation.method, path, json=operation.example, headers=headers)


def test_somebody_said_who_may_call_each_operation():
    assert set(WHO) == {operation.id for operation in GUARDED}


@EVERY_GUARDED
async def test_only_the_right_roles_may(api: httpx.AsyncClient, keys: Keys, world: World, operation: Operation):
    answers = {role: await call(api, operation, world.absent, keys[role]) for role in ROLES}

    allowed = {role for role, answer in answers.items() if answer.status_code not in {401, 403}}
    assert allowed == WHO[operation.id]
    refused = [answer for role, answer in answers.items() if role not in allowed]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(403, "forbidden")}


@EVERY_GUARDED
async def test_nobody_may_without_a_valid_key(
    api: httpx.AsyncClient, conn: Connection, world: World, operation: Operation
):
    before = A_MOMENT_AGO - timedelta(days=1)
    revoked = await a_key(conn, "admin", revoked_at=before)
    expired = await a_key(conn, "admin", expires_at=before)
    valid = await a_key(conn, "admin")
    stranger = f"ec_{new_id().hex}_{valid.rpartition('_')[2]}"
    wrong = [
        f"Bearer {revoked}", f"Bearer {expired}", f"Bearer {stranger}", f"Bearer {valid}x", f"Bearer {valid[:-1]}",
        "Bearer nonsense", "Bearer ec__", f"Bearer {'é' * 30}", f"Bearer ec_{'0' * 32}_{'x' * 5000}",
    ]  # fmt: skip
    for text in wrong:
        answer = await call(api, operation, world.absent, {"Authorization": text.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (401, "credentials-invalid"), text
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {valid}"}, {"Authorization": valid}):
        answer = await call(api, operation, world.absent, headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "credentials-missing"), headers


async def test_a_revoked_key_is_refused_on_the_next_call(api: httpx.AsyncClient, conn: Connection, keys: Keys):
    assert (await api.get("/v1/tickets", headers=keys["agent"])).status_code == 200
    await conn.execute("UPDATE api_keys SET revoked_at = $1 WHERE role = 'agent'", A_MOMENT_AGO)
    assert (await api.get("/v1/tickets", headers=keys["agent"])).status_code == 401


def bytes_without_request_id(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Everything of an answer that may not depend on whether the thing exists."""
    document = answer.json()
    document.pop("request_id", None)
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name != "x-request-id")
    return answer.status_code, json.dumps(document), headers


OWNED = {
    "entry_id", "contract_id", "urgency_id", "client_id", "contact_id", "site_id", "ticket_id", "attachment_id", "domain", "quote_id", "permanence_request_id",
    "invoice_id", "line_id",
}  # fmt: skip
A_CLIENTS = [
    operation for operation in GUARDED if "client" in WHO.get(operation.id, ()) and OWNED & set(operation.path_names)
]


@pytest.mark.parametrize("operation", A_CLIENTS, ids=[operation.id for operation in A_CLIENTS])
async def test_what_is_not_yours_is_not_there(api: httpx.AsyncClient, keys: Keys, world: World, operation: Operation):
    names = operation.path_names
    absent = await call(api, operation, world.absent, keys["client"])
    assert absent.status_code == 404
    for choice in product(("own", "foreign", "absent"), repeat=len(names)):
        values = {name: getattr(world, whose)[name] for name, whose in zip(names, choice, strict=True)}
        answer = await call(api, operation, values, keys["client"])
        if set(choice) == {"own"}:
            assert answer.status_code < 400, answer.text
            assert FOREIGN not in answer.text
        else:
            assert bytes_without_request_id(answer) == bytes_without_request_id(absent), choice


LISTS = [
    operation for operation in GUARDED if operation.id.startswith("list_") and "client" in WHO.get(operation.id, ())
]


@pytest.mark.parametrize("operation", LISTS, ids=[operation.id for operation in LISTS])
async def test_a_clients_lists_hold_nothing_of_others(
    api: httpx.AsyncClient, keys: Keys, world: World, operation: Operation
):
    path = operation.path.format(**world.own)
    answer = await api.get(path, headers=keys["client"])
    assert answer.status_code == 200
    assert FOREIGN not in answer.text
    assert NOTE not in answer.text
    if operation.path_names and "client_id" not in operation.path_names:
        return
    for name in OWNED & set(operation.query_names):
        foreign = await api.get(path, params={name: world.foreign[name]}, headers=keys["client"])
        nobodys = await api.get(path, params={name: str(ABSENT)}, headers=keys["client"])
        assert bytes_without_request_id(foreign) == bytes_without_request_id(nobodys), name


async def test_a_client_cannot_search_what_it_may_not_read(api: httpx.AsyncClient, keys: Keys, world: World):
    for word in (FOREIGN, NOTE):
        found = await api.get("/v1/tickets", params={"q": word}, headers=keys["client"])
        assert found.json() == {"items": [], "next_cursor": None}
        assert (await api.get("/v1/tickets", params={"q": word}, headers=keys["agent"])).json()["items"]


async def test_a_client_cannot_put_a_ticket_on_another(api: httpx.AsyncClient, keys: Keys, world: World):
    example = next(operation.example for operation in OPERATIONS if operation.id == "create_ticket")
    for name in ("client_id", "site_id"):
        answers = [
            await api.post("/v1/tickets", json=example | {name: value}, headers=keys["client"])
            for value in (world.foreign[name], str(ABSENT))
        ]
        foreign, absent = (bytes_without_request_id(answer) for answer in answers)
        assert foreign == absent
        assert foreign[0] in {409, 422}


async def test_internal_notes_stay_inside(api: httpx.AsyncClient, conn: Connection, keys: Keys, world: World):
    ticket_id, token = world.own["ticket_id"], world.own["receipt_token"]
    note = await conn.fetchval("SELECT id FROM attachments WHERE file_name = $1 AND ticket_id = $2::text::uuid", f"{NOTE}.txt", ticket_id)  # fmt: skip
    for path in (f"/v1/tickets/{ticket_id}/messages", f"/v1/tickets/{ticket_id}/attachments"):
        assert NOTE not in (await api.get(path, headers=keys["client"])).text
        assert NOTE in (await api.get(path, headers=keys["agent"])).text
    assert NOTE not in (await api.get(f"/v1/public/tickets/{token}")).text
    file = f"/v1/tickets/{ticket_id}/attachments/{note}"
    assert (await api.get(file, headers=keys["client"])).status_code == 404
    assert (await api.get(file, headers=keys["agent"])).status_code == 200


@pytest.mark.parametrize(
    "operation", [operation for operation in OPERATIONS if operation.permission == PUBLIC], ids=lambda o: o.id
)
async def test_the_public_door_needs_no_key(api: httpx.AsyncClient, world: World, operation: Operation):
    answer = await call(api, operation, world.own, {})
    assert answer.status_code not in {401, 403, 404}
