"""Shares by month as beta-binomial counts: fits of a mean curve, and profile likelihoods.

Models of one month are not independent (a whole upload adopts together), so the counts vary
more than binomial ones; one correlation ρ for all months takes that up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit

Floats = NDArray[np.float64]
Mean = Callable[[Floats], tuple[Floats, Floats]]
"""Parameters -> the mean of each month, shape (T,), and its derivatives, shape (T, k)."""

RHO = (-11.5, 2.0)
"""Bounds of logit ρ: binomial for all purposes, to 0.88."""
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted curve.

    Attributes
    ----------
    theta : ndarray of float64, shape (k + 1,)
        Parameters of the mean, then logit ρ.
    loglik : float
        Log-likelihood, without the terms that no parameter changes.
    n_months : int
        Months with models (T).
    """

    theta: Floats
    loglik: float
    n_months: int

    @property
    def aicc(self) -> float:
        """Akaike's criterion, corrected for few months; inf where they are too few."""
        k = len(self.theta)
        room = self.n_months - k - 1
        return 2 * k - 2 * self.loglik + 2 * k * (k + 1) / room if room > 0 else np.inf


def log_likelihood(theta: Floats, yes: Floats, n: Floats, mean: Mean) -> tuple[float, Floats]:
    """Return the log-likelihood and its gradient.

    Parameters
    ----------
    theta : ndarray of float64, shape (k + 1,)
        Parameters of the mean, then logit ρ.
    yes, n : ndarray of float64, shape (T,)
        Adopters and models of each month.
    mean : Mean
        The curve.

    Notes
    -----
    With M = (1 - ρ)/ρ, a = pM, b = (1 - p)M a month adds ln B(yes + a, n - yes + b) -
    ln B(a, b).
    """
    p, slope = mean(theta[:-1])
    p = np.clip(p, TINY, 1 - TINY)
    size = np.exp(-theta[-1])  # (1 - ρ) / ρ
    a, b = p * size, (1 - p) * size
    value = float((betaln(yes + a, n - yes + b) - betaln(a, b)).sum())
    both = digamma(a + b) - digamma(n + a + b)
    by_a = digamma(yes + a) - digamma(a) + both
    by_b = digamma(n - yes + b) - digamma(b) + both
    gradient = np.append((size * (by_a - by_b)) @ slope, -size * (p * by_a + (1 - p) * by_b).sum())
    return value, gradient


def fit(
    yes: Floats,
    n: Floats,
    mean: Mean,
    starts: Sequence[Floats],
    bounds: Sequence[tuple[float, float]],
    fixed: tuple[int, float] | None = None,
) -> Fit:
    """Fit a curve by maximum likelihood from several starts.

    Parameters
    ----------
    yes, n : ndarray of float64, shape (T,)
        Adopters and models of each month, n > 0.
    mean : Mean
        The curve.
    starts : sequence of ndarray
        Parameters of the mean (and logit ρ) to begin with.
    bounds : sequence of (low, high)
        Of the parameters of the mean.
    fixed : (index, value), optional
        A parameter that is held, for a profile.
    """
    limits = [*bounds, RHO]
    if fixed is not None:
        limits[fixed[0]] = (fixed[1], fixed[1])

    def cost(theta: Floats) -> tuple[float, Floats]:
        value, gradient = log_likelihood(theta, yes, n, mean)
        return -value, -gradient

    best: Fit | None = None
    for start in starts:
        first = start if len(start) == len(limits) else np.append(start, -4.0)
        first = np.clip(first, [low for low, _ in limits], [high for _, high in limits])
        found = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=limits,
                         options={"maxiter": 400, "ftol": 1e-11, "gtol": 1e-7})  # fmt: skip
        if best is None or -found.fun > best.loglik:
            best = Fit(np.asarray(found.x), float(-found.fun), len(n))
    assert best is not None  # there is a start
    return best


def constant(theta: Floats, n_months: int) -> tuple[Floats, Floats]:
    """Return one share for all months: θ is its logit."""
    p = expit(np.full(n_months, theta[0]))
    return p, (p * (1 - p))[:, None]


def linear(theta: Floats, basis: Floats) -> tuple[Floats, Floats]:
    """Return shares whose logit is a sum of columns: a line, or a spline."""
    p = expit(basis @ theta)
    return p, (p * (1 - p))[:, None] * basis


def s_curve(theta: Floats, month: Floats) -> tuple[Floats, Floats]:
    """Return c / (1 + exp(-k (t - m))): θ = logit c, m, ln k."""
    c, k = expit(theta[0]), np.exp(theta[2])
    s = expit(k * (month - theta[1]))
    bend = c * s * (1 - s)
    slopes = np.stack([c * (1 - c) * s, -k * bend, k * (month - theta[1]) * bend], axis=1)
    return c * s, slopes


def profile_end(
    yes: Floats,
    n: Floats,
    mean: Mean,
    best: Fit,
    index: int,
    bounds: Sequence[tuple[float, float]],
    step: float,
    drop: float,
) -> float:
    """Return where the profile likelihood of one parameter has fallen by `drop`.

    Parameters
    ----------
    yes, n, mean, bounds
        As in `fit`.
    best : Fit
        The maximum.
    index : int
        The parameter.
    step : float
        First step; its sign says which end is sought. It doubles until the drop is passed.
    drop : float
        Fall of the log-likelihood (half the critical value).

    Returns
    -------
    float
        The end, or the parameter's bound where the likelihood does not fall so far.
    """
    low, high = bounds[index]
    at, value = float(best.theta[index]), 0.0
    theta = best.theta

    def fall(place: float) -> float:
        nonlocal theta
        found = fit(yes, n, mean, [theta, best.theta], bounds, (index, place))
        theta = found.theta
        return best.loglik - found.loglik - drop

    inside = at
    while True:
        at = min(max(inside + step, low), high)
        value = fall(at)
        if value >= 0:
            break
        if at in (low, high):
            return at
        inside, step = at, 2 * step
    outside = at
    for _ in range(12):
        middle = (inside + outside) / 2
        if fall(middle) >= 0:
            outside = middle
        else:
            inside = middle
    return (inside + outside) / 2
