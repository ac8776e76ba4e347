"""Our own source as trees, for tests of how it is written."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for path in ROOT.glob("**/*.py")
    if not {".venv", "tests", "benchmarks", "docs", "build", "out"}
    & set(path.relative_to(ROOT).parts)
)
"""The package's modules."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def spelled(node: ast.expr) -> str:
    """A dotted name as it is written; "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{spelled(value)}.{name}"
        case _:
            return ""
