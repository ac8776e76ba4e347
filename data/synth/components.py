"""How many models each component has, and which models stand alone.

Everything up to `modelkin.data.synth.world` works in *birth order*: the trees first, one
component after the other with its root at the head, then merge children, then isolated
models. Rows in the order of ids are made at the very end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.params import Params


@dataclass(frozen=True, eq=False)
class Layout:
    """Who stands where in birth order.

    Attributes
    ----------
    start : ndarray of int64, shape (components + 1,)
        First model of each component; the last entry is the number of tree models.
    component : ndarray of int64, shape (n,)
        Component of a tree model, -1 for merge children and isolated models.
    n_merged : int
        Merge children, behind the tree models.
    """

    start: NDArray[np.int64]
    component: NDArray[np.int64]
    n_merged: int

    @property
    def n(self) -> int:
        """All models."""
        return len(self.component)

    @property
    def n_tree(self) -> int:
        """Models that stand in trees."""
        return int(self.start[-1])

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Models of each component."""
        return np.diff(self.start)

    @property
    def roots(self) -> NDArray[np.int64]:
        """First model of each component."""
        return self.start[:-1]


def lay_out(p: Params) -> Layout:
    """Divide the models into trees, merge children and isolated ones.

    Component sizes are 2 plus a share of what is left, proportional to Pareto draws
    (`size_pareto`); the first component takes `hub_share` of all tree models if asked.
    """
    n_isolated = round(p.isolated_share * p.n_models)
    n_merged = min(round(p.merge_share * p.n_models), p.n_models - n_isolated)
    n_components = p.n_components or 0
    if n_components == 0:
        n_merged = 0  # nobody to merge
    n_tree = p.n_models - n_isolated - n_merged if n_components else 0
    start = np.concatenate([[0], np.cumsum(_sizes(p, n_tree, n_components))]).astype(np.int64)
    component = np.full(p.n_models, -1, dtype=np.int64)
    component[:n_tree] = np.repeat(np.arange(n_components), np.diff(start))
    return Layout(start, component, n_merged)


def _sizes(p: Params, n_tree: int, n_components: int) -> NDArray[np.int64]:
    """Return the size of each component, at least 2, with sum n_tree."""
    if n_components == 0:
        return np.zeros(0, dtype=np.int64)
    weight = p.stream("sizes").pareto(p.size_pareto, n_components) + 1.0
    if p.hub_share and n_components > 1:
        others = n_tree - 2 * n_components
        hub = max(min(round(p.hub_share * n_tree) - 2, others), 0)
        return np.concatenate([[2 + hub], 2 + _apportion(weight[1:], others - hub)])
    return 2 + _apportion(weight, n_tree - 2 * n_components)


def _apportion(weight: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Return whole numbers with the given sum, by largest remainders."""
    exact = weight / weight.sum() * total
    whole = np.floor(exact).astype(np.int64)
    left = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return np.asarray(whole)
