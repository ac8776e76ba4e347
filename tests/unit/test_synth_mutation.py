"""Planted mutation: rates, clustering, direction, processes. Oracles: binomials and moments."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from modelkin.data import synth
from modelkin.data.synth.prototypes import LENGTH, NUMERIC

TREES = {
    "isolated_share": 0.0,
    "merge_share": 0.0,
    "mixed_share": 0.0,
    "n_cycles": 0,
    "n_loops": 0,
    "stub_share": 0.0,
    "multi_share": 0.0,
}
# Many components of one size: shares are not ruled by what one hub's root happens to be.
EVEN = {"n_components": 1_500, "size_pareto": 10.0}
F = {name: i for i, name in enumerate(synth.FIELDS)}


# -- planted rates come out


def pooled(seeds: range, **change: Any) -> dict[tuple[str, str], list[int]]:
    """(field, relation that made the child) -> [edges, changes], over seeds."""
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for seed in seeds:
        w = synth.make(seed=seed, **{"component_rho": 0.0, **change})
        made = np.flatnonzero(w.source >= 0)
        for r, relation in enumerate(synth.RELATIONS):
            child = made[w.made_by[made] == r]
            for field, f in F.items():
                able = LENGTH[w.kind[child], f] > 1
                a, b = w.codes[w.source[child[able]], f], w.codes[child[able], f]
                found[field, relation][0] += int(able.sum())
                found[field, relation][1] += int((a != b).sum())
    return found


@pytest.mark.parametrize(
    "change",
    [{}, {"noise": 0.8, "component_offset": 0.8}, {"copy_prob": {"finetune": 0.5, "*": 0.3}}],
)
def test_planted_rates_come_out_within_binomial_error(change: dict[str, Any]) -> None:
    params = synth.make(n_models=100).params
    found = pooled(range(6), isolated_share=0.0, **change)
    assert len(found) == len(synth.FIELDS) * len(synth.RELATIONS)
    for (field, relation), (n, changed) in found.items():
        p = params.rate_of(field, relation)
        assert n > 10
        # 100 pairs of field and relation: by chance one in 5 % of all sets of seeds.
        assert binomtest(changed, n, p).pvalue > 5e-4, (field, relation)


def test_a_stationary_process_keeps_the_planted_rate() -> None:
    """Its changes are not independent (children of a changed model often return): t over seeds."""
    shares: dict[tuple[str, str], list[float]] = defaultdict(list)
    for seed in range(8):
        once = pooled(
            range(seed, seed + 1), depth_process="stationary", isolated_share=0.0, n_components=700
        )
        for key, (n, changed) in once.items():
            if n > 100:
                shares[key].append(changed / n)
    params = synth.make(n_models=100).params
    often = {key: found for key, found in shares.items() if len(found) == 8}
    assert len(often) > 40
    for key, found in often.items():
        p, error = params.rate_of(*key), np.std(found) / math.sqrt(len(found))
        assert abs(np.mean(found) - p) < 5 * error + 0.003, key


def test_copies_repeat_their_parent() -> None:
    w = synth.make(**TREES, rate=0.3, copy_prob=0.5, component_rho=0.0, co_change=())
    child = np.flatnonzero(w.source >= 0)
    same = (w.codes[child] == w.codes[w.source[child]]).all(axis=1)
    # Half are copies; the others change each of ≥ 10 fields with 0.6.
    assert same.mean() == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / len(child)))


def test_changes_cluster_by_component_as_planted() -> None:
    """Moment estimate of the correlation between edges of one component, over fields."""
    for rho in (0.0, 0.02, 0.2):
        estimates = []
        for seed in range(4):
            w = synth.make(
                **TREES,
                seed=seed,
                n_components=300,
                size_pareto=5.0,
                rate=0.1,
                component_rho=rho,
                co_change=(),
            )
            child = np.flatnonzero(w.source >= 0)
            for field in (
                "vocab_size",
                "torch_dtype",
                "hidden_size",
                "hidden_act",
                "num_hidden_layers",
            ):
                y = (w.codes[child, F[field]] != w.codes[w.source[child], F[field]]) - 0.1
                n = np.bincount(w.component[child])
                total, squares = (
                    np.bincount(w.component[child], weights=y),
                    np.bincount(w.component[child], weights=y**2),
                )
                estimates.append(float((total**2 - squares).sum() / (n * (n - 1)).sum() / 0.09))
        error = np.std(estimates, ddof=1) / math.sqrt(len(estimates))
        assert abs(np.mean(estimates) - rho) < 4 * error
        assert error < 0.03


def test_changes_cluster_by_parent_as_planted() -> None:
    estimates = []
    for seed in range(6):
        w = synth.make(
            **TREES,
            seed=seed,
            rate=0.1,
            component_rho=0.0,
            parent_rho=0.2,
            co_change=(),
            pure_share=1.0,
            alpha=0.5,
        )
        child = np.flatnonzero(w.source >= 0)
        for field in ("vocab_size", "torch_dtype", "hidden_size", "hidden_act"):
            y = (w.codes[child, F[field]] != w.codes[w.source[child], F[field]]) - 0.1
            n = np.bincount(w.source[child])
            total, squares = (
                np.bincount(w.source[child], weights=y),
                np.bincount(w.source[child], weights=y**2),
            )
            estimates.append(float((total**2 - squares).sum() / (n * (n - 1)).sum() / 0.09))
    error = np.std(estimates, ddof=1) / math.sqrt(len(estimates))
    assert abs(np.mean(estimates) - 0.2) < 4 * error
    assert error < 0.03


def test_the_typical_component_has_the_planted_rate_even_if_size_decides() -> None:
    component, edge = [], []
    for seed in range(25):
        told = synth.make(
            seed=seed, rate=0.2, component_rho=0.2, size_effect_cor=0.8, **TREES
        ).truth["mutations"]
        component += [
            told[f]["no_merge"]["typical_component"] for f in ("vocab_size", "torch_dtype")
        ]
        edge += [told[f]["no_merge"]["typical_edge"] for f in ("vocab_size", "torch_dtype")]
    error = np.std(component, ddof=1) / math.sqrt(len(component))
    assert abs(np.mean(component) - 0.2) < 4 * error
    assert np.mean(edge) > 0.3


def test_groups_of_fields_change_together() -> None:
    w = synth.make(**TREES, rate={"*": 0.2, "intermediate_size": 0.1}, component_rho=0.1)
    child = np.flatnonzero(w.source >= 0)
    a = w.codes[child, F["hidden_size"]] != w.codes[w.source[child], F["hidden_size"]]
    b = w.codes[child, F["intermediate_size"]] != w.codes[w.source[child], F["intermediate_size"]]
    assert b.sum() > 100
    # The rarer change implies the other but for components whose draws round a rate near 0.
    assert (a & b).sum() >= 0.98 * b.sum()


def test_numbers_rise_as_often_as_planted() -> None:
    w = synth.make(
        **TREES,
        rate={"vocab_size": 0.2, "rope_theta": 0.2},
        p_increase={"rope_theta": 0.2},
        component_rho=0.0,
        n_components=600,
    )
    child = np.flatnonzero(w.source >= 0)
    for field, p in (("vocab_size", 0.8), ("rope_theta", 0.2)):
        before, after = w.codes[w.source[child], F[field]], w.codes[child, F[field]]
        inside = (before > 0) & (before < LENGTH[w.kind[child], F[field]] - 1)
        changed = inside & (before != after)
        up = (after > before)[changed]
        assert len(up) > 100
        assert abs(up.mean() - p) < 4 * math.sqrt(p * (1 - p) / len(up))


def test_categories_change_by_the_transition_matrix() -> None:
    told = synth.make(**TREES, rate={"torch_dtype": 0.5}, n_models=6_000, component_rho=0.0).truth[
        "transitions"
    ]["torch_dtype"]
    planted, found = np.array(told["planted"]), np.array(told["n_edges"], dtype=float)
    np.fill_diagonal(found, 0.0)
    n = found.sum(axis=1, keepdims=True)
    assert planted[0].tolist() == [0.0, 0.8, 0.2]
    assert (abs(found / n - planted) < 4 * np.sqrt(planted * (1 - planted) / n) + 1e-9).all()


def test_redrawn_children_forget_their_parent() -> None:
    w = synth.make("copies", redraw=1.0, component_offset=0.3, noise=0.3, **TREES)
    child = np.flatnonzero(w.source >= 0)
    f = F["vocab_size"]
    a, b = w.codes[w.source[child], f].astype(float), w.codes[child, f].astype(float)
    # Both are one step off the prototype with probability 0.3, either way, independently.
    root = w.made_by[w.source[child]] < 0
    apart = (a != b)[~root]
    p = 1 - (0.7**2 + 2 * 0.15**2)
    assert abs(apart.mean() - p) < 4 * math.sqrt(p * (1 - p) / len(apart))


# -- distance to the root


def away_by_depth(w: synth.World, field: str) -> list[float]:
    """Share of models that differ from their tree's root, by depth 1, 2, 3, 4."""
    depth, root = np.zeros(w.n, dtype=int), np.arange(w.n)
    for _ in range(60):
        has = w.source >= 0
        depth[has] = depth[w.source[has]] + 1
        root[has] = root[w.source[has]]
    away = w.codes[:, F[field]] != w.codes[root, F[field]]
    able = LENGTH[w.kind, F[field]] > 1
    return [float(away[(depth == d) & able].mean()) for d in (1, 2, 3, 4)]


