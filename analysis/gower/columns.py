"""From a typed column to numbers or codes; whatever is not what it claims to be is refused."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from modelkin.analysis.gower.spec import FieldKind
from modelkin.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

EXACT = 2**53
"""Integers up to here are exact in float64."""

_BOOLEAN_WORDS = frozenset({"true", "false"})


def read(
    column: pd.Series[Any], kind: FieldKind | None
) -> tuple[FieldKind, NDArray[np.float64] | NDArray[np.int32]]:
    """Return what a column is, and its values.

    Parameters
    ----------
    column : Series, n values
        Missing is None, NaN or NA.
    kind : {"number", "category", "boolean"} or None
        What it is to be; None takes what its type and values state.

    Returns
    -------
    kind : {"number", "category", "boolean"}
    values : ndarray, shape (n,)
        Numbers as float64, missing NaN; categories and booleans as int32 codes, missing -1.
        Codes follow the sorted values, so they do not depend on the order of rows.

    Raises
    ------
    UserError
        For dates and mixed values; for text that holds only numbers or truth values, unless
        it is to be a category; for what is not of the kind; for infinities, and integers
        beyond 2**53.
    """
    import pandas.api.types as types

    if kind is None and types.is_bool_dtype(column.dtype):
        kind = "boolean"
    numeric = types.is_any_real_numeric_dtype(column.dtype)
    if kind == "number" or (kind is None and numeric):
        return "number", _numbers(column, numeric)
    codes, values = _levels(column)
    stated = kind or _kind_of(column, values)
    if stated == "number":
        return stated, _numbers(column, numeric)
    _check_codes(column, stated, values)
    ranks = np.empty(len(values) + 1, dtype=np.int32)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values), dtype=np.int32)
    ranks[-1] = -1
    return stated, ranks[codes]


def _levels(column: pd.Series[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return a column as places in the list of its different values; missing is -1."""
    import pandas as pd

    try:
        codes, values = pd.factorize(column)
    except TypeError:
        raise _unfit(column, "it holds values that have no equality") from None
    return codes, np.asarray(values, dtype=object)


def _kind_of(column: pd.Series[Any], values: NDArray[Any]) -> FieldKind:
    """Return the kind that the values of a column state."""
    found = {_kind_of_value(value) for value in values}
    if found <= {"category"}:
        _refuse_disguised(column, values)
        return "category"
    if len(found) == 1 and (kind := found.pop()) is not None:
        return kind
    raise _unfit(column, "its values are of several kinds, or of one that cannot be compared")


def _check_codes(column: pd.Series[Any], kind: FieldKind, values: NDArray[Any]) -> None:
    """Refuse booleans that are none, and values that cannot be put in one order."""
    found = {_kind_of_value(value) for value in values}
    if kind == "boolean" and not found <= {"boolean"}:
        raise _unfit(column, "it is to hold True and False", "Convert the column first.")
    if len(found) > 1 or None in found:
        raise _unfit(column, "its values are of several kinds, or of one that has no equality")


def _numbers(column: pd.Series[Any], numeric: bool) -> NDArray[np.float64]:
    """Return a numeric column as float64."""
    import pandas.api.types as types

    if not numeric:
        _, found = _levels(column)
        wrong = [value for value in found if _kind_of_value(value) != "number"]
        if wrong:
            raise _unfit(column, f"{wrong[0]!r} is no number", "Convert the column first.")
        _refuse_large(column, found)
    elif not types.is_float_dtype(column.dtype) and column.notna().any():
        _refuse_large(column, [column.min(), column.max()])
    values: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise _unfit(column, "it holds an infinity", "Set such cells to missing.")
    return values + 0.0  # -0.0 and 0.0 are one value


def _refuse_large(column: pd.Series[Any], values: Any) -> None:
    """Refuse integers that float64 cannot tell apart."""
    if any(isinstance(value, Integral) and abs(int(value)) > EXACT for value in values):
        raise _unfit(column, "it holds integers beyond 2**53, which cannot be told apart")


def _kind_of_value(value: object) -> FieldKind | None:
    """Return what one value is, or None for anything that is not compared."""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, str):
        return "category"
    return "number" if isinstance(value, Real) else None


def _refuse_disguised(column: pd.Series[Any], values: NDArray[Any]) -> None:
    """Refuse text that is only numbers or truth values: as a category it would lie."""
    words = [str(value).strip().lower() for value in values]
    if not words:
        return
    if all(word in _BOOLEAN_WORDS for word in words):
        raise _unfit(
            column, "it holds truth values as text", "Convert it, or state its kind in the spec."
        )
    if all(_is_number(word) for word in words):
        raise _unfit(
            column, "it holds numbers as text", "Convert it, or state its kind in the spec."
        )


def _is_number(word: str) -> bool:
    """Say whether a word reads as a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def _unfit(column: pd.Series[Any], why: str, fix: str = "") -> UserError:
    """Return the error of a column that cannot be compared."""
    return UserError("Cannot compare a column", where=str(column.name), why=why, fix=fix)
