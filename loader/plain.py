"""Foreign scalars to plain Python: numpy, pandas, sets, tuples, UUIDs; without importing them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from modelkin.loader.literals import CellError


class UnstorableError(CellError):
    """A value that no property can hold: its row is rejected."""


def plain(value: Any) -> Any:
    """Turn scalars of numpy and pandas, sets, tuples and UUIDs into plain Python."""
    if value is None or type(value) in (str, int, float, bool, list, dict):
        return value
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (datetime, date)):
        return value
    if type(value).__name__ == "datetime64":
        return str(value)
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return _of_python(value.tolist())
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, tuple):
        return list(value)
    return _of_python(value)


def _of_python(value: Any) -> Any:
    """Accept subclasses of plain types; refuse Decimal, complex, bytes and all else."""
    if isinstance(value, (bool, list, dict, datetime)) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise UnstorableError("unstorable_type")


def one(value: Any) -> Any:
    """Return the one value that a list stands for: its only one, or the one all share."""
    if isinstance(value, dict):
        raise CellError("refused_value" if "$refused" in value else "not_one_value")
    if not isinstance(value, list):
        return value
    if not value:
        return None
    if any(isinstance(item, (list, dict)) or item != value[0] for item in value):
        raise CellError("not_one_value")
    return plain(value[0])
