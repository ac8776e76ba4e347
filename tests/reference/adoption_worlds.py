"""Monthly counts with a planted share: saturated, half way, flat, falling, rise and fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

CEILING, MIDPOINT, SLOPE = 0.8, 15.0, 0.3
MONTHS = 40


def share(name: str) -> NDArray[np.float64]:
    """The planted share of each month."""
    t = np.arange(MONTHS, dtype=float)
    return {
        "saturated": CEILING * expit(SLOPE * (t - MIDPOINT)),
        "half": CEILING * expit(SLOPE * (t - MONTHS)),
        "flat": np.full(MONTHS, 0.3),
        "falling": 1 - CEILING * expit(SLOPE * (t - MIDPOINT)),
        "rise and fall": 0.05 + 0.7 * np.exp(-(((t - 18) / 6) ** 2)),
    }[name]


def counts(name: str, seed: int, rho: float = 0.03) -> tuple[NDArray[np.float64], ...]:
    """Adopters and models of each month; ρ is the correlation inside a month."""
    rng = np.random.default_rng([seed, len(name)])
    n = 20 * np.exp(0.04 * np.arange(MONTHS) + 0.2 * rng.standard_normal(MONTHS))
    n = np.maximum(n.astype(int), 1)
    p = share(name)
    if rho > 0:
        p = rng.beta(p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho)
    return rng.binomial(n, p).astype(float), n.astype(float)