def test_a_walk_leaves_the_root_and_a_stationary_process_stays() -> None:
    fixed = {"rate": 0.2, "component_rho": 0.0, "alpha": 0.5, "n_models": 12_000, **TREES}
    walk = away_by_depth(synth.make(**fixed), "vocab_size")
    assert walk[0] == pytest.approx(0.2, abs=0.03)
    assert walk == sorted(walk)
    assert walk[3] > 0.4
    for field in ("vocab_size", "hidden_act", "tie_word_embeddings"):
        stays = away_by_depth(synth.make(**fixed, depth_process="stationary"), field)
        assert stays == pytest.approx([0.2] * 4, abs=0.035)


def test_the_null_world_drifts_on_one_edge_in_twenty() -> None:
    shares = [
        synth.make("null", seed=s).truth["drifted"]["no_merge"]["typical_component"]
        for s in range(20)
    ]
    assert np.mean(shares) == pytest.approx(0.05, abs=4 * np.std(shares) / math.sqrt(20))


def test_honest_configurations_are_plausible() -> None:
    from modelkin.schema.attributes import BY_NAME

    frame = synth.make(n_models=6_000, rate=0.3, noise=0.5).configs
    for name in NUMERIC:
        values = frame[name].dropna()
        assert values.between(BY_NAME[name].low, BY_NAME[name].high).all()
    attention, grouped = frame["num_attention_heads"], frame["num_key_value_heads"]
    both = attention.notna() & grouped.notna()
    assert (attention[both] % grouped[both] == 0).all()
    assert (frame["hidden_size"] % attention).dropna().eq(0).all()
    assert (frame["hidden_size"] > 330).all()
    experts = frame["num_experts"].notna()
    assert (frame["num_experts_per_tok"] <= frame["num_experts"])[experts].all()


