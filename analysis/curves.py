"""S-curves of adoption: whether there are enough models, an S, a rise, and a ceiling.

p(t) = c / (1 + exp(-k (t - m))): c the ceiling, m the midpoint, k the slope, t in months.
Gates come before numbers: a curve that the data do not show gets no ceiling and no midpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy import stats
from scipy.special import expit

from modelkin.analysis.betabinomial import (
    Fit,
    Floats,
    constant,
    fit,
    linear,
    profile_end,
    s_curve,
)

MIN_MONTHS, MIN_PER_MONTH, MIN_SIDE = 12, 10, 30
"""Months of so many models, and adopters and others, that a curve needs."""
SPLINE_BETTER = 6.0
"""AICc by which a free spline must beat the S for "not an S"."""
SPLINE_COLUMNS = 4
WIDEST = 1.5
"""Upper over lower end of the ceiling, above which it is not told."""
PAST_BEND = 3.0
"""Months that the curve must have been above 90 % of its ceiling."""
RECENT = 6
NARROW = 0.3
"""Autocorrelation of residuals from which intervals are too narrow."""

S_BOUNDS = ((-6.0, 12.0), (-240.0, 480.0), (-4.6, 1.6))
"""logit c (0.002 to 1), m in months, ln k (0.01 to 5 a month)."""


@dataclass(frozen=True)
class Curve:
    """What can be said of a share over time.

    Attributes
    ----------
    verdict : str
        "too few", "not an S", "no trend", "S-curve", "still rising" (of what spreads; of
        what declines the share of the rest is fitted, see `is_decline`).
    is_decline : bool
        Whether the feature declines: ceiling, midpoint and slope are then of the complement.
    n_months, n_thick, n_yes, n_no : int
        Months with models, months with at least 10, adopters, others.
    p_trend : float
        Likelihood ratio of a rise or fall of the logit, F(1, T - 3).
    aicc_s, aicc_spline : float
        Criteria of the S and of the spline.
    ceiling, midpoint, slope : (value, low, high)
        95 % profile intervals; NaN unless verdict is "S-curve". Midpoint in months since
        the first of the series, slope for each month.
    at_least : float
        One-sided 95 % bound of the ceiling, where "still rising".
    recent : float
        Share of the last six months of the series.
    rho, autocorrelation : float
        Correlation inside a month; lag-1 correlation of standardised residuals.
    fitted : tuple of float
        Fitted share of each month of the axis, () without a fit.
    """

    verdict: str
    n_months: int
    n_thick: int
    n_yes: int
    n_no: int
    is_decline: bool = False
    p_trend: float = np.nan
    aicc_s: float = np.nan
    aicc_spline: float = np.nan
    ceiling: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    midpoint: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    slope: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    at_least: float = np.nan
    recent: float = np.nan
    rho: float = np.nan
    autocorrelation: float = np.nan
    fitted: tuple[float, ...] = field(default=(), repr=False)


def gate(yes: Floats, n: Floats) -> Curve:
    """Apply the first two gates and test the trend; the verdict is "" where all are passed.

    Parameters
    ----------
    yes, n : ndarray of float64, shape (T,)
        Adopters and models whose status is known, for consecutive months (0 is allowed).

    Returns
    -------
    Curve
        "too few", "not an S" or "", with the trend's p: it is adjusted over all curves
        before `describe` goes on.
    """
    has, thick = n > 0, int((n >= MIN_PER_MONTH).sum())
    n_yes, n_no = int(yes.sum()), int((n - yes).sum())
    last = n[-RECENT:].sum()
    base = Curve(
        "", int(has.sum()), thick, n_yes, n_no,
        recent=float(yes[-RECENT:].sum() / last) if last else np.nan,
    )  # fmt: skip
    if thick < MIN_MONTHS or min(n_yes, n_no) < MIN_SIDE:
        return _with(base, verdict="too few")
    month, y, m = np.flatnonzero(has).astype(np.float64), yes[has], n[has]
    line = np.stack([np.ones(len(month)), (month - month.mean()) / month.std()], axis=1)
    flat = fit(y, m, partial(constant, n_months=len(month)), [_logit(y, m)], [(-12.0, 12.0)])
    trend = fit(
        y, m, partial(linear, basis=line), [np.append(_logit(y, m), 0.0)], [(-30.0, 30.0)] * 2
    )
    ratio = max(0.0, 2 * (trend.loglik - flat.loglik))
    decline = bool(trend.theta[1] < 0)
    curve = _fit_s(m - y if decline else y, m, month)
    spline = _fit_spline(y, m, month)
    base = _with(
        base,
        is_decline=decline,
        p_trend=float(stats.f.sf(ratio, 1, max(len(month) - 3, 1))),
        aicc_s=curve.aicc,
        aicc_spline=spline.aicc,
    )
    return _with(base, verdict="not an S") if curve.aicc - spline.aicc > SPLINE_BETTER else base


def describe(yes: Floats, n: Floats, base: Curve) -> Curve:
    """Fit the S of a curve that passed the gates, with its profile intervals.

    Parameters
    ----------
    yes, n
        As in `gate`.
    base : Curve
        What `gate` gave.

    Returns
    -------
    Curve
        "S-curve" with ceiling, midpoint and slope where the ceiling's interval is narrow
        enough and the bend is passed, else "still rising" with a lower bound.
    """
    has = n > 0
    month, m = np.flatnonzero(has).astype(np.float64), n[has]
    y = m - yes[has] if base.is_decline else yes[has]
    mean = partial(s_curve, month=month)
    best = _fit_s(y, m, month)
    freedom = max(len(month) - 4, 1)
    drop = float(stats.f.ppf(0.95, 1, freedom)) / 2
    low_c = expit(profile_end(y, m, mean, best, 0, S_BOUNDS, -0.2, drop))
    high_c = expit(profile_end(y, m, mean, best, 0, S_BOUNDS, 0.2, drop))
    ceiling, middle, slope = expit(best.theta[0]), best.theta[1], np.exp(best.theta[2])
    fitted = s_curve(best.theta[:3], np.arange(len(n), dtype=np.float64))[0]
    base = _with(
        base,
        rho=float(expit(best.theta[3])),
        autocorrelation=_autocorrelation(y, m, best, month),
        fitted=tuple(float(v) for v in (1 - fitted if base.is_decline else fitted)),
    )
    bent = middle + np.log(9.0) / slope <= len(n) - 1 - PAST_BEND
    if high_c / low_c > WIDEST or not bent:
        one_sided = float(stats.f.ppf(0.90, 1, freedom)) / 2
        end = expit(profile_end(y, m, mean, best, 0, S_BOUNDS, -0.2, one_sided))
        return _with(base, verdict="still rising", at_least=float(end))
    ends = [
        profile_end(y, m, mean, best, index, S_BOUNDS, way * step, drop)
        for index, step in ((1, 0.5), (2, 0.2))
        for way in (-1, 1)
    ]
    return _with(
        base,
        verdict="S-curve",
        ceiling=(float(ceiling), float(low_c), float(high_c)),
        midpoint=(float(middle), ends[0], ends[1]),
        slope=(float(slope), float(np.exp(ends[2])), float(np.exp(ends[3]))),
    )


def _with(curve: Curve, **changes: object) -> Curve:
    """Return a curve with changes."""
    return replace(curve, **changes)  # type: ignore[arg-type] # names are those of the class


def _logit(yes: Floats, n: Floats) -> Floats:
    """Return the logit of the whole share, to begin with."""
    p = (yes.sum() + 0.5) / (n.sum() + 1)
    return np.array([np.log(p / (1 - p))])


def _fit_s(yes: Floats, n: Floats, month: Floats) -> Fit:
    """Fit the S from several starts."""
    top = min(max(float((yes[n >= MIN_PER_MONTH] / n[n >= MIN_PER_MONTH]).max()), 0.05), 0.95)
    starts = [
        np.array([np.log(c / (1 - c)), np.quantile(month, q), np.log(k)])
        for c, q, k in ((top, 0.5, 0.2), (top, 0.25, 0.4), (top, 0.75, 0.4), (0.97, 0.9, 0.1),
                        (0.97, 0.5, 0.1))
    ]  # fmt: skip
    return fit(yes, n, partial(s_curve, month=month), starts, S_BOUNDS)


def _fit_spline(yes: Floats, n: Floats, month: Floats) -> Fit:
    """Fit a natural spline, which takes any shape of a few bends."""
    import patsy  # type: ignore[import-untyped] # it has no stubs

    basis = np.asarray(patsy.dmatrix(f"cr(t, df={SPLINE_COLUMNS}) - 1", {"t": month}), np.float64)
    first = np.full(basis.shape[1], _logit(yes, n)[0])
    return fit(yes, n, partial(linear, basis=basis), [first], [(-30.0, 30.0)] * len(first))


def _autocorrelation(yes: Floats, n: Floats, best: Fit, month: Floats) -> float:
    """Return the lag-1 correlation of standardised residuals."""
    p, rho = s_curve(best.theta[:3], month)[0], expit(best.theta[3])
    spread = np.sqrt(n * p * (1 - p) * (1 + (n - 1) * rho))
    rest = (yes - n * p) / np.maximum(spread, 1e-9)
    if len(rest) < 4 or rest[:-1].std() == 0 or rest[1:].std() == 0:
        return float("nan")
    return float(np.corrcoef(rest[:-1], rest[1:])[0, 1])
