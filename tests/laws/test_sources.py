"""Laws of the house that a look at the source can check (docs: CONTRIBUTING)."""

import ast
import re
from pathlib import Path

import pytest

from tests.laws.sources import ROOT, calls, dotted, files, shown, tree_of

APP = files("app")
DB = ROOT / "app/core/db.py"
CLOCK = ROOT / "app/core/clock.py"
SECONDS = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"}
SQL_METHODS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "cursor", "copy_from_query"}
TESTS = [path for path in files("tests") if path.name.startswith("test_")]
LONGEST_FILE = 250
LONGEST_FUNCTION = 40  # lines of code; what only calls and names may be longer than the usual 25


def ends_transactions(tree: ast.AST) -> list[ast.AST]:
    """Calls that begin or end a transaction."""
    return [node for node, name in calls(tree) if name.rpartition(".")[2] in {"commit", "rollback", "transaction"}]


def test_only_one_file_ends_transactions():
    allowed = {("app/core/unit.py", "commit"), ("app/core/unit.py", "roll_back")}
    found = [
        f"{shown(path, node)} {dotted(node.func)}"
        for path in APP
        if path != DB
        for node in ends_transactions(tree_of(path))
        if isinstance(node, ast.Call)
        # `async with database.transaction()` is db.py's own; an asyncpg transaction of a connection is not.
        if (str(path.relative_to(ROOT)), dotted(node.func)) not in allowed
        and not dotted(node.func).endswith("database.transaction")
    ]
    assert found == []


def test_only_one_file_asks_for_the_time():
    found = [
        f"{shown(path, node)} {name}"
        for path in APP
        if path != CLOCK
        for node, name in calls(tree_of(path))
        if ".".join(name.split(".")[-2:]) in SECONDS
    ]
    assert found == []


def values_in_sql(tree: ast.AST) -> list[ast.AST]:
    """f-strings and joined texts in SQL whose placeholders are not constants in capitals or known pieces."""
    offences: list[ast.AST] = []
    for node, name in calls(tree):
        if name.rpartition(".")[2] in SQL_METHODS and node.args:
            offences += [part for part in ast.walk(node.args[0]) if not _constant(part)]
    return offences


# Lower-case names that hold SQL built from constants by our own `Where` and `assignments`.
PIECES = {"clauses", "where", "order", "conditions", "sql", "table", "old", "filter"}


def _constant(node: ast.AST) -> bool:
    if not isinstance(node, ast.FormattedValue):
        return True
    if isinstance(node.value, ast.Call) and dotted(node.value.func) == "where.value":
        return True  # gives the parameter's number
    names = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    known = {name for name in names if name.isupper() or name in PIECES}
    return names == known or (node.format_spec is not None and _whole_number(node))


def _whole_number(node: ast.FormattedValue) -> bool:
    """`{limit:d}` raises for anything but an integer."""
    spec = node.format_spec
    return isinstance(spec, ast.JoinedStr) and [getattr(part, "value", None) for part in spec.values] == ["d"]


def test_no_value_is_written_into_sql():
    found = [shown(path, node) for path in APP for node in values_in_sql(tree_of(path))]
    assert found == []


@pytest.mark.parametrize("source", ["c.fetch(f'SELECT {value}')", "c.execute('a' + f'{row.id}')"])
def test_the_check_sees_values_in_sql(source: str):
    assert values_in_sql(ast.parse(source))


@pytest.mark.parametrize("source", ["c.fetch(f'SELECT {ITEM} WHERE {where} LIMIT {limit:d}')", "c.execute(SQL, value)"])
def test_the_check_lets_constants_pass(source: str):
    assert values_in_sql(ast.parse(source)) == []


def test_sql_stands_in_queries_and_the_core_only():
    found = [
        f"{shown(path, node)} {name}"
        for path in APP
        if path.name in {"routes.py", "schemas.py", "service.py"} or "service" in path.parts
        for node, name in calls(tree_of(path))
        if name.rpartition(".")[2] in SQL_METHODS and name.partition(".")[0] in {"connection", "conn", "database"}
    ]
    assert found == []


def test_files_stay_short_enough_to_read():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in APP}
    assert {name for name, lines in lengths.items() if lines > LONGEST_FILE} - EXCUSED == set()


EXCUSED = {
    "app/core/http.py",  # one request's way from socket to commit, told in one place
    "app/core/problems.py",  # one table
    "app/desk/tickets/queries.py",  # all SQL of one feature
}


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    return (function.end_lineno or 0) - function.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def test_functions_stay_short_enough_to_read():
    found = [
        f"{shown(path, node)} {node.name}"
        for path in APP
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of_code(node) > LONGEST_FUNCTION
    ]
    assert found == []


def test_nothing_is_left_for_later():
    word = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        str(path.relative_to(ROOT))
        for path in [*APP, *TESTS]
        if path != Path(__file__) and word.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("path", TESTS, ids=[str(path.relative_to(ROOT / "tests")) for path in TESTS])
def test_every_test_file_asserts_something(path: Path):
    tests = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert any(_asserts(test) for test in tests)


def _asserts(function: ast.AST) -> bool:
    checks = {"raises", "fail", "expect"}
    return any(
        isinstance(node, ast.Assert)
        or (
            isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2].partition("_")[0] in {*checks, "assert"}
        )
        for node in ast.walk(function)
    )
