"""One cell to one storable value, by the attribute that it is read for.

What comes out is what both databases store and give back unchanged: 64-bit integers,
finite floats, booleans, text, lists of text, and times as text in UTC. Everything else is
absent (`None`), left out of its row (`CellError`), or refuses its row (`UnstorableError`).
``normalise(normalise(x)) == normalise(x)``. Nothing is ever evaluated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from modelkin.errors import printable
from modelkin.loader.literals import CellError, literal_list
from modelkin.loader.plain import UnstorableError, one, plain
from modelkin.schema.attributes import TEXT_OF_MISSING, Attribute

__all__ = ["Cell", "CellError", "UnstorableError", "excerpt", "in_band", "is_missing", "normalise"]

Cell = int | float | bool | str | list[str]

MAX_TEXT = 1_000
"""Longest text of a category or an element: real ones have under 100 characters."""

MAX_EXCERPT = 200
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
_VERSION = re.compile(r"v?([1-9][0-9]{0,2})\.([0-9]{1,3})(?![0-9])")
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
_TRUE = frozenset({"true", "t", "yes", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "0", "0.0"})
_HUB_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.[0-9]{1,6})?Z"
)
_IS_BOOLEAN = frozenset({"true", "false"})
_FOLDED = frozenset({"torch_dtype", "quant_method", "rope_scaling_type", "hidden_act"})
_MILLISECONDS = 1e11  # as seconds this is the year 5138, as milliseconds 1973
_YEARS = range(2000, 2101)


def excerpt(value: object) -> str:
    """Return at most 200 characters of a value, escaped for any display."""
    text = value if isinstance(value, str) else repr(value)
    return printable(text[:MAX_EXCERPT])[:MAX_EXCERPT]


def is_missing(value: object) -> bool:
    """Tell whether a cell says "not known": None, NaN, or a text of `TEXT_OF_MISSING`."""
    if isinstance(value, str):
        return (len(value) < 8 or value.isspace()) and value.strip().lower() in TEXT_OF_MISSING
    return value is None or (isinstance(value, float) and value != value)


def in_band(value: object, attribute: Attribute) -> bool:
    """Tell whether a number lies in the attribute's plausible band (other values always do)."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return True
    low, high = attribute.low, attribute.high
    return (low is None or value >= low) and (high is None or value <= high)


def normalise(value: object, attribute: Attribute) -> Cell | None:
    """Turn one cell into the value that the attribute stores.

    Parameters
    ----------
    value : object
        Text of a table, a value of JSON or Parquet, or a scalar of numpy or pandas.
    attribute : Attribute
        Decides the kind; ``"10000"`` and ``"10000.0"`` are one number, ``"1"`` is True for
        a boolean, a version keeps major.minor, a time becomes ``2025-07-11T00:55:12Z``
        (a date without a time is midnight, a time without a zone is UTC).

    Returns
    -------
    Cell or None
        None where the cell says "not known", or names nothing (``[]``).

    Raises
    ------
    CellError
        The cell is no such value: "not_a_number", "not_an_integer", "is_boolean",
        "is_a_number", "not_a_boolean", "not_a_version", "not_a_date", "not_one_value",
        "bad_list", "nested_list", "too_long", "refused_value".
    UnstorableError
        No property can hold it: "infinite", "beyond_64_bits", "lone_surrogate",
        "unstorable_type".
    """
    bare = plain(value)
    if bare is None or is_missing(bare):
        return None
    return _KINDS[attribute.kind](bare, attribute)


def reader(attribute: Attribute) -> Callable[[object], Cell | None]:
    """Return `normalise` for one attribute, with a short way for the Hub's own times."""
    if attribute.kind != "time":
        return lambda value: normalise(value, attribute)

    def read(value: object) -> Cell | None:
        if type(value) is str and (parts := _HUB_TIME.fullmatch(value)) and _is_day(parts[1]):
            return f"{parts[1]}T{parts[2]}Z"
        return normalise(value, attribute)

    return read


@lru_cache(maxsize=1 << 14)
def _is_day(text: str) -> bool:
    """Tell whether a date of the right shape is in the calendar."""
    try:
        return date.fromisoformat(text).year in _YEARS
    except ValueError:
        return False


def _number(value: Any) -> int | float | None:
    """Read a finite number; integers stay integers."""
    value = one(value)
    if isinstance(value, bool):
        raise CellError("is_boolean")
    if isinstance(value, str):
        value = _number_of_text(value.strip())
    if value is None:
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            raise UnstorableError("infinite")
        return value
    if not isinstance(value, int):
        raise CellError("not_a_number")
    if not -(2**63) <= value < 2**63:
        raise UnstorableError("beyond_64_bits")
    return value


