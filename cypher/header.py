"""The header of a ``.cypher`` file: its grammar, and the one reader of it.

A file is a header of comment lines in this order, a blank line, and one statement::

    // name: FOLDER/FILE
    // question: SENTENCE
    // param NAME: TYPE[, default VALUE][, example VALUE]; ABOUT
    // mode: read | write | schema
    // returns: COLUMN, COLUMN, ...
    // bound: WORDS
    // serves: WORDS

==========  ==========================================================================
``name``    the file's own folder and name, without suffix
question    what it answers, or does, in one sentence that ends in "?" or "."
param       one line for each ``$NAME`` of the statement, none where there is none; TYPE is
            string, integer, float, boolean, map, list of string or list of map; VALUE is
            JSON; a parameter without a default must be given; ``example`` gives rows on the
            shipped sample; ABOUT is a clause
mode        read: no clause that writes; write: data; schema: a constraint or an index
returns     the columns in order, or the word "nothing"
bound       only where a read statement has no LIMIT: what bounds its rows ("one row" also
            frees it from ORDER BY)
serves      only where the query is a step of commands and no question by itself: which; lists
            of questions leave it out
==========  ==========================================================================

Nothing else may stand in a header: what is misspelled is an error with file and line.
"""

from __future__ import annotations

import json
import re
from typing import Any, get_args

from modelkin.cypher.query import Mode, Param, Query
from modelkin.errors import UserError

TYPES = ("string", "integer", "float", "boolean", "map", "list of string", "list of map")
"""What a parameter may be."""

NOTHING = "nothing"
"""Says in ``returns`` that a statement has no columns."""

_NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_PARAM = re.compile(rf"param (?P<name>\w+): (?P<type>{'|'.join(TYPES)})(?P<rest>[,;].*)")


def parse(text: str, name: str, path: str) -> Query:
    """Read one file.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        Its folder and name, which the header must repeat.
    path : str
        Where it stands, for errors.

    Returns
    -------
    Query
        The contract and the text; `modelkin.cypher.catalogue.check` holds one against the other.

    Raises
    ------
    UserError
        With file and line, when a line is missing, misspelled or out of order.
    """
    reader = _Reader(text.splitlines(), path)
    found = reader.word("name")
    if found != name or not _NAME.fullmatch(name):
        raise reader.wrong(f"the name is {found!r}, the file's place says {name!r}")
    question = reader.word("question")
    if not question.endswith(("?", ".")):
        raise reader.wrong("the question does not end in '?' or '.'")
    params: list[Param] = []
    while reader.here().startswith("param"):
        params.append(_param(reader))
        if params[-1].name in {p.name for p in params[:-1]}:
            raise reader.wrong(f"the parameter {params[-1].name} is declared twice")
    mode = reader.word("mode")
    if mode not in get_args(Mode):
        raise reader.wrong(f"the mode is {mode!r}, not one of {', '.join(get_args(Mode))}")
    returns = _columns(reader)
    if reader.here().startswith("bound"):
        reader.word("bound")
    serves = reader.word("serves") if reader.here().startswith("serves") else ""
    reader.end()
    return Query(name, question, tuple(params), mode, returns, text, serves)  # type: ignore[arg-type] # one of Mode


def bound(query: Query) -> str:
    """Return what bounds the rows of a statement without LIMIT, "" where nothing is said."""
    match = re.search(r"^// bound: (.+)$", query.text, re.MULTILINE)
    return match[1].strip() if match else ""


class _Reader:
    """Walks down the lines of a header."""

    def __init__(self, lines: list[str], path: str) -> None:
        self.lines, self.path, self.at = lines, path, 0

    def here(self) -> str:
        """Return the next line without its comment sign, "" outside the header."""
        line = self.lines[self.at] if self.at < len(self.lines) else ""
        return line[3:].rstrip() if line.startswith("// ") else ""

    def take(self) -> str:
        """Return the next line and step over it."""
        line = self.here()
        self.at += 1
        return line

    def word(self, key: str) -> str:
        """Take a line ``// key: value`` and return the value."""
        line = self.take()
        if not line.startswith(f"{key}: ") or not line[len(key) + 2 :].strip():
            raise self.wrong(f"expected '// {key}: …', found {line[:60]!r}")
        return line[len(key) + 2 :].strip()

    def end(self) -> None:
        """Require the blank line and a statement below it."""
        self.at += 1
        if self.at > len(self.lines) or self.lines[self.at - 1].strip():
            raise self.wrong("expected a blank line after the header")
        if not any(line.strip() for line in self.lines[self.at :]):
            raise self.wrong("there is no statement")

    def wrong(self, why: str) -> UserError:
        """Return the error of the line just taken."""
        return UserError(
            "A query file cannot be read",
            where=f"{self.path}, line {self.at}",
            why=why,
            fix="The grammar of headers stands in cypher/header.py.",
        )


def _columns(reader: _Reader) -> tuple[str, ...]:
    """Take the line of returned columns."""
    said = reader.word("returns")
    if said == NOTHING:
        return ()
    columns = tuple(column.strip() for column in said.split(","))
    for column in columns:
        if not _WORD.fullmatch(column):
            raise reader.wrong(f"{column!r} is no name of a column")
    if len(set(columns)) < len(columns):
        raise reader.wrong("a column is named twice")
    return columns


def _param(reader: _Reader) -> Param:
    """Take one line of a parameter."""
    line = reader.take()
    match = _PARAM.fullmatch(line)
    if not match:
        raise reader.wrong(f"expected '// param NAME: TYPE[, default …][, example …]; …': {line}")
    rest, given = match["rest"], {}
    for key in ("default", "example"):
        if rest.startswith(f", {key} "):
            given[key], rest = _value(rest.removeprefix(f", {key} "), reader)
            if not (conforms(given[key], match["type"]) or (key, given[key]) == ("default", None)):
                raise reader.wrong(f"the {key} of {match['name']} is no {match['type']}")
    if not rest.startswith("; ") or not rest[2:].strip():
        raise reader.wrong(f"expected '; what it means' at {rest[:40]!r}")
    return Param(
        match["name"],
        match["type"],
        rest[2:].strip(),
        "default" in given,
        given.get("default"),
        given.get("example"),
    )


def _value(text: str, reader: _Reader) -> tuple[Any, str]:
    """Read one JSON value and return it with the text behind it."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        raise reader.wrong(f"{text[:40]!r} does not begin with a JSON value") from None
    return value, text[end:]


def conforms(value: Any, kind: str) -> bool:
    """Tell whether a value is of a parameter's type; an integer is a float too.

    >>> conforms(3, "float"), conforms(True, "integer"), conforms(["a"], "list of string")
    (True, False, True)
    """
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and _fits(value)
        case "float":
            return isinstance(value, float) or conforms(value, "integer")
        case "boolean":
            return isinstance(value, bool)
        case "map":
            return isinstance(value, dict) and all(isinstance(key, str) for key in value)
        case _:
            one = kind.removeprefix("list of ")
            return isinstance(value, list | tuple) and all(conforms(v, one) for v in value)


def _fits(value: int) -> bool:
    """Tell whether an integer has at most 64 bits: the databases hold no longer ones."""
    return -(2**63) <= value < 2**63
