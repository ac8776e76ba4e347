"""Edge lists: a table whose rows name a parent and a child."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from modelkin.errors import UserError
from modelkin.loader.columns import Columns, parameters, read_id
from modelkin.loader.literals import CellError
from modelkin.loader.records import Dropped, EdgeRow, Ledger, ModelRow, Outcome, RawRow, Reject
from modelkin.loader.relations import RELATION_COLUMNS, declared, words_of
from modelkin.loader.tables import broken, open_table
from modelkin.loader.values import excerpt

PARENT_COLUMNS = ("parent_id", "parent", "base_model", "source_model", "source", "from")
CHILD_COLUMNS = ("child_id", "child", "target", "model", "model_id", "modelId", "to")


class EdgeListSource:
    """An edge list as CSV, JSON lines or Parquet.

    Kept: the pair, and the relation of the first of `RELATION_COLUMNS` that says one; a
    list of relations gives one edge for each. A row declares its child, which is no stub;
    a parent is one unless something else declares it. Changed: relation words, to the five
    of the graph. Rejected: rows whose ends are no model ids. Self-loops are kept.

    Parameters
    ----------
    path : Path
        The table.
    hints : bool
        Whether rows that only hint at a parent are loaded.
    """

    kind: ClassVar[str] = "graph"

    def __init__(self, path: Path, hints: bool = False) -> None:
        self.path, self.hints = path, hints
        self.parameters = parameters(hints=hints)
        self.ledger = Ledger()
        self._table = open_table(path)
        self._parent = _find(self._table.columns, PARENT_COLUMNS, "parent", path)
        self._child = _find(self._table.columns, CHILD_COLUMNS, "child", path)
        if self._parent == "source" and self._child != "target":
            raise UserError(
                f"{path.name} is no edge list",
                why=f"its column `source` stands beside `{self._child}` and names no parent",
                fix="`modelkin inspect FILE` says what the file is made for.",
            )
        self._relations = [c for c in RELATION_COLUMNS if c in self._table.columns]
        used = (self._parent, self._child, *self._relations)
        self._columns = Columns((), self.ledger, used=used)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows in file order."""
        return self._table.rows("edge")

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield the child's row and the edges, or the reject."""
        if reject := broken(row):
            yield reject
            return
        parent, child = read_id(row, self._parent), read_id(row, self._child)
        for end in (parent, child):
            if isinstance(end, Reject):
                yield end
                return
        assert isinstance(parent, str)
        assert isinstance(child, str)
        self._columns.read(row)
        edges = list(relations_of(row, parent, child, self._relations, self.ledger, self.hints))
        if any(isinstance(edge, EdgeRow) for edge in edges):
            yield ModelRow(child, {}, "hub-api")
        yield from edges


def relations_of(
    row: RawRow,
    parent: str,
    child: str,
    columns: Sequence[str],
    ledger: Ledger,
    hints: bool,
) -> Iterator[EdgeRow | Dropped]:
    """Yield the edges of a row by the first of its columns that says a relation."""
    words: list[str] = []
    for column in columns:
        cell = row.values.get(column)
        try:
            words = words_of(cell)
        except CellError as error:
            yield Dropped(row.where, "relation", error.code, excerpt(cell))
        if words:
            break
    yield from declared(row.where, parent, child, words, ledger, hints=hints)


def _find(columns: Sequence[str], names: Sequence[str], end: str, path: Path) -> str:
    """Return the column of one end."""
    found = next((name for name in names if name in columns), None)
    if found is None:
        raise UserError(
            f"{path.name} has no column of the {end}",
            why=f"its columns are {', '.join(columns[:12])}",
            fix=f"An edge list has one of {', '.join(names)}.",
        )
    return found
