"""Mutation counts against loops and planted truth; rates, direction, transitions."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from lineage_worlds import from_synth, tiny
from slow_drift import slow_mutations

from modelkin.analysis.inputs import BITS
from modelkin.analysis.mutations import FIELDS, change_groups, compute, field_row, happens
from modelkin.analysis.pairs import CHANGED, SAME
from modelkin.data.synth.truth import mutations as planted_mutations
from modelkin.data.synth.world import make

PROVE = bool(os.environ.get("MODELKIN_PROVE"))
SEEDS = 400 if PROVE else 15
LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def row(frame, **wanted):
    mask = np.logical_and.reduce([frame[k] == v for k, v in wanted.items()])
    assert mask.sum() == 1
    return frame[mask].iloc[0]


@pytest.fixture(scope="module")
def dirty():
    return make("dirty", n_models=1_000, seed=5)


@pytest.fixture(scope="module")
def dirty_inputs(dirty):
    return from_synth(dirty)


@pytest.fixture(scope="module")
def dirty_result(dirty_inputs):
    return compute(dirty_inputs)


@pytest.mark.parametrize("relation", ["all but merge", *BITS])
@pytest.mark.parametrize("name", ["vocab_size", "torch_dtype", "tie_word_embeddings"])
def test_counts_equal_the_loops(dirty_inputs, dirty_result, relation, name):
    def wanted(bits):
        if relation == "all but merge":
            return not bits & BITS["merge"]
        return bool(bits & BITS[relation])

    slow = slow_mutations(dirty_inputs, name, wanted)
    got = row(table(dirty_result, "mutations_by_relation"), relation=relation, feature=name)
    assert (got["n_changed"], got["n_unchanged"]) == (slow["changed"], slow["same"])
    assert (got["n_appeared"], got["n_vanished"]) == (slow["appeared"], slow["vanished"])
    assert got["n_missing"] == slow["appeared"] + slow["vanished"] + slow["unknown"]
    assert got["n_missing"] + slow["changed"] + slow["same"] == got["total_pairs"]


def test_counts_and_both_estimands_equal_the_planted_ones(dirty, dirty_result):
    found = table(dirty_result, "mutations_by_relation")
    for name, relations in planted_mutations(dirty, dirty.configured).items():
        for relation, told in relations.items():
            words = "all but merge" if relation == "no_merge" else relation
            got = found[(found["relation"] == words) & (found["feature"] == name)]
            if got.empty:
                assert told["n"] == 0
                continue
            got = got.iloc[0]
            assert got["n_changed"] + got["n_unchanged"] == told["n"]
            assert got["n_changed"] == told["n_changed"]
            assert got["n_components"] == told["n_components"]
            assert got["n_appeared"] == told["unknown_to_known"]
            assert got["n_vanished"] == told["known_to_unknown"]
            if told["n"]:
                assert got["mutation_rate"] == pytest.approx(told["typical_edge"])
            if got["rate_note"] in ("", f"no interval (G = {told['n_components']})"):
                assert got["rate_value"] == pytest.approx(told["typical_component"])
    directions = table(dirty_result, "mutation_direction").set_index("feature")
    told = planted_mutations(dirty, dirty.configured)
    for name, got in directions.iterrows():
        assert got["n_increased"] == told[name]["no_merge"]["n_increased"]


def test_the_reference_columns_are_there(dirty_result):
    rates = table(dirty_result, "config_mutation_rates")
    names = {"feature", "mutation_rate", "n_changed", "n_unchanged", "n_missing", "feature_type"}
    assert names | {"total_pairs"} <= set(rates.columns)
    assert sorted(rates["feature"]) == sorted(FIELDS)


def test_a_number_is_compared_by_value_and_an_unknown_one_is_no_change():
    models = {f"m/{k:02d}": {**LLAMA, "num_attention_heads": 32.0} for k in range(12)}
    models["m/00"]["num_attention_heads"] = 32
    models["m/11"] = {**LLAMA}
    names = list(models)
    rates = table(
        compute(tiny(models, [(names[0], n) for n in names[1:]])), "config_mutation_rates"
    )
    heads = row(rates, feature="num_attention_heads")
    assert (heads["n_changed"], heads["n_unchanged"], heads["n_vanished"]) == (0, 10, 1)


def test_merges_stand_apart():
    models = {f"m/{k}": {**LLAMA, "vocab_size": k} for k in range(3)}
    result = compute(tiny(models, [("m/0", "m/1", "merge", "finetune"), ("m/0", "m/2")]))
    assert row(table(result, "config_mutation_rates"), feature="vocab_size")["n_changed"] == 1
    merged = row(table(result, "mutations_by_relation"), relation="merge", feature="vocab_size")
    assert merged["n_changed"] == 1


def chains(n, change, seed=0):
    """n components of a root with four children; `change(rng, g, k)` alters a child."""
    rng = np.random.default_rng(seed)
    models, edges = {}, []
    for g in range(n):
        root = f"g{g:02d}/root"
        models[root] = {**LLAMA, "vocab_size": 100, "torch_dtype": "bfloat16"}
        for k in range(4):
            models[f"g{g:02d}/m{k}"] = {**models[root], **change(rng, g, k)}
            edges.append((root, f"g{g:02d}/m{k}"))
    return tiny(models, edges)


def test_direction_and_transitions_of_a_planted_growth():
    result = compute(
        chains(12, lambda rng, g, k: {"vocab_size": 200 if k else 100, "torch_dtype": "float16"})
    )
    moved = row(table(result, "mutation_direction"), feature="vocab_size")
    assert (moved["n_increased"], moved["n_decreased"]) == (36, 0)
    assert moved["median_log2_ratio"] == 1
    assert moved["p_adjusted"] < 0.01
    assert any("vocab_size goes up" in sentence for sentence in result.findings)
    found = row(table(result, "mutation_transitions"), feature="vocab_size")
    assert (found["from"], found["to"], found["n"], found["n_components"]) == ("100", "200", 36, 12)


def test_a_transition_in_few_components_is_not_named():
    result = compute(chains(12, lambda rng, g, k: {"vocab_size": 200 if g < 4 else 100}))
    found = row(table(result, "mutation_transitions"), feature="vocab_size")
    assert found["from"] is None
    assert (found["n"], found["n_components"]) == (16, 4)


def test_a_field_without_changes_prints_no_rate_above_rare():
    rates = table(compute(chains(12, lambda rng, g, k: {})), "config_mutation_rates")
    assert (row(rates, feature="vocab_size")["rate_note"]) == "rare: 0 of 12 components"
    assert row(rates, feature="vocab_size")["rate_value"] == 0
    assert math.isnan(row(rates, feature="rope_theta")["mutation_rate"])
    assert not rates["is_leading"].any()


def test_the_leading_fields_are_a_set():
    def change(rng, g, k):
        return {
            "vocab_size": 200 if rng.random() < 0.5 else 100,
            "torch_dtype": "float16" if rng.random() < 0.5 else "bfloat16",
            "num_hidden_layers": 5 if rng.random() < 0.12 else 4,
        }

    rates = table(compute(chains(40, change)), "config_mutation_rates")
    assert set(rates.loc[rates["is_leading"], "feature"]) == {"vocab_size", "torch_dtype"}
    assert rates["is_leading"].tolist()[:2] == [True, True]  # highest first


def test_fields_that_change_together_are_one_group():
    states = np.full((100, len(FIELDS)), SAME, dtype=np.int8)
    a, b, c = (FIELDS.index(n) for n in ("hidden_size", "intermediate_size", "vocab_size"))
    states[:10, [a, b]] = CHANGED
    states[5:20, c] = CHANGED
    groups = change_groups(states)
    assert groups[a] == groups[b] != groups[c]
    assert sum(g is not None for g in groups) == 3


def test_nothing_at_all_gives_empty_tables_and_no_failure():
    result = compute(tiny({"a/a": LLAMA}, []))
    assert result.coverage.n_used == 0
    assert list(table(result, "mutation_transitions").columns)[:3] == ["feature", "from", "to"]
    assert "No field changes" in result.findings[1]


@pytest.mark.parametrize(
    ("name", "relation"),
    [("vocab_size", "finetune"), ("torch_dtype", "quantized"), ("transformers_version", "adapter")],
)
def test_rates_cover_the_planted_ones(name, relation):
    # rates 0.1, 0.5 and 0.5 with component_rho 0.1; other parents would mix other rates in
    plain = {"multi_share": 0, "mixed_share": 0, "n_cycles": 0, "n_loops": 0, "merge_share": 0}
    plain["stub_share"] = 0
    f, covered, shown = FIELDS.index(name), 0, 0
    for seed in range(SEEDS):
        world = make("planted", n_models=1_500, seed=seed, **plain)
        here = (
            (world.bits == BITS[relation])
            & world.known[world.parent, f]
            & world.known[world.child, f]
        )
        differs = world.codes[world.parent[here], f] != world.codes[world.child[here], f]
        state = np.where(differs, CHANGED, SAME).astype(np.int8)
        got = field_row(name, state, world.component[world.child[here]])
        truth = world.params.rate_of(name, relation)
        if not math.isnan(got["rate_low"]) and not got["rate_note"]:
            shown += 1
            covered += got["rate_low"] <= truth <= got["rate_high"]
    assert shown >= SEEDS * 0.8
    assert covered / shown >= (0.90 if PROVE else 0.80)


def test_happens_keeps_three_states():
    got = happens(np.array([SAME, CHANGED, 2, 3, 4], dtype=np.int8))
    assert got[:2].tolist() == [0, 1]
    assert np.isnan(got[2:]).all()
