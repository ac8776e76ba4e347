"""Values of a graph as what JSON can say, without altering one silently.

The plain form, which `modelkin.loader.pickles.reader` documents for its callers:

- text, whole numbers of 64 bits, finite numbers, truth values and None stay;
- numpy scalars have become numbers or text, dates and times ISO 8601 text, a UUID its
  text (see `stand_ins`); a duration becomes ISO text in seconds ("PT90.5S");
- NaN becomes None and is counted in ``notes``; NaT and NA have become None;
- tuples become lists, sets sorted lists; dictionaries with text keys stay;
- everything else becomes ``{"$refused": "<what it was>"}`` as a whole value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from math import isfinite
from typing import Any

from modelkin.loader.pickles.stand_ins import Refused, Shell, UuidShell

REFUSED = "$refused"
MAX_KEY_CHARS = 200
# A graph's own tables are not counted; list in list in list in list is the deepest value.
MAX_DEPTH = 4
# Characters and elements of one record: above the longest model cards, far below memory.
MAX_RECORD = 2 * 2**20
MAX_NAMES = 2**16
_MAX_KNOWN = 1_000
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1

_TOO_MUCH = f"more than {MAX_RECORD:,} characters and elements in one record"
_TOO_BIG = "whole number beyond 64 bits"
_INFINITE = "infinite number"

Table = dict[object, object]
Names = tuple[str, ...]


class _RefusalError(Exception):
    """The value holds something that cannot be stored."""


class Plain:
    """Turns keys and attributes into their plain form, and counts what changed.

    Parameters
    ----------
    leave_out : collection of str
        Attribute names to leave out (counted in ``notes``).

    Attributes
    ----------
    notes : Counter
        "NaN" and "left out: <name>" -> occurrences.
    taken : int
        Characters and elements that the last record took.
    """

    def __init__(self, leave_out: Collection[str] = ()) -> None:
        self.leave_out = frozenset(leave_out)
        self.notes: Counter[str] = Counter()
        self.taken = 0
        # Tuples of names that were seen to be texts, of a bearable length.
        self._known: set[Names] = set()

    def key(self, key: object) -> object:
        """Return the key of a node or of a parallel edge: short text, else a marker."""
        if type(key) is str and len(key) <= MAX_KEY_CHARS:
            return key
        if isinstance(key, str):
            return _marker(f"text of {len(key):,} characters ({key[:60]}...)")
        shown = f" {key}" if isinstance(key, int) and _INT_MIN <= key <= _INT_MAX else ""
        return _marker(f"{_kind(key)}{shown} where text is needed")

    def attributes(self, source: Table) -> tuple[Names, list[object]]:
        """Return the names and the values of a node's or edge's attributes.

        A name that is no text, or names without end, refuse the record as a whole: its
        only name is then the marker's.
        """
        if not self.leave_out.isdisjoint(source):
            source = self._without(source)
        names: tuple[Any, ...] = tuple(source)
        if names not in self._known:
            if not set(map(type, names)) <= {str}:
                return (REFUSED,), ["attribute name that is no text"]
            if sum(map(len, names)) > MAX_NAMES:
                return (REFUSED,), [f"attribute names of more than {MAX_NAMES:,} characters"]
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known.add(names)
        return names, self._values(source)

    def _values(self, source: Table) -> list[object]:
        """Return the values of a record; the usual kinds are told apart here, for speed."""
        # A graph of the Hub has 19 million values: each branch is one of its kinds.
        values: list[Any] = []
        taken, nans = len(source), 0
        value: Any
        for value in source.values():
            kind = type(value)
            if kind is str:
                taken += len(value)
                if taken > MAX_RECORD:
                    taken -= len(value)
                    value = _marker(_TOO_MUCH)
            elif kind is int:
                if not _INT_MIN <= value <= _INT_MAX:
                    value = _marker(_TOO_BIG)
            elif kind is float:
                if value != value:
                    value = None
                    nans += 1
                elif not isfinite(value):
                    value = _marker(_INFINITE)
            elif value is not None:
                self.taken = taken
                value = self._whole(value)
                taken = self.taken
            values.append(value)
        self.taken = taken
        if nans:
            self.notes["NaN"] += nans
        return values

    def _without(self, source: Table) -> Table:
        """Drop the attributes that are not wanted."""
        for name in self.leave_out.intersection(source):
            self.notes[f"left out: {name}"] += 1
        return {name: value for name, value in source.items() if name not in self.leave_out}

    def _whole(self, value: object) -> object:
        """Return the plain value, or the marker in its place."""
        before = self.taken
        try:
            return self._value(value, 0)
        except _RefusalError as refusal:
            self.taken = before
            return _marker(str(refusal))

    def _value(self, value: object, depth: int) -> object:
        """Convert one value, at a depth of containers inside its attribute."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self._take(len(value))
            return value
        if isinstance(value, int):
            if not _INT_MIN <= value <= _INT_MAX:
                raise _RefusalError(_TOO_BIG)
            return value
        if isinstance(value, float):
            return self._number(value)
        if isinstance(value, timedelta):
            return _duration(value)
        if isinstance(value, UuidShell):
            return _uuid(value)
        return self._container(value, depth + 1)

    def _number(self, value: float) -> float | None:
        if isfinite(value):
            return value
        if value != value:
            self.notes["NaN"] += 1
            return None
        raise _RefusalError(_INFINITE)

    def _container(self, value: object, depth: int) -> object:
        """Convert a list, tuple, set or dictionary and what is in it."""
        if not isinstance(value, (list, tuple, set, frozenset, dict)):
            raise _RefusalError(_kind(value))
        if depth > MAX_DEPTH:
            raise _RefusalError(f"containers nested more than {MAX_DEPTH} deep")
        self._take(len(value))
        if isinstance(value, (list, tuple)):
            return [self._value(item, depth) for item in value]
        if isinstance(value, dict):
            if not all(type(key) is str for key in value):
                raise _RefusalError("dictionary with keys that are no text")
            self._take(sum(map(len, value)))
            return {key: self._value(item, depth) for key, item in value.items()}
        try:
            plain: list[Any] = [self._value(item, depth) for item in value]
            return sorted(plain)
        except TypeError:
            raise _RefusalError("set whose members have no common order") from None

    def _take(self, amount: int) -> None:
        self.taken += amount
        if self.taken > MAX_RECORD:
            raise _RefusalError(_TOO_MUCH)


def _marker(what: str) -> dict[str, str]:
    """Stand in the place of a value that was refused."""
    return {REFUSED: what}


def _kind(value: object) -> str:
    """Name what a refused value is."""
    if isinstance(value, Refused):
        return value.what
    if isinstance(value, Shell):
        return f"networkx {type(value).__name__}"
    return type(value).__name__


def _duration(value: timedelta) -> str:
    """ISO 8601 text of a duration in seconds, exact to the microsecond."""
    if value < timedelta(0):
        return "-" + _duration(-value)
    fraction = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    return f"PT{value.days * 86_400 + value.seconds}{fraction}S"


def _uuid(value: UuidShell) -> str:
    """Text of a UUID from the number in its state."""
    state = getattr(value, "state", None)
    number = state.get("int") if isinstance(state, dict) else None
    if type(number) is not int or not 0 <= number < 2**128:
        raise _RefusalError("UUID without its number")
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
