"""The catalogue: every ``.cypher`` file of this room, found by name and read with its contract.

``schema/`` declares keys and indexes, ``load/`` and ``write/`` change the graph, ``fetch/``
reads it whole; ``lineage/ similarity/ overview/ audit/`` answer questions of people. A file
begins with a header (grammar: `modelkin.cypher.header`) that declares what it answers, its
parameters, whether it writes, and the columns that it returns; `check` holds the statement
against it. What is sent to the database is the file as it is: pasted into Neo4j Browser
below its ``:param`` line it does the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from modelkin.cypher.header import parse
from modelkin.cypher.query import Query
from modelkin.cypher.rules import check
from modelkin.cypher.values import bind, params_line
from modelkin.errors import UserError

__all__ = [
    "QUESTIONS", "bind", "check", "every", "get", "names", "params_line", "parse", "questions",
    "search",
]  # fmt: skip

QUESTIONS = ("lineage", "similarity", "overview", "audit")
"""Folders whose queries answer questions of people."""

_ROOM = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    """Return the names of all queries, in order: "audit/case_twins", ..."""
    return tuple(sorted(f"{path.parent.name}/{path.stem}" for path in _ROOM.glob("*/*.cypher")))


def get(name: str) -> Query:
    """Return one query.

    Parameters
    ----------
    name : str
        "lineage/ancestors", or "ancestors" where only one folder has it.

    Raises
    ------
    UserError
        When there is no such query, with the closest names, or when there are several.
    """
    found = [name] if name in names() else [n for n in names() if n.partition("/")[2] == name]
    if len(found) > 1:  # a bare name means the question, not the statement that stores it
        found = [n for n in found if n.partition("/")[0] in QUESTIONS] or found
    if len(found) == 1:
        return _read(found[0])
    if found:
        raise UserError(f"Several queries are called {name}", fix=f"Say {' or '.join(found)}.")
    bare = {n.partition("/")[2]: n for n in names()}
    close = difflib.get_close_matches(name, [*names(), *bare], n=3, cutoff=0.5)
    known = list(dict.fromkeys(bare.get(n, n) for n in close))
    raise UserError(
        f"There is no query {name!r}",
        why=f"closest: {', '.join(known)}" if known else "",
        fix="`modelkin queries list` shows all.",
    )


def every(folder: str | None = None) -> list[Query]:
    """Return all queries, or those of one folder, in the order of their names.

    Raises
    ------
    UserError
        When there is no such folder, or a file cannot be read.
    """
    folders = sorted({name.partition("/")[0] for name in names()})
    if folder is not None and folder not in folders:
        raise UserError(
            f"There is no folder {folder!r} of queries", fix=f"Choose from {', '.join(folders)}."
        )
    return [_read(name) for name in names() if folder in (None, name.partition("/")[0])]


def questions() -> list[Query]:
    """Return the queries that answer questions of people, in the order of their names."""
    return [query for folder in QUESTIONS for query in every(folder)]


def search(words: str | Iterable[str]) -> list[Query]:
    """Return the queries that speak of all these words, best first.

    Parameters
    ----------
    words : str or iterable of str
        Parts of words in any case, looked for in names, questions, parameters and columns. A
        word in the name counts more than one in the question, that more than one elsewhere.
    """
    wanted = (words if isinstance(words, str) else " ".join(words)).lower().split()
    scored = [(_score(query, wanted), query) for query in every()]
    return [query for score, query in sorted(scored, key=lambda s: (-s[0], s[1].name)) if score]


def _score(query: Query, words: list[str]) -> int:
    """Return how well a query fits; 0 when a word is nowhere in it, or none is given."""
    about = " ".join((*(f"{p.name} {p.about}" for p in query.params), *query.returns)).lower()
    total = 0
    for word in words:
        points = 9 * (word in query.name) + 3 * (word in query.question.lower()) + (word in about)
        if not points:
            return 0
        total += points
    return total


@cache
def _read(name: str) -> Query:
    """Read one file, once."""
    path = _ROOM / f"{name}.cypher"
    return parse(path.read_text(encoding="utf-8"), name, f"cypher/{name}.cypher")
