"""The papers of a stored invoice over HTTP: PDF, UBL, CII and Factur-X, for whoever may see the invoice."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.invoice_cii import cii
from app.adapters.invoice_ubl import ubl
from app.billing.invoices.answers import document_of_row
from app.billing.invoices.queries import documents
from app.core.db import Connection
from tests.adapters.invoices.reading import opened, text
from tests.adapters.invoices.rules import Inspector
from tests.billing import a_contract, an_entry, invoiced, logged
from tests.builders import AGENT_ID, Keys, a_contact, a_ticket
from tests.conftest import Clock

QUARTER = {"cycle": "quarterly", "period": "2026-Q4"}
FILES = [
    ("pdf", "application/pdf", "F2026-0001.pdf", b"%PDF-1.7"),
    ("ubl", "application/xml", "F2026-0001-ubl.xml", b"<?xml"),
    ("cii", "application/xml", "F2026-0001-cii.xml", b"<?xml"),
    ("factur-x", "application/pdf", "F2026-0001-factur-x.pdf", b"%PDF-1.7"),
]


@pytest.fixture
async def invoice(conn: Connection, keys: Keys) -> Any:
    ticket = await a_ticket(conn, client_id=keys.client_id, subject="Panier vide 🎉")
    await a_contact(conn, keys.client_id, billing=True)
    await an_entry(conn, ticket, AGENT_ID, 45)
    return await invoiced(conn, keys.client_id)


async def get(api: httpx.AsyncClient, keys: Keys, role: str, invoice: Any, form: str, **headers: str) -> httpx.Response:
    return await api.get(f"/v1/invoices/{invoice['id']}/{form}", headers=keys[role] | headers)


@pytest.mark.parametrize(("form", "media_type", "name", "begins"), FILES)
async def test_each_form_is_a_file(
    api: httpx.AsyncClient, keys: Keys, invoice: Any, form: str, media_type: str, name: str, begins: bytes
):
    answer = await get(api, keys, "accounting", invoice, form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.content.startswith(begins)
    again = await get(api, keys, "client", invoice, form)
    assert again.content == answer.content
    known = await get(api, keys, "finance", invoice, form, **{"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_what_the_reader_has_is_not_made_again(
    app: FastAPI, api: httpx.AsyncClient, keys: Keys, invoice: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    app.state.settings = app.state.settings.model_copy(update={"paper_logo": logo})
    made = [await get(api, keys, "finance", invoice, form) for form, *_ in FILES]
    tags = [one.headers["etag"] for one in made]
    assert len(set(tags)) == len(FILES)
    with monkeypatch.context() as patched:
        patched.setattr("asyncio.to_thread", None)
        for (form, *_), tag in zip(FILES, tags, strict=True):
            known = await get(api, keys, "client", invoice, form, **{"If-None-Match": f'"0", W/{tag}'})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="8"/>')
    changed = await get(api, keys, "client", invoice, "pdf", **{"If-None-Match": tags[0]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tags[0]


async def test_a_draft_and_what_it_becomes_are_not_the_same_paper(api: httpx.AsyncClient, conn: Connection, keys: Keys):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    run = await api.post("/v1/invoice-runs", json=QUARTER | {"issue": False}, headers=keys["finance"])
    document = {"id": run.json()["created"][0]["invoice_id"]}
    draft = await get(api, keys, "finance", document, "pdf")
    await api.post(f"/v1/invoices/{document['id']}/issue", json={}, headers=keys["finance"] | {"If-Match": "*"})
    issued = await get(api, keys, "finance", document, "pdf", **{"If-None-Match": draft.headers["etag"]})
    assert issued.status_code == 200
    assert "PROJET" not in text(issued.content)


async def test_all_forms_say_the_same(api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any):
    told = (await api.get(f"/v1/invoices/{invoice['id']}", headers=keys["accounting"])).json()
    assert (told["subtotal_cents"], told["vat_cents"], told["total_cents"]) == (9000, 1530, 10530)
    assert set(told["links"]) == {"self", "pdf", "ubl", "cii", "factur_x"}
    row = await documents.document(conn, invoice["id"])
    assert row is not None
    document = document_of_row(row)
    forms = {name: (await api.get(path, headers=keys["finance"])).content for name, path in told["links"].items()}
    inspector = Inspector()
    assert [inspector.complaints(forms[name]) for name in ("ubl", "cii")] == [[], []]
    inspector.close()
    assert forms["ubl"] == ubl(document)
    assert forms["cii"] == cii(document)
    with opened(forms["factur_x"]) as hybrid:
        assert hybrid.attachments["factur-x.xml"].get_file().read_bytes() == forms["cii"]
    for pdf in (forms["pdf"], forms["factur_x"]):
        said = text(pdf)
        assert "F2026-0001" in said
        assert "105,30 €" in said
        assert "Panier vide 🎉" in said


async def test_a_draft_has_a_pdf_only(api: httpx.AsyncClient, conn: Connection, keys: Keys):
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    run = await api.post("/v1/invoice-runs", json=QUARTER | {"issue": False}, headers=keys["finance"])
    draft = {"id": run.json()["created"][0]["invoice_id"]}
    pdf = await get(api, keys, "finance", draft, "pdf")
    assert pdf.headers["content-disposition"] == 'attachment; filename="draft.pdf"'
    assert "PROJET" in text(pdf.content)
    for form in ("ubl", "cii", "factur-x"):
        refused = await get(api, keys, "finance", draft, form)
        assert (refused.status_code, refused.json()["code"]) == (409, "no-e-invoice")
    assert (await get(api, keys, "client", draft, "pdf")).status_code == 404
    told = (await api.get(f"/v1/invoices/{draft['id']}", headers=keys["finance"])).json()
    assert set(told["links"]) == {"self", "pdf"}


async def test_a_statement_is_no_e_invoice(api: httpx.AsyncClient, conn: Connection, keys: Keys, clock: Clock):
    await a_contract(conn, keys.client_id, 600)
    ticket = await a_ticket(conn, client_id=keys.client_id, status="in_progress")
    await logged(api, keys, ticket["id"], 45)
    statement = await invoiced(conn, keys.client_id)
    assert statement["kind"] == "statement"
    said = text((await get(api, keys, "client", statement, "pdf")).content)
    assert "Ce relevé n'est pas une facture" in said
    assert "9 h 15" in said
    refused = await get(api, keys, "client", statement, "ubl")
    assert (refused.status_code, refused.json()["code"]) == (409, "no-e-invoice")


@pytest.mark.parametrize("form", ["pdf", "ubl", "cii", "factur-x"])
async def test_another_clients_paper_is_not_there(api: httpx.AsyncClient, keys: Keys, conn: Connection, form: str):
    ticket = await a_ticket(conn, client_id=keys.other_client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    other = await invoiced(conn, keys.other_client_id)
    theirs = await get(api, keys, "client", other, form)
    nobodys = await get(api, keys, "client", {"id": AGENT_ID}, form)
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}


async def credited(api: httpx.AsyncClient, keys: Keys, invoice: Any, **body: Any) -> Any:
    path = f"/v1/invoices/{invoice['id']}/credit-notes"
    answer = await api.post(path, json={"reason": "Panne de notre fait"} | body, headers=keys["finance"])
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("wish", "total_cents", "said"),
    [({}, 10530, "105,30 €"), ({"minutes": 7}, 1638, "0 h 07"), ({"net_cents": 333}, 390, "3,90 €")],
)
async def test_a_credit_note_is_one_in_every_form(
    api: httpx.AsyncClient, conn: Connection, keys: Keys, invoice: Any, wish: Any, total_cents: int, said: str
):
    line_id = await conn.fetchval("SELECT id FROM invoice_lines WHERE invoice_id = $1", invoice["id"])
    lines = {"lines": [{"line_id": str(line_id)} | wish]} if wish else {}
    note = await credited(api, keys, invoice, **lines)
    assert (note["number"], note["total_cents"]) == ("NC2026-0001", total_cents)
    inspector = Inspector()
    for form in ("ubl", "cii"):
        xml = (await get(api, keys, "accounting", note, form)).content
        assert inspector.complaints(xml) == []
        assert b"F2026-0001" in xml
        assert b">381<" in xml
    inspector.close()
    pdf = text((await get(api, keys, "client", note, "pdf")).content)
    assert "Cette note corrige la facture F2026-0001" in pdf
    assert "Panne de notre fait" in pdf
    assert said in pdf


async def test_reverse_charge_holds_before_the_official_rules(api: httpx.AsyncClient, conn: Connection, keys: Keys):
    await conn.execute(
        "UPDATE clients SET country = 'DE', vat_number = 'DE136695976', language = 'de' WHERE id = $1", keys.client_id
    )
    proof = {"valid": True, "checked_at": "2026-11-24T09:00:00Z", "reference": "VIES WAPIAAAAZLvb3e5e"}
    answer = await api.post(f"/v1/clients/{keys.client_id}/vat-proofs", json=proof, headers=keys["finance"])
    assert answer.status_code == 201, answer.text
    ticket = await a_ticket(conn, client_id=keys.client_id)
    await an_entry(conn, ticket, AGENT_ID, 45)
    invoice = await invoiced(conn, keys.client_id)
    assert (invoice["vat_cents"], invoice["total_cents"]) == (0, 9000)
    xml = (await get(api, keys, "accounting", invoice, "ubl")).content
    inspector = Inspector()
    assert inspector.complaints(xml) == []
    inspector.close()
    assert b">AE<" in xml
    pdf = text((await get(api, keys, "client", invoice, "pdf")).content)
    assert "Autoliquidation" in pdf
    assert "Steuerschuldnerschaft des Leistungsempfängers" in pdf
