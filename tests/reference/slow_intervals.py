"""Intervals over components by plain loops, and worlds whose truth is known."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats


def slow_typical_component(values, component):
    groups = sorted(set(component))
    means = [np.mean([v for v, c in zip(values, component, strict=True) if c == g]) for g in groups]
    middle = sum(means) / len(means)
    variance = sum((m - middle) ** 2 for m in means) / (len(means) - 1) / len(means)
    half = stats.t.ppf(0.975, len(means) - 1) * math.sqrt(variance)
    return middle, middle - half, middle + half


def slow_typical_edge(values, component):
    groups = sorted(set(component))
    middle = sum(values) / len(values)
    variance = 0.0
    for g in groups:
        kept = [v for v, c in zip(values, component, strict=True) if c != g]
        variance += (sum(kept) / len(kept) - middle) ** 2
    variance *= (len(groups) - 1) / len(groups)
    sizes = [sum(c == g for c in component) for g in groups]
    worth = sum(sizes) ** 2 / sum(s * s for s in sizes)
    half = stats.t.ppf(0.975, max(worth - 1, 1)) * math.sqrt(variance)
    return middle, middle - half, middle + half


def slow_wilson(p, n):
    z = stats.norm.ppf(0.975)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def naive(values):
    """The wrong interval: rows taken as independent."""
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values))
    return np.mean(values) - half, np.mean(values) + half


def clustered(rng, groups=30, n=1_000, rho=0.2, hub=0.0):
    """Values of mean 0 with correlation rho inside components of Pareto sizes; one hub."""
    share = rng.pareto(1.0, groups) + 1
    if hub:
        share[0] = hub / (1 - hub) * share[1:].sum()
    size = np.maximum(1, np.round(n * share / share.sum())).astype(int)
    component = np.repeat(np.arange(groups), size)
    effect = rng.normal(0, math.sqrt(rho), groups)[component]
    return effect + rng.normal(0, math.sqrt(1 - rho), len(component)), component


def clustered_rate(rng, p, groups=100, n=3_000, rho=0.2):
    """Events of probability p with beta-binomial correlation inside components."""
    values, component = clustered(rng, groups, n)
    a = p * (1 - rho) / rho
    chance = rng.beta(a, a * (1 - p) / p, groups)
    return (rng.random(len(values)) < chance[component]).astype(float), component