def test_deep_components_drift_less_when_asked() -> None:
    typical, deep = [], []
    for seed in range(12):
        w = synth.make(seed=seed, rate=0.2, component_rho=0.2, depth_effect_cor=-0.8, **TREES)
        typical.append(w.truth["mutations"]["vocab_size"]["no_merge"]["typical_component"])
        child = np.flatnonzero(w.source >= 0)
        far = child[w.made_by[w.source[child]] >= 0]  # depth 2 and more: deep components
        f = F["vocab_size"]
        deep.append(float((w.codes[far, f] != w.codes[w.source[far], f]).mean()))
    assert abs(np.mean(typical) - 0.2) < 4 * np.std(typical) / math.sqrt(12)
    assert np.mean(deep) < 0.1


def test_outliers_are_isolated_and_named_in_the_truth() -> None:
    plain, w = (synth.make(seed=5, n_loops=0, n_outliers=k) for k in (0, 30))
    named = w.truth["outliers"]
    assert len(named) == 30
    related = set(w.ids[w.parent]) | set(w.ids[w.child])
    assert not related & set(named)
    for i, name in enumerate(synth.FIELDS):
        before, after = plain.column(name), w.column(name)
        rows = [i for i, model in enumerate(w.ids) if named.get(model) == name]
        if name in NUMERIC:
            assert (after[rows] == 20 * before[rows]).all()
        others = np.setdiff1d(np.arange(w.n), rows)
        assert repr(before[others].tolist()) == repr(after[others].tolist()), i
    assert plain.truth["mutations"] == w.truth["mutations"]


def test_types_can_be_few() -> None:
    w = synth.make(n_types=3, n_models=600)
    assert set(w.kind.tolist()) == {0, 1, 2}
