"""When models were created: growth by month, the Hub's false first day, births of one moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.components import Layout
from modelkin.data.synth.params import Params

FIRST_MONTH = np.datetime64("2022-03", "M")

CLAMP = int(np.datetime64("2022-03-02T23:29:04", "s").astype(np.int64))
"""Seconds since 1970 of the moment that stands for "on or before" on the Hub."""

_MONTH_S = 30.4375 * 86_400


def birth_times(p: Params, layout: Layout) -> NDArray[np.int64]:
    """Return when each model was created, in seconds since 1970, shape (n,).

    Inside a component times rise in birth order, and `tie_size` consecutive births share
    one. Months weigh exp(growth · month + noise); `clamped_share` of all lie at `CLAMP`.
    """
    drawn = _draw(p, layout.n)
    tree = layout.n_tree
    order = np.lexsort((drawn[:tree], layout.component[:tree]))
    drawn[:tree] = drawn[:tree][order]
    if p.tie_size > 1 and tree:
        birth = np.arange(tree) - layout.start[layout.component[:tree]]
        # The root is alone; births 1..tie_size share the moment of birth 1, and so on.
        behind = np.where(birth > 0, (birth - 1) % p.tie_size, 0)
        drawn[:tree] = drawn[:tree][np.arange(tree) - behind]
    return drawn


def share_of_span(p: Params, time: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return times as a share of all months, 0 at the clamp to 1 at the end."""
    edges = _month_edges(p)
    return (time - CLAMP) / float(edges[-1] - CLAMP)


def months(time: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return times as months since the clamp."""
    return (time - CLAMP) / _MONTH_S


def make_older(
    p: Params, layout: Layout, time: NDArray[np.int64], parent: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return times in which `older_share` of the tree children precede their parents.

    A child of a parent at the clamp stays as it is: nothing is older than that.
    """
    rng = p.stream("older")
    u, back = rng.random(layout.n), rng.random(layout.n)
    chosen = np.flatnonzero((u < p.older_share) & (layout.component >= 0) & (parent >= 0))
    out = time.copy()
    room = time[parent[chosen]] - CLAMP
    out[chosen] = CLAMP + np.floor(back[chosen] * room).astype(np.int64)
    out[chosen[room <= 0]] = time[chosen[room <= 0]]
    return out


def _month_edges(p: Params) -> NDArray[np.int64]:
    """Return the borders of the months in seconds; the first begins at the clamp."""
    borders = FIRST_MONTH + np.arange(p.n_months + 1)
    edges = borders.astype("datetime64[s]").astype(np.int64)
    edges[0] = CLAMP
    return edges


def _draw(p: Params, n: int) -> NDArray[np.int64]:
    """Return n independent moments."""
    edges = _month_edges(p)
    log_weight = p.growth * np.arange(p.n_months)
    log_weight += p.month_logsd * p.stream("months").standard_normal(p.n_months)
    total = np.cumsum(np.exp(log_weight - log_weight.max()))
    rng = p.stream("created")
    month = np.searchsorted(total / total[-1], rng.random(n), side="right")
    month = np.minimum(month, p.n_months - 1)
    within = rng.random(n) * (edges[month + 1] - edges[month])
    clamped = p.stream("clamped").random(n) < p.clamped_share
    return np.where(clamped, CLAMP, edges[month] + within.astype(np.int64) + 1)
