"""The fences of the people's door that look at a statement before it runs.

The text is read as tokens (never with one regular expression over the raw text: comments, strings
and escapes hide words from those), then the server's own plan is walked. Both engines get the
same fences, so that a statement is accepted by both or by none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from modelkin.errors import UserError

if TYPE_CHECKING:
    import neo4j

LONGEST = 20_000  # characters
PROCEDURES = frozenset(
    {"db.labels", "db.relationshiptypes", "db.propertykeys", "db.schema.visualization"}
)
# A statement that reads begins with one of these; that leaves out administration, EXPLAIN,
# PROFILE, USE, SHOW, TERMINATE and whatever else comes.
BEGINNINGS = frozenset({"MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL"})
# Words that begin a clause which is not for readers, wherever in the statement.
CLAUSES = frozenset(
    {"CREATE", "MERGE", "SET", "DELETE", "DETACH", "NODETACH", "REMOVE", "FOREACH", "INSERT"}
    | {"LOAD", "USE", "DROP", "ALTER", "TRANSACTIONS"}
)
_OPERATORS = ("CREATE", "MERGE", "SET", "DELETE", "REMOVE", "FOREACH", "LOAD", "DROP")

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<name>`(?:[^`]|``)*`)
  | (?P<word>\w+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# An escape for a quote, a backslash or a line end may be read before or after the quotes are.
_HIDDEN_QUOTE = re.compile(r"\\u+00(?:22|27|5c|60|0a|0d)", re.IGNORECASE)
# Line ends on which engines and Python may differ; "\r\n" is made "\n" first.
_ODD_LINE_END = re.compile("[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029\0]")


class OnlyReads(UserError):  # noqa: N818 - named for what the reader does
    """A statement does more than read, or cannot be told from one that does."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted name, a string or a sign of a statement; no space, no comment."""

    kind: Literal["text", "name", "word", "sign"]
    text: str

    @property
    def upper(self) -> str:
        """The word as keywords are compared; for other kinds what it is."""
        return self.text.upper() if self.kind == "word" else self.text


def refuse_text(text: str) -> None:
    """Refuse a statement that does not begin as a reading one, or holds a clause that writes.

    Raises
    ------
    UserError
        Naming what was found.
    """
    if len(text) > LONGEST:
        raise UserError(
            "The statement is too long",
            why=f"it has {len(text):,} characters, the limit is {LONGEST:,}",
            fix="Pass long lists as parameters.",
        )
    tokens = list(tokenize(text))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens:
        raise UserError("There is no statement", fix="Write one, like MATCH (m:Model) RETURN m.")
    if any(token.text == ";" for token in tokens):
        raise _refusal("several statements", fix="Send one statement at a time.")
    if tokens[0].upper not in BEGINNINGS:
        raise _refusal(
            f"a statement that begins with {tokens[0].text[:40]}",
            fix=f"Begin with {', '.join(sorted(BEGINNINGS))}.",
        )
    for at, token in enumerate(tokens):
        if token.kind == "word" and _is_clause(tokens, at):
            if token.upper == "CALL":
                _refuse_procedure(tokens, at)
            elif token.upper in CLAUSES:
                raise _refusal(
                    token.upper, fix=f"If {token.text} is meant as a name, write `{token.text}`."
                )


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of a statement.

    Raises
    ------
    UserError
        For what servers may read otherwise than we do: odd line ends, escapes outside strings,
        escaped quotes, quotes and comments that do not end.
    """
    text = text.replace("\r\n", "\n")
    for pattern, what in ((_HIDDEN_QUOTE, "an escaped quote"), (_ODD_LINE_END, "an odd line end")):
        if pattern.search(text):
            raise _refusal(what, fix="Pass such text as a parameter.")
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match.group()
        if kind == "sign":
            if found in "'\"`":
                raise _refusal("a quote that is not closed", fix="Close it.")
            if found == "\\":
                raise _refusal("a backslash outside a string", fix="Write the letter itself.")
            if text.startswith("/*", match.start()):
                raise _refusal("a comment that is not closed", fix="Close it with */.")
        if kind in ("text", "name", "word", "sign"):
            yield Token(kind, found)  # type: ignore[arg-type] # narrowed by the test before


def refuse_plan(
    session: neo4j.Session, text: str, params: Mapping[str, Any], engine: str
) -> tuple[str, ...]:
    """Let the server plan the statement and refuse a plan that does more than read.

    Returns
    -------
    tuple of str
        The columns, where the plan tells them (embedded engine: an answer without rows does
        not).

    Raises
    ------
    UserError
        Naming the operator.
    """
    try:
        result = session.run(f"EXPLAIN {text}", dict(params))
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(
            "A parameter cannot be sent to the database",
            why=str(error),
            fix="Use text, numbers (64 bits), true, false, null, lists and maps of these.",
        ) from None
    summary = result.consume()
    plan = summary.plan or {}
    written = str(plan.get("args", {}).get("string-representation", ""))
    if engine == "neo4j":
        found = forbidden_operator(plan)
        if found is None and summary.query_type != "r":
            found = "a statement that does not only read"
    else:
        found = forbidden_line(written)
    if found is not None:
        raise _refusal(found)
    return planned_columns(written)


def forbidden_operator(plan: Mapping[str, Any]) -> str | None:
    """Return the first operator of a Neo4j plan that is not for readers, or None."""
    operator = str(plan.get("operatorType", "")).partition("@")[0]
    if operator == "LoadCSV":
        return "LOAD CSV"
    if operator == "ProcedureCall":
        details = str(plan.get("args", {}).get("Details", "")).lower()
        if details.partition("(")[0].strip() not in PROCEDURES:
            return f"the procedure {details.partition('(')[0]}"
    for child in plan.get("children", ()):
        if (found := forbidden_operator(child)) is not None:
            return found
    return None


def forbidden_line(plan: str) -> str | None:
    """Return the first operator of the embedded engine's written plan that writes, or None."""
    for line in plan.splitlines():
        operator = line.strip().removeprefix("+ ")
        if operator != line.strip() and operator.startswith(_OPERATORS):
            return operator.split()[0]
    return None


def planned_columns(plan: str) -> tuple[str, ...]:
    """Return the columns that the embedded engine's written plan ends with.

    >>> planned_columns("+ FINAL PROJECTION [id, n]")
    ('id', 'n')
    """
    found = re.findall(r"\+ FINAL PROJECTION \[(.+)\]$", plan, re.MULTILINE)
    return tuple(found[-1].split(", ")) if found else ()


def _is_clause(tokens: list[Token], at: int) -> bool:
    """Whether a word can begin a clause here: not a property, label, parameter, alias or key."""
    before = tokens[at - 1].upper if at else ""
    after = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if before in {".", ":", "$", "AS"}:
        return False
    return not (before in {"{", ","} and after == ":")


def _refuse_procedure(tokens: list[Token], at: int) -> None:
    """Refuse CALL of a procedure outside the list; a subquery is none."""
    parts: list[str] = []
    for token in tokens[at + 1 :]:
        if token.kind in ("word", "name") or token.text == ".":
            if token.upper == "YIELD" and parts and parts[-1] != ".":
                break
            parts.append(token.text.strip("`"))
        else:
            break
    name = "".join(parts)
    if name and name.lower() not in PROCEDURES:
        raise _refusal(
            f"the procedure {name[:80]}", fix=f"Allowed: {', '.join(sorted(PROCEDURES))}."
        )


def _refusal(what: str, *, fix: str = "") -> OnlyReads:
    return OnlyReads("Only reading is allowed here", why=f"found {what}", fix=fix)
