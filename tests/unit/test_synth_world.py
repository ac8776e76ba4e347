"""The generator's structure: sizes, order, components, attachment, time, matched twins.

Oracles: networkx for components, plain loops for the law of attachment.
"""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys

import networkx as nx
import numpy as np
import pytest

from modelkin.data import synth
from modelkin.data.synth.prototypes import TYPE_NAMES
from modelkin.errors import UserError
from modelkin.schema.graph import is_model_id

MODEL_ARRAYS = ["ids", "kind", "created_at", "stub", "has_row", "source", "made_by", "component"]
MODEL_ARRAYS += ["codes", "known", "lost", "pattern"]
EDGE_ARRAYS = ["parent", "child", "bits"]


def digest(world: synth.World) -> str:
    """Hash of every array and of the truth."""
    parts = [getattr(world, name) for name in MODEL_ARRAYS + EDGE_ARRAYS]
    parts += list(vars(world.listing).values())
    text = "".join(repr(p.tolist()) for p in parts) + repr(world.truth)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(array: np.ndarray) -> np.ndarray:
    """Times as numbers, so that unknown equals unknown."""
    return array.astype("int64") if array.dtype.kind == "M" else array


def same(a: synth.World, b: synth.World, names: list[str]) -> bool:
    return all(np.array_equal(plain(getattr(a, n)), plain(getattr(b, n))) for n in names)


def test_the_same_call_gives_the_same_world_in_another_process() -> None:
    here = digest(synth.make("dirty", n_models=400, seed=3))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_synth_world as t;"
        "from modelkin.data import synth;"
        "print(t.digest(synth.make('dirty', n_models=400, seed=3)))"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, os.path.dirname(__file__)],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert there == here
    assert digest(synth.make("dirty", n_models=400, seed=4)) != here


@pytest.mark.parametrize("world", [w for w in synth.worlds() if w != "census"])
@pytest.mark.parametrize("n", [1, 2, 7, 60, 500])
def test_every_world_comes_in_any_size(world: str, n: int) -> None:
    w = synth.make(world, n_models=n, seed=n)
    assert w.n == len(w.kind) == len(w.codes) == w.truth["counts"]["models"] == n
    assert len(w.parent) == len(w.child) == len(w.bits)
    assert w.configs.shape == (w.has_row.sum(), len(synth.FIELDS))


def test_the_census_has_the_hubs_proportions() -> None:
    w = synth.make("census", n_models=40_000, n_components=580)
    assert 0.28 < len(w.parent) / w.n < 0.34  # 573,653 / 1,860,411 = 0.31
    assert w.truth["counts"]["isolated"] / w.n == pytest.approx(0.69, abs=0.01)
    assert 0.003 < w.has_row.mean() < 0.02
    assert np.bincount(w.parent).max() > 0.2 * len(w.parent) * 32 / 574


def test_ids_ascend_and_are_hub_ids() -> None:
    w = synth.make(n_models=2_000, seed=5)
    ids = w.ids.tolist()
    assert ids == sorted(set(ids))
    assert all(is_model_id(i) for i in ids)
    assert 0 < sum("/" not in i for i in ids) < 40
    assert all(i.endswith(TYPE_NAMES[k]) for i, k in zip(ids, w.kind, strict=True))


@pytest.fixture(scope="module")
def planted_fixture() -> synth.World:
    return synth.make("planted", n_models=3_000, seed=1, multi_share=0.1)


@pytest.mark.parametrize("mixed_share", [0.01, 1.0])
def test_components_are_those_of_the_graph_without_merges(mixed_share: float) -> None:
    """Also where every child names a merge parent, which must not be its tree parent."""
    w = synth.make(seed=1, multi_share=0.1, mixed_share=mixed_share)
    graph = nx.Graph()
    graph.add_nodes_from(range(w.n))
    merge = synth.BITS["merge"]
    graph.add_edges_from(
        (int(a), int(b))
        for a, b, bits in zip(w.parent, w.child, w.bits, strict=True)
        if not bits & merge
    )
    for component in nx.connected_components(graph):
        assert {int(w.component[i]) for i in component} == {min(component)}


