"""Every nasty mail of the corpus through the front door: the outcome it must have, and never a server error."""

import httpx
import pytest

from app.core.db import Connection
from tests.builders import Keys
from tests.corpus import FAMILIES
from tests.corpus.case import Case
from tests.features.desk.test_inbound_mail import Desk
from tests.service import SETTINGS


def test_the_corpus_is_large_enough():
    assert sum(len(cases) for cases in FAMILIES.values()) >= 150


async def differences(desk: Desk, case: Case) -> dict[str, object]:
    """What came out otherwise than expected."""
    landed = await desk.receive(case.raw, case.mailbox)
    whole = await desk.get(f"/v1/inbound-messages/{landed['id']}")
    found: dict[str, object] = {
        "outcome": landed["outcome"],
        "refused": [file["file_name"] for file in whole["refused_files"]],
    }
    if case.reason or landed["outcome"] != "ticket":
        found["reason"] = landed["reason"]
    if landed["ticket_id"]:
        ticket = await desk.ticket(landed["ticket_id"])
        (message,) = await desk.messages(landed["ticket_id"])
        found |= {
            "subject": ticket["subject"], "sender": ticket["requester"]["email"],
            "sender_name": ticket["requester"]["name"], "body": message["body"],
            "files": [file["file_name"] for file in message["attachments"]],
            "acknowledged": (await desk.mails(landed["ticket_id"]))[0]["status"],
        }  # fmt: skip
    wanted = {
        name: getattr(case, name)
        for name in (
            "outcome",
            "reason",
            "subject",
            "sender",
            "sender_name",
            "body",
            "files",
            "refused",
            "acknowledged",
        )
    }
    return {
        name: (value, found.get(name))
        for name, value in wanted.items()
        if value is not None and found.get(name) != value
    }


@pytest.mark.parametrize("family", FAMILIES)
async def test_every_mail_ends_as_it_must(
    api: httpx.AsyncClient, app: object, keys: Keys, conn: Connection, family: str
):
    plenty = {
        "mails_per_hour_per_address": 10_000,
        "acknowledgements_per_hour": 10_000,
        "acknowledgements_per_day": 10_000,
    }
    app.state.settings = SETTINGS.model_copy(update=plenty)  # type: ignore[attr-defined]
    desk = Desk(api, keys, conn)
    wrong = {}
    for case in FAMILIES[family]:
        await conn.execute("DELETE FROM bounced_addresses")
        if found := await differences(desk, case):
            wrong[case.name] = found
    assert wrong == {}
