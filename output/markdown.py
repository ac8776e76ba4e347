"""A result as a short page of Markdown, foreign text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelkin.errors import printable
from modelkin.output.files import plain_rows
from modelkin.output.show import text_of

if TYPE_CHECKING:
    from modelkin.analysis.result import Result, Table

SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")
"""Characters that Markdown or its HTML could obey."""


def page(title: str, result: Result) -> str:
    """Return a result as Markdown: findings, then its tables.

    Parameters
    ----------
    title : str
        Heading of the page.
    result : Result
        A table with a column ``section`` becomes one table for each section.
    """
    lines = [f"# {mark(title)}", "", mark(result.coverage.caption()), ""]
    lines += [f"- {mark(sentence)}" for sentence in result.findings]
    for table in result.tables:
        lines += _table(table)
    if result.missing:
        lines += ["", "## Not computed, and why", ""]
        lines += [f"- {mark(sentence)}" for sentence in result.missing]
    return "\n".join(lines) + "\n"


def mark(text: Any) -> str:
    r"""Return text as text: nothing in it is markup.

    >>> mark("[a](b)|<i>")
    '\\[a\\]\\(b\\)\\|\\<i\\>'
    """
    return SIGNS.sub(r"\\\1", printable(str(text)).replace("\n", " "))


def _table(table: Table) -> Iterator[str]:
    """Yield a table, or one for each of its sections."""
    rows = plain_rows(table.frame)
    for section in dict.fromkeys(row.get("section", table.name) for row in rows):
        here = [row for row in rows if row.get("section", table.name) == section]
        filled = [c for c in here[0] if any(row[c] is not None for row in here)]
        columns = [c for c in filled if c != "section"]
        yield from ("", f"## {mark(section)}", "")
        yield f"| {' | '.join(mark(c.replace('_', ' ')) for c in columns)} |"
        yield f"|{' --- |' * len(columns)}"
        for row in here:
            yield f"| {' | '.join(mark(text_of(row[c])) for c in columns)} |"