def test_pairs_are_unique_and_ordered(planted_fixture: synth.World) -> None:
    w = planted_fixture
    pairs = list(zip(w.parent.tolist(), w.child.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    untyped = synth.BITS["untyped"]
    assert not np.any((w.bits & untyped != 0) & (w.bits != untyped))
    assert set(w.source[w.source >= 0].tolist()) <= set(w.parent.tolist())
    made = {(int(s), i) for i, s in enumerate(w.source) if s >= 0}
    assert made <= set(pairs)


def test_lineage_has_all_its_faults(planted_fixture: synth.World) -> None:
    w = planted_fixture
    counts = w.truth["counts"]
    assert counts["loops"] == 4
    assert counts["several_relations"] > 20
    assert counts["with_several_parents"] > 40
    assert counts["stubs"] == w.stub.sum() > 3
    assert counts["children_older"] > 4
    graph = nx.DiGraph(zip(w.parent.tolist(), w.child.tolist(), strict=True))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    cycles = [c for c in nx.strongly_connected_components(graph) if len(c) > 1]
    assert 1 <= len(cycles) <= 4
    # Nothing but the asked cycles: without them the graph is acyclic.
    clean = synth.make("planted", n_models=3_000, seed=1, multi_share=0.1, n_cycles=0, n_loops=0)
    assert nx.is_directed_acyclic_graph(
        nx.DiGraph(zip(clean.parent.tolist(), clean.child.tolist(), strict=True))
    )


def test_stubs_are_parents_that_nobody_lists(planted_fixture: synth.World) -> None:
    w = planted_fixture
    assert not w.has_row[w.stub].any()
    assert not np.isin(w.child, np.flatnonzero(w.stub)).any()
    assert np.isin(np.flatnonzero(w.stub), w.parent).all()
    assert np.isnat(w.created_at[w.stub]).all()
    assert np.isnan(w.listing.downloads[w.stub]).all()
    assert not np.isnat(w.created_at[~w.stub]).any()


def test_a_hub_has_its_share_and_one_relation() -> None:
    w = synth.make("hub", seed=2, n_cycles=0, n_loops=0, multi_share=0.0)
    sizes = np.bincount(w.component)
    hub = int(sizes.argmax())
    tree = 3_000 - 1_800 - 60
    assert sizes[hub] == round(0.4 * tree)
    inside = (w.component[w.child] == hub) & (w.bits & synth.BITS["merge"] == 0)
    assert len(np.unique(w.bits[inside])) == 1
    assert w.truth["components"]["edges_largest_share"] > 0.4


def test_sizes_follow_the_pareto_exponent() -> None:
    def largest(pareto: float) -> float:
        worlds = (synth.make(seed=s, size_pareto=pareto, n_models=1_500) for s in range(5))
        return float(np.mean([w.truth["components"]["largest"][0] for w in worlds]))

    assert largest(0.8) > 3 * largest(3.0)


# -- matched twins: an effect set to zero changes nothing else


def test_a_rate_set_to_zero_changes_only_its_field() -> None:
    a, b = synth.make(seed=7), synth.make(seed=7, rate={"vocab_size": 0.0})
    f = synth.FIELDS.index("vocab_size")
    others = [i for i in range(len(synth.FIELDS)) if i != f]
    assert same(a, b, [n for n in MODEL_ARRAYS if n != "codes"] + EDGE_ARRAYS)
    assert np.array_equal(a.codes[:, others], b.codes[:, others])
    assert not np.array_equal(a.codes[:, f], b.codes[:, f])
    # Merge edges have other parents, which nothing was inherited from.
    assert b.truth["mutations"]["vocab_size"]["no_merge"]["n_changed"] == 0


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"component_rho": 0.0}, {"codes"}),
        ({"component_offset": 0.0}, {"codes"}),
        ({"depth_process": "stationary"}, {"codes"}),
        ({"p_increase": 0.5}, {"codes"}),
        ({"older_share": 0.0}, {"created_at"}),
        ({"n_cycles": 0}, {"parent", "child", "bits"}),
        ({"n_loops": 0}, {"parent", "child", "bits"}),
        ({"multi_share": 0.0}, {"bits"}),
        ({"misaligned_share": 0.5}, {"pattern"}),
        ({"unknown": {"hidden_act": 0.3}}, {"known"}),
        ({"row_share": 0.5}, {"has_row", "known", "lost", "pattern"}),
    ],
)
def test_each_part_has_a_stream_of_its_own(change: dict, touched: set[str]) -> None:
    a, b = synth.make(seed=8, n_models=1_500), synth.make(seed=8, n_models=1_500, **change)
    differs = {n for n in MODEL_ARRAYS + EDGE_ARRAYS if not same(a, b, [n])}
    assert differs
    assert differs <= touched


