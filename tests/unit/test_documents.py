"""What the pages say is so: links, files, commands, variables, messages, code."""

from __future__ import annotations

import ast
import importlib
import re
import runpy
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from modelkin.cli import USAGE_ERROR, app
from modelkin.cypher import catalogue
from modelkin.errors import ExitCode

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    page
    for page in (
        *DOCS.glob("*.md"),
        *ROOT.glob("*.md"),
        *ROOT.glob("*/*/*.md"),
        *ROOT.glob("tests/*.md"),
    )
    if not {".venv", ".neo4j", "out", "build"} & set(page.relative_to(ROOT).parts)
)
WRITTEN = [
    DOCS / f"{name}.md"
    for name in ("architecture", "glossary", "measures", "operations", "security", "trouble")
]
CODE = sorted(
    path
    for path in ROOT.glob("**/*.py")
    if not {".venv", ".neo4j", "tests", "benchmarks", "docs", "build", "out"}
    & set(path.relative_to(ROOT).parts)
)
NAMES = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fenced(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def spans(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@NAMES
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


@NAMES
def test_files_that_are_named_exist(page: Path) -> None:
    for span in spans(page):
        if re.fullmatch(r"[\w.]+(/[\w.]+)+\.(py|md|cypher|csv|json)|[\w.]+(/[\w.]+)*/", span):
            known = [base / span for base in (ROOT, page.parent) if (base / span).exists()]
            made = span.split("/")[0] in {"out", "rejects", ".neo4j", "csv", "ORG", "NAME"}
            assert known or made, span


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.stem)
def test_pages_stay_short_and_end_well(page: Path) -> None:
    lines = text_of(page).splitlines()
    assert len(lines) <= 200
    assert not [n for n, line in enumerate(lines, 1) if line != line.rstrip()]
    for table in re.findall(r"(?:^\|.*\n)+", text_of(page), re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, table[:80]


def test_the_table_of_rooms_is_what_the_house_holds() -> None:
    allowed = runpy.run_path(str(ROOT / "tests" / "unit" / "test_house.py"))["MAY_IMPORT"]
    rows = re.findall(
        r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", text_of(DOCS / "architecture.md"), re.M
    )
    told = {room: set() if may == "nothing" else set(may.split(", ")) for room, may in rows}
    assert told == allowed


# Commands: those of the pages, and those that errors and help name.


def command_lines(text: str) -> Iterator[str]:
    """Everything in a text that is to be typed and begins with modelkin."""
    for line in text.splitlines():
        typed = re.sub(r"^\s*(\$ )?(\w+=\S+ )*(\.venv/bin/)?", "", line)
        if typed.startswith("modelkin "):
            yield typed


@cache
def application() -> Any:
    return typer.main.get_command(app)


@cache
def problem(line: str) -> str:
    """Why a line is no command that the application takes, "" when it is one."""
    words = shlex.split(re.split(r" [|>&]+ |\s#\s", line)[0])[1:]
    words = [word for word in words if word not in ("--help", "--version")]
    command = application()
    context = typer.Context(command, info_name="modelkin")
    try:
        while hasattr(command, "commands"):
            while words and words[0].startswith("-"):
                option = next((p for p in command.params if words[0] in p.opts), None)
                if option is None:
                    return f"no option {words[0]}"
                words = words[1 if option.is_flag else 2 :]
            if not words:
                return ""  # the name of a group
            if words[0] not in command.commands:
                return f"no command {words[0]}"
            command, words = command.commands[words[0]], words[1:]
        if words:  # else only its name is said
            command.make_context(command.name, words, parent=context)
    except USAGE_ERROR as error:
        return str(error)
    return ""


def test_the_judge_of_commands_can_say_no() -> None:
    assert problem("modelkin --db /x -q drift --relation merge -r finetune --format json") == ""
    assert problem("modelkin runs") == problem("modelkin drift") == ""
    for line in (
        "modelkin drifts", "modelkin drift --wide 3", "modelkin runs remove a b", "modelkin path a",
        "modelkin similarity write --k none", "modelkin --data x drift", "modelkin load file.csv",
        "modelkin drift --format xml",
    ):  # fmt: skip
        assert problem(line), line


@NAMES
def test_commands_of_the_pages_exist(page: Path) -> None:
    lines = [line for _, block in fenced(page) for line in command_lines(block)]
    lines += [span for span in spans(page) if span.startswith("modelkin ")]
    for line in lines:
        if "<" not in line:
            assert problem(line) == "", line


@NAMES
def test_queries_of_the_pages_exist(page: Path) -> None:
    for text in (*spans(page), *(block for _, block in fenced(page))):
        for name in re.findall(r"queries (?:run|show) ([a-z_/]+)(?![\w/])", text):
            assert catalogue.get(name), name


@cache
def strings() -> dict[Path, list[str]]:
    """Every string of the code, with … for what is filled in."""
    out: dict[Path, list[str]] = {}
    for path in CODE:
        found = out.setdefault(path, [])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return out


def test_commands_that_the_code_names_exist() -> None:
    named = {
        (path.name, re.sub(r"\{\w+\}", "X", line))
        for path, texts in strings().items()
        for text in texts
        for line in re.findall(r"`(modelkin [^`]+)`", text)
    }
    assert len(named) > 20
    for place, line in sorted(named):
        assert problem(line) == "", f"{place}: {line}"


@NAMES
def test_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for span in spans(page):
        if named := re.fullmatch(r"make ([\w-]+)", span):
            assert named[1] in targets, span


# Pages against the code.


def test_every_variable_that_is_read_is_on_the_page() -> None:
    table = text_of(DOCS / "operations.md").partition("## Environment")[2].partition("\n## ")[0]
    page = "\n".join(row.split(" | ")[0] for row in table.splitlines() if row.startswith("|"))
    read = {
        name
        for path in (*CODE, *ROOT.glob("tests/*.py"))
        for name in re.findall(r"\b(?:NEO4J|MODELKIN)_[A-Z][A-Z0-9_]*\b", text_of(path))
    }
    of_the_server = {"NEO4J_HOME", "NEO4J_CONF", "NEO4J_AUTH_FILE", "NEO4J_IMAGE"}
    assert "MODELKIN_HOME" in read
    assert {name for name in read - of_the_server if f"`{name}`" not in page} == set()
    told = set(re.findall(r"`((?:NEO4J|MODELKIN)_[A-Z0-9_]+)`", page))
    tests = {n for p in ROOT.glob("tests/**/*.py") for n in re.findall(r"MODELKIN_\w+", text_of(p))}
    assert told <= read | tests


def test_every_exit_code_is_on_the_page() -> None:
    rows = re.findall(r"^\| (\d+) \|", text_of(DOCS / "operations.md"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(int(code) for code in ExitCode)


def test_messages_of_the_table_of_trouble_are_those_of_the_code() -> None:
    table = text_of(DOCS / "trouble.md")
    rows = [row for row in table.splitlines() if row.startswith("| `")]
    every = [text for texts in strings().values() for text in texts]
    assert len(rows) >= 15
    for row in rows:
        for message in re.findall(r"`([^`]+)`", row.split(" | ")[0]):
            for piece in filter(None, map(str.strip, message.split("…"))):
                assert any(piece in text for text in every), message


@pytest.mark.parametrize(
    ("page", "block"),
    [(p, b) for p in PAGES for language, b in fenced(p) if language == "python"],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_python_of_the_pages_compiles_and_its_names_exist(page: Path, block: str) -> None:
    compile(block, str(page), "exec")
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelkin"):
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                found = hasattr(module, alias.name)
                assert found or importlib.import_module(f"{node.module}.{alias.name}")
