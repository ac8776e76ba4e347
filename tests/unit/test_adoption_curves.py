"""S-curves: likelihood and fits against other packages, planted curves, gates that refuse."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from adoption_worlds import CEILING, MIDPOINT, SLOPE, counts
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import expit, logit
from threadpoolctl import threadpool_limits

from modelkin.analysis.betabinomial import constant, fit, linear, log_likelihood, s_curve
from modelkin.analysis.curves import S_BOUNDS, describe, gate

PROVE = os.environ.get("MODELKIN_PROVE") == "1"


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def judged(name: str, seed: int, rho: float = 0.03):
    yes, n = counts(name, seed, rho)
    curve = gate(yes, n)
    if curve.verdict == "" and curve.p_trend < 0.05:
        return describe(yes, n, curve)
    return curve


def test_the_likelihood_is_scipy_s_and_its_gradient_the_numeric_one():
    yes, n = counts("saturated", 0)
    month = np.arange(len(n), dtype=float)
    mean = partial(s_curve, month=month)
    theta = np.array([1.0, 14.0, np.log(0.25), -3.0])
    p, rho = s_curve(theta[:3], month)[0], expit(theta[3])
    a, b = p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho
    whole = stats.betabinom.logpmf(yes, n, a, b).sum()
    ways = stats.binom.logpmf(yes, n, 0.5).sum() - n.sum() * np.log(0.5)
    value, gradient = log_likelihood(theta, yes, n, mean)
    assert value + ways == pytest.approx(whole, rel=1e-9)
    numeric = approx_fprime(theta, lambda t: log_likelihood(t, yes, n, mean)[0], 1e-6)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-3, atol=1e-3)


def test_without_correlation_the_line_is_the_logistic_regression():
    yes, n = counts("saturated", 1, rho=0)
    basis = sm.add_constant(np.linspace(-1, 1, len(n)))
    theirs = sm.GLM(np.column_stack([yes, n - yes]), basis, family=sm.families.Binomial()).fit()
    ours = fit(yes, n, partial(linear, basis=basis), [np.zeros(2)], [(-30, 30)] * 2, (2, -11.5))
    np.testing.assert_allclose(ours.theta[:2], theirs.params, rtol=1e-3)
    flat = fit(yes, n, partial(constant, n_months=len(n)), [np.zeros(1)], [(-12, 12)], (1, -11.5))
    assert expit(flat.theta[0]) == pytest.approx(yes.sum() / n.sum(), rel=1e-4)


def test_no_point_of_a_grid_is_better_than_the_fit():
    yes, n = counts("saturated", 2)
    curve = describe(yes, n, gate(yes, n))
    mean = partial(s_curve, month=np.arange(len(n), dtype=float))
    theta = [logit(curve.ceiling[0]), curve.midpoint[0], np.log(curve.slope[0]), logit(curve.rho)]
    best = log_likelihood(np.array(theta), yes, n, mean)[0]
    for c in np.linspace(0.5, 0.99, 12):
        for m in np.linspace(8, 25, 18):
            for k in (0.1, 0.2, 0.3, 0.4, 0.6):
                for rho in (0.002, 0.01, 0.03, 0.06):
                    point = np.array([logit(c), m, np.log(k), logit(rho)])
                    assert log_likelihood(point, yes, n, mean)[0] <= best + 1e-4


def test_a_saturated_curve_is_found_with_intervals_that_hold():
    seeds = range(400 if PROVE else 12)
    held = np.zeros(3)
    for seed in seeds:
        curve = judged("saturated", seed)
        assert curve.verdict == "S-curve"
        for k, (truth, (value, low, high)) in enumerate(
            zip(
                (CEILING, MIDPOINT, SLOPE),
                (curve.ceiling, curve.midpoint, curve.slope),
                strict=True,
            )
        ):
            assert low <= value <= high
            held[k] += low <= truth <= high
    assert (held / len(seeds) >= (0.90 if PROVE else 0.75)).all(), held / len(seeds)


def _midpoint_holds(seed: int, independent: bool) -> bool:
    """Whether the profile interval of the midpoint covers it, with ρ fitted or held at none."""
    yes, n = counts("saturated", seed, rho=0.15)
    mean = partial(s_curve, month=np.arange(len(n), dtype=float))
    start = [np.array([logit(CEILING), MIDPOINT, np.log(SLOPE), -11.5])]
    bounds = list(S_BOUNDS)
    rho = (3, -11.5) if independent else None
    best = fit(yes, n, mean, start, bounds, rho).loglik
    bounds[1] = (MIDPOINT, MIDPOINT)
    held = fit(yes, n, mean, start, bounds, rho).loglik
    return bool(2 * (best - held) <= stats.f.ppf(0.95, 1, len(n) - 4))


def test_models_of_a_month_taken_as_independent_give_intervals_that_fail():
    seeds = range(200 if PROVE else 30)
    assert np.mean([_midpoint_holds(seed, independent=False) for seed in seeds]) >= 0.85
    assert np.mean([_midpoint_holds(seed, independent=True) for seed in seeds]) < 0.7


def test_a_curve_half_way_up_gets_a_bound_and_no_ceiling():
    for seed in range(100 if PROVE else 4):
        curve = judged("half", seed)
        assert curve.verdict == "still rising"
        assert np.isnan([*curve.ceiling, *curve.midpoint, *curve.slope]).all()
        assert 0 < curve.at_least <= CEILING + 0.1


def test_a_hump_is_not_an_s():
    seeds = range(100 if PROVE else 20)
    verdicts = [judged("rise and fall", seed).verdict for seed in seeds]
    assert verdicts.count("not an S") / len(seeds) >= 0.95


def test_a_flat_share_has_seldom_a_trend():
    seeds = range(400 if PROVE else 40)
    found = [gate(*counts("flat", seed)).p_trend < 0.05 for seed in seeds]
    assert np.mean(found) <= (0.075 if PROVE else 0.15)


def test_what_falls_is_called_so_and_its_complement_is_fitted():
    curve = judged("falling", 3)
    assert curve.verdict == "S-curve"
    assert curve.is_decline
    assert curve.ceiling[1] <= CEILING <= curve.ceiling[2]
    assert curve.fitted[0] > curve.fitted[-1]


def test_too_few_months_adopters_or_others_give_no_fit():
    yes, n = counts("saturated", 0)
    assert gate(yes[:11], n[:11]).verdict == "too few"
    assert gate(np.minimum(yes, 0.0), n).verdict == "too few"
    assert gate(n, n).verdict == "too few"
    assert gate(np.array([]), np.array([])).verdict == "too few"
    thin = gate(yes / yes.max(), np.full(len(n), 9.0))
    assert (thin.verdict, thin.n_thick, np.isnan(thin.p_trend)) == ("too few", 0, True)
