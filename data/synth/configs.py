"""Configurations: prototypes, deviations of roots, and inheritance along the sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.clock import share_of_span
from modelkin.data.synth.components import Layout
from modelkin.data.synth.lineage import Lineage
from modelkin.data.synth.mutation import Mutation
from modelkin.data.synth.params import FIELDS, Params
from modelkin.data.synth.prototypes import LENGTH, LEVELS, NUMERIC, PROTOTYPE, TYPES

_STRETCHED = ("intermediate_size", "max_position_embeddings")
_GROWING = ("hidden_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings")


def draw_types(p: Params, layout: Layout, time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the type of each model, shape (n,): one for a whole component.

    Weights lean towards types whose era matches the time of the component's root (of the
    model itself where it stands alone), by `type_trend`.
    """
    head = np.arange(layout.n)
    head[: layout.n_tree] = layout.roots[layout.component[: layout.n_tree]]
    u = p.stream("types").random(layout.n)
    when = 2.0 * share_of_span(p, time) - 1.0
    era = np.array([t.era for t in TYPES[: p.n_types]])
    log_weight = np.log([t.weight for t in TYPES[: p.n_types]])
    kind = np.empty(layout.n, dtype=np.int64)
    for chunk in np.array_split(np.arange(layout.n), max(layout.n // 100_000, 1)):
        weight = np.exp(log_weight + p.type_trend * np.outer(when[chunk], era))
        total = np.cumsum(weight, axis=1)
        kind[chunk] = (total <= u[chunk, None] * total[:, -1:]).sum(axis=1)
    return kind[head]


def inherit(
    p: Params,
    layout: Layout,
    lineage: Lineage,
    kind: NDArray[np.int64],
    time: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Return the true codes of all configurations, shape (n, fields).

    Nothing is unknown here; -1 stands where a type has no such field. A redrawn child
    begins a line of its own.
    """
    codes = np.empty((layout.n, len(FIELDS)), dtype=np.int8)
    redrawn = p.stream("redraw").random(layout.n) < p.redraw
    source = np.where(redrawn, -1, lineage.source)
    levels = [nodes[source[nodes] >= 0] for nodes in lineage.levels()]
    descent = _Descent(source, _origins(source), levels, kind)
    mutation = Mutation(p, layout, lineage)
    for f, name in enumerate(FIELDS):
        codes[:, f] = _fresh(p, layout, f, kind, time)
        chance, u = mutation.probability(name), mutation.uniform(name)
        _descend(p, f, codes[:, f], descent, chance, u)
    return codes


def draw_outliers(p: Params, layout: Layout) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return `n_outliers` isolated models and the field of each that is out of size.

    Isolated, so that no edge differs for it; the fields are those whose plausible band
    leaves room for the factor.
    """
    rng = p.stream("outliers")
    alone = np.arange(layout.n_tree + layout.n_merged, layout.n)
    chosen = rng.permutation(alone)[: p.n_outliers]
    large = np.array([FIELDS.index(name) for name in _STRETCHED])
    return chosen, large[rng.integers(0, len(large), len(chosen))]


@dataclass(frozen=True, eq=False)
class _Descent:
    """Along which lines values come down: source (-1: none), first of the line, levels."""

    source: NDArray[np.int64]
    origin: NDArray[np.int64]
    levels: list[NDArray[np.int64]]
    kind: NDArray[np.int64]


def _origins(source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first ancestor of each model along its sources (itself for a root)."""
    up = np.where(source < 0, np.arange(len(source)), source)
    while not np.array_equal(further := up[up], up):
        up = further
    return up


def _fresh(
    p: Params, layout: Layout, f: int, kind: NDArray[np.int64], time: NDArray[np.int64]
) -> NDArray[np.int8]:
    """Return a field's codes drawn round the prototypes, one for each model."""
    name = FIELDS[f]
    code, length = PROTOTYPE[kind, f].astype(np.int64), LENGTH[kind, f].astype(np.int64)
    rng = p.stream("fresh", name)
    deviates, aside = rng.random(layout.n), rng.random(layout.n)
    prob = np.full(layout.n, p.noise)
    prob[layout.roots] = p.component_offset
    moves = (deviates < prob) & (length > 1) & (name != "model_type")
    if name in NUMERIC:
        if p.size_trend and name in _GROWING:
            grown = p.size_trend * share_of_span(p, time) + p.stream("growth", name).random(
                layout.n
            )
            code = np.where(length > 0, np.clip(code + np.floor(grown), 0, length - 1), code)
        up = aside < 0.5
        moved = _step(code, length, up)
    else:
        moved = (code + 1 + np.floor(aside * (length - 1)).astype(np.int64)) % np.maximum(length, 1)
    return np.asarray(np.where(moves, moved, code), dtype=np.int8)


def _step(
    code: NDArray[np.int64], length: NDArray[np.int64], up: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return codes one step up or down; at an end the only direction left is taken."""
    up = np.where(code == 0, True, np.where(code == length - 1, False, up))
    return np.where(up, code + 1, code - 1)


def transition(p: Params, name: str) -> NDArray[np.float64]:
    """Return P(to | from, a change) of a category or boolean, shape (levels, levels).

    Rows sum to 1 and the diagonal is 0; the weights of the targets are `Params.towards`.
    """
    levels = LEVELS[name]
    weight = np.array([float(p.towards.get(f"{name}/{level}", 1.0)) for level in levels])
    matrix = np.tile(weight, (len(levels), 1))
    np.fill_diagonal(matrix, 0.0)
    total = matrix.sum(axis=1, keepdims=True)
    return np.asarray(matrix / np.where(total > 0, total, 1.0))


def _descend(
    p: Params,
    f: int,
    column: NDArray[np.int8],
    descent: _Descent,
    rate: NDArray[np.float64],
    u: NDArray[np.float64],
) -> None:
    """Replace a field's fresh codes by inherited ones, level by level, in place."""
    name = FIELDS[f]
    length = LENGTH[descent.kind, f].astype(np.int64)
    direction = p.stream("direction", name).random(len(column))
    cumulative = None if name in NUMERIC else np.cumsum(transition(p, name), axis=1)
    p_up = float(p.p_increase.get(name, p.p_increase.get("*", 0.5)))
    p_away = np.zeros(len(column))
    for heirs in descent.levels:
        source = descent.source[heirs]
        value, home = column[source].astype(np.int64), column[descent.origin[heirs]]
        chance, away = rate[heirs], np.zeros(len(heirs), dtype=np.bool_)
        if p.depth_process == "stationary":
            away = value != home
            chance, p_away[heirs] = _stationary(chance, p_away[source], away)
        changed = (length[heirs] > 1) & (u[heirs] < chance)
        moved = _move(value, length[heirs], direction[heirs], p_up, cumulative)
        column[heirs] = np.where(changed, np.where(away, home, moved), value)


def _stationary(
    rate: NDArray[np.float64], p_away: NDArray[np.float64], away: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the chance of a change, and the child's P(away from the line's first value).

    Half of the changes leave that value and half return to it where this is possible, so
    that each edge changes at its rate and, with equal rates up to 2/3, the share away is
    `rate` at every depth from 1 on: p_away · back + (1 - p_away) · leave = rate.
    """
    some = np.maximum(p_away, 1e-300)
    least = np.maximum((rate - 1.0 + p_away) / some, 0.0)
    back = np.clip(rate / (2.0 * some), least, 1.0)
    leave = (rate - p_away * back) / np.maximum(1.0 - p_away, 1e-300)
    chance = np.where(away, back, leave)
    return chance, p_away * (1.0 - back) + (1.0 - p_away) * leave


def _move(
    value: NDArray[np.int64],
    length: NDArray[np.int64],
    direction: NDArray[np.float64],
    p_up: float,
    cumulative: NDArray[np.float64] | None,
) -> NDArray[np.int64]:
    """Return what the values become when they change."""
    if cumulative is None:
        return _step(value, length, direction < p_up)
    rows = cumulative[value]
    target = (rows <= direction[:, None]).sum(axis=1)
    return np.asarray(np.minimum(target, cumulative.shape[1] - 1), dtype=np.int64)
