"""Metadata of models: one row for each model and snapshot, as the Hub lists it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from modelkin.loader.columns import (
    ID_COLUMNS,
    METADATA_NAMES,
    Columns,
    parameters,
    read_id,
    read_snapshot,
    snapshot_parameter,
    table_snapshot,
)
from modelkin.loader.records import Ledger, ModelRow, Outcome, RawRow, Reject
from modelkin.loader.tables import broken, open_table


class ModelsSource:
    """A table of model metadata.

    Kept: created_at, downloads, likes, pipeline_tag, library_name, license, languages,
    datasets, model_type, architecture, n_params. Changed: spellings, by
    `modelkin.loader.values.normalise`. Rejected: rows without a model id, rows that cannot
    be stored. Several rows of one model are one row for each snapshot.

    Parameters
    ----------
    path : Path
        CSV, JSON lines or Parquet with an id column.
    snapshot : str
        ISO date of rows that name none in a column ``snapshot``; in a file without that
        column the newest time of creation unless stated.
    """

    kind: ClassVar[str] = "models"

    def __init__(self, path: Path, snapshot: str = "") -> None:
        self.path, self.snapshot = path, snapshot_parameter(snapshot)
        self.parameters = parameters(snapshot=snapshot)
        self.ledger = Ledger()
        self._table = open_table(path, ID_COLUMNS)
        self._columns = Columns(
            METADATA_NAMES, self.ledger, used=(self._table.key, "snapshot", "source")
        )

    def read(self) -> Iterator[RawRow]:
        """Yield the rows in file order."""
        if "snapshot" not in self._table.columns:
            self.snapshot = self.snapshot or table_snapshot(self._table, self.ledger)
        return self._table.rows()

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield the model's row and the cells left out of it, or its reject."""
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
        yield ModelRow(model_id, cells.values, "hub-api", read_snapshot(row, self.snapshot))