def test_dirty_hides_planted() -> None:
    clean, dirty = synth.make("planted", seed=9), synth.make("dirty", seed=9)
    hidden = ["has_row", "known", "lost", "pattern"]
    assert same(clean, dirty, [n for n in MODEL_ARRAYS if n not in hidden] + EDGE_ARRAYS)
    assert not (dirty.known & ~clean.known).any()


# -- attachment


@pytest.mark.parametrize(
    ("alpha", "k0", "depth_decay"),
    [(0.0, 1.0, 0.0), (1.0, 1.0, 0.0), (1.3, 0.5, 0.0), (1.0, 1.0, 0.7)],
)
def test_the_third_birth_chooses_by_degree(alpha: float, k0: float, depth_decay: float) -> None:
    w = synth.make(
        n_models=9_000, n_components=3_000, size_pareto=100.0, isolated_share=0.0, merge_share=0.0,
        alpha=alpha, k0=k0, depth_decay=depth_decay, n_cycles=0, n_loops=0, stub_share=0.0,
    )  # fmt: skip
    sizes = np.bincount(w.component)
    threes = np.flatnonzero(sizes == 3)
    children = np.bincount(w.parent, minlength=w.n)
    stars = sum(children[w.component == c].max() == 2 for c in threes)
    root, first = (1 + k0) ** alpha, k0**alpha * math.exp(-depth_decay)
    p = root / (root + first)
    assert len(threes) > 500
    assert abs(stars - len(threes) * p) < 4 * math.sqrt(len(threes) * p * (1 - p))


def likelihood(parents: list[int], alpha: float, k0: float, moment: int) -> float:
    """Log likelihood of a tree's births by plain sums (births 1, 2, …; root 0)."""
    degree, total = [0], 0.0
    for first in range(0, len(parents), moment):
        weights = [(k + k0) ** alpha for k in degree]
        whole = sum(weights)
        births = parents[first : first + moment]
        total += sum(math.log(weights[b] / whole) for b in births)
        for b in births:
            degree[b] += 1
        degree += [0] * len(births)
    return total


@pytest.mark.parametrize(("alpha", "tie"), [(0.0, 1), (0.5, 1), (1.0, 20), (1.3, 1)])
def test_one_tree_follows_the_law_of_attachment(alpha: float, tie: int) -> None:
    best = []
    for seed in range(2):
        w = synth.make(
            n_models=500, n_components=1, isolated_share=0.0, merge_share=0.0, n_cycles=0,
            n_loops=0, stub_share=0.0, mixed_share=0.0, older_share=0.0, alpha=alpha,
            tie_size=tie, clamped_share=0.0, seed=seed,
        )  # fmt: skip
        depth = np.zeros(w.n, dtype=int)
        for _ in range(w.n):
            deeper = np.where(w.source >= 0, depth[w.source] + 1, 0)
            if np.array_equal(deeper, depth):
                break
            depth = deeper
        # Births in the order of time; those of one moment never descend from each other.
        order = np.lexsort((depth, w.created_at))
        place = {int(row): i for i, row in enumerate(order)}
        parents = [place[int(w.source[row])] for row in order[1:]]
        grid = np.arange(-0.2, 1.71, 0.15)
        best.append(grid[np.argmax([likelihood(parents, a, 1.0, tie) for a in grid])])
    assert abs(np.mean(best) - alpha) <= 0.2


def test_births_of_one_moment_see_the_degrees_before_it() -> None:
    w = synth.make(
        n_models=500, n_components=1, isolated_share=0.0, merge_share=0.0, tie_size=20,
        older_share=0.0, n_cycles=0, n_loops=0, stub_share=0.0, clamped_share=0.0,
    )  # fmt: skip
    tree = np.flatnonzero(w.source >= 0)
    assert np.all(w.created_at[w.source[tree]] < w.created_at[tree])
    _, births = np.unique(w.created_at[tree], return_counts=True)
    assert births[:-1].tolist() == [20] * (len(births) - 1)


