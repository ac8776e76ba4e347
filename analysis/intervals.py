"""Means, rates and contrasts over components: estimates that say how sure they are, or refuse.

Edges and models of one component are no independent witnesses, so every interval counts
components. Two estimands stand side by side: the *typical component* (each component counts
once) is primary; the *typical edge* (each row counts once, hence hubs decide) is beside it.
A census has no sampling error: intervals speak of other components made by the same process.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from modelkin.analysis.component_sums import LEVEL, Of, Sums, known_rows, summed
from modelkin.analysis.estimate import Estimate

MIN_COMPONENTS = 10
"""Fewest components (G) for an interval of the typical component."""
MIN_EFFECTIVE = 5.0
"""Fewest effective components for an interval of the typical edge."""
COUNTS_ONLY = (5, 10)
"""Below so many components, or so many rows, there is no estimate at all."""
NEEDED = f"an estimate needs {COUNTS_ONLY[0]} components (G) and {COUNTS_ONLY[1]} rows (n)"
"""The same in words, for where there is none."""
RARE = 5
"""A rate seen in fewer components is "rare": only the share of components is estimated. A mean
that fewer components move off 0, or off an end of its range, has no interval."""

ROUNDING = 1e-12
"""By how much means of equal values may differ."""

Within = tuple[float, float]
UNIT: Within = (0.0, 1.0)
"""Where distances, similarities and rates live."""
SIGNED: Within = (-1.0, 1.0)
"""Where differences of two of them live."""


def effective(component: ArrayLike) -> tuple[int, float]:
    """Count components and effective components of rows.

    Parameters
    ----------
    component : array, shape (n,)
        Component of each row.

    Returns
    -------
    n_components : int
        G.
    n_effective : float
        (sum n_g)^2 / sum n_g^2; 0 without rows.
    """
    sums = summed(np.zeros(len(np.asarray(component))), component)
    return len(sums.size), sums.n_effective


def counts_only(n_components: int, n: int) -> str:
    """Return the note of so few components or rows that there is no estimate; "" of enough.

    >>> counts_only(2, 3), counts_only(5, 10)
    ('counts only (G = 2, n = 3)', '')
    """
    few = n_components < COUNTS_ONLY[0] or n < COUNTS_ONLY[1]
    return f"counts only (G = {n_components}, n = {n})" if few else ""


def mean(
    values: ArrayLike, component: ArrayLike, of: Of = "component", within: Within | None = None
) -> Estimate:
    """Estimate a mean over the typical component or the typical edge.

    Parameters
    ----------
    values : array of float, shape (n,)
        One value a row; rows with NaN are left out.
    component : array, shape (n,)
        Component of each row.
    of : {"component", "edge"}
        Mean of component means with Student's t over components (G - 1), or mean of rows with
        the delete-one-component jackknife (CR3) and t with max(G_eff - 1, 1).
    within : (float, float), optional
        Ends of the range in which the values live (`UNIT`, `SIGNED`): the interval then stays
        inside.

    Returns
    -------
    Estimate
        Without an interval below 10 components (5 effective ones for "edge"), and where fewer
        than 5 components are off 0 or off one end; without a value below 5 components or 10
        rows.

    Raises
    ------
    ValueError
        A value lies outside `within`.

    Notes
    -----
    The jackknife is V = (G - 1)/G sum (θ_(g) - θ)^2, so that with components of equal size
    both estimands and their standard errors agree. The primary method covers 0.94-0.95 on
    correlated components of Pareto sizes, where rows taken as independent cover 0.2-0.4.

    Between two ends (on [0, 1] after scaling) the interval holds every θ with
    (m - θ)^2 ≤ t^2 V · θ(1 - θ) / (m(1 - m)): Wilson's, on n_eff = m(1 - m)/V (1.96/t)^2
    rows. It is that of t far from the ends and longer towards the middle near them, where t
    reaches outside and misses skewed truths: on worlds of rare, small drift it covers
    0.89-0.95 where t covers 0.83-0.95 (both 0.94-0.95 where drift is common).

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Cluster-robust inference: a guide to empirical practice.
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> mean(np.tile([1.0, 2.0, 3.0], 4), np.repeat(np.arange(12), 1)).n_components
    12
    """
    sums = summed(values, component)
    return _mean(sums, of, sums.n, within)


def rate(happens: ArrayLike, component: ArrayLike, of: Of = "component") -> Estimate:
    """Estimate a rate over the typical component or the typical edge.

    Parameters
    ----------
    happens : array, shape (n,)
        1 or True where it happens, 0 or False where not; NaN (unknown) rows are left out.
    component, of
        As in `mean`.

    Returns
    -------
    Estimate
        In [0, 1]. Where it happens in fewer than 5 components the note says "rare", and
        value and interval (Clopper-Pearson) are the share of components where it happens.

    Notes
    -----
    Wilson's interval on n_eff = p (1 - p) / V (1.96 / t)^2 rows, at most n, with V and t of
    `mean`; p = 1: n_eff = G or G_eff.
    """
    sums = summed(happens, component)
    estimate = _gated(sums, of, sums.n)
    groups, happening = len(sums.size), int((sums.total > 0).sum())
    if math.isnan(estimate.value):
        return estimate
    if happening < RARE:
        note = f"rare: {happening} of {groups} components"
        estimate = replace(estimate, value=happening / groups, note=note)
        if groups < MIN_COMPONENTS:
            return replace(estimate, note=f"{note}, no interval (G = {groups})")
        return _confined(estimate, happening / groups, groups, "beta")
    if estimate.note:
        return estimate
    if estimate.value >= 1.0:
        worth = float(groups) if of == "component" else sums.n_effective
        return _confined(estimate, 1.0, worth, "wilson")
    worth = min(float(sums.n), sums.independent(estimate.value, of))
    return _confined(estimate, estimate.value, worth, "wilson")


def over_components(
    values: ArrayLike, n: int, within: Within | None = None
) -> tuple[Estimate, float]:
    """Estimate the mean of one value for each component: a slope, an excess, a difference.

    Parameters
    ----------
    values : array of float, shape (G,)
        One for each component, none NaN.
    n : int
        Rows that the values were made from.
    within : (float, float), optional
        As in `mean`.

    Returns
    -------
    Estimate
        As `mean` of the typical component, with this n.
    p : float
        Two-sided p of a mean of 0, Student's t over components; NaN without an interval or
        any variation.
    """
    y = np.asarray(values, dtype=np.float64)
    estimate = _mean(Sums(np.ones(len(y)), y), "component", n, within)
    if math.isnan(estimate.low) or estimate.low == estimate.high:
        return estimate, math.nan
    return estimate, float(stats.ttest_1samp(y, 0.0).pvalue)


def paired(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    within: Within | None = None,
) -> tuple[Estimate, float]:
    """Estimate first minus second inside the components that have both.

    Parameters
    ----------
    first, second : (values, component)
        As in `mean`. An unpaired contrast would compare components with others.
    within : (float, float), optional
        Ends of the range in which the differences live (`SIGNED`).

    Returns
    -------
    Estimate
        Mean difference of component means; n is the number of rows of both in these components.
    p : float
        Two-sided p of no difference, as in `over_components`.
    """
    a, b = (known_rows(*side) for side in (first, second))
    both = np.intersect1d(a[1], b[1])
    a, b = ((v[np.isin(c, both)], c[np.isin(c, both)]) for v, c in (a, b))
    difference = summed(*a).means - summed(*b).means
    return over_components(difference, len(a[0]) + len(b[0]), within)


def _gated(sums: Sums, of: Of, n: int) -> Estimate:
    """Return the estimate without its interval; the note says why there can be none."""
    groups, worth = len(sums.size), sums.n_effective
    empty = Estimate(math.nan, math.nan, math.nan, n, groups, worth)
    note = counts_only(groups, n)
    if note:
        return replace(empty, note=note)
    if of == "component" and groups < MIN_COMPONENTS:
        note = f"no interval (G = {groups})"
    elif of == "edge" and worth < MIN_EFFECTIVE:
        note = f"no interval (G_eff = {worth:.1f})"
    return replace(empty, value=sums.mean(of), note=note)


def _mean(sums: Sums, of: Of, n: int, within: Within | None) -> Estimate:
    """Return a mean with its interval, where it may have one."""
    if within and len(sums.size) and not _lie_within(sums, within):
        raise ValueError(f"a mean outside {within}")
    estimate = _gated(sums, of, n)
    note = estimate.note or _still(sums.means, {0.0, *(within or ())})
    if note:
        return replace(estimate, note=note)
    if within is None:
        half = sums.quantile(of) * math.sqrt(sums.variance(of))
        return replace(estimate, low=estimate.value - half, high=estimate.value + half)
    start, span = within[0], within[1] - within[0]
    scaled = Sums(sums.size, (sums.total - start * sums.size) / span)
    middle = scaled.mean(of)
    unit = _confined(estimate, middle, scaled.independent(middle, of), "wilson")
    return replace(unit, low=start + span * unit.low, high=start + span * unit.high)


def _lie_within(sums: Sums, within: Within) -> bool:
    """Say whether all component means lie in a range, but for rounding."""
    low, high = sums.means.min(), sums.means.max()
    return bool(low >= within[0] - ROUNDING and high <= within[1] + ROUNDING)


def _still(means: NDArray[np.float64], points: set[float]) -> str:
    """Say that too few components are off one point for an interval, "" if enough are."""
    groups = len(means)
    if np.ptp(means) <= ROUNDING:
        return f"no interval (all {groups} components at {means[0] + 0.0:.3g})"
    for point in sorted(points):
        off = int((np.abs(means - point) > ROUNDING).sum())
        if off < RARE:
            return f"no interval (all but {off} of {groups} components at {point:g})"
    return ""


def _confined(
    estimate: Estimate, p: float, n: float, method: Literal["wilson", "beta"]
) -> Estimate:
    """Give an estimate the interval of a share p of n rows; without width for endless n."""
    from statsmodels.stats.proportion import proportion_confint

    if math.isinf(n):
        return replace(estimate, low=p, high=p)
    low, high = proportion_confint(p * n, n, 1 - LEVEL, method=method)
    return replace(estimate, low=float(low), high=float(high))
