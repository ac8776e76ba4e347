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


def kind_of(column: pd.Series[Any]) -> FieldKind:
    """Return the kind that a column's type and values state.

    Raises
    ------
    UserError
        For dates, mixed values, and text that holds only numbers or truth values: those
        need a conversion first, or a spec that says they are categories.
    """
    import pandas.api.types as types

    if types.is_bool_dtype(column.dtype):
        return "boolean"
    if types.is_any_real_numeric_dtype(column.dtype):
        return "number"
    found = {_kind_of_value(value) for value in known_values(column)}
    if found <= {"category"}:
        _refuse_disguised(column)
        return "category"
    if len(found) == 1 and (kind := found.pop()) is not None:
        return kind
    raise _unfit(column, "its values are of several kinds, or of one that cannot be compared")


def numbers_of(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return a numeric column as float64, shape (n,); missing is NaN.

    Raises
    ------
    UserError
        For text, truth values, infinities, and integers beyond 2**53.
    """
    import pandas.api.types as types

    if not types.is_any_real_numeric_dtype(column.dtype):
        wrong = [v for v in known_values(column) if _kind_of_value(v) != "number"]
        if wrong:
            raise _unfit(column, f"{wrong[0]!r} is no number", "Convert the column first.")
    if any(isinstance(v, Integral) and abs(int(v)) > EXACT for v in _large(column)):
        raise _unfit(column, "it holds integers beyond 2**53, which cannot be told apart")
    values: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise _unfit(column, "it holds an infinity", "Set such cells to missing.")
    return values + 0.0  # -0.0 and 0.0 are one value


def codes_of(column: pd.Series[Any], kind: FieldKind) -> NDArray[np.int32]:
    """Return codes of a categorical or boolean column, shape (n,); missing is -1.

    Codes follow the sorted values, so they do not depend on the order of rows.

    Raises
    ------
    UserError
        If a boolean column holds anything but True and False, or a category mixes text
        with numbers.
    """
    import pandas as pd

    values = column.astype(object)
    found = {_kind_of_value(value) for value in known_values(column)}
    if kind == "boolean" and not found <= {"boolean"}:
        raise _unfit(column, "it is to hold True and False", "Convert the column first.")
    if len(found) > 1 or None in found:
        raise _unfit(column, "its values are of several kinds, or of one that has no equality")
    codes, _ = pd.factorize(values, sort=True)
    return codes.astype(np.int32)


def known_values(column: pd.Series[Any]) -> NDArray[Any]:
    """Return the different values of a column that are not missing."""
    values: NDArray[Any] = np.asarray(column.dropna().unique(), dtype=object)
    return values


def _kind_of_value(value: object) -> FieldKind | None:
    """Return what one value is, or None for anything that is not compared."""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, str):
        return "category"
    return "number" if isinstance(value, Real) else None


def _large(column: pd.Series[Any]) -> NDArray[Any]:
    """Return the values that may be integers too large for float64."""
    import pandas.api.types as types

    if types.is_float_dtype(column.dtype):
        return np.empty(0, dtype=object)
    return known_values(column)


def _refuse_disguised(column: pd.Series[Any]) -> None:
    """Refuse text that is only numbers or truth values: as a category it would lie."""
    words = [str(value).strip().lower() for value in known_values(column)]
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