def test_attractive_models_and_old_ones() -> None:
    def top_share(**change: float) -> float:
        w = synth.make(n_models=2_000, n_components=1, isolated_share=0.0, alpha=0.0, **change)
        return float(np.bincount(w.parent).max() / len(w.parent))

    assert top_share(attractiveness_logsd=2.0) > 3 * top_share()
    young = synth.make(n_models=2_000, n_components=1, isolated_share=0.0, age_decay=1.0)
    usual = synth.make(n_models=2_000, n_components=1, isolated_share=0.0)
    gap = [
        np.median((w.created_at[w.child] - w.created_at[w.parent]).astype(int)[~w.stub[w.parent]])
        for w in (young, usual)
    ]
    assert gap[0] < gap[1] / 3


# -- time


def test_months_grow_and_begin_with_a_false_first_day() -> None:
    w = synth.make(n_models=20_000, seed=3, growth=0.05, month_logsd=0.0, clamped_share=0.05)
    clamp = np.datetime64("2022-03-02T23:29:04")
    listed = w.created_at[~w.stub]
    at = int((listed == clamp).sum())
    assert abs(at - 1_000) < 5 * math.sqrt(1_000)
    months = np.bincount(
        (listed[listed > clamp].astype("datetime64[M]") - np.datetime64("2022-03")).astype(int)
    )
    assert len(months) == 40
    assert np.polyfit(np.arange(1, 40), np.log(months[1:]), 1)[0] == pytest.approx(0.05, abs=0.005)
    assert listed.min() == clamp


def test_children_are_older_as_often_as_asked() -> None:
    w = synth.make(n_models=20_000, seed=3, older_share=0.1, n_cycles=0, clamped_share=0.0)
    edges = (w.bits & synth.BITS["merge"] == 0) & ~w.stub[w.parent] & (w.parent != w.child)
    older = w.created_at[w.child[edges]] < w.created_at[w.parent[edges]]
    # A child that stays may have a parent that was moved, which only makes it younger.
    assert older.mean() == pytest.approx(0.1, abs=0.012)
    assert synth.make(older_share=0.0, n_cycles=0).truth["counts"]["children_older"] == 0


# -- parameters


@pytest.mark.parametrize(
    ("world", "change", "text"),
    [
        ("plantd", {}, "No such world - plantd"),
        ("planted", {"hubshare": 0.1}, "No such parameter - hubshare"),
        ("planted", {"hub_share": 1.2}, "hub_share = 1.2: must be 0.0 to 1.0"),
        ("planted", {"rate": {"vocab": 0.1}}, "No such rule - rate: vocab"),
        ("planted", {"rate": {"vocab_size/copy": 0.1}}, "No such rule - rate: vocab_size/copy"),
        ("planted", {"rate": 1.5}, "rate: * = 1.5"),
        ("planted", {"copy_prob": 0.7}, "transformers_version on finetune edges"),
        ("planted", {"n_components": 2_000}, "Too many components"),
        ("planted", {"mnar_odds": {"*": 0.5}}, "mnar_odds"),
        ("planted", {"alias_lost": ("gpt9",)}, "No such field or type - gpt9"),
        ("planted", {"depth_process": "jump"}, "No such process - jump"),
        ("planted", {"relation_mix": {"merge": 0.5}}, "No such rule - relation_mix: merge"),
        ("planted", {"n_models": 0}, "n_models = 0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(world: str, change: dict, text: str) -> None:
    with pytest.raises(UserError) as caught:
        synth.make(world, **{"n_models": 3_000, **change})
    assert text in str(caught.value)


def test_rules_are_merged_into_the_worlds_table_and_a_number_replaces_it() -> None:
    merged = synth.make(n_models=100, rate={"vocab_size": 0.3}).params
    assert merged.rate_of("vocab_size", "merge") == 0.3
    assert merged.rate_of("torch_dtype", "quantized") == 0.5
    replaced = synth.make(n_models=100, rate=0.25).params
    assert replaced.rate_of("torch_dtype", "quantized") == 0.25
    assert replaced.rate_of("model_type", "finetune") == 0.0
    typed = synth.make(n_models=100, rate={"model_type": 0.1}).params
    assert typed.rate_of("model_type", "finetune") == 0.1