def _number_of_text(text: str) -> int | float | None:
    """Read the decimal spellings of a number; no separators, no foreign digits."""
    if _INTEGER.fullmatch(text):
        if len(text) > 40:
            raise UnstorableError("beyond_64_bits")
        return int(text)
    if len(text) <= 40 and _NUMBER.fullmatch(text):
        return float(text)
    folded = text.lower()
    if folded in TEXT_OF_MISSING:
        return None
    if folded in _IS_BOOLEAN:
        raise CellError("is_boolean")
    if folded in _INFINITE:
        raise UnstorableError("infinite")
    raise CellError("not_a_number")


def _integer_cell(value: Any, _attribute: Attribute) -> int | None:
    """Read a whole number: 32, "32", "32.0"."""
    number = _number(value)
    if isinstance(number, float):
        if not number.is_integer():
            raise CellError("not_an_integer")
        return _integer_cell(int(number), _attribute)
    return number


def _number_cell(value: Any, _attribute: Attribute) -> float | None:
    """Read a number; always a float, so that 10000 and 10000.0 are one value."""
    number = _number(value)
    return None if number is None else float(number)


def _boolean_cell(value: Any, _attribute: Attribute) -> bool | None:
    """Read a boolean; the text "False" is False."""
    value = one(value)
    if isinstance(value, bool) or value is None:
        return value
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text in TEXT_OF_MISSING:
        return None
    raise CellError("not_a_boolean")


def _category_cell(value: Any, attribute: Attribute) -> str | None:
    """Read one word; several licences become one text, sorted."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = literal_list(value)
    if isinstance(value, list) and attribute.name == "license":
        value = ", ".join(sorted(_texts(value)))
    value = one(value)
    if isinstance(value, bool):
        raise CellError("is_boolean")
    if value is None or is_missing(value):
        return None
    text = _storable(str(value).strip(), MAX_TEXT)
    if text.lower() in _IS_BOOLEAN:
        raise CellError("is_boolean")
    if attribute.name == "transformers_version":
        return _version(text)
    if _NUMBER.fullmatch(text) or text.lower() in _INFINITE:
        raise CellError("is_a_number")
    if attribute.name in _FOLDED:
        return text.lower().removeprefix("torch.")
    return text


def _version(text: str) -> str:
    """Keep major.minor of a library version ("4.31.0.dev0" → "4.31")."""
    match = _VERSION.match(text)
    if match is None:
        raise CellError("not_a_version")
    return f"{match[1]}.{match[2]}"


def _text_cell(value: Any, _attribute: Attribute) -> str | None:
    """Read a text; the first of a list (`architectures`)."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = literal_list(value)
    if isinstance(value, list):
        value = next(iter(_texts(value)), None)
    if isinstance(value, dict):
        raise CellError("refused_value" if "$refused" in value else "not_one_value")
    if value is None or is_missing(value):
        return None
    return _storable(str(value).strip(), MAX_TEXT) or None


def _list_cell(value: Any, _attribute: Attribute) -> list[str] | None:
    """Read a list of texts, without empty ones and repetitions; a lone text is a list of one."""
    if isinstance(value, dict):
        raise CellError("refused_value" if "$refused" in value else "not_one_value")
    if isinstance(value, str):
        text = value.strip()
        value = literal_list(text) if text.startswith("[") else [text]
    elif not isinstance(value, list):
        value = [value]
    return _texts(value) or None


def _texts(items: list[Any]) -> list[str]:
    """Return the items as text, in their order, each once."""
    out: dict[str, None] = {}
    for item in items:
        bare = plain(item)
        if isinstance(bare, (list, dict)):
            raise CellError("nested_list")
        if bare is None or (isinstance(bare, float) and not math.isfinite(bare)):
            continue
        text = _storable(str(bare).strip(), MAX_TEXT)
        if text:
            out[text] = None
    return list(out)


def _time_cell(value: Any, _attribute: Attribute) -> str | None:
    """Read a time: ISO shapes, dates, seconds or milliseconds since 1970."""
    value = one(value)
    if value is None or isinstance(value, bool):
        raise CellError("not_a_date")
    try:
        moment = _moment(value)
        if moment.year not in _YEARS:
            raise CellError("not_a_date")
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise CellError("not_a_date") from error


def _moment(value: Any) -> datetime:
    """Return the moment that a cell names; ValueError when it names none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        text = value.strip()
        if not (_NUMBER.fullmatch(text) and len(text) > 8):
            return datetime.fromisoformat(text)
        value = float(text)
    seconds = float(value)
    return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)


def _storable(text: str, longest: int) -> str:
    """Return the text unless it cannot be sent (lone surrogates) or is no name any more."""
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise UnstorableError("lone_surrogate")
    if len(text) > longest:
        raise CellError("too_long")
    return text


_KINDS: Mapping[str, Callable[[Any, Attribute], Cell | None]] = MappingProxyType(
    {
        "integer": _integer_cell,
        "number": _number_cell,
        "boolean": _boolean_cell,
        "category": _category_cell,
        "text": _text_cell,
        "list": _list_cell,
        "time": _time_cell,
    }
)
