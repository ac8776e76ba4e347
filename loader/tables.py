"""One way to read tables: CSV, JSON lines and Parquet, compressed or not, row by row.

CSV cells are text and stay text until an attribute reads them. A row that cannot be read
whole is still a row: it carries `BROKEN` instead of cells, and every source rejects it.
Memory does not grow with the file.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from modelkin.errors import UserError
from modelkin.loader.formats import MAX_LINE, Format, open_text, reading, sniff
from modelkin.loader.records import RawRow, Reject
from modelkin.loader.values import excerpt

BROKEN = "$broken"
"""Key of a row that could not be read: its value is (code, message, excerpt)."""

MAX_FIELD = 16 * 2**20
"""Longest CSV cell read, in characters; longer means that a quote was never closed."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BATCH = 2_000  # rows of Parquet held at once: they may carry whole model cards


@dataclass(frozen=True, slots=True)
class Table:
    """A table file whose head was read.

    Attributes
    ----------
    path : Path
        The file.
    format : str
        "csv", "jsonl" or "parquet".
    columns : tuple of str
        Header; for JSON lines the keys of the first object.
    key : str
        The column that holds the row's key, one of those asked for ("" when none was).
    delimiter : str
        Between CSV cells: comma, tab or semicolon.
    """

    path: Path
    format: Format
    columns: tuple[str, ...]
    key: str = ""
    delimiter: str = ","

    def rows(self, kind: str = "model") -> Iterator[RawRow]:
        """Yield the rows in file order; row 1 of a CSV is its header, as a spreadsheet counts.

        Raises
        ------
        UserError
            The file is damaged, or a quote is never closed.
        """
        read = {"csv": _csv_rows, "jsonl": _json_rows, "parquet": _parquet_rows}[self.format]
        with reading(self.path):
            for where, values in read(self):
                yield RawRow(kind, where, values)

    def column(self, name: str) -> Iterator[Any]:
        """Yield one column's cells, quicker than whole rows; rows that are broken are left out."""
        with reading(self.path):
            if self.format == "parquet":
                for batch in _parquet(self.path).iter_batches(columns=[name]):
                    yield from batch.column(0).to_pylist()
            elif self.format == "csv":
                at, width = self.columns.index(name), len(self.columns)
                for _number, cells, error in _csv_cells(self):
                    if error is None and len(cells) == width:
                        yield cells[at]
            else:
                yield from (values.get(name) for _where, values in _json_rows(self))


def open_table(path: Path, keys: Sequence[str] = ()) -> Table:
    """Open a table and find its key column.

    Parameters
    ----------
    path : Path
        CSV (comma, tab or semicolon), JSON lines or Parquet; gzip is seen by content.
    keys : sequence of str
        Names that the key column may have; the first that is there is taken.

    Raises
    ------
    UserError
        The file is no table, its header repeats a name, or no key column is there (the
        columns found are named).
    """
    form = sniff(path)
    delimiter = ","
    if form == "csv":
        columns, delimiter = _csv_header(path)
    elif form == "jsonl":
        columns = _json_header(path)
    elif form == "parquet":
        columns = _parquet_header(path)
    else:
        raise UserError(
            f"Cannot read {path.name} as a table",
            why=f"it is {'a pickle' if form == 'pickle' else 'one JSON document'}",
            fix="Tables are CSV, JSON lines or Parquet.",
        )
    twice = [name for name, n in Counter(columns).items() if n > 1 and name]
    if twice:
        raise UserError(
            f"The header of {path.name} repeats a column",
            where=", ".join(twice[:5]),
            why="it cannot be told which one is meant",
            fix="Rename or remove the repeated column.",
        )
    key = next((k for k in keys if k in columns), "")
    if keys and not key:
        raise UserError(
            f"{path.name} has no column {' or '.join(keys)}",
            why=f"its columns are {', '.join(columns[:12]) or 'none'}"
            + (f" and {len(columns) - 12} more" if len(columns) > 12 else ""),
            fix="Is this the right file for the command?",
        )
    return Table(path, form, columns, key, delimiter)


def broken(row: RawRow) -> Reject | None:
    """Return the reject of a row that could not be read; None for every other row."""
    why = row.values.get(BROKEN)
    # Foreign JSON can hold the key, but never a tuple.
    return Reject(row.where, *why) if isinstance(why, tuple) else None


