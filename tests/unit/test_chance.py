"""Permutation p, many tests at once, seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from modelkin.analysis.chance import false_discovery, family_wise, permutation_p, stream


def test_permutation_p_equals_scipy():
    # scipy.stats.permutation_test counts the observed value in the same way
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.4, 1, 12), rng.normal(0, 1, 15)
    found = stats.permutation_test(
        (a, b), lambda x, y: np.mean(x) - np.mean(y), n_resamples=499, rng=rng
    )
    p = permutation_p(float(a.mean() - b.mean()), found.null_distribution)
    assert p == pytest.approx(found.pvalue, abs=1e-12)


def test_permutation_p_is_never_zero_and_never_above_one():
    assert permutation_p(5.0, np.zeros(1_999)) == 2 / 2_000
    assert permutation_p(0.0, np.zeros(19)) == 1.0
    assert math.isnan(permutation_p(1.0, []))
    assert math.isnan(permutation_p(math.nan, [1.0]))


def test_false_discovery_by_hand_and_untested_rows_do_not_count():
    adjusted = false_discovery([0.01, math.nan, 0.04, 0.03])
    np.testing.assert_allclose(adjusted, [0.03, math.nan, 0.04, 0.04])
    assert np.isnan(false_discovery([math.nan])).all()


def test_many_tests_are_adjusted_as_scipy_does():
    p = np.random.default_rng(0).random(30) ** 3
    np.testing.assert_allclose(false_discovery(p), stats.false_discovery_control(p))


def test_holm_by_hand():
    np.testing.assert_allclose(family_wise([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])


def test_streams_depend_on_seed_and_names_only():
    draw = lambda *key: stream(*key).integers(1 << 60)  # noqa: E731 - one short rule
    assert draw(1, "drift") == draw(1, "drift")
    assert len({draw(1, "drift"), draw(2, "drift"), draw(1, "depth"), draw(1, "drift", "x")}) == 4
