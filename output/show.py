"""Rows to people and programs: table, csv, json, jsonl."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from modelkin.errors import printable

Format = Literal["table", "csv", "json", "jsonl"]
FORMATS: tuple[Format, ...] = ("table", "csv", "json", "jsonl")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take text for a formula."""


def render(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    style: Format,
    *,
    width: int | None = None,
    headings: Mapping[str, str] | None = None,
) -> str:
    """Return rows as text in one of the formats, ending with a line break.

    Parameters
    ----------
    columns : sequence of str
        Columns in order; a row without one shows it as missing.
    rows : sequence of mappings
        Plain values: text, numbers, booleans, None, lists and maps of these.
    style : {"table", "csv", "json", "jsonl"}
        "table" is for eyes (numbers rounded to 4 digits), the others keep every digit.
    width : int, optional
        Columns of the terminal; without it lines are as long as they need to be.
    headings : mapping, optional
        Column -> words above it in a table; else its name with spaces. The other formats keep
        the names, which are the same for every answer.

    Returns
    -------
    str
        Missing is null in json and empty in csv and table; among yes and no a table says
        "unknown".
    """
    if style == "table":
        from modelkin.output.table import draw

        return draw(columns, rows, width, headings or {})
    if style == "csv":
        return to_csv(columns, rows)
    data = [{c: _jsonable(row.get(c)) for c in columns} for row in rows]
    if style == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in data)
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def to_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, raw: bool = False) -> str:
    """Return rows as CSV that a spreadsheet shows and does not run.

    Text that begins like a formula gets a leading apostrophe (as does text that begins with
    an apostrophe followed by such a character, so that reading back is exact). Numbers are
    never touched. `raw` leaves everything as it is.
    """
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(c), raw=raw) for c in columns])
    return "".join(lines)


class _Lines(list[str]):
    """Takes rows from a csv writer that quotes both line breaks, and ends each with one."""

    def write(self, row: str) -> None:
        """Take one row."""
        self.append(row.removesuffix("\r\n") + "\n")


def unguard(text: str) -> str:
    """Undo the apostrophe that `to_csv` put before text.

    >>> unguard("'=1+1"), unguard("'tis")
    ('=1+1', "'tis")
    """
    if text.startswith("'") and text.lstrip("'")[:1] in FORMULA_STARTS and text.lstrip("'"):
        return text[1:]
    return text


def guard(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run."""
    return "'" + text if text.lstrip("'")[:1] in FORMULA_STARTS and text.lstrip("'") else text


def _cell(value: Any, *, raw: bool) -> str:
    """Return one CSV cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if isinstance(value, float) else str(value)
    plain = _jsonable(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    # A lone surrogate cannot be written as UTF-8; it is shown by its escape.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    return text if raw else guard(text)


def _jsonable(value: Any) -> Any:
    """Return a value that JSON can hold: NaN is null, other objects are text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_jsonable(v) for v in value]
    if hasattr(value, "item"):
        return _jsonable(value.item())
    return str(value)


def text_of(value: Any) -> str:
    """Return a value as a person reads it in a table."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(text_of(v) for v in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {text_of(v)}" for k, v in value.items() if v is not None)
    return printable(str(value))


def _number(value: float) -> str:
    """Return four digits of a number; what is nearly 1 is not shown as 1."""
    if value.is_integer() and abs(value) >= 1:
        return f"{value:,.0f}"
    short = f"{value:.4g}"
    return ">0.9999" if short == "1" and value < 1 else short
