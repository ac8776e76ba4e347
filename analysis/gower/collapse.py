"""Equal rows put together, and rows ranked by their key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def collapse(
    codes: NDArray[np.int32], numbers: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give numbers to the different rows of a table.

    Parameters
    ----------
    codes, numbers : ndarray, shape (fields, n)
        Values, missing included; NaN equals NaN.

    Returns
    -------
    configuration : ndarray of int64, shape (n,)
        Number of each row's combination of values.
    first : ndarray of int64, shape (u,)
        A row of each combination.

    Notes
    -----
    Rows are put together by a hash and then compared value by value; should two different
    rows ever share a hash, all are told apart by sorting instead. O(n f).
    """
    import pandas as pd

    n = codes.shape[1]
    mixed = np.zeros(n, dtype=np.uint64)
    for bits in _bits(codes, numbers):
        mixed = (mixed ^ bits) * _ODD
        mixed ^= mixed >> _SHIFT
    configuration = pd.factorize(mixed)[0].astype(np.int64)
    first = _first(configuration)
    chosen = first[configuration]
    for bits in _bits(codes, numbers):
        if not np.array_equal(bits, bits[chosen]):
            configuration = in_order(codes, numbers)
            return configuration, _first(configuration)
    return configuration, first


def in_order(codes: NDArray[np.int32], numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give numbers to the different rows of a table in the order of their content, shape (n,).

    Fields are folded in one after the other: a running number and the next field's level
    together number their combinations.
    """
    content = np.zeros(codes.shape[1], dtype=np.int64)
    for values in (*codes, *numbers):
        levels, level = np.unique(values, return_inverse=True)
        content = np.unique(content * len(levels) + level, return_inverse=True)[1]
    return content


def ranked_by_key(frame: pd.DataFrame, key: str) -> NDArray[np.int64] | None:
    """Return the rank of each row by its key, shape (n,); None where rows have no key.

    Raises
    ------
    UserError
        If the key column repeats or lacks a value, or mixes kinds.
    """
    import pandas as pd

    names = frame.index if not key else pd.Index(frame[key])
    if isinstance(names, pd.RangeIndex) and names.step > 0:
        return np.arange(len(frame))
    if not names.is_unique and not key:
        return None
    if names.hasnans or not names.is_unique:
        raise UserError(
            "Cannot tell rows apart", where=key or "index", why="it repeats or lacks a value"
        )
    try:
        return inverse(_sorted(names))
    except TypeError:
        raise UserError(
            "Cannot order rows", where=key or "index", why="it mixes kinds of values"
        ) from None


def inverse(permutation: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each number in a permutation of 0 … n - 1."""
    found = np.empty(len(permutation), dtype=np.int64)
    found[permutation] = np.arange(len(permutation))
    return found


def firsts(labels: NDArray[np.int64], order: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return, for each of n labels, the row that comes first in an order of rows."""
    found = np.empty(n, dtype=np.int64)
    found[labels[order[::-1]]] = order[::-1]  # of several the last is kept
    return found


def _first(configuration: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row of each configuration."""
    n = int(configuration.max(initial=-1)) + 1
    return firsts(configuration, np.arange(len(configuration)), n)


def _bits(codes: NDArray[np.int32], numbers: NDArray[np.float64]) -> Iterator[NDArray[np.uint64]]:
    """Go through the fields as integers that are equal where values are."""
    for code in codes:
        yield code.astype(np.uint64)
    for number in numbers:
        yield np.where(np.isnan(number), np.nan, number).view(np.uint64)


def _sorted(names: pd.Index[Any]) -> NDArray[np.int64]:
    """Return the rows in the order of their names: text by code points, as Python orders it."""
    import pandas as pd

    if pd.api.types.infer_dtype(names, skipna=False) == "string":
        import pyarrow as pa
        import pyarrow.compute as pc

        text = pa.array(names, type=pa.large_string())
        return np.asarray(pc.sort_indices(text)).astype(np.int64)
    return np.asarray(names.argsort(), dtype=np.int64)
