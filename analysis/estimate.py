"""An estimate: a number, its interval, and what it rests on; how numbers are spelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval and what it rests on.

    Attributes
    ----------
    value : float
        The estimate in the unit of its rows; NaN where there are counts only.
    low, high : float
        Ends of the interval; NaN where none can be given.
    n : int
        Rows used.
    n_components : int
        Components among them (G).
    n_effective : float
        (sum of rows)^2 / sum of rows^2 over components: how many equal components they are worth.
    note : str
        "" or why there is less than an interval: "no interval (G = 7)", "no interval (all but 3
        of 60 components at 0)", "counts only (G = 3, n = 8)", "rare: 2 of 40 components" (value
        and interval are then the share of components where it happens at all).
    """

    value: float
    low: float
    high: float
    n: int
    n_components: int
    n_effective: float
    note: str = ""

    def __str__(self) -> str:
        """Return the estimate as ``0.12 [0.08, 0.17]`` or with its note."""
        if math.isnan(self.value):
            return self.note or "none"
        return spelled(self.value, self.low, self.high) + (f" ({self.note})" if self.note else "")

    def told(self) -> str:
        """Return the estimate with what it rests on: ``0.12 [0.08, 0.17] (n = 60, G = 12)``."""
        ground = (self.n, self.n_components)
        return told(self.value, (self.low, self.high), ground, self.note)


def told(
    value: float, interval: tuple[float, float], ground: tuple[int, int], note: str, of: str = ""
) -> str:
    """Return an estimate in words, each of its grounds once.

    Parameters
    ----------
    value : float
        NaN where there are counts only.
    interval : (float, float)
        Its ends, NaN where there are none.
    ground : (int, int)
        Rows (n) and components (G).
    note : str
        As in `Estimate`.
    of : str
        What follows the number.

    Examples
    --------
    >>> told(0.5, (math.nan, math.nan), (60, 7), "no interval (G = 7)")
    '0.5 (n = 60, G = 7, no interval)'
    >>> told(math.nan, (math.nan, math.nan), (3, 2), "counts only (G = 2, n = 3)")
    'no estimate (n = 3, G = 2: counts only)'
    """
    n, groups = ground
    head, _, why = note.removesuffix(")").partition(" (")
    own = not why or why.startswith("G = ")
    rest = head if own else f"{head}: {why}"
    if math.isnan(value):
        return f"no estimate (n = {n:,}, G = {groups:,}{f': {rest}' if rest else ''})"
    number = spelled(value, *interval) + (f" {of}" if of else "")
    return f"{number} (n = {n:,}, G = {groups:,}{f', {rest}' if rest else ''})"


def columns(estimates: Sequence[Estimate], prefix: str = "") -> dict[str, list[float | str]]:
    """Return estimates as columns of a table: value, low, high, note, each with the prefix."""
    names = ("value", "low", "high", "note")
    return {f"{prefix}{name}": [getattr(e, name) for e in estimates] for name in names}


def spelled(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Return a number in three digits, with its interval if there is one.

    Small is never read as none, nor nearly one as one.

    >>> spelled(0.25, 0.125, 0.5), spelled(0.0000012), spelled(0.99999), spelled(1.0)
    ('0.25 [0.125, 0.5]', '1.2e-06', '>0.999', '1')
    """
    ends = "" if math.isnan(low) else f" [{spelled(low)}, {spelled(high)}]"
    return (">0.999" if 0.9995 <= value < 1 else f"{value:.3g}") + ends
