"""A stranger reads our OpenAPI document and tries everything: examples, edges, random input, sequences of calls.

In `make test` the same calls each time, each operation with the key of one of the staff (that others are refused is
tried in `test_access.py`); `make fuzz` tries all with all, for as long as it is given, with new calls.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.permissions import PUBLIC, permits
from tests.builders import ROLES
from tests.contract.operations import OPERATIONS, Operation
from tests.live import ROOT, LiveServers

SECONDS = os.environ.get("DESK_FUZZ_SECONDS")
EXAMPLES = "5"
STAFF = ("agent", "accounting", "finance", "admin")
SKIPPED = {
    "read_readiness",  # answers 503 by right: the tests' Postgres runs without fsync
    "revoke_api_key",  # would end the run with its own key
}
# Rules go beyond any schema (a ticket's moves, an agent who exists, text that shows something): valid data may be refused.
UNDECIDABLE = "positive_data_acceptance"
COMMAND = [sys.executable, "-m", "schemathesis.cli", "--no-color", "run"]


def may(role: str, operation: Operation) -> bool:
    """Whether the role may call it; `nobody` comes without a key."""
    return operation.permission == PUBLIC if role == "nobody" else permits(role, operation.permission)


def tried_by(operation: Operation) -> str:
    """The one of the staff that tries it in `make test`: all staff see the same rows, so once is enough.

    A resource stays with whoever may do most with it, so that calls can follow each other (create, read, change).
    """
    resource = [other for other in OPERATIONS if other.document["tags"] == operation.document["tags"]]
    able = [role for role in STAFF if may(role, operation)]
    return max(able, key=lambda role: sum(may(role, other) for other in resource))


def operations_of(role: str) -> list[str]:
    """What the role tries: whatever it may. Of the staff each tries a part, unless there is time."""
    return [
        operation.id
        for operation in OPERATIONS
        if operation.id not in SKIPPED
        and may(role, operation)
        and (SECONDS or role not in STAFF or role == tried_by(operation))
    ]


EVERY_ROLE = [role for role in ("nobody", *ROLES) if operations_of(role)]


def test_every_operation_is_tried():
    assert {name for role in EVERY_ROLE for name in operations_of(role)} == {one.id for one in OPERATIONS} - SKIPPED


def effort(role: str) -> list[str]:
    """How long and how differently from last time."""
    if SECONDS:
        return ["--max-time", SECONDS, "--max-examples", "500", "--generation-database", "none"]
    # A client sees other rows than the staff; the edges of every field are the same, and were tried with their keys.
    phases = ["--phases", "examples,fuzzing,stateful"] if role == "client" else []
    return ["--max-examples", EXAMPLES, "--seed", "1", "--generation-deterministic", *phases]


@pytest.mark.slow
@pytest.mark.parametrize("role", EVERY_ROLE)
def test_the_service_keeps_what_its_document_says(live_servers: LiveServers, tmp_path: Path, role: str):
    server = live_servers.start()
    chosen = [part for name in operations_of(role) for part in ("--include-operation-id", name)]
    key = [] if role == "nobody" else ["-H", f"Authorization: {server.keys[role]['Authorization']}"]
    # Nothing of ours runs in that process: coverage would only slow it down.
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    fixed = ["--exclude-checks", UNDECIDABLE, "--no-shrink", "--warnings", "off"]
    result = subprocess.run(
        [*COMMAND, f"{server.url}/openapi.json", *chosen, *key, *fixed, *effort(role)],
        cwd=tmp_path,
        env=unmeasured | {"SCHEMATHESIS_HOOKS": "tests.contract.fuzzing_hooks", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        pytest.fail(result.stdout[-8000:] + result.stderr[-2000:], pytrace=False)
    log = server.log.read_text()
    assert '"event": "internal error"' not in log
    assert "constraint without a name for clients" not in log
