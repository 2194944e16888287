"""A development desk's documentation: what Swagger UI fills in can be sent as it is."""

import copy
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.examples import show_real_ids
from app.demo.loading import load_demo, shown_ids
from tests.contract.operations import DOCUMENT
from tests.service import SETTINGS

TRIED = {
    "create_client": "agent", "create_public_ticket": None, "read_public_ticket": None, "create_public_message": None, "read_desk": None,
    "list_tickets": "agent", "read_ticket": "agent", "change_ticket": "agent", "create_message": "agent",
    "list_messages": "agent", "list_ticket_events": "agent", "list_queue": "agent", "claim_ticket": "agent",
    "read_client": "agent", "change_client": "agent", "read_client_balance": "agent", "read_client_prices": "agent",
    "list_contacts": "agent", "read_contact": "agent", "create_contact": "agent", "read_site": "agent",
    "create_site": "agent", "create_quote": "agent", "log_time": "agent", "start_timer": "agent",
    "simulate_price": "agent", "create_permanence_request": "agent", "read_terms": "agent", "create_closure": "admin",
    "create_api_key": "admin", "create_ticket": "agent", "create_contract": "finance",
    "read_ticket_cost": "agent", "read_agent": "agent", "read_api_key": "admin", "create_urgency": "agent",
}  # fmt: skip


@pytest.mark.slow
async def test_what_swagger_ui_fills_in_can_be_sent(committing_api: httpx.AsyncClient, committing_database: Database):
    keys = await load_demo(committing_database, SETTINGS, None)
    document = copy.deepcopy(DOCUMENT)
    show_real_ids(document, await shown_ids(committing_database, SETTINGS))
    refused = {}
    for name, role in TRIED.items():
        method, path, operation = found(document, name)
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        headers = {"Authorization": f"Bearer {keys[role]}"} if role else {}
        answer = await committing_api.request(method, path, headers=headers, json=body_of(document, operation))
        if answer.is_error:
            refused[name] = answer.json()["detail"] + str(answer.json().get("errors"))
    assert refused == {}


def found(document: dict[str, Any], name: str) -> tuple[str, str, dict[str, Any]]:
    return next(
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation["operationId"] == name
    )


def body_of(document: dict[str, Any], operation: dict[str, Any]) -> object:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["examples"][0] if schema else None
