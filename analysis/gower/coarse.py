"""Configurations in a coarser space, 64 to a tile, where no two are farther apart than they are.

The search compares there first. Categories keep their low byte and numbers become float32, so
that a coarse distance never exceeds the true one (but for rounding, which `Layout.slack`
covers); each field's coarse distance obeys the triangle inequality and is at most its weight,
which pruning by centres needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.gower.table import Table

LANES = 64
MISSING_BYTE = 255
CODE_BYTES = 255
"""Codes are taken modulo this: a wide category keeps its low part."""

FAR = 16.0
"""Where missing numbers stand, in weights: farther than a weight from every value."""

SMALLEST = 2.0**-60
"""Smaller sizes than this share of the largest count as equal under "pairwise-max"."""

RUN = 248
"""Fields of one weight that are counted together in a byte."""


class Layout(NamedTuple):
    """Where fields stand in a tile, and what they weigh; all as the filter adds them up.

    Fields of one weight form runs: their matches are counted in bytes and weighed together.

    Attributes
    ----------
    code_starts, code_planes : ndarray of int64, shape (runs + 1,)
        First code and first plane of presence bits of each run of categories.
    code_weights : ndarray of float32, shape (runs,)
        Weight of a field of each run.
    number_planes, number_weights : ndarray
        The same for runs of numbers.
    value_weights : ndarray of float32, shape (n_numbers,)
        Weight of each numeric field, in the order of the tile.
    ratio : bool
        Whether numbers are compared by their ratio ("pairwise-max"); every field then has
        two lines of values, sizes and their inverses.
    slack : float
        More than the rounding of any comparison.
    """

    code_starts: NDArray[np.int64]
    code_planes: NDArray[np.int64]
    code_weights: NDArray[np.float32]
    number_planes: NDArray[np.int64]
    number_weights: NDArray[np.float32]
    value_weights: NDArray[np.float32]
    ratio: bool
    slack: np.float32


class Tiles(NamedTuple):
    """Configurations, 64 to a tile; the last index is the one within the tile.

    Attributes
    ----------
    codes : ndarray of uint8, shape (t, n_codes, 64)
        Low bytes of categories; 255 where missing.
    planes : ndarray of uint8, shape (t, p, 64)
        Presence of eight fields each.
    values : ndarray of float32, shape (t, n_numbers or 2 n_numbers, 64)
        Numbers in units of weight.
    places : ndarray of int32, shape (t, 64)
        Which configuration stands there; -1 for none.
    """

    codes: NDArray[np.uint8]
    planes: NDArray[np.uint8]
    values: NDArray[np.float32]
    places: NDArray[np.int32]


class Coarse:
    """A table's fields in the coarse space, one line for each, ready to be put into tiles."""

    def __init__(self, table: Table) -> None:
        weights = table.weights / table.weights.max()  # float32 then holds any sum of them
        n = len(table.codes)
        self._code_order = np.argsort(weights[:n], kind="stable")
        self._number_order = np.argsort(weights[n:], kind="stable")
        self._table = table
        code_starts, code_planes, code_weights = _runs(weights[:n][self._code_order], 0)
        numbers = weights[n:][self._number_order]
        _, number_planes, number_weights = _runs(numbers, int(code_planes[-1]))
        total = float(weights.sum())
        terms = 2 * len(numbers) + 2 * len(code_weights) + 2 * len(number_weights) + 8
        self.layout = Layout(
            code_starts,
            code_planes,
            code_weights,
            number_planes,
            number_weights,
            numbers.astype(np.float32),
            table.spec.variant == "pairwise-max",
            # each term and each sum rounds by at most total * 2**-24
            np.float32(total * terms * 2.0**-22),
        )

    def tiles(self, places: NDArray[np.int64]) -> Tiles:
        """Put configurations into tiles.

        Parameters
        ----------
        places : ndarray of int64, shape (t, 64)
            Configurations; -1 leaves a place empty.
        """
        layout, table = self.layout, self._table
        t, taken = len(places), np.maximum(places, 0)
        empty = places < 0
        n_planes = int(layout.number_planes[-1])
        n_values = len(layout.value_weights) * (2 if layout.ratio else 1)
        codes = np.empty((t, len(self._code_order), LANES), np.uint8)
        planes = np.zeros((t, n_planes, LANES), np.uint8)
        values = np.empty((t, n_values, LANES), np.float32)
        bits = _bits(layout.code_starts, layout.code_planes)
        for line, f in enumerate(self._code_order):
            code = table.codes[f][taken]
            known = (code >= 0) & ~empty
            codes[:, line] = np.where(known, code % CODE_BYTES, MISSING_BYTE)
            plane, bit = bits[line]
            planes[:, plane] |= known.view(np.uint8) << np.uint8(bit)
        bits = _bits(_starts(layout), layout.number_planes)
        for line, f in enumerate(self._number_order):
            number = table.numbers[f][taken]
            known = ~(np.isnan(number) | empty)
            plane, bit = bits[line]
            planes[:, plane] |= known.view(np.uint8) << np.uint8(bit)
            self._number(values, line, int(f), number, known)
        return Tiles(codes, planes, values, np.where(empty, -1, places).astype(np.int32))

    def _number(
        self,
        values: NDArray[np.float32],
        line: int,
        f: int,
        number: NDArray[np.float64],
        known: NDArray[np.bool_],
    ) -> None:
        """Write one numeric field into its line, or its two lines."""
        layout, whole = self.layout, self._table.numbers[f]
        weight = float(layout.value_weights[line])
        if layout.ratio:
            largest = float(np.nanmax(np.abs(whole), initial=0.0)) or 1.0
            size = np.maximum(np.abs(number) / largest, SMALLEST)
            values[:, line] = np.where(known, weight * size, 0.0)
            values[:, len(layout.value_weights) + line] = np.where(known, 1 / size, 0.0)
            return
        low = float(np.nanmin(whole, initial=np.inf))
        low = low if np.isfinite(low) else 0.0
        scaled = (number - low) / float(self._table.scale[f]) * weight
        values[:, line] = np.where(known, scaled, FAR * weight)


def in_tiles(order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an order of configurations as rows of 64, the last filled up with -1."""
    t = -(-len(order) // LANES)
    places = np.full(t * LANES, -1, dtype=np.int64)
    places[: len(order)] = order
    return places.reshape(t, LANES)


def _runs(
    weights: NDArray[np.float64], plane: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return starts of runs, their first planes, and their weights."""
    starts, planes = [0], [plane]
    while starts[-1] < len(weights):
        here = starts[-1]
        same = int(np.searchsorted(weights, weights[here], side="right"))
        size = min(same - here, RUN)
        starts.append(here + size)
        planes.append(planes[-1] + -(-size // 8))
    weight = weights[np.array(starts[:-1], dtype=np.int64)].astype(np.float32)
    return np.array(starts, np.int64), np.array(planes, np.int64), weight


def _bits(starts: NDArray[np.int64], planes: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return plane and bit of each field."""
    found = []
    for run, first in enumerate(starts[:-1]):
        for place in range(int(starts[run + 1] - first)):
            found.append((int(planes[run]) + place // 8, place % 8))
    return found


def _starts(layout: Layout) -> NDArray[np.int64]:
    """Return the starts of the runs of numbers."""
    return _runs(layout.value_weights.astype(np.float64), 0)[0]
