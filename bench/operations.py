"""What is measured: each operation of the product beside what the bare app does for the same purpose."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench import wire
from bench.seed_bare import ticket_id

SEED = 20_261_122
MESSAGE = "Since this morning the shop shows a blank page after the login. It worked yesterday."
CREATE_GOAL = 0.42
READ_GOAL = 0.6
GROWTH_GOAL = 1.1

Requests = list[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the requests for one database size are made of."""

    rows: int
    agent_key: str
    client_key: str  # of the client who owns most tickets
    ticket_ids: Sequence[str]  # any of them
    cursors: Sequence[str]  # from anywhere in the list of all tickets
    client_cursors: Sequence[str]  # from anywhere in the list of that client's tickets


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table: the two makers of requests, and the share of the bare app's speed to reach."""

    name: str
    goal: float
    bare: Callable[[Facts, int], Requests]
    product: Callable[[Facts, int], Requests]
    creates: bool = False


def form(index: int) -> dict[str, str]:
    """Return a help form's fields, each from an address of its own."""
    return {
        "name": "Camille Weber",
        "email": f"camille.{secrets.token_hex(8)}@visitor.example",
        "subject": f"The shop shows a blank page, case {index}",
        "message": MESSAGE,
    }


def bare_create(_facts: Facts, count: int) -> Requests:
    return [wire.post("/tickets", form(index)) for index in range(count)]


def create(_facts: Facts, count: int) -> Requests:
    return [submission(index, f"10.{index >> 16}.{index >> 8 & 255}.{index & 255}") for index in range(count)]


def create_from_one_ip(_facts: Facts, count: int) -> Requests:
    return [submission(index, "10.0.0.1") for index in range(count)]


def submission(index: int, ip: str) -> str:
    """Return a form as the website's proxy hands it on, with a key of its own."""
    headers = {"Idempotency-Key": secrets.token_hex(16), "X-Forwarded-For": ip}
    return wire.post("/v1/public/tickets", form(index), headers)


def bare_read(facts: Facts, count: int) -> Requests:
    chance = Random(SEED)
    return [wire.get(f"/tickets/{ticket_id(chance.randint(1, facts.rows))}") for _ in range(count)]


def read(facts: Facts, count: int) -> Requests:
    return [wire.get(f"/v1/tickets/{one}", facts.agent_key) for one in some(facts.ticket_ids, count)]


def bare_list(_facts: Facts, count: int) -> Requests:
    return [wire.get("/tickets?limit=50")] * count


def list_newest(facts: Facts, count: int) -> Requests:
    return [wire.get("/v1/tickets?limit=50", facts.agent_key)] * count


def bare_list_deep(facts: Facts, count: int) -> Requests:
    chance = Random(SEED)
    cursors = [ticket_id(chance.randint(51, facts.rows)) for _ in range(count)]
    return [wire.get(f"/tickets?limit=50&cursor={cursor}") for cursor in cursors]


def list_deep(facts: Facts, count: int) -> Requests:
    return [page(cursor, facts.agent_key) for cursor in some(facts.cursors, count)]


def list_client(facts: Facts, count: int) -> Requests:
    return [wire.get("/v1/tickets?limit=50", facts.client_key)] * count


def list_client_deep(facts: Facts, count: int) -> Requests:
    return [page(cursor, facts.client_key) for cursor in some(facts.client_cursors, count)]


def queue(facts: Facts, count: int) -> Requests:
    return [wire.get("/v1/queue?limit=50", facts.agent_key)] * count


def page(cursor: str, key: str) -> str:
    """Return the request for the page after a cursor."""
    return wire.get(f"/v1/tickets?limit=50&cursor={cursor}", key)


def some(choices: Sequence[str], count: int) -> list[str]:
    """Return that many of the choices, the same ones every time."""
    return Random(SEED).choices(choices, k=count)


OPERATIONS = (
    Operation("create a ticket", CREATE_GOAL, bare_create, create, creates=True),
    Operation("create, all from one IP", CREATE_GOAL, bare_create, create_from_one_ip, creates=True),
    Operation("read one", READ_GOAL, bare_read, read),
    Operation("list 50", READ_GOAL, bare_list, list_newest),
    Operation("list 50, deep page", READ_GOAL, bare_list_deep, list_deep),
    Operation("list 50, big client", READ_GOAL, bare_list, list_client),
    Operation("list 50, big client, deep", READ_GOAL, bare_list_deep, list_client_deep),
    Operation("queue, 50", READ_GOAL, bare_list, queue),
)
