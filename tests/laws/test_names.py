"""Codes and constraints: what is raised is documented, what the database refuses has a name for clients."""

import ast
import re

import pytest

from app.core.handlers import MESSAGES
from app.core.problems import KINDS
from tests.laws.sources import calls, literal, served, shown, tree_of

KEBAB = re.compile(r"[a-z]+(-[a-z0-9]+)*")
RAISERS = {"Refusal": 0, "Problem": 0}


def raised() -> dict[str, str]:
    """Every problem code written at a `Refusal(…)` or `Problem(…)` of the running service, and where.

    Rules of `app/domain` that no feature uses yet need no documentation yet.
    """
    found = {}
    for path in served():
        for node, name in calls(tree_of(path)):
            place = RAISERS.get(name.rpartition(".")[2])
            if place is not None and node.args:
                for code in codes_in(node.args[place]):
                    found[code] = shown(path, node)
    return found


def codes_in(node: ast.AST) -> list[str]:
    """The texts an argument can be: a constant, or either side of `a or b` and `a if c else b`."""
    match node:
        case ast.Constant():
            return [text] if (text := literal(node)) else []
        case ast.BoolOp(values=values):
            return [code for value in values for code in codes_in(value)]
        case ast.IfExp(body=body, orelse=other):
            return [*codes_in(body), *codes_in(other)]
    return []


def test_every_problem_that_is_raised_is_documented():
    assert {code: where for code, where in raised().items() if code not in KINDS} == {}


def test_the_check_finds_what_is_raised():
    assert {"not-found", "conflict", "illegal-move", "closures-overlap"} <= set(raised())


@pytest.mark.parametrize("code", sorted({*KINDS, *(code for code, _ in MESSAGES.values())}))
def test_codes_are_kebab_case(code: str):
    assert KEBAB.fullmatch(code)


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_problem_says_what_to_do(code: str):
    kind = KINDS[code]
    assert kind.title
    assert kind.advice.endswith((".", "!", "?"))
    assert 400 <= kind.status < 600
