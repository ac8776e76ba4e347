"""The rules of the house that can be read off the code: directions, sizes, names, talk."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "errors": set(),
    "schema": {"errors"},
    "graph": {"schema", "cypher", "errors"},
    "cypher": {"schema", "errors"},
    "loader": {"schema", "graph", "cypher", "errors"},
    "analysis": {"schema", "errors"},
    "pipeline": {"schema", "graph", "cypher", "loader", "analysis", "output", "errors"},
    "output": {"schema", "errors", "analysis"},
    "explorer": {"graph", "cypher", "analysis", "output", "schema", "errors"},
    "data": {"schema", "errors"},
}
"""Room -> rooms that it may import (the application and its commands may import all)."""

MODULES = sorted(
    p
    for p in ROOT.glob("**/*.py")
    if not {".venv", "tests", "benchmarks", "docs", "build", "out"} & set(p.relative_to(ROOT).parts)
)


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) > 1 else parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Rooms of modelkin that a module imports, type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelkin"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {a.name for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("modelkin.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_keep_their_direction(path: Path) -> None:
    here = room(path)
    if here in MAY_IMPORT:
        beyond = imports(path) - MAY_IMPORT[here] - {here, "__version__"}
        assert not beyond, f"{here} may not import {beyond}"


def test_output_takes_only_the_result_of_analysis() -> None:
    for path in MODULES:
        if room(path) == "output":
            for line in re.findall(r"from modelkin\.analysis\S* import", path.read_text("utf-8")):
                assert line == "from modelkin.analysis.result import"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                length = (node.end_lineno or 0) - body[0].lineno + 1
                assert length <= 60, f"{node.name} has {length} lines"


def test_public_things_have_docstrings() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_only_the_client_speaks_to_the_driver() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if room(path) != "graph":
            assert not re.search(r"^\s*(import|from) neo4j", text, re.M), path
            assert "execute_query" not in text, path


def test_no_pickle_eval_or_yaml_is_trusted() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
        }
        assert not names & {"eval", "exec"}, path
        if room(path) != "loader" and "synth" not in path.parts and "sample" not in path.parts:
            assert "import pickle" not in path.read_text(encoding="utf-8"), path


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from modelkin import cli; "
        "heavy = {'numpy', 'pandas', 'neo4j', 'matplotlib', 'numba', 'scipy', 'networkx', "
        "'sklearn', 'statsmodels', 'pyarrow', 'jpype'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_relaxation_of_a_checker_has_its_reason() -> None:
    for path in MODULES:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if "# noqa" in line:
                said = re.search(r"# noqa: [A-Z0-9, ]+[ -]+[a-zA-Z`\"]", line)
                assert said, f"{path.name}:{number}"
            if "type: ignore" in line:
                assert re.search(r"type: ignore\[[\w, -]+\] +#", line), f"{path.name}:{number}"
