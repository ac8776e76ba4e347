"""A wide table for the eye: intervals in one cell, columns without any value left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelkin.output.show import text_of


def compact(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Fold intervals and drop empty columns, for tables on a terminal only.

    Columns ``x_value``, ``x_low``, ``x_high`` and ``x_note`` (or ``x``, ``x_low``, ``x_high``)
    become one column ``x`` as "0.07 [0.04, 0.13]", or the value with its note where there is
    no interval; a column without any value stays if its notes say why. Files keep every
    column.

    Examples
    --------
    >>> compact(["r_value", "r_low", "r_high"], [{"r_value": 0.5, "r_low": 0.25, "r_high": 1.0}])
    (['r'], [{'r': '0.5 [0.25, 1]'}])
    """
    known = set(columns)
    heads = {
        c: c.removesuffix("_value")
        for c in columns
        if {f"{c.removesuffix('_value')}_low", f"{c.removesuffix('_value')}_high"} <= known
    }
    parts = {f"{head}_{end}" for head in heads.values() for end in ("low", "high", "note")}
    shown = []
    for column in columns:
        seen = (column, f"{heads[column]}_note") if column in heads else (column,)
        if column not in parts and any(row.get(c) not in (None, "") for row in rows for c in seen):
            shown.append(heads.get(column, column))
    folded = []
    for row in rows:
        cells = dict(row)
        for column, head in heads.items():
            cells[head] = _interval(row, column, head)
        folded.append({c: cells.get(c) for c in shown})
    return shown, folded


def _interval(row: Mapping[str, Any], column: str, head: str) -> Any:
    """Spell one interval."""
    value, low, high = row.get(column), row.get(f"{head}_low"), row.get(f"{head}_high")
    note = row.get(f"{head}_note")
    if low is None or high is None:
        return " ".join(filter(None, (text_of(value), str(note or "")))) or None
    return f"{text_of(value)} [{text_of(low)}, {text_of(high)}]"
