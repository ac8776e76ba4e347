"""The Hub's listing as one table: each model with its metadata and its declared parents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from modelkin.errors import UserError
from modelkin.loader.columns import (
    ID_COLUMNS,
    METADATA_NAMES,
    Columns,
    parameters,
    read_id,
    snapshot_parameter,
    table_snapshot,
)
from modelkin.loader.graphs import LEFT_OUT
from modelkin.loader.literals import CellError
from modelkin.loader.records import Dropped, EdgeRow, Ledger, ModelRow, Outcome, RawRow, Reject
from modelkin.loader.relations import words_of
from modelkin.loader.tables import broken, open_table
from modelkin.loader.values import excerpt
from modelkin.schema.graph import UNTYPED, is_model_id

PARENT_COLUMNS = MappingProxyType(
    {
        "finetune_parent": "finetune",
        "quantized_parent": "quantized",
        "adapter_parent": "adapter",
        "merge_parent": "merge",
        "parent_model": UNTYPED,
        "base_model": UNTYPED,
    }
)
"""Column of parents -> relation. The untyped ones repeat what the typed ones say."""


class EcosystemSource:
    """The ecosystem table: 19 columns as CSV, JSON lines or Parquet, with real or written lists.

    Kept: metadata as in `modelkin.loader.models.ModelsSource`, and one edge for each parent
    and relation; a parent is untyped only where no typed column names it. Left out and
    counted: model cards, and columns without a home. Rejected: rows without a model id.
    Both spellings of older exports are read (`license` and `licenses`).

    Parameters
    ----------
    path : Path
        The table.
    snapshot : str
        ISO date of the listing; the newest createdAt unless stated.
    """

    kind: ClassVar[str] = "ecosystem"

    def __init__(self, path: Path, snapshot: str = "") -> None:
        self.path, self.snapshot = path, snapshot_parameter(snapshot)
        self.parameters = parameters(snapshot=snapshot)
        self.ledger = Ledger()
        self._table = open_table(path, ID_COLUMNS)
        self._parents = [(c, r) for c, r in PARENT_COLUMNS.items() if c in self._table.columns]
        if not self._parents:
            raise UserError(
                f"{path.name} has no column of parents",
                why=f"an ecosystem table has {', '.join(PARENT_COLUMNS)}",
                fix="`modelkin load models` loads metadata alone.",
            )
        used = (self._table.key, *PARENT_COLUMNS)
        self._columns = Columns(METADATA_NAMES, self.ledger, used=used, recomputed=LEFT_OUT)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows in file order."""
        self.snapshot = self.snapshot or table_snapshot(self._table, self.ledger)
        return self._table.rows()

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield the model's row, its edges, and what was left out; or the reject."""
        if reject := broken(row):
            yield reject
            return
        model_id = read_id(row, self._table.key)
        if isinstance(model_id, Reject):
            yield model_id
            return
        cells = self._columns.read(row)
        if cells.reject:
            yield cells.reject
            return
        yield from cells.dropped
        yield ModelRow(model_id, cells.values, "hub-api", self.snapshot)
        for column, _relation in self._parents:
            cell = row.values[column]
            if cell and cell != "[]":
                yield from self._edges(row, model_id)
                return

    def _edges(self, row: RawRow, model_id: str) -> Iterator[EdgeRow | Dropped]:
        """Merge the parent columns of one row: typed ones first, then what only they lack."""
        typed: set[str] = set()
        for column, relation in self._parents:
            cell = row.values[column]
            if cell is None or cell == "[]":
                continue
            try:
                parents = words_of(cell)
            except CellError as error:
                yield Dropped(row.where, column, error.code, excerpt(cell))
                continue
            for parent in dict.fromkeys(parents):
                if not is_model_id(parent):
                    yield Dropped(row.where, column, "bad_id", excerpt(parent))
                elif relation != UNTYPED or parent not in typed:
                    typed.add(parent)
                    yield EdgeRow(parent, model_id, relation)
