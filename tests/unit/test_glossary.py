"""One word, one idea: what the graph, the catalogue and the command line say is in the glossary."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import typer

from modelkin.analysis.registry import ANALYSES
from modelkin.cli import app
from modelkin.cypher import catalogue
from modelkin.cypher.rules import strip
from modelkin.graph.runs import LOADS
from modelkin.loader.reading import MODEL_ENDS
from modelkin.schema.attributes import ATTRIBUTES, BY_NAME, EVIDENCE, feature_set
from modelkin.schema.families import OTHER, UNKNOWN
from modelkin.schema.graph import HINT, LABELS, RELATIONS, UNTYPED

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "glossary.md"

VERBS = frozenset(
    {"start", "stop", "status", "list", "show", "search", "run", "check", "remove", "copy", "load",
     "doctor", "inspect", "password", "diff", "stats", "explore", "browser"}
)  # fmt: skip
"""Commands that say what is done; all others name an idea."""

MECHANICS = frozenset(
    {"all", "as", "down", "file", "force", "format", "hops", "k", "limit", "no-open", "output",
     "page", "param", "port", "quiet", "report", "show-cypher", "timeout", "to", "up", "uri",
     "version", "wide"}
)  # fmt: skip
"""Options about how an answer is given; all others name an idea."""


@cache
def entries() -> list[tuple[tuple[str, ...], str]]:
    """Rows of the glossary: the words explained, without signs of markup, and the meaning."""
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and cells[0] != "word" and not cells[0].startswith("---"):
            words = tuple(re.sub(r"[*`]", "", word).strip() for word in cells[0].split(","))
            rows.append((words, cells[1]))
    return rows


@cache
def explained() -> frozenset[str]:
    """Every explained word, in lower case, and everything that is set as code."""
    words = {word.lower() for words, _ in entries() for word in words}
    code = re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8"))
    return frozenset(words | {word.lower() for word in code})


@cache
def stored(pattern: str) -> frozenset[str]:
    """Properties that the catalogue's statements read or write on what a pattern names."""
    out = set()
    for query in catalogue.every():
        text = strip(query.text)
        for name in set(re.findall(pattern, text)):
            out |= set(re.findall(rf"(?<![\w.$]){name}\.(\w+)", text))
    return frozenset(out)


def commands() -> list[tuple[str, ...]]:
    def walk(command: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        below = getattr(command, "commands", {})
        return [path] + [p for name, c in below.items() for p in walk(c, (*path, name))]

    return walk(typer.main.get_command(app), ())[1:]


def options() -> set[str]:
    def walk(command: object) -> set[str]:
        here = {o[2:] for p in command.params for o in p.opts if o.startswith("--")}
        return here.union(*(walk(c) for c in getattr(command, "commands", {}).values()))

    return walk(typer.main.get_command(app)) - {"help"}


def singular(word: str) -> set[str]:
    return {word, word.removesuffix("s"), re.sub("ies$", "y", word)}


def test_each_entry_is_one_sentence() -> None:
    assert len(entries()) > 100
    for words, meaning in entries():
        assert meaning.endswith("."), words
        assert not re.search(r"[.!?] [A-Z]", meaning.removesuffix(".")), words
        assert 20 < len(meaning) < 260, words


def test_no_word_is_explained_twice() -> None:
    # A command and what it names share an entry or a spelling; two entries of one word do not.
    bold = Counter(
        word.lower()
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| **")
        for word in re.findall(r"\*\*([^*]+)\*\*", line.split(" | ")[0])
    )
    assert [word for word, times in bold.items() if times > 1] == []


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_there(label: str) -> None:
    assert label.lower() in explained()


@pytest.mark.parametrize("relation", [*RELATIONS, UNTYPED, HINT, "PARENT_OF", "SIMILAR_TO"])
def test_every_relation_is_there(relation: str) -> None:
    assert relation.lower() in explained()


@pytest.mark.parametrize(
    ("kind", "pattern", "least"),
    [
        ("PARENT_OF", r"\[(\w+):PARENT_OF", 9),
        ("SIMILAR_TO", r"\[(\w+):SIMILAR_TO", 7),
        ("Model", r"\((\w+):Model\b", 18),
        ("Run", r"\((\w+):Run\b", 6),
    ],
)
def test_every_property_is_there_or_in_the_table_of_attributes(
    kind: str, pattern: str, least: int
) -> None:
    bookkeeping = {"id", "started_at", "finished_at", "tool_version"} if kind == "Run" else set()
    own = stored(pattern) - set(BY_NAME) - bookkeeping
    assert len(own) >= least  # else the pattern no longer finds them
    assert own - explained() == set()


def test_kinds_evidence_sets_and_ends_of_rows_are_there() -> None:
    sets = {name for a in ATTRIBUTES for name in a.sets}
    assert sets == {name for name in sets if feature_set(name)}
    words = {*LOADS, *(a.name for a in ANALYSES), *EVIDENCE, *sets, OTHER, UNKNOWN}
    assert words - explained() == set()
    spoken = {"duplicates": "repeated", "rejected": "reject", "not_chosen": "category"}
    ends = {spoken.get(end, end.replace("_", " ")) for end in MODEL_ENDS}
    assert ends - explained() == set()


def test_commands_name_ideas_of_the_glossary_or_say_what_is_done() -> None:
    for path in commands():
        word = path[-1]
        if word not in VERBS:
            near = {"similar": "similarity", "common": "common ancestor", "config": "configuration"}
            named = singular(near.get(word, word))
            assert named & explained(), f"{' '.join(path)}: explain {word!r} or call it a verb"


def test_options_name_ideas_of_the_glossary_or_say_how_an_answer_is_given() -> None:
    spoken = {"dry-run": "dry run", "representatives": "representative", "min-shared": "min_shared"}
    for option in sorted(options() - MECHANICS):
        named = singular(spoken.get(option, option))
        assert named & explained(), f"--{option}: explain it or call it mechanics"


def test_lists_of_exceptions_hold_nothing_that_is_gone() -> None:
    assert VERBS - {path[-1] for path in commands()} == set()
    assert MECHANICS - options() == set()


def test_code_in_the_glossary_is_in_the_code() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for room in (
            "schema",
            "graph",
            "loader",
            "analysis",
            "cypher",
            "commands",
            "output",
            "data",
        )
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".py", ".cypher")
    )
    code = set(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))
    gone = {w for w in code if not re.search(rf"(?<!\w){re.escape(w)}(?!\w)", sources)}
    assert gone <= {"code", "org/name"}, gone
