"""Synthetic tables of model configurations: 47 fields with gaps, families, and copies.

Distinct rows grow as real configurations do: a few architectures, then again and again a copy
of an earlier row with one to five changed fields. Models are copies of distinct rows, few rows
with very many. Every field is kept as the number of its level, -1 for missing, so that two
million rows of 47 fields take 190 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

N_NUMBERS, N_CATEGORIES, N_BOOLEANS = 12, 20, 15
N_FIELDS = N_NUMBERS + N_CATEGORIES + N_BOOLEANS

_SIZES = np.array([64, 128, 256, 384, 512, 768, 1024, 1280, 1600, 2048, 2560, 3072, 3584, 4096,
                   5120, 6144, 6656, 8192, 12288, 16384], dtype=float)  # fmt: skip
_SMALL = np.array([1, 2, 3, 4, 6, 8, 10, 12, 16, 18, 20, 24, 28, 30, 32, 36, 40, 48, 64, 80, 96],
                  dtype=float)  # fmt: skip
_VALUES: tuple[NDArray[np.float64], ...] = (
    _SIZES,  # hidden size
    _SMALL,  # layers
    _SMALL,  # heads
    np.unique(np.concatenate([4 * _SIZES, np.rint(2.6875 * _SIZES)])),  # intermediate size
    _SMALL,  # key-value heads
    np.unique(np.concatenate([np.array([30522, 32000, 50257, 128256, 151936.0]),
                              32000.0 + 7 * np.arange(1500)])),  # vocabulary
    2.0 ** np.arange(9, 21),  # context
    np.array([0, 4, 8, 16, 64, 128, 256], dtype=float),  # experts
    np.array([1e4, 5e4, 1e5, 5e5, 1e6, 5e6]),  # rope theta
    np.array([1e-12, 1e-8, 1e-6, 1e-5]),  # epsilon of the norm
    np.array([0.006, 0.01, 0.02, 0.05, 1.0]),  # spread of the first weights
    np.array([0.0, 0.05, 0.1, 0.2]),  # dropout
)  # fmt: skip
_LADDER = 5
"""The first fields grow with the size of a model."""
_CATEGORY_LEVELS = (300, 300, 150, 120, 100, 80, 60, 30, 25, 20, 15, 12, 10, 8, 6, 6, 5, 5, 4, 3)
LEVELS = np.array(
    [*(len(values) for values in _VALUES), *_CATEGORY_LEVELS, *([2] * N_BOOLEANS)], dtype=np.int64
)

# Core fields are known to most models, those of one kind of architecture to few.
_MISSING = np.resize([0.15, 0.25, 0.35, 0.45, 0.55, 0.65], N_FIELDS)
_MISSING[: _LADDER + 1] = 0.10
# What fine-tuning changes: versions, types and token ids far more than sizes.
_CHANGED = np.concatenate([np.full(N_NUMBERS, 0.5), np.full(N_CATEGORIES, 1.5),
                           np.full(N_BOOLEANS, 0.5)])  # fmt: skip
_CHANGED[[5, 14, 15, N_NUMBERS + N_CATEGORIES]] = 3.0, 20.0, 8.0, 5.0


@dataclass(frozen=True, eq=False)
class MixedTable:
    """Rows of synthetic models.

    Attributes
    ----------
    levels : ndarray of int16, shape (n, 47)
        12 numeric, 20 categorical, 15 boolean fields; -1 is missing.
    family : ndarray of int64, shape (n,)
        Architecture that a row descends from.
    """

    levels: NDArray[np.int16]
    family: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.levels)

    def numbers(self) -> NDArray[np.float64]:
        """Numeric fields, shape (n, 12); missing is NaN."""
        found = np.empty((self.n, N_NUMBERS))
        for field, values in enumerate(_VALUES):
            found[:, field] = np.append(values, np.nan)[self.levels[:, field]]
        return found

    def unit_numbers(self) -> NDArray[np.float64]:
        """Numeric fields divided by their ranges, lowest value 0; missing is NaN."""
        found = self.numbers()
        low, high = np.nanmin(found, axis=0), np.nanmax(found, axis=0)
        found -= low
        found /= np.where(high > low, high - low, 1.0)
        return found

    def codes(self) -> NDArray[np.int16]:
        """Categorical and boolean fields, shape (n, 35); missing is -1."""
        return self.levels[:, N_NUMBERS:]

    def groups(self) -> list[NDArray[np.int64]]:
        """Rows of each family with more than one."""
        rows = np.argsort(self.family, kind="stable")
        cuts = np.flatnonzero(np.diff(self.family[rows])) + 1
        return [group for group in np.split(rows, cuts) if len(group) > 1]

    def frame(self) -> pd.DataFrame:
        """Rows as a typed frame: float, category and nullable boolean columns."""
        import pandas as pd

        numbers, columns = self.numbers(), dict[str, Any]()
        for field in range(N_FIELDS):
            level = self.levels[:, field]
            if field < N_NUMBERS:
                columns[f"number_{field:02}"] = pd.Series(numbers[:, field])
            elif field < N_NUMBERS + N_CATEGORIES:
                words = pd.Index([f"level {i:03}" for i in range(LEVELS[field])])
                columns[f"category_{field:02}"] = pd.Series(pd.Categorical.from_codes(level, words))
            else:
                values = pd.arrays.BooleanArray(level == 1, level < 0)
                columns[f"boolean_{field:02}"] = pd.Series(values)
        return pd.DataFrame(columns)

    def complete(self) -> MixedTable:
        """Return the same table with every gap filled."""
        return MixedTable(np.where(self.levels < 0, 0, self.levels), self.family)

    def save(self, path: Path) -> None:
        """Write the table to an .npz file."""
        np.savez(path, levels=self.levels, family=self.family)


def load(path: Path) -> MixedTable:
    """Read a table that `MixedTable.save` wrote."""
    with np.load(path) as stored:
        return MixedTable(stored["levels"], stored["family"])


def generate(n: int, distinct: float = 0.25, seed: int = 1) -> MixedTable:
    """Make a table of n rows of which a share is distinct."""
    rng = np.random.default_rng(seed)
    wanted = max(1, round(n * distinct))
    levels, family = _distinct_rows(rng, wanted)
    weight = np.cumsum(1.0 / np.arange(1, wanted + 1) ** 0.8)
    copied = np.searchsorted(weight, rng.random(n - wanted) * weight[-1])
    rows = rng.permutation(np.concatenate([np.arange(wanted), np.minimum(copied, wanted - 1)]))
    return MixedTable(levels[rows], family[rows])


def _distinct_rows(
    rng: np.random.Generator, wanted: int
) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Grow distinct rows from architectures, each time up to twice as many."""
    start = min(wanted, max(20, min(300, wanted // 12)))
    levels, family = np.empty((wanted, N_FIELDS), np.int16), np.arange(wanted)
    levels[:start] = _fresh(rng, start)
    gaps = rng.random((start, N_FIELDS)) < _MISSING
    gaps[:, N_NUMBERS] = False
    levels[:start][gaps] = -1
    levels[:start, N_NUMBERS] = np.arange(start)  # the first category names the architecture
    size = start
    while size < wanted:
        more = min(size, wanted - size)
        source = (size * rng.random(more) ** 2).astype(np.int64)  # older rows are copied more
        levels[size : size + more] = levels[source]
        family[size : size + more] = family[source]
        _change(rng, levels, np.arange(size, size + more))
        size += more
    _tell_apart(rng, levels)
    return levels, family


def _tell_apart(rng: np.random.Generator, levels: NDArray[np.int16]) -> None:
    """Change rows that equal an earlier one until all are distinct."""
    factors = rng.integers(1, 2**63, N_FIELDS, dtype=np.uint64) | np.uint64(1)
    keys = np.empty(len(levels), dtype=np.uint64)
    rows = np.arange(len(levels))
    while len(rows):
        key = np.zeros(len(rows), dtype=np.uint64)
        for field, factor in enumerate(factors):
            key += levels[rows, field].astype(np.uint64) * factor  # modulo 2**64
            key ^= key >> np.uint64(29)
        keys[rows] = key
        first = np.zeros(len(levels), dtype=bool)
        # two keys that are equal by chance change a row that need not be: harmless
        first[np.unique(keys, return_index=True)[1]] = True
        rows = np.flatnonzero(~first)
        _change(rng, levels, rows)


def _fresh(rng: np.random.Generator, n: int) -> NDArray[np.int16]:
    """Return n rows without gaps; sizes go together, small level numbers are common."""
    levels = np.empty((n, N_FIELDS), np.int16)
    size = rng.beta(3, 3, n)
    for field, count in enumerate(LEVELS):
        if field < _LADDER:
            draw = 0.85 * size + 0.15 * rng.random(n)
        elif field < N_NUMBERS + N_CATEGORIES:
            draw = rng.random(n) ** 3
        else:
            draw = rng.random(n)
        levels[:, field] = (draw * count).astype(np.int16)
    return levels


def _change(rng: np.random.Generator, levels: NDArray[np.int16], rows: NDArray[np.int64]) -> None:
    """Change one to five fields of some rows in place; some appear, some vanish."""
    likely = np.cumsum(_CHANGED) / _CHANGED.sum()
    for share in (1.0, 0.55, 0.3, 0.15, 0.1):
        chosen = rows[rng.random(len(rows)) < share]
        field = np.searchsorted(likely, rng.random(len(chosen)))
        level = (rng.random(len(chosen)) ** 2 * LEVELS[field]).astype(np.int16)
        known = levels[chosen, field] >= 0
        # a gap mostly stays one: it belongs to the architecture
        flips = rng.random(len(chosen)) < np.where(known, 0.06, 0.12)
        levels[chosen, field] = np.where(known, np.where(flips, -1, level),
                                         np.where(flips, level, -1))  # fmt: skip
