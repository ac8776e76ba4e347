"""Growth of the trees: each child chooses its parent by degree, attractiveness, age, depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.clock import months
from modelkin.data.synth.components import Layout
from modelkin.data.synth.params import Params


def grow(p: Params, layout: Layout, time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the parent of each model in its tree, -1 for roots and models outside.

    Model i is chosen with probability proportional to (k_i + k0)^alpha · a_i ·
    exp(-age_decay · age - depth_decay · depth) among those born before in the component,
    degrees k as they were before the moment (`tie_size` births share one).

    Notes
    -----
    exp(-age_decay · age) is exp(age_decay · born) up to a factor that all share, so that
    weights change only where a degree does, and a Fenwick tree over each component finds
    a parent in log(size) steps: 530,000 births take about 5 s. Plain Python, since the
    steps are sequential.
    """
    draw = p.stream("attachment").random(layout.n_tree)
    log_a = p.attractiveness_logsd * p.stream("attractiveness").standard_normal(layout.n_tree)
    log_a += p.age_decay * months(time[: layout.n_tree])
    parent = np.full(layout.n, -1, dtype=np.int64)
    for begin, end in zip(layout.start[:-1].tolist(), layout.start[1:].tolist(), strict=True):
        if end - begin == 2:
            parent[begin + 1] = begin
            continue
        part = log_a[begin:end]
        chosen = _grow_one(p, np.exp(part - part.max()).tolist(), draw[begin:end].tolist())
        parent[begin + 1 : end] = np.asarray(chosen, dtype=np.int64) + begin
    return parent


def _grow_one(p: Params, appeal: list[float], draw: list[float]) -> list[int]:
    """Return the parents of births 1, 2, … of one component of the given appeals."""
    n = len(appeal)
    top = 1 << (n - 1).bit_length()
    fenwick, degree, depth = [0.0] * (top + 1), [0] * n, [0] * n
    alpha, k0, fade = p.alpha, p.k0, float(np.exp(-p.depth_decay))
    base = k0**alpha

    def add(i: int, weight: float) -> None:
        i += 1
        while i <= top:
            fenwick[i] += weight
            i += i & -i

    parents: list[int] = []
    add(0, base * appeal[0])
    for first in range(1, n, p.tie_size):
        moment = range(first, min(first + p.tie_size, n))
        for birth in moment:
            # Descend to the last position whose prefix is at most the draw.
            rest, at, step = draw[birth] * fenwick[top], 0, top
            while step:
                if at + step <= top and fenwick[at + step] <= rest:
                    at += step
                    rest -= fenwick[at]
                step >>= 1
            # Rounding can push a draw past the last weight.
            parents.append(at if at < first else first - 1)
        for birth, chosen in zip(moment, parents[-len(moment) :], strict=True):
            appeal[birth] *= fade ** (depth[chosen] + 1)
            depth[birth] = depth[chosen] + 1
            add(birth, base * appeal[birth])
            k = degree[chosen] + k0
            add(chosen, ((k + 1) ** alpha - k**alpha) * appeal[chosen])
            degree[chosen] += 1
    return parents
