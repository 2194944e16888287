"""The project's own Python files, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def files(folder: str) -> list[Path]:
    """Every Python file below a folder of the project."""
    return sorted((ROOT / folder).rglob("*.py"))


def shown(path: Path, node: ast.AST) -> str:
    """How an offence is named."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Each call and the dotted name of what it calls, as far as it is written out: `self.pool.acquire`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes; parts that are something else are left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def literal(node: ast.AST | None) -> str | None:
    """The text of a string constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def imported(path: Path) -> set[str]:
    """The modules of the project that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.partition(".")[0] == "app"}


def served() -> list[Path]:
    """The files that the running service is made of: what `app/cli.py` imports, and what that imports."""
    seen: set[Path] = set()
    waiting = [ROOT / "app/cli.py"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            modules = [ROOT / name.replace(".", "/") for name in imported(path)]
            found = [file for module in modules for file in (module.with_suffix(".py"), module / "__init__.py")]
            waiting += [file for file in found if file.exists()]
    return sorted(seen)
