"""The sample is what its order asks for: counts, sources, plausible facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import networkx as nx
import pytest

from modelkin.data.sample import load, read
from modelkin.data.sample.sources import ATTRIBUTES, COMPARED
from modelkin.data.sample.tables import merged
from modelkin.schema.attributes import BY_NAME, EVIDENCE, feature_set
from modelkin.schema.families import OTHER, UNKNOWN, family_of
from modelkin.schema.graph import is_model_id

TABLES = ("models", "configs", "edges", "arena")
MODELS, CONFIGS, EDGES, ARENA = (read(name) for name in TABLES)
SOURCES = {row["key"]: row for row in read("SOURCES")}
IDS = {row["model_id"] for row in MODELS}
MERGED = merged(CONFIGS)
CONFIGURED = {m: c for m, c in MERGED.items() if c["hidden_size"] or c["num_hidden_layers"]}


def shared(edge):
    """Compared fields known at both configured ends, and those of them that differ."""
    ends = CONFIGURED.get(edge["parent_id"]), CONFIGURED.get(edge["child_id"])
    if None in ends or edge["parent_id"] == edge["child_id"]:
        return [], []
    both = [n for n in COMPARED if ends[0][n] and ends[1][n]]
    return both, [n for n in both if ends[0][n] != ends[1][n]]


def lineage(relations):
    graph = nx.DiGraph()
    graph.add_nodes_from(IDS)
    graph.add_edges_from(
        (e["parent_id"], e["child_id"])
        for e in EDGES
        if e["relation"] in relations and e["parent_id"] != e["child_id"]
    )
    return graph


def test_models_and_edges_are_enough_and_of_every_relation():
    assert len(IDS) >= 600
    counts = Counter(e["relation"] for e in EDGES)
    assert sum(counts.values()) >= 600
    assert set(counts) == {"finetune", "adapter", "quantized", "merge", "untyped"}
    assert min(counts.values()) >= 50


def test_merges_have_several_parents():
    parents = Counter(e["child_id"] for e in EDGES if e["relation"] == "merge")
    assert sum(n > 1 for n in parents.values()) >= 50


def test_chains_are_deep_even_without_merges():
    graph = nx.condensation(lineage({"finetune", "adapter", "quantized", "untyped"}))
    assert nx.dag_longest_path_length(graph) >= 4


def test_families_are_at_least_ten():
    families = {family_of(c["model_type"], c["architecture"]) for c in MERGED.values()}
    assert len(families - {OTHER, UNKNOWN}) >= 10


def test_many_models_have_ten_attributes():
    rich = [m for m, c in CONFIGURED.items() if sum(bool(c[a]) for a in ATTRIBUTES) >= 10]
    assert len(rich) >= 150


def test_many_edges_share_fields_and_some_change_them():
    n = [len(shared(e)[0]) for e in EDGES]
    assert sum(k >= 3 for k in n) >= 400
    assert sum(k >= 6 for k in n) >= 60
    changes = Counter(name for e in EDGES for name in shared(e)[1])
    assert len(changes) >= 6
    assert sum(bool(shared(e)[1]) for e in EDGES) >= 100


def test_components_are_large_enough_for_coherence():
    parts = nx.weakly_connected_components(lineage({"finetune", "adapter", "quantized", "untyped"}))
    kinds = (
        {tuple(CONFIGURED[m][n] for n in COMPARED) for m in part & CONFIGURED.keys()}
        for part in parts
    )
    assert sum(len(k) >= 5 for k in kinds) >= 12


def test_compared_fields_are_the_default_feature_set():
    assert feature_set("default") == COMPARED


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        (MODELS, ("model_id",)),
        (CONFIGS, ("model_id", "source")),
        (EDGES, ("parent_id", "child_id", "relation")),
        (ARENA, ("model_id", "category", "snapshot")),
        (list(SOURCES.values()), ("key",)),
    ],
    ids=[*TABLES, "sources"],
)
def test_no_row_is_there_twice(rows, key):
    counts = Counter(tuple(row[k] for k in key) for row in rows)
    assert [k for k, n in counts.items() if n > 1] == []


@pytest.mark.parametrize("rows", [MODELS, CONFIGS, EDGES, ARENA], ids=TABLES)
def test_every_row_has_known_sources_and_a_day(rows):
    for row in rows:
        keys = row["source"].split(";")
        assert set(keys) <= SOURCES.keys(), row
        assert len(keys) == len(set(keys))
        assert date.fromisoformat(row["snapshot"]) < date(2027, 1, 1)


def test_sources_state_version_day_licence_and_what_was_taken():
    for row in SOURCES.values():
        assert all(row.values()), row
        assert row["licence"] in {"Apache-2.0", "MIT", "MPL-2.0", "none stated"}


def test_sources_under_mpl_have_their_notice():
    notice = (load()["SOURCES"].parent / "NOTICE.md").read_text(encoding="utf-8")
    for key, row in SOURCES.items():
        if row["licence"] == "MPL-2.0":
            assert f"`{key}`" in notice


def test_what_states_no_licence_gives_bare_edges_of_two_relations_only():
    bare = {k for k, row in SOURCES.items() if row["licence"] == "none stated"}
    for row in [*MODELS, *CONFIGS, *ARENA]:
        assert not bare & set(row["source"].split(";")), row
    licensed = {
        (e["parent_id"], e["child_id"])
        for e in EDGES
        if not bare & set(e["source"].split(";")) and e["relation"] != "untyped"
    }
    for edge in EDGES:
        if bare & set(edge["source"].split(";")):
            assert edge["relation"] in {"finetune", "merge"}
            assert (edge["parent_id"], edge["child_id"]) not in licensed


def test_ids_are_hub_ids():
    named = IDS | MERGED.keys() | {e[k] for e in EDGES for k in ("parent_id", "child_id")}
    assert [m for m in named if not is_model_id(m)] == []


def test_configs_and_ratings_are_of_listed_models():
    assert MERGED.keys() <= IDS
    assert {row["model_id"] for row in ARENA} <= IDS


def test_edge_ends_are_listed_or_stubs_among_parents():
    assert {e["child_id"] for e in EDGES} <= IDS
    stubs = {e["parent_id"] for e in EDGES} - IDS
    assert 1 <= len(stubs) <= 0.05 * len(IDS)


def test_untyped_edges_have_no_typed_twin():
    relations = defaultdict(set)
    for e in EDGES:
        relations[e["parent_id"], e["child_id"]].add(e["relation"])
    assert all(r == {"untyped"} for r in relations.values() if "untyped" in r)


def test_cells_are_of_their_kind_and_in_their_band():
    for row in CONFIGS:
        assert row["evidence"] in EVIDENCE
        for name in ATTRIBUTES:
            attribute, cell = BY_NAME[name], row[name]
            if not cell:
                continue
            if attribute.kind == "boolean":
                assert cell in {"True", "False"}, row
            elif attribute.kind in {"integer", "number"}:
                value = int(cell) if attribute.kind == "integer" else float(cell)
                assert attribute.low is None or value >= attribute.low, (name, row)
                assert attribute.high is None or value <= attribute.high, (name, row)


def test_shapes_agree_with_themselves():
    for model, c in CONFIGURED.items():
        hidden, heads, kv = (
            int(c[n] or 0) for n in ("hidden_size", "num_attention_heads", "num_key_value_heads")
        )
        if heads and kv:
            assert heads % kv == 0, model
        if hidden and heads and not c["head_dim"]:
            assert 4 <= hidden / heads <= 1024, model
        if c["num_experts"] and c["num_experts_per_tok"]:
            assert int(c["num_experts_per_tok"]) <= int(c["num_experts"]), model


def test_facts_of_models_are_plausible():
    for row in MODELS:
        for name in ("downloads", "likes"):
            assert not row[name] or int(row[name]) >= 0
        if row["created_at"]:
            assert date(2018, 1, 1) <= date.fromisoformat(row["created_at"][:10])
            assert len(row["created_at"]) in {10, 24}


def test_ratings_lie_in_their_intervals():
    for row in ARENA:
        low, rating, high = (float(row[k]) for k in ("rating_low", "rating", "rating_high"))
        assert 500 < low <= rating <= high < 2000
        assert int(row["votes"]) > 0
    assert len({row["model_id"] for row in ARENA}) >= 50


def test_well_known_configurations_are_right():
    """Values that anybody can look up in the published config.json, none from our tables."""
    llama, mixtral = CONFIGURED["meta-llama/Llama-2-7b-hf"], MERGED["mistralai/Mixtral-8x7B-v0.1"]
    assert (llama["hidden_size"], llama["num_hidden_layers"], llama["vocab_size"]) == (
        "4096",
        "32",
        "32000",
    )
    assert (mixtral["num_experts"], mixtral["num_experts_per_tok"]) == ("8", "2")
    assert MERGED["tiiuae/falcon-7b"]["num_key_value_heads"] == "1"


def test_the_committed_tables_stay_small():
    assert sum(load()[name].stat().st_size for name in TABLES) < 600_000
