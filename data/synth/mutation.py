"""Which fields change on which edge: planted rates with beta-binomial correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.components import Layout
from modelkin.data.synth.lineage import Lineage
from modelkin.data.synth.params import RELATIONS, Params


@dataclass(frozen=True, eq=False)
class Groups:
    """Edges that share a rate: pairs (unit, relation), a unit a component or a parent.

    Attributes
    ----------
    child : ndarray of int64, shape (m,)
        Models with a source inside the units.
    of : ndarray of int64, shape (m,)
        Group of each child.
    unit, first : ndarray of int64, shape (groups,)
        Unit of each group, and the position in `child` of one of its members.
    """

    child: NDArray[np.int64]
    of: NDArray[np.int64]
    unit: NDArray[np.int64]
    first: NDArray[np.int64]


def group(child: NDArray[np.int64], unit: NDArray[np.int64], made_by: NDArray[np.int8]) -> Groups:
    """Return the groups of children by their unit and relation."""
    key = unit * len(RELATIONS) + made_by
    keys, first, of = np.unique(key, return_index=True, return_inverse=True)
    return Groups(child, of, keys // len(RELATIONS), first)


class Mutation:
    """Probability that a field changes on the edge to each model, and the draws.

    Parameters
    ----------
    p : Params
        `rate`, `copy_prob`, `component_rho`, `parent_rho`, `size_effect_cor`, `depth_effect_cor`,
        `co_change`.
    layout : Layout
        Components and their sizes.
    lineage : Lineage
        Sources and relations.

    Notes
    -----
    A component's rate is the q-quantile of Beta with mean `rate` and correlation rho =
    1/(a + b + 1); q is one for all relations of a field. A parent's rate is drawn in the
    same way round its component's. With copies the rate among the others is
    rate / (1 - copy_prob), so that the planted one holds over all edges. Merge children
    are components of their own: one edge each, so their component's draw is left out.
    """

    def __init__(self, p: Params, layout: Layout, lineage: Lineage) -> None:
        self._p, self._lineage = p, lineage
        self._lead = {f: names[0] for names in p.co_change for f in names}
        made = np.flatnonzero(lineage.source >= 0)
        inside = made[layout.component[made] >= 0]
        self._by_component = group(inside, layout.component[inside], lineage.made_by[inside])
        self._by_parent = group(made, lineage.source[made], lineage.made_by[made])
        self._score = self._scores(layout)
        copy_prob = np.array([p.copies_of(r) for r in RELATIONS] + [0.0])
        self._copied = p.stream("copy").random(layout.n) < copy_prob[lineage.made_by]
        self._room = 1.0 - copy_prob

    def _scores(self, layout: Layout) -> NDArray[np.float64]:
        """Return normal scores of the components' sizes or depths, ties in random order."""
        n = len(layout.roots)
        if not (self._p.size_effect_cor or self._p.depth_effect_cor):
            return np.zeros(n)
        from scipy.special import ndtri

        what = layout.sizes
        if self._p.depth_effect_cor:
            what = np.maximum.reduceat(self._lineage.depth[: layout.n_tree], layout.roots)
        order = np.lexsort((self._p.stream("ties").random(n), what))
        rank = np.empty(n)
        rank[order] = np.arange(1, n + 1)
        return np.asarray(ndtri(rank / (n + 1)), dtype=np.float64)

    def probability(self, name: str) -> NDArray[np.float64]:
        """Return the probability of a change given no copy, shape (n,); 0 without source."""
        p = self._p
        planted = np.array([p.rate_of(name, r) for r in RELATIONS] + [0.0])
        given = planted / np.where(self._room > 0, self._room, 1.0)
        out = np.asarray(given[self._lineage.made_by])
        stream = p.stream("rate", self._lead.get(name, name))
        if p.component_rho:
            noise = stream.standard_normal(len(self._score))
            out = self._spread(out, self._by_component, self._quantile(noise), p.component_rho)
        if p.parent_rho:
            stream = p.stream("parent rate", self._lead.get(name, name))
            out = self._spread(out, self._by_parent, stream.random(len(out)), p.parent_rho)
        return out

    def _quantile(self, noise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the components' quantiles, tied to their sizes or depths as asked."""
        from scipy.special import ndtr

        cor = self._p.size_effect_cor or self._p.depth_effect_cor
        score = cor * self._score + np.sqrt(1.0 - cor**2) * noise
        return np.asarray(ndtr(score), dtype=np.float64)

    @staticmethod
    def _spread(
        rate: NDArray[np.float64], groups: Groups, quantile: NDArray[np.float64], rho: float
    ) -> NDArray[np.float64]:
        """Return rates drawn for each group round its mean; 0 and 1 stay."""
        from scipy.special import betaincinv

        mean = rate[groups.child[groups.first]]
        open_ = (mean > 0) & (mean < 1)
        scale = (1.0 - rho) / rho
        drawn = mean.copy()
        drawn[open_] = betaincinv(
            mean[open_] * scale, (1.0 - mean[open_]) * scale, quantile[groups.unit[open_]]
        )
        out = rate.copy()
        out[groups.child] = drawn[groups.of]
        return out

    def uniform(self, name: str) -> NDArray[np.float64]:
        """Return the draws that decide changes, shape (n,); 1 (no change) for copies."""
        u = self._p.stream("change", self._lead.get(name, name)).random(len(self._copied))
        return np.where(self._copied, 1.0, u)
