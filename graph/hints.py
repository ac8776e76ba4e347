"""Names in a person's statement that the graph does not know: a database finds nothing silently."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator
from functools import cache

from modelkin.cypher import catalogue
from modelkin.graph import card
from modelkin.graph.fences import Token, tokenize
from modelkin.schema.attributes import ATTRIBUTES
from modelkin.schema.graph import EDGES, LABELS

CLOSE = 0.7
"""How alike a name must be to be offered (difflib's ratio)."""

_NAMES = ("word", "name")


def hints(text: str) -> list[str]:
    """Return a sentence for each label and relationship type that is not known.

    A property that is not known is named only when a known one is spelled nearly so: a
    statement may read maps of its own.

    Parameters
    ----------
    text : str
        A statement that the fences let through.

    Examples
    --------
    >>> hints("MATCH (m:Modell) RETURN m")
    ['the graph has no label Modell: did you mean Model? It has Configured, Model, Root, Run, Stub']
    """
    tokens = list(tokenize(text))
    labels, types = _after_colons(tokens)
    known_names = {*LABELS, *EDGES}
    out = [
        _sentence("label", name, LABELS, say_all=True) for name in labels if name not in known_names
    ]
    out += [
        _sentence("relationship", name, EDGES, say_all=True)
        for name in types
        if name not in known_names
    ]
    known = _properties()
    for name in _read(tokens):
        if name not in known and _closest(name, known):
            out.append(_sentence("property", name, known, say_all=False))
    return out


def _sentence(what: str, name: str, known: Iterable[str], *, say_all: bool) -> str:
    """Say what is not there, what comes closest, and what there is."""
    close = _closest(name, known)
    meant = f": did you mean {close}?" if close else ""
    listed = (" It has " if close else ": it has ") + ", ".join(sorted(known)) if say_all else ""
    return f"the graph has no {what} {name}{meant}{listed}"


def _closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like this one, in any case."""
    plain = {other.lower().replace("_", ""): other for other in sorted(known)}
    close = difflib.get_close_matches(name.lower().replace("_", ""), plain, n=1, cutoff=CLOSE)
    return plain[close[0]] if close else None


@cache
def _properties() -> frozenset[str]:
    """Return the properties of the attribute table, and all that the catalogue's queries touch."""
    touched = {name for query in catalogue.every() for name in _read(list(tokenize(query.text)))}
    listed = {attribute.name for attribute in ATTRIBUTES}
    return frozenset(touched | listed | {*card.LINEAGE, *card.ARENA, "attribute_sources"})


def _after_colons(tokens: list[Token]) -> tuple[list[str], list[str]]:
    """Return the names that stand as labels, and those that stand as relationship types."""
    labels: dict[str, None] = {}
    types: dict[str, None] = {}
    for at, inner in _brackets(tokens):
        if tokens[at].text != ":" or inner == "{":
            continue
        typed = inner == "[" and "[" in (_text(tokens, at - 1), _text(tokens, at - 2))
        at += 1
        while _text(tokens, at) in ("!", "("):
            at += 1
        while at < len(tokens) and tokens[at].kind in _NAMES:
            (types if typed else labels)[_bare(tokens[at])] = None
            at += 1
            if _text(tokens, at) != "&" and not (typed and _text(tokens, at) == "|"):
                break
            at += 1
    return list(labels), list(types)


def _read(tokens: list[Token]) -> list[str]:
    """Return the names of properties that a statement reads from nodes and edges."""
    own = {_bare(t) for t, after in itertools.pairwise(tokens) if after.text == ":"}
    patterned: dict[str, None] = {}
    out: dict[str, None] = {}
    for at, inner in _brackets(tokens):
        before, after = _text(tokens, at - 1), _text(tokens, at + 1)
        if tokens[at].text == "." and _is_name(tokens, at + 1):
            of_value = _is_name(tokens, at - 1) or before in (")", "]", "{", ",")
            of_parameter = _text(tokens, at - 2) in ("$", ".")
            if of_value and not of_parameter and _text(tokens, at + 2) not in ("(", "."):
                out[_bare(tokens[at + 1])] = None
        elif inner == "{" and after == ":" and _is_name(tokens, at) and _in_pattern(tokens, at):
            patterned[_bare(tokens[at])] = None
    return [name for name in out if name not in own] + list(patterned)


def _in_pattern(tokens: list[Token], at: int) -> bool:
    """Tell whether the map around a key belongs to a node or an edge: `(:Model {key: …})`."""
    depth = 0
    for back in range(at - 1, 1, -1):
        depth += {"}": 1, "{": -1}.get(tokens[back].text, 0)
        if depth < 0:
            return _is_name(tokens, back - 1) and tokens[back - 2].text in (":", "|", "&")
    return False


def _brackets(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """Yield the place of every token with the bracket that it stands in ("" for none)."""
    stack: list[str] = []
    for at, token in enumerate(tokens):
        if token.kind == "sign" and token.text in ")]}" and stack:
            stack.pop()
        yield at, stack[-1] if stack else ""
        if token.kind == "sign" and token.text in "([{":
            stack.append(token.text)


def _is_name(tokens: list[Token], at: int) -> bool:
    """Tell whether a name stands here; a number is none."""
    return 0 <= at < len(tokens) and tokens[at].kind in _NAMES and not tokens[at].text[:1].isdigit()


def _text(tokens: list[Token], at: int) -> str:
    """Return the text of a token, "" beyond the ends."""
    return tokens[at].text if 0 <= at < len(tokens) else ""


def _bare(token: Token) -> str:
    """Return a name without its quotes."""
    return token.text.strip("`")
