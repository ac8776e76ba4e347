"""The cells of a row under their headers: which column is which attribute, and what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelkin.errors import UserError
from modelkin.loader.records import Dropped, Ledger, RawRow, Reject
from modelkin.loader.values import Cell, CellError, UnstorableError, excerpt, in_band, reader
from modelkin.schema.attributes import BY_NAME, HUB_NAMES, Attribute, canonical
from modelkin.schema.graph import is_model_id

if TYPE_CHECKING:
    from modelkin.loader.tables import Table

ID_COLUMNS = ("model_id", "modelId", "id", "repo_id")
"""Names of the column that holds a model's id, the usual ones first."""

METADATA_NAMES: tuple[str, ...] = (*HUB_NAMES, "model_type", "architecture", "n_params")
"""What the Hub's listing says of a model without its config.json being read."""

_DATE = re.compile(r"(20[0-9]{2})(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_MISSING = (None, "", "[]")  # what does not count as a value of an ignored column
_REMEMBERED = 60  # longest text worth remembering: tags, versions, numbers, short lists
_UNMET = object()
_MEMORY = 1 << 15
_MAX_PLANS = 4_096  # JSON lines may have any number of key sets


@dataclass(slots=True)
class Cells:
    """What the cells of one row say.

    Attributes
    ----------
    values : dict
        Canonical name -> storable value.
    dropped : list of Dropped
        Cells that are no such value, or lie outside their band.
    reject : Reject or None
        Set where a cell cannot be stored at all.
    """

    values: dict[str, Cell] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    reject: Reject | None = None


@dataclass(slots=True)
class _Step:
    """One column of a plan: whose it is, how it is read, and the short texts read before."""

    column: str
    name: str
    read: Callable[[object], Cell | None]
    attribute: Attribute
    banded: bool
    memory: dict[str, Any] = field(default_factory=dict)

    def value(self, where: str, cell: object) -> Cell | Dropped | Reject | None:
        """Read a cell that was not met before."""
        try:
            value = self.read(cell)
        except UnstorableError as error:
            message = f"{self.column} cannot be stored ({error.code})"
            return Reject(where, error.code, message, excerpt(cell))
        except CellError as error:
            return Dropped(where, self.name, error.code, excerpt(cell))
        if self.banded and not in_band(value, self.attribute):
            return Dropped(where, self.name, "out_of_band", excerpt(cell))
        # Times hardly repeat; everything else of a few dozen characters does.
        if type(cell) is str and len(cell) <= _REMEMBERED and self.attribute.kind != "time":
            if len(self.memory) >= _MEMORY:
                self.memory.clear()
            self.memory[cell] = value
        return value


# Steps carry their parts beside them: this loop runs for every cell of millions of rows.
_Plan = tuple[list[tuple[str, str, dict[str, Any], _Step]], list[str], list[str]]


class Columns:
    """Reads rows of one source into properties, and counts what it does not know.

    Parameters
    ----------
    names : iterable of str
        Attributes that this source may give.
    ledger : Ledger
        Where columns without a home are counted.
    used : iterable of str
        Columns that the source itself reads (ids, snapshot, relations): not counted.
    recomputed : iterable of str
        Columns whose values follow from others: counted apart, never stored.
    bands : bool
        Whether values outside their plausible band are left out.
    """

    def __init__(
        self,
        names: Iterable[str],
        ledger: Ledger,
        *,
        used: Iterable[str] = (),
        recomputed: Iterable[str] = (),
        bands: bool = True,
    ) -> None:
        self._readers = {name: reader(BY_NAME[name]) for name in names}
        self._ledger, self._bands = ledger, bands
        self._used, self._recomputed = frozenset(used) | {""}, frozenset(recomputed)
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def read(self, row: RawRow) -> Cells:
        """Read every column that an attribute claims; the first alias with a value wins."""
        cells = row.values
        header = tuple(cells)
        steps, ignored, recomputed = self._plans.get(header) or self._plan(header)
        values: dict[str, Any] = {}
        out = Cells(values)
        for column, name, memory, step in steps:
            cell = cells[column]
            if cell is None or cell == "" or name in values:
                continue
            value: Any = memory.get(cell, _UNMET) if type(cell) is str else _UNMET
            if value is _UNMET:
                value = step.value(row.where, cell)
                if isinstance(value, Dropped):
                    out.dropped.append(value)
                    continue
                if isinstance(value, Reject):
                    out.reject = value
                    return out
            if value is not None:
                values[name] = value[:] if type(value) is list else value
        met = self._ledger.ignored_columns
        for column in ignored:
            if cells[column] not in _MISSING:
                met[column] += 1
        for column in recomputed:
            if cells[column] not in _MISSING:
                self._ledger.notes[f"recomputed, not stored: {column}"] += 1
        return out

    def _plan(self, header: tuple[str, ...]) -> _Plan:
        """Decide once for a header which column goes where."""
        claimed: list[tuple[int, _Step]] = []
        ignored, recomputed = [], []
        for column in header:
            name = canonical(column)
            if column in self._used:
                continue
            if column in self._recomputed:
                recomputed.append(column)
            elif name in self._readers:
                attribute = BY_NAME[name]
                step = _Step(column, attribute.name, self._readers[name], attribute, self._bands)
                claimed.append((_rank(column, attribute), step))
            else:
                ignored.append(column)
        steps = [
            (step.column, step.name, step.memory, step)
            for _rank, step in sorted(claimed, key=lambda pair: pair[0])
        ]
        if len(self._plans) >= _MAX_PLANS:
            self._plans.clear()
        self._plans[header] = plan = (steps, ignored, recomputed)
        return plan


def _rank(column: str, attribute: Attribute) -> int:
    """Return the place of a column's name among an attribute's names."""
    names = [n.lower() for n in (attribute.name, *attribute.aliases)]
    return names.index(column.strip().lower().removeprefix("config_"))


def read_id(row: RawRow, column: str) -> str | Reject:
    """Return the model id in a column, or the reject of the row."""
    value = row.values.get(column)
    if is_model_id(value):
        return str(value)
    if isinstance(value, str) and is_model_id(stripped := value.strip()):
        return stripped
    return Reject(row.where, "bad_id", f"{column} is no model id", excerpt(value))


def read_snapshot(row: RawRow, default: str, column: str = "snapshot") -> str:
    """Return the row's own snapshot date, else the source's."""
    value = row.values.get(column)
    return str(value)[:10] if value and _DATE.fullmatch(str(value)[:10]) else default


def snapshot_parameter(text: str) -> str:
    """Check a date that the user gave; a `UserError` unless it is ``2025-07-12`` or shorter."""
    if text and not _DATE.fullmatch(text):
        raise UserError(f"{text!r} is no snapshot date", fix="Write it as 2025-07-12.")
    return text


def assumed_snapshot(values: Iterable[Any], ledger: Ledger) -> str:
    """Return the newest date among times of creation, "" without any, and note that it is one.

    A source is at least as new as its newest model; of two sources, the one that states no
    date then counts as no newer than it certainly is.
    """
    newest = newest_date(values)
    if newest:
        ledger.notes[
            f"snapshot taken as {newest}, the newest time of creation; `--snapshot` states another"
        ] = 1
    return newest


def table_snapshot(table: Table, ledger: Ledger) -> str:
    """Return `assumed_snapshot` of a table's column of creation, "" without one."""
    created = next((c for c in ("createdAt", "created_at") if c in table.columns), None)
    return assumed_snapshot(table.column(created), ledger) if created else ""


def newest_date(values: Iterable[Any]) -> str:
    """Return the date of the newest time among cells (ISO text or datetimes), "" without any."""
    newest = ""
    for value in values:
        date = str(value)[:10]
        # Compared first: of millions of rows only a few are newer than all before them.
        if date > newest and _DATE.fullmatch(date):
            newest = date
    return newest


def parameters(**options: str | int | bool) -> Mapping[str, str | int | bool]:
    """Return what decides a source's result: options that were given, for the run's id."""
    return {name: value for name, value in sorted(options.items()) if value}
