"""Rows as a table for the eye; where a terminal is too narrow for one, row by row."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from modelkin.errors import printable
from modelkin.output.show import text_of

GAP = 3
"""Blanks between two columns."""

NARROWEST = 14
"""A column of words is folded to no fewer characters: below that nobody reads an id."""

NARROWEST_HEAD = 10
"""A word of a heading is folded to no fewer."""


def draw(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    width: int | None,
    headings: Mapping[str, str],
) -> str:
    """Return rows as lines of at most `width` characters, where that can be read.

    Long words are folded, numbers never. Where not even that fits, each row is written as
    lines of name and value. Without `width` nothing is folded.
    """
    heads = [printable(headings.get(c, c)) for c in columns]
    known = [[row[c] for row in rows if not _is_missing(row.get(c))] for c in columns]
    blank = ["unknown" if _all(values, bool) else "" for values in known]
    cells = [
        [blank[at] if _is_missing(row.get(c)) else text_of(row[c]) for at, c in enumerate(columns)]
        for row in rows
    ]
    right = [_all(values, int, float) and not _all(values, bool) for values in known]
    widths = _widths(heads, cells, right, width)
    if widths is None:
        return _one_by_one(heads, cells, width or 0)
    return _side_by_side(heads, cells, right, widths)


def _widths(
    heads: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], width: int | None
) -> list[int] | None:
    """Return the width of each column, None where no table can be read in so little room."""
    if not heads:
        return []
    # A heading folds between its words, a cell of words anywhere down to NARROWEST.
    inside = [max((len(row[at]) for row in cells), default=0) for at in range(len(heads))]
    words = [max(map(len, head.split()), default=1) for head in heads]
    least = [
        max(longest if is_number else min(longest, NARROWEST), min(word, NARROWEST_HEAD), 1)
        for longest, word, is_number in zip(inside, words, right, strict=True)
    ]
    widths = [max(longest, len(head), 1) for longest, head in zip(inside, heads, strict=True)]
    if width is None:
        return widths
    room = width - GAP * (len(heads) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        spare = [have - need for have, need in zip(widths, least, strict=True)]
        widest = max((at for at, s in enumerate(spare) if s > 0), key=lambda at: widths[at])
        widths[widest] -= 1
    return widths


def _side_by_side(
    heads: Sequence[str],
    cells: Sequence[Sequence[str]],
    right: Sequence[bool],
    widths: Sequence[int],
) -> str:
    """Draw a table with rich; foreign text is never read as markup."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head, is_number, width in zip(heads, right, widths, strict=True):
        table.add_column(
            Text(head), justify="right" if is_number else "left", overflow="fold", width=width
        )
    for row in cells:
        table.add_row(*map(Text, row))
    out = io.StringIO()
    total = sum(widths) + GAP * len(widths)
    console = Console(file=out, width=total, no_color=True, highlight=False, legacy_windows=False)
    console.print(table)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def _one_by_one(heads: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    """Write each row as lines of name and value under a numbered rule."""
    longest = max(map(len, heads))
    out = []
    for number, row in enumerate(cells, 1):
        out.append(f"── {number:,} ".ljust(min(width, 40), "─"))
        out += [
            f"{head.ljust(longest)}  {cell}".rstrip() for head, cell in zip(heads, row, strict=True)
        ]
    return "".join(line + "\n" for line in out)


def _is_missing(value: Any) -> bool:
    """Tell whether a value is not known."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _all(values: Sequence[Any], *kinds: type) -> bool:
    """Tell whether there are values and all of them are of these kinds."""
    return bool(values) and all(isinstance(value, kinds) for value in values)
