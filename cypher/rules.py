"""What every query of the catalogue must keep, checked on its tokens rather than by eye."""

from __future__ import annotations

import re

from modelkin.cypher.header import bound
from modelkin.cypher.query import Query

ONE_ROW = "one row"
"""The bound that also frees a statement from ORDER BY."""

# Comments, strings and quoted names, in one pass so that none is found inside another.
_HIDDEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`]|``)*`""", re.DOTALL
)
# Clauses that change data or schema, or reach outside. A name after . : or $, or a map's key,
# is none; so is CALL with a subquery.
_WRITES = re.compile(
    r"(?<![.:$\w])(CREATE|MERGE|SET|DELETE|DETACH|NODETACH|REMOVE|FOREACH|DROP|ALTER|INSERT"
    r"|LOAD|TRANSACTIONS|CALL(?=\s+\w))\b(?!\s*:)",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\b(?:ORDER\s+BY|SKIP|OFFSET|LIMIT|UNION)\b", re.IGNORECASE)
_ALIAS = re.compile(r"(?:.*\bAS\s+)?(\w+)", re.IGNORECASE | re.DOTALL)


def check(query: Query) -> list[str]:
    """Hold a query's statement against its header.

    Parameters
    ----------
    query : Query
        From a file, or made up.

    Returns
    -------
    list of str
        One sentence for each rule that is broken; empty when all is well.

    Notes
    -----
    Declared parameters are those used, and each has a default or an example. A read statement
    has no clause that writes; a write statement has one. The columns returned are those
    declared. A read statement has ORDER BY (unless its bound is "one row"), and
    LIMIT or a stated bound.
    """
    bare = strip(query.text)
    return [
        *_params(query, bare),
        *_mode(query, bare),
        *_returns(query, bare),
        *(_order(query, bare) if query.mode == "read" else ()),
    ]


def strip(text: str) -> str:
    """Blank out comments, strings and quoted names; every other character keeps its place.

    >>> strip("RETURN 'SET' AS a // DELETE")
    'RETURN       AS a          '
    """
    return _HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def writes(text: str) -> list[str]:
    """Return the words of a statement that begin clauses no reader may use, in order."""
    return [match[1].upper() for match in _WRITES.finditer(strip(text))]


def _params(query: Query, bare: str) -> list[str]:
    used = set(re.findall(r"\$(\w+)", bare))
    declared = {param.name for param in query.params}
    return [
        *(f"${name} is used but not declared" for name in sorted(used - declared)),
        *(f"${name} is declared but not used" for name in sorted(declared - used)),
        *(
            f"${param.name} has neither a default nor an example"
            for param in query.params
            if not param.has_default and param.example is None
        ),
    ]


def _mode(query: Query, bare: str) -> list[str]:
    found = writes(query.text)
    if query.mode == "read":
        return [f"mode is read, but the statement has {word}" for word in found]
    first = bare.split(maxsplit=1)[0].upper() if bare.strip() else ""
    if query.mode == "schema" and first not in ("CREATE", "DROP"):
        return ["mode is schema, but the statement neither creates nor drops"]
    return [] if found else [f"mode is {query.mode}, but the statement changes nothing"]


def _returns(query: Query, bare: str) -> list[str]:
    clauses = _return_clauses(bare)
    if not clauses and query.returns:
        return ["columns are declared, but nothing is returned"]
    out = []
    for clause in clauses:
        found = tuple(_column(item) for item in _split(clause))
        if found != query.returns:
            out.append(f"returns {', '.join(found)}; declared {', '.join(query.returns)}")
    return out


def _order(query: Query, bare: str) -> list[str]:
    last = _top_level(bare).upper().rpartition("RETURN")[2]
    said = bound(query)
    out = []
    if said != ONE_ROW and not re.search(r"\bORDER\s+BY\b", last):
        out.append("there is no ORDER BY")
    if not said and not re.search(r"\bLIMIT\b", last):
        out.append("there is neither a LIMIT nor a stated bound")
    return out


def _top_level(bare: str) -> str:
    """Blank out everything within brackets: subqueries, maps, lists, patterns."""
    out, depth = [], 0
    for sign in bare:
        depth -= sign in ")]}"
        out.append(sign if depth == 0 else " ")
        depth += sign in "([{"
    return "".join(out)


def _return_clauses(bare: str) -> list[str]:
    """Return what stands behind each RETURN of the outermost level."""
    top = _top_level(bare)
    starts = [match.end() for match in re.finditer(r"\bRETURN\b", top, re.IGNORECASE)]
    clauses = []
    for start, following in zip(starts, [*starts[1:], len(bare)], strict=False):
        tail = _TAIL.search(top, start, following)
        clauses.append(bare[start : tail.start() if tail else following])
    return clauses


def _split(clause: str) -> list[str]:
    """Split a RETURN's items at the commas of the outermost level."""
    top = _top_level(clause)
    commas = [at for at, sign in enumerate(top) if sign == ","]
    return [
        clause[start:end].strip()
        for start, end in zip([0, *(c + 1 for c in commas)], [*commas, len(clause)], strict=True)
    ]


def _column(item: str) -> str:
    """Return the name that an item of RETURN gives its column."""
    text = re.sub(r"^DISTINCT\s+", "", item.rstrip(" ;\n"), flags=re.IGNORECASE)
    match = _ALIAS.fullmatch(text)
    return match[1] if match else text
