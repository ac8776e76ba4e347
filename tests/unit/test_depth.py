"""What depth writes against walks of every path; drift by depth in worlds that grow or do not."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from lineage_worlds import from_synth, tiny
from slow_depth import SlowDepth

from modelkin.analysis.depth import compute
from modelkin.analysis.depth_profile import profile_table, slope_table, slopes
from modelkin.data.synth.world import make

PROVE = bool(os.environ.get("MODELKIN_PROVE"))
SEEDS = 400 if PROVE else 40
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def written(result, target):
    return next(w.frame for w in result.writes if w.target == target)


@pytest.fixture(scope="module")
def dirty():
    return from_synth(make("dirty", n_models=1_000, seed=4), permutations=99)


@pytest.fixture(scope="module")
def dirty_result(dirty):
    return compute(dirty)


@pytest.fixture(scope="module")
def slow(dirty):
    return SlowDepth(dirty)


def same(got, expected):
    if expected is None:
        return bool(pd.isna(got))
    return got == pytest.approx(expected, abs=1e-12)


def test_every_model_is_written_as_the_walks_say(dirty, dirty_result, slow):
    frame = written(dirty_result, "model")
    assert frame["row"].tolist() == list(range(dirty.models.n))
    forest, ids = dirty.forest, dirty.models.ids
    for v, got in enumerate(frame.to_dict("records")):
        if forest.root[v] < 0:
            lineage = [k for k in got if k not in ("row", "is_representative")]
            assert all(pd.isna(got[k]) for k in lineage)
            continue
        assert got["component_id"] == ids[forest.component[v]]
        assert got["root_id"] == ids[forest.root[v]]
        for name in ("n_roots", "n_children", "n_descendants", "configured_hops"):
            assert got[name] == getattr(forest, name)[v]
        for name in ("depth_min", "depth_max"):
            depth = getattr(forest, name)[v]
            assert same(got[name], None if depth < 0 else depth)
        path = slow.path(v)
        assert same(got["drift_to_root"], slow.distance(path[-1], v))
        assert same(got["accumulated_drift"], slow.accumulated(path))


def test_each_model_below_an_origin_stands_once_in_the_table(dirty, dirty_result, slow):
    frame = table(dirty_result, "config_drift_by_depth")
    assert frame["node_id"].is_unique
    row = {model: k for k, model in enumerate(dirty.models.ids)}
    expected = 0
    by_id = frame.set_index("node_id")
    for v in range(dirty.models.n):
        run = slow.run(v)
        distance = slow.distance(run[-1], v)
        if len(run) == 1 or distance is None:
            assert dirty.models.ids[v] not in by_id.index
            continue
        expected += 1
        got = by_id.loc[dirty.models.ids[v]]
        assert row[got["origin_id"]] == run[-1]
        assert got["depth"] == len(run) - 1
        assert got["drift_to_origin"] == pytest.approx(distance, abs=1e-12)
        assert same(got["accumulated_drift"], slow.accumulated(run))
        path = slow.path(v)
        assert got["path_length"] == len(path) - 1
        assert row[got["root_id"]] == path[-1]
        assert same(got["drift_to_root"], slow.distance(path[-1], v))
    assert len(frame) == expected == dirty_result.coverage.n_used > 50


def test_displacement_is_not_the_sum_of_steps():
    models = {f"m/{k}": {**LLAMA, "vocab_size": 100 + (k % 2)} for k in range(3)}
    result = compute(tiny(models, [("m/0", "m/1"), ("m/1", "m/2")]))
    got = table(result, "config_drift_by_depth").set_index("node_id").loc["m/2"]
    assert got["drift_to_origin"] == 0
    assert got["accumulated_drift"] == 0.5


def test_a_gap_ends_the_sum_and_begins_a_new_origin():
    models = {f"m/{k}": {**LLAMA, "vocab_size": 100 + k} for k in range(5)}
    models["m/1"] = {"model_type": "llama"}
    edges = [(f"m/{k}", f"m/{k + 1}") for k in range(4)]
    result = compute(tiny(models, edges))
    frame = written(result, "model").set_index("row")
    assert frame["accumulated_drift"].notna().tolist() == [True, False, False, False, False]
    assert frame["drift_to_root"].notna().tolist() == [True, False, True, True, True]
    nodes = table(result, "config_drift_by_depth").set_index("node_id")
    assert nodes["origin_id"].to_dict() == {"m/3": "m/2", "m/4": "m/2"}
    assert nodes["depth"].to_dict() == {"m/3": 1, "m/4": 2}
    assert nodes["path_length"].to_dict() == {"m/3": 3, "m/4": 4}


def test_a_merge_begins_a_new_origin():
    models = {f"m/{k}": LLAMA for k in range(3)}
    result = compute(tiny(models, [("m/0", "m/1", "merge"), ("m/1", "m/2")]))
    nodes = table(result, "config_drift_by_depth")
    assert nodes["node_id"].tolist() == ["m/2"]
    assert nodes["origin_id"].tolist() == ["m/1"]


def test_representatives_are_most_downloaded_then_earliest_then_smallest():
    models = {
        "a/a": {**LLAMA, "downloads": 5},
        "b/b": {**LLAMA, "downloads": 9, "created_at": "2024-02-01"},
        "c/c": {**LLAMA, "downloads": 9, "created_at": "2024-01-01"},
        "d/d": {**LLAMA, "downloads": 9, "created_at": "2024-01-01"},
        "e/e": LLAMA,
        "f/f": {**LLAMA, "vocab_size": 7},
        "g/g": {"model_type": "llama"},
    }
    frame = written(compute(tiny(models, [("a/a", "g/g")])), "model")
    got = frame["is_representative"]
    assert got[:6].tolist() == [False, False, True, False, False, True]
    assert pd.isna(got[6])


def test_days_between_dates_leave_out_the_first_day_and_loops():
    models = {
        "a/a": {"created_at": "2022-03-02T23:29:04"},
        "b/b": {"created_at": "2024-01-10T12:00:00"},
        "c/c": {"created_at": "2024-01-09T13:00:00"},
        "d/d": {},
    }
    edges = [("a/a", "b/b"), ("b/b", "b/b"), ("b/b", "c/c"), ("b/b", "d/d"), ("c/c", "b/b")]
    days = written(compute(tiny(models, edges)), "edge")["created_delta_days"]
    assert days.fillna(-99).tolist() == [-99, -99, -1, -99, 0]


def test_nothing_at_all_gives_empty_tables_and_no_failure():
    result = compute(tiny({"a/a": LLAMA}, []))
    assert result.coverage.n_used == 0
    assert result.findings == ("No model has a parent or a child.",)
    frame = written(result, "model")
    assert frame["root_id"].tolist() == [None]
    assert frame["is_representative"].tolist() == [True]


def test_a_cycle_of_main_parents_ends_at_its_smallest_row():
    models = {f"m/{k}": {**LLAMA, "vocab_size": 100 + k} for k in range(3)}
    result = compute(tiny(models, [("m/0", "m/1"), ("m/1", "m/2"), ("m/2", "m/0")]))
    frame = written(result, "model")
    assert frame["root_id"].tolist() == ["m/0"] * 3
    assert frame["depth_min"].isna().all()
    assert frame["accumulated_drift"].tolist() == pytest.approx([0, 0.125, 0.25])


def test_the_caption_tells_of_survivorship(dirty_result):
    assert "Survivorship" in dirty_result.figures[0].caption
    assert dirty_result.coverage.line() in dirty_result.figures[0].caption


def test_growth_is_found_and_a_stationary_process_does_not_grow():
    changes = {"rate": 0.1, "isolated_share": 0.1, "stub_share": 0.0, "size_pareto": 1.5}
    made = {
        process: compute(
            from_synth(
                make("planted", n_models=1_500, seed=0, depth_process=process, **changes),
                permutations=199,
            )
        )
        for process in ("walk", "stationary")
    }
    step = {k: table(r, "depth_profile").set_index("depth").loc[2] for k, r in made.items()}
    assert step["walk"]["step_low"] > 0
    assert step["stationary"]["step_low"] < 0 < step["stationary"]["step_high"]
    assert "p = 0.01 " in made["walk"].findings[-1]
    p = float(made["stationary"].findings[-1].split("p = ")[1].split()[0])
    assert p > 0.05


def nodes_of(rng, components=40, step=0.01, survivors=False):
    """Chains whose displacement grows by `step` a hop; if survivors, deep ones start lower."""
    rows, node = [], 0
    for c in range(components):
        deepest = int(rng.integers(2, 7))
        start = 0.3 - 0.04 * deepest if survivors else 0.1
        for _ in range(3):
            parent, level = -1, start + rng.normal(0, 0.02)
            for depth in range(1, deepest + 1):
                level += step * (depth > 1) + rng.normal(0, 0.005) * (depth > 1)
                rows.append((c, depth, level, level, node, parent, "finetune"))
                parent, node = node, node + 1
    names = ["component_id", "depth", "drift_to_origin", "accumulated_drift", "node", "parent",
             "relation"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def test_survivors_make_the_unpaired_means_fall_and_leave_the_paired_steps_right():
    covered, shown, falls, rises = 0, 0, 0, 0
    for seed in range(SEEDS // 4):
        nodes = nodes_of(np.random.default_rng(seed), survivors=True)
        profile = profile_table(nodes).set_index("depth")
        falls += profile.loc[5, "drift_value"] < profile.loc[1, "drift_value"]
        rises += profile.loc[5, "chained"] > profile.loc[1, "chained"]
        for depth in (2, 3, 4):
            step = profile.loc[depth]
            shown += 1
            covered += step["step_low"] <= 0.01 <= step["step_high"]
    assert falls >= 0.9 * (SEEDS // 4)
    assert rises == SEEDS // 4
    assert covered / shown >= (0.925 if PROVE else 0.85)


def test_slopes_cover_the_planted_one():
    covered = 0
    for seed in range(SEEDS):
        nodes = nodes_of(np.random.default_rng(seed), components=15, survivors=True)
        estimate, _ = slopes(nodes, slope_table(nodes), 1, np.random.default_rng(0))
        covered += estimate.low <= 0.01 <= estimate.high
    assert covered / SEEDS >= (0.925 if PROVE else 0.85)


def test_slopes_equal_numpy_and_permuted_depths_find_nothing_where_nothing_is():
    hits = 0
    for seed in range(SEEDS // 4):
        rng = np.random.default_rng(seed)
        nodes = nodes_of(rng, components=12, step=0.0)
        nodes["drift_to_origin"] = rng.random(len(nodes))
        by_component = slope_table(nodes)
        if seed == 0:
            for row in by_component.itertuples():
                here = nodes[nodes["component_id"] == row.component_id]
                fit = np.polyfit(here["depth"], here["drift_to_origin"], 1)[0]
                assert row.slope == pytest.approx(fit, abs=1e-12)
        _, p = slopes(nodes, by_component, 199, rng)
        hits += p < 0.05
    assert hits / (SEEDS // 4) <= (0.10 if PROVE else 0.15)


def test_thin_depths_and_components_are_gated():
    nodes = nodes_of(np.random.default_rng(0), components=4)
    profile = profile_table(nodes)
    assert profile["is_thin"].all()
    assert profile["drift_low"].isna().all()
    estimate, p = slopes(nodes, slope_table(nodes), 9, np.random.default_rng(0))
    assert estimate.note.startswith("counts only")
    assert np.isnan(p)