def unguard(text: str) -> str:
    """Take off the apostrophe that our CSV export puts before text a spreadsheet would run.

    >>> unguard("'=1+1"), unguard("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.lstrip("'")[:1] in _FORMULA_STARTS and text[0] == "'" else text


def _csv_header(path: Path) -> tuple[tuple[str, ...], str]:
    """Read the header; the delimiter is the commonest of comma, tab and semicolon in it."""
    with reading(path), open_text(path) as file:
        line = file.readline(MAX_FIELD)
    delimiter = max(",\t;", key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise UserError(f"Cannot read the header of {path.name}", why=str(error)) from error
    columns = tuple(cell.strip() for cell in cells)
    # NUL bytes and broken UTF-8 in a header: a binary file, not a table.
    if any("\0" in c or "\ud800" <= max(c, default="") <= "\udfff" for c in columns):
        raise UserError(
            f"Cannot read {path.name}",
            why="its header is not UTF-8 text",
            fix="Tables are CSV, JSON lines or Parquet.",
        )
    return columns, delimiter


def _csv_cells(table: Table) -> Iterator[tuple[int, list[str], csv.Error | None]]:
    """Read CSV strictly, without its header and blank lines: row number, cells, error."""
    csv.field_size_limit(MAX_FIELD)
    with open_text(table.path) as file:
        reader = csv.reader(file, delimiter=table.delimiter, strict=True)
        next(reader)
        number = 1
        while True:
            try:
                for cells in reader:
                    if cells:
                        number += 1
                        yield number, cells, None
            except csv.Error as error:
                number += 1
                _check_quotes(table, number, error)
                yield number, [], error
            else:
                return


def _csv_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pair cells with the header; a stray quote or a missing cell breaks its row only."""
    columns, width = table.columns, len(table.columns)
    for number, cells, error in _csv_cells(table):
        if error is not None:
            yield f"row {number}", {BROKEN: ("bad_csv", f"{error}", "")}
        elif len(cells) != width:
            message = f"{len(cells)} cells, the header names {width}"
            text = excerpt(table.delimiter.join(cells))
            yield f"row {number}", {BROKEN: ("ragged_row", message, text)}
        else:
            if "\0'" in "\0" + "\0".join(cells):
                cells = [unguard(c) if c[:1] == "'" else c for c in cells]
            yield f"row {number}", dict(zip(columns, cells, strict=True))


def _check_quotes(table: Table, number: int, error: csv.Error) -> None:
    """Raise where an open quote swallowed rows that nobody could count."""
    if "field larger" in str(error) or "end of data" in str(error):
        raise UserError(
            f"Cannot read {table.path.name}",
            where=f"row {number}",
            why="a quote is opened and never closed",
            fix="Repair that row, or write the file again with a CSV library.",
        ) from error


def _json_header(path: Path) -> tuple[str, ...]:
    """Return the keys of the first object."""
    table = Table(path, "jsonl", ())
    with reading(path):
        for _where, values in _json_rows(table):
            if BROKEN not in values:
                return tuple(values)
    raise UserError(f"Cannot read {path.name}", why="no line of it is a JSON object")


def _json_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read one JSON object a line."""
    with open_text(table.path) as file:
        number = 0
        while line := file.readline(MAX_LINE):
            number += 1
            if len(line) == MAX_LINE:
                raise UserError(
                    f"Cannot read {table.path.name}",
                    where=f"line {number}",
                    why=f"it is longer than {MAX_LINE:,} characters",
                )
            if line.isspace():
                continue
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                values = {BROKEN: ("bad_json", f"{error}"[:200], excerpt(line))}
            if not isinstance(values, dict):
                values = {BROKEN: ("no_object", "the line is no JSON object", excerpt(line))}
            yield f"line {number}", values


def _parquet_header(path: Path) -> tuple[str, ...]:
    """Return the column names of a Parquet file."""
    return tuple(_parquet(path).schema_arrow.names)


def _parquet_rows(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read Parquet by batches; values keep their types."""
    import pyarrow as pa

    batches = _parquet(table.path).iter_batches(batch_size=_BATCH)
    try:
        rows = chain.from_iterable(batch.to_pylist() for batch in batches)
        for number, values in enumerate(rows, 1):
            yield f"row {number}", values
    except (pa.ArrowException, ValueError) as error:
        raise _damaged(table.path, error) from error


def _parquet(path: Path) -> Any:
    """Open a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(
        f"Cannot read {path.name}",
        why=f"its Parquet data is damaged ({str(error)[:200]})",
        fix="Copy or download it again.",
    )
