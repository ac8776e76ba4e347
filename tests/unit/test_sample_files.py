"""The files made from the sample hold what the sample says, in the reference's kinds."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import math
import os
import pickle
import subprocess
import sys
from collections import defaultdict

import pytest

from modelkin.data.sample import load, make_files, read
from modelkin.data.sample.tables import attributes, merged
from modelkin.schema.attributes import canonical

MODELS = {row["model_id"]: row for row in read("models")}
EDGES = read("edges")
CONFIGS = read("configs")
DAY = max(row["snapshot"] for row in MODELS.values() if row["downloads"])


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return make_files(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def graph(paths):
    return pickle.loads(paths["graph"].read_bytes())


def table(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def digest(folder):
    parts = sorted(p for p in folder.rglob("*") if p.is_file())
    text = "".join(f"{p.relative_to(folder)} {p.read_bytes()!r}" for p in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def test_committed_tables_are_found_as_files():
    assert all(path.is_file() for path in load().values())


def test_the_graph_has_every_model_and_every_edge_that_is_no_stub(graph):
    assert type(graph).__name__ == "DiGraph"
    assert set(graph) == set(MODELS)
    relations = defaultdict(set)
    for e in EDGES:
        if e["parent_id"] in MODELS:
            relations[e["parent_id"], e["child_id"]].add(e["relation"])
    assert set(graph.edges) == set(relations)
    for parent, child, data in graph.edges(data=True):
        assert set(data["edge_types"]) == relations[parent, child] - {"untyped"}


def test_the_pickle_is_of_protocol_4(paths):
    assert paths["graph"].read_bytes()[:2] == b"\x80\x04"


def test_an_edge_shows_the_last_of_its_relations(graph):
    order = ["finetune", "quantized", "adapter", "merge"]
    for *_, data in graph.edges(data=True):
        types = data["edge_types"]
        assert types == sorted(types, key=order.index)
        assert data["edge_type"] == (types[-1] if types else None)
    assert {d["edge_type"] for *_, d in graph.edges(data=True)} == {*order, None}


def test_nodes_carry_the_facts_and_missing_is_nan(graph):
    assert {len(data) for _, data in graph.nodes(data=True)} == {8}
    for model_id, data in graph.nodes(data=True):
        row = MODELS[model_id]
        for name in ("likes", "downloads"):
            if row[name] and row["snapshot"] == DAY:
                assert data[name] == int(row[name])
                assert type(data[name]) is int
            else:
                assert math.isnan(data[name])
        assert ast.literal_eval(data["licenses"]) == ([row["license"]] if row["license"] else [])
        if row["created_at"]:
            assert data["createdAt"].startswith(row["created_at"][:10])
            assert data["createdAt"].endswith("Z")


def test_counts_and_their_differences_are_of_one_day(graph):
    seen = {"same": 0, "other": 0}
    for parent, child, data in graph.edges(data=True):
        a, b = MODELS[parent], MODELS[child]
        if {a["snapshot"], b["snapshot"]} != {DAY} or not (a["downloads"] and b["downloads"]):
            assert math.isnan(data["change_in_downloads"])
            seen["other"] += bool(a["downloads"] and b["downloads"])
        else:
            assert data["change_in_downloads"] == int(b["downloads"]) - int(a["downloads"])
            share = data["percentage_change_in_downloads"]
            assert share == pytest.approx(int(b["downloads"]) / int(a["downloads"]) - 1)
            seen["same"] += 1
    assert min(seen.values()) > 0


def test_days_between_parent_and_child_are_whole_days(graph):
    data = graph.edges["mistralai/Mistral-7B-v0.1", "teknium/OpenHermes-2.5-Mistral-7B"]
    days = data["change_in_createdAt_days"]
    assert type(days) is int
    assert days == 39  # 2023-09-20 to 2023-10-29


def test_the_expanded_table_says_what_the_configurations_say(paths):
    rows = {row["modelId"]: row for row in table(paths["configs"])}
    whole = merged(CONFIGS)
    assert list(rows) == list(whole)
    for model_id, row in rows.items():
        stated = attributes(whole[model_id])
        found = {
            name: cell
            for column, cell in row.items()
            if cell and (name := canonical(column)) and name in whole[model_id]
        }
        assert found == {name: str(value) for name, value in stated.items()}


def test_the_expanded_table_has_the_references_columns(paths):
    columns = list(table(paths["configs"])[0])
    plain = [c for c in columns if c.startswith("config_")]
    assert columns[0] == "modelId"
    assert plain == sorted(plain)
    assert {
        "config_model_type",
        "config_num_key_value_heads",
        "config_approx_params_billions",
        "config_head_dimension",
        "config_gqa_ratio",
        "config_context_per_layer",
        "config_moe_expert_utilization",
        "uses_moe",
        "uses_gqa",
        "uses_rope",
        "uses_quantization",
        "is_llama_family",
        "size_category",
        "context_category",
    } <= set(columns)
    for row in table(paths["configs"]):
        assert row["uses_moe"] in {"True", "False", ""}


def test_stronger_evidence_wins_and_missing_never_erases():
    base = dict.fromkeys(CONFIGS[0], "") | {"model_id": "a/b"}
    old = {"evidence": "config.json", "snapshot": "2023-01-01", "source": "x"}
    new = {"evidence": "catalog", "snapshot": "2026-01-01", "source": "y"}
    newest = {"evidence": "catalog", "snapshot": "2026-02-01", "source": "z"}
    row = merged(
        [
            base | new | {"hidden_size": "1", "vocab_size": "7", "rope_theta": "5"},
            base | old | {"hidden_size": "2"},
            base | newest | {"vocab_size": "8"},
        ]
    )["a/b"]
    assert (row["hidden_size"], row["vocab_size"], row["rope_theta"]) == ("2", "8", "5")
    assert (row["evidence"], row["snapshot"], row["source"]) == (
        "config.json",
        "2023-01-01",
        "x;z;y",
    )


def test_the_tree_has_one_file_for_each_published_config(paths):
    files = list(paths["tree"].rglob("config.json"))
    published = [row for row in CONFIGS if row["evidence"] == "config.json"]
    assert len(files) == len(published) > 0
    for row in published:
        config = json.loads((paths["tree"] / row["model_id"] / "config.json").read_text())
        assert config["model_type"] == row["model_type"]
        inner = config[row["nested_in"]] if row["nested_in"] else config
        assert str(inner["hidden_size"]) == row["hidden_size"]
        assert ("rope_scaling" in inner) == bool(row["rope_scaling_type"])
    assert any(row["nested_in"] == "text_config" for row in published)


def test_lines_carry_evidence_and_snapshot(paths):
    records = [json.loads(line) for line in paths["jsonl"].read_text().splitlines()]
    assert len(records) == len(CONFIGS)
    for record, row in zip(records, CONFIGS, strict=True):
        assert {k: row[k] for k in ("model_id", "evidence", "snapshot", "source")} == {
            k: v for k, v in record.items() if k != "config"
        }


def test_the_ecosystem_table_names_every_parent(paths):
    rows = {row["model_id"]: row for row in table(paths["ecosystem"])}
    assert set(rows) == set(MODELS)
    assert len(next(iter(rows.values()))) == 19
    wanted = defaultdict(set)
    for e in EDGES:
        wanted[e["child_id"], "parent_model"].add(e["parent_id"])
        if e["relation"] != "untyped":
            wanted[e["child_id"], f"{e['relation']}_parent"].add(e["parent_id"])
    found = {
        (model_id, column): set(ast.literal_eval(cell))
        for model_id, row in rows.items()
        for column, cell in row.items()
        if "parent" in column and cell != "[]"
    }
    assert found == wanted


def test_the_arena_table_keeps_interval_category_and_snapshot(paths):
    rows, ratings = table(paths["arena"]), read("arena")
    assert len(rows) == len(ratings)
    for made, row in zip(rows, ratings, strict=True):
        assert made["model"] == row["arena_name"]
        assert float(made["elo_rating"]) == float(row["rating"])
        low, high = float(row["rating_low"]), float(row["rating_high"])
        assert float(made["elo_uncertainty"]) == pytest.approx((high - low) / 2)
        assert (made["category"], made["snapshot"]) == (row["category"], row["snapshot"])


def test_the_same_sample_gives_the_same_bytes_in_every_process(paths, tmp_path):
    code = "import sys; from pathlib import Path; from modelkin.data.sample import make_files; "
    subprocess.run(
        [sys.executable, "-c", code + "make_files(Path(sys.argv[1]))", str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
        check=True,
    )
    assert digest(tmp_path) == digest(paths["graph"].parent)
