"""The ranges of numeric fields, and numbers in the unit in which they are subtracted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from modelkin.analysis.gower.spec import Spec
from modelkin.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def bounds(spec: Spec, names: Sequence[str], raw: NDArray[np.float64]) -> Spec:
    """Return the spec with the ranges of its numeric fields, checked against the values.

    Parameters
    ----------
    spec : Spec
        With ranges, they are kept and must contain every value; "pairwise-max" has none.
    names : sequence of str
        Numeric fields.
    raw : ndarray of float64, shape (len(names), n)
        Their values; missing is NaN.

    Raises
    ------
    UserError
        If a value lies outside a given range or a range overflows, and for negative values
        under "log-range".
    """
    if spec.variant == "pairwise-max":
        return replace(spec, ranges={})
    found = {}
    for name, values in zip(names, raw, strict=True):
        known = values[~np.isnan(values)]
        if spec.variant == "log-range":
            if (known < 0).any():
                raise _outside(name, "a negative number has no logarithm")
            known = known[known > 0]
        if spec.ranges is not None:
            _check_inside(name, known, spec.ranges.get(name))
        elif len(known):
            found[name] = (float(known.min()), float(known.max()))
            if not np.isfinite(found[name][1] - found[name][0]):
                raise _outside(name, "its range overflows")
    return spec if spec.ranges is not None else replace(spec, ranges=found)


def scaled(
    spec: Spec, names: Sequence[str], raw: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return numbers in the unit of subtraction and the divisors of their differences.

    Returns
    -------
    numbers : ndarray of float64, shape of `raw`
        The values, their logarithms under "log-range"; there, 0 is put two ranges below the
        smallest, where its distance to every other value is cut at 1.
    scale : ndarray of float64, shape (len(names),)
        Ranges; 1 for a constant or unknown field, and under "pairwise-max".
    """
    ranges = spec.ranges or {}
    low, high = np.array([ranges.get(name, (1.0, 1.0)) for name in names]).reshape(-1, 2).T
    if spec.variant == "pairwise-max":
        return raw, np.ones(len(names))
    if spec.variant == "range":
        return raw, np.where(high > low, high - low, 1.0)
    low, high = np.log(low), np.log(high)
    scale = np.where(high > low, high - low, 1.0)
    floor = (low - 2 * scale)[:, None]
    with np.errstate(divide="ignore"):  # the zeros are replaced on the next line
        logs = np.log(raw)
    return np.where(raw == 0, floor, logs), scale


def _check_inside(name: str, known: NDArray[np.float64], given: tuple[float, float] | None) -> None:
    """Refuse values outside a range that was fixed on another frame."""
    if len(known) == 0:
        return
    if given is None:
        raise _outside(name, "the given ranges do not know it")
    if known.min() < given[0] or known.max() > given[1]:
        raise _outside(name, f"a value lies outside the given range {given[0]:g} to {given[1]:g}")


def _outside(name: str, why: str) -> UserError:
    """Return the error of a value that a variant or range cannot take."""
    return UserError(
        "Cannot scale a numeric field",
        where=name,
        why=why,
        fix="Check the values, or take the ranges from the whole set.",
    )
