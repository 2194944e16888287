"""The rules stay pure (house law 1): integers only, no clock, nothing but the standard library and themselves."""

import ast
import sys
from pathlib import Path

import pytest

DOMAIN = Path(__file__).parents[2] / "app" / "domain"
FILES = sorted(DOMAIN.rglob("*.py"))
CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
OUTSIDE = {
    "asyncio",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
}


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    return []


def _is_impure_import(module: str) -> bool:
    if module == "app.domain" or module.startswith("app.domain."):
        return False
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names or top in OUTSIDE


def offences(source: str) -> list[str]:
    """What a pure rule may not contain, as `line: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{node.lineno}: the number {node.value}")
        if isinstance(node, ast.Name) and node.id == "float":
            found.append(f"{node.lineno}: float")
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append(f"{node.lineno}: true division")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"round", "open", "print"}
        ):
            found.append(f"{node.lineno}: {node.func.id}()")
        if isinstance(node, ast.Attribute) and (_name(node.value), node.attr) in CLOCK:
            found.append(f"{node.lineno}: {_name(node.value)}.{node.attr}")
        found += [f"{node.lineno}: import {name}" for name in _imports(node) if _is_impure_import(name)]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_the_rules_are_pure(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 0.5",
        "x: float",
        "round(x)",
        "a / b",
        "a /= b",
        "open(x)",
        "datetime.now()",
        "dt.datetime.now(UTC)",
        "date.today()",
        "import asyncpg",
        "from pydantic import BaseModel",
        "from app.core import db",
        "import app.core.clock",
        "import os.path",
        "from . import money",
        "from .calendar import utc",
    ],
)
def test_the_check_sees_what_it_should(source: str) -> None:
    assert len(offences(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from app.domain.money import cents",
        "from fractions import Fraction",
        "7 // 2",
        "from datetime import UTC",
    ],
)
def test_the_check_lets_pass_what_is_pure(source: str) -> None:
    assert offences(source) == []
