"""A frame made ready to compare: identical rows collapsed to distinct configurations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.collapse import collapse, firsts, in_order, inverse, ranked_by_key
from modelkin.analysis.gower.columns import read
from modelkin.analysis.gower.scale import bounds, scaled
from modelkin.analysis.gower.spec import Field, Spec
from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Table:
    """Rows as distinct configurations, ready for every question about distance.

    A configuration is one combination of values, missing included. Configurations are
    numbered by the row key of their representatives, so that a smaller number wins a tie.

    Attributes
    ----------
    spec : Spec
        The distance with every kind and range filled in; its fields stand in the order in
        which terms are added up: categories and booleans by name, then numbers by name.
    configuration : ndarray of int64, shape (n,)
        Configuration of each row.
    representative : ndarray of int64, shape (u,)
        Row that stands for each configuration: the first in `priority`.
    order : ndarray of int64, shape (n,)
        Rank of each row by its key.
    priority : ndarray of int64, shape (n,)
        Rank of each row as a representative, 0 first.
    codes : ndarray of int32, shape (n_codes, u)
        Categories and booleans of the configurations; missing is -1.
    numbers : ndarray of float64, shape (n_numbers, u)
        Numeric values in the unit in which they are subtracted (logs for log-range);
        missing is NaN.
    scale : ndarray of float64, shape (n_numbers,)
        What a difference is divided by; 1 for a constant field.
    """

    spec: Spec
    configuration: NDArray[np.int64]
    representative: NDArray[np.int64]
    order: NDArray[np.int64]
    priority: NDArray[np.int64]
    codes: NDArray[np.int32]
    numbers: NDArray[np.float64]
    scale: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.configuration)

    @property
    def n_configurations(self) -> int:
        """Number of distinct configurations."""
        return len(self.representative)

    @property
    def n_fields(self) -> int:
        """Number of compared fields."""
        return len(self.codes) + len(self.numbers)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each field, shape (n_fields,)."""
        return np.array([field.weight for field in self.spec.fields], dtype=np.float64)

    @property
    def copies(self) -> NDArray[np.int64]:
        """Rows of each configuration, shape (u,)."""
        return np.bincount(self.configuration, minlength=self.n_configurations)

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """Row of each configuration whose key is the smallest, shape (u,)."""
        return firsts(self.configuration, inverse(self.order), self.n_configurations)

    @cached_property
    def members(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows by configuration, in the order of their keys, and where each one's begin."""
        rows = np.lexsort((self.order, self.configuration))
        return rows, np.concatenate([[0], np.cumsum(self.copies)])

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which fields each configuration knows, shape (n_fields, u), fields as in `spec`."""
        return np.concatenate([self.codes >= 0, ~np.isnan(self.numbers)])

    @property
    def known(self) -> NDArray[np.int64]:
        """Fields that each configuration knows, shape (u,)."""
        found: NDArray[np.int64] = self.present.sum(axis=0, dtype=np.int64)
        return found

    def take(self, rows: ArrayLike) -> Table:
        """Return the table of some rows, with distances equal to those in the whole.

        Parameters
        ----------
        rows : array of int, shape (m,)
            Different rows; row r of the new table is rows[r] of this one.

        Raises
        ------
        UserError
            If a row is named twice.
        """
        chosen = np.asarray(rows, dtype=np.int64)
        if len(np.unique(chosen)) != len(chosen):
            raise UserError("Cannot take rows of a table", why="a row is named twice")
        kept, configuration = np.unique(self.configuration[chosen], return_inverse=True)
        return _built(
            self.spec,
            configuration,
            ranks(self.order[chosen]),
            ranks(self.priority[chosen]),
            (self.codes, self.numbers, self.scale),
            kept,
        )


def encode(
    frame: pd.DataFrame, spec: Spec | None = None, priority: ArrayLike | None = None
) -> Table:
    """Make a frame ready to compare.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed columns: numbers as numbers, truth values as booleans, categories as text.
        Missing is None, NaN or NA.
    spec : Spec, optional
        The distance; all columns by "range" if left out.
    priority : array of int, shape (n,), optional
        Rank of each row as representative of its configuration, smallest first; ties, and
        everything if left out, go by row key.

    Returns
    -------
    Table
        Its spec holds the kinds and ranges found here; encode any part of the frame with
        that spec, or use `Table.take`, to get the same distances.

    Raises
    ------
    UserError
        If a column is absent, repeated, or not of its kind; if a value is infinite, outside
        a given range, or negative where logs are taken; if the key column repeats a value.

    Notes
    -----
    The row key is `spec.key`, else the frame's index if it is unique, else the encoded
    content, then the position. Cost: O(n f), and O(n log n) for the keys.
    """
    spec, codes, raw = _values(frame, spec or Spec())
    names = [field.name for field in spec.fields if field.kind == "number"]
    configuration, first = collapse(codes, raw)
    order = ranked_by_key(frame, spec.key)
    if order is None:
        content = in_order(codes[:, first], raw[:, first])[configuration]
        order = inverse(np.lexsort((np.arange(len(frame)), content)))
    if priority is None:
        rank = order
    elif np.shape(priority) == (len(frame),):
        rank = inverse(np.lexsort((order, np.asarray(priority))))
    else:
        raise UserError("Cannot rank representatives", why="priority needs one number a row")
    spec = bounds(spec, names, raw)
    table = _built(spec, configuration, order, rank, (codes, raw, np.ones(len(names))), first)
    numbers, scale = scaled(spec, names, table.numbers)
    return replace(table, numbers=numbers, scale=scale)


def as_table(data: pd.DataFrame | Table, spec: Spec | None = None) -> Table:
    """Return an encoded table as it is, and a frame encoded.

    Raises
    ------
    UserError
        If a spec comes with a table, which has one; and for what `encode` refuses.
    """
    if not isinstance(data, Table):
        return encode(data, spec)
    if spec is not None:
        raise UserError("Cannot change the distance of an encoded table", fix="Encode it anew.")
    return data


def ranks(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of each of some different integers, 0 for the smallest."""
    return inverse(np.argsort(values, kind="stable"))


def _values(frame: pd.DataFrame, spec: Spec) -> tuple[Spec, NDArray[np.int32], NDArray[np.float64]]:
    """Return the spec with every kind, in the order of computing; codes and numbers."""
    names = [str(name) for name in frame.columns]
    fields = spec.fields or tuple(Field(name) for name in names if name != spec.key)
    for name in [*(field.name for field in fields), *([spec.key] if spec.key else [])]:
        if names.count(name) != 1:
            why = "the frame has no such column" if name not in names else "it stands there twice"
            raise UserError("Cannot compare a column", where=name, why=why)
    if not fields:
        raise UserError("Cannot compare rows", why="there is no field to compare")
    place = {name: number for number, name in enumerate(names)}
    found = {f.name: read(frame.iloc[:, place[f.name]], f.kind) for f in fields}
    kinds = [replace(f, kind=found[f.name][0]) for f in fields]
    kinds.sort(key=lambda f: (f.kind == "number", f.name))
    coded = [f.name for f in kinds if f.kind != "number"]
    numeric = [f.name for f in kinds if f.kind == "number"]
    codes, raw = np.empty((len(coded), len(frame)), np.int32), np.empty((len(numeric), len(frame)))
    for lines, those in ((codes, coded), (raw, numeric)):
        for line, name in enumerate(those):
            lines[line] = found.pop(name)[1]
    return replace(spec, fields=tuple(kinds)), codes, raw


def _built(
    spec: Spec,
    configuration: NDArray[np.int64],
    order: NDArray[np.int64],
    priority: NDArray[np.int64],
    values: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]],
    source: NDArray[np.int64],
) -> Table:
    """Choose representatives, and number configurations by their key.

    `source` says where among the values each configuration stands.
    """
    codes, numbers, scale = values
    representative = firsts(configuration, inverse(priority), len(source))
    by_key = np.argsort(order[representative], kind="stable")
    return Table(
        spec=spec,
        configuration=inverse(by_key)[configuration],
        representative=representative[by_key],
        order=order,
        priority=priority,
        codes=codes.take(source[by_key], axis=1),
        numbers=numbers.take(source[by_key], axis=1),
        scale=scale,
    )
