"""Written files: counted again from the files alone, every fault present, bytes repeat.

Oracles: networkx reading its own pickle, csv, json and ast.literal_eval.
"""

from __future__ import annotations

import ast
import csv
import json
import math
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from modelkin.data import synth
from modelkin.data.synth.columns import CSV_COLUMNS, PATTERNS, column_of
from modelkin.data.synth.prototypes import NUMERIC
from modelkin.errors import UserError
from modelkin.schema.attributes import canonical

TYPED = ("finetune", "quantized", "adapter", "merge")


@pytest.fixture(scope="module")
def world_fixture() -> synth.World:
    return synth.make("dirty", n_models=1_200, seed=11, multi_share=0.1)


@pytest.fixture(scope="module")
def files_fixture(
    world_fixture: synth.World, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    return synth.write(world_fixture, tmp_path_factory.mktemp("synth") / "made" / "here")


@pytest.fixture(scope="module")
def truth_fixture(files_fixture: dict[str, Path]) -> dict[str, Any]:
    return json.loads(files_fixture["truth"].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def csv_fixture(files_fixture: dict[str, Path]) -> dict[str, dict[str, str]]:
    with files_fixture["configs"].open(encoding="utf-8", newline="") as file:
        return {row["modelId"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def json_fixture(files_fixture: dict[str, Path]) -> dict[str, dict[str, Any]]:
    lines = files_fixture["configs_jsonl"].read_text(encoding="utf-8").splitlines()
    return {x["model_id"]: x["config"] for x in map(json.loads, lines)}


def test_all_kinds_are_written(files_fixture: dict[str, Path]) -> None:
    assert set(files_fixture) == {*synth.KINDS, "truth"}
    assert sorted(p.name for p in files_fixture["truth"].parent.iterdir()) == sorted(
        p.name for p in files_fixture.values()
    )


def test_the_truth_file_is_the_truth(
    world_fixture: synth.World, truth_fixture: dict[str, Any]
) -> None:
    assert truth_fixture == json.loads(json.dumps(world_fixture.truth))
    assert truth_fixture["parameters"]["misaligned_share"] == 0.17
    assert truth_fixture["world"] == "dirty"


def test_the_pickle_counts_as_the_truth_says(
    files_fixture: dict[str, Path], truth_fixture: dict[str, Any]
) -> None:
    graph = pickle.loads(files_fixture["graph"].read_bytes())
    counts = truth_fixture["counts"]
    assert type(graph) is nx.DiGraph
    assert graph.number_of_nodes() == counts["models"]
    assert graph.number_of_edges() == counts["edges"]
    assert nx.number_of_selfloops(graph) == counts["loops"] == 4
    stubs = [n for n, a in graph.nodes(data=True) if not a]
    assert sorted(stubs) == truth_fixture["stubs"]
    edges = [a for _, _, a in graph.edges(data=True)]
    primary = Counter(a["edge_type"] or "untyped" for a in edges)
    assert primary == {k: v for k, v in counts["edges_primary"].items() if v}
    members = Counter(r for a in edges for r in a["edge_types"] or ["untyped"])
    assert members == {k: v for k, v in counts["edges_with"].items() if v}
    assert sum(len(a["edge_types"]) > 1 for a in edges) == counts["several_relations"] > 0
    several = sum(len(set(graph.predecessors(n)) - {n}) > 1 for n in graph)
    assert several == counts["with_several_parents"] > 0
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    assert sum(d == 0 for _, d in graph.degree()) == counts["isolated"]
    assert not nx.is_directed_acyclic_graph(graph)


def test_the_pickle_has_the_references_attributes(files_fixture: dict[str, Path]) -> None:
    graph = pickle.loads(files_fixture["graph"].read_bytes())
    blank = 0
    for _, a in graph.nodes(data=True):
        if a:
            assert list(a) == [
                "likes", "downloads", "pipeline_tag", "library_name", "createdAt",
                "licenses", "datasets", "languages",
            ]  # fmt: skip
            assert type(a["likes"]) is type(a["downloads"]) is int
            assert isinstance(ast.literal_eval(a["licenses"]), list)
            blank += a["pipeline_tag"] != a["pipeline_tag"]
    assert blank > 20  # NaN, as pandas leaves it
    older = 0
    for parent, child, a in graph.edges(data=True):
        order = ["finetune", "quantized", "adapter", "merge"]
        assert a["edge_types"] == sorted(a["edge_types"], key=order.index)
        if graph.nodes[parent]:
            before, after = graph.nodes[parent], graph.nodes[child]
            assert a["change_in_likes"] == after["likes"] - before["likes"]
            assert a["change_in_downloads"] == after["downloads"] - before["downloads"]
            part = a["percentage_change_in_likes"]
            assert part != part if before["likes"] == 0 else math.isfinite(part)
            older += a["change_in_createdAt_days"] < 0
        else:
            assert set(a) == {"edge_types", "edge_type"}
    assert older >= 3


def test_edge_lists_tell_the_same_pairs(
    files_fixture: dict[str, Path], truth_fixture: dict[str, Any]
) -> None:
    with files_fixture["edges"].open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    lines = files_fixture["edges_jsonl"].read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == listed
    assert Counter(e["relation"] for e in listed) == truth_fixture["counts"]["edges_with"]
    graph = pickle.loads(files_fixture["graph"].read_bytes())
    assert {(e["parent_id"], e["child_id"]) for e in listed} == set(graph.edges())


def test_the_ecosystem_table_tells_the_same_pairs(files_fixture: dict[str, Path]) -> None:
    graph = pickle.loads(files_fixture["graph"].read_bytes())
    with files_fixture["ecosystem"].open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table[0]) == 19
    trending = [float(row["trendingScore"]) for row in table]
    assert trending == sorted(trending, reverse=True)
    assert [row["model_id"] for row in table] == [n for n, a in graph.nodes(data=True) if a]
    pairs: dict[tuple[str, str], list[str]] = {}
    for row in table:
        typed = {r: ast.literal_eval(row[f"{r}_parent"]) for r in TYPED}
        every = ast.literal_eval(row["parent_model"])
        assert {p for named in typed.values() for p in named} <= set(every)
        for parent in every:
            pairs[parent, row["model_id"]] = [r for r in TYPED if parent in typed[r]]
        tags = ast.literal_eval(row["tags"])
        assert [f"base_model:{p}" in tags for p in every] == [True] * len(every)
        assert row["createdAt"].endswith(".000Z")
        assert row["private"] == "False"
    assert pairs == {(a, b): e["edge_types"] for a, b, e in graph.edges(data=True)}


def test_the_dashboard_and_models_tell_the_same(
    files_fixture: dict[str, Path], truth_fixture: dict[str, Any]
) -> None:
    graph = pickle.loads(files_fixture["graph"].read_bytes())
    board = json.loads(files_fixture["dashboard"].read_text(encoding="utf-8"))
    assert {(e["source"], e["target"]): e["type"] for e in board["edges"]} == {
        (a, b): e["edge_type"] for a, b, e in graph.edges(data=True)
    }
    nodes = {n["id"]: n for n in board["nodes"]}
    assert set(graph) - set(nodes) == set(truth_fixture["stubs"])
    assert board["metadata"]["total_nodes"] == len(nodes)
    with files_fixture["models"].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert int(row["downloads"]) == nodes[row["model_id"]]["downloads"]
            assert (row["pipeline_tag"] or None) == nodes[row["model_id"]]["pipeline_tag"]
            assert row["created_at"] == nodes[row["model_id"]]["createdAt"]
    assert nodes[row["model_id"]]["name"] == row["model_id"].split("/")[-1]


def test_the_arena_names_listed_models(
    files_fixture: dict[str, Path], world_fixture: synth.World
) -> None:
    with files_fixture["arena"].open(encoding="utf-8", newline="") as file:
        rated = list(csv.DictReader(file))
    names = {i.split("/")[-1] for i in world_fixture.ids[~world_fixture.stub]}
    assert len(rated) == 60
    assert {r["model"] for r in rated} <= names
    assert all(float(r["elo_uncertainty"]) >= 3 for r in rated)


# -- configurations


def test_the_complete_configs_hold_what_is_known(
    world_fixture: synth.World,
    json_fixture: dict[str, dict[str, Any]],
    truth_fixture: dict[str, Any],
) -> None:
    """Keys of any spelling are found through the schema's aliases alone."""
    frame = world_fixture.configs
    found: Counter[str] = Counter()
    for row, expected in zip(frame.index, frame.to_dict("records"), strict=True):
        config = dict(json_fixture[world_fixture.ids[row]])
        for outer in ("rope_scaling", "quantization_config"):
            inner = config.pop(outer, None) or {}
            config |= {f"{outer}.{k}": v for k, v in inner.items()}
        read = {canonical(k): v for k, v in config.items() if v is not None}
        for name in synth.FIELDS:
            value = read.get(name)
            if name == "transformers_version" and value is not None:
                value = ".".join(value.split(".")[:2])
            if expected[name] is None or expected[name] != expected[name]:
                assert value is None
            else:
                assert value == expected[name]
                assert isinstance(value, bool) == isinstance(expected[name], bool)
                found[name] += 1
    assert len(json_fixture) == len(frame) == truth_fixture["counts"]["rows"]
    assert found == {k: v for k, v in truth_fixture["known"].items() if v}


def aligned(row: dict[str, str], pattern: str, truth: dict[str, Any]) -> dict[str, str]:
    """A row repaired by the permutation that the truth names."""
    holds = truth["misaligned"]["patterns"][pattern]
    return {**row, **{source: row[header] for header, source in holds.items()}}


def test_the_expanded_csv_holds_the_rest_once_repaired(
    world_fixture: synth.World,
    csv_fixture: dict[str, dict[str, str]],
    truth_fixture: dict[str, Any],
) -> None:
    patterns = {i: p for p, ids in truth_fixture["misaligned"]["rows"].items() for i in ids}
    found: Counter[str] = Counter()
    frame = world_fixture.configs
    for row, expected in zip(frame.index, frame.to_dict("records"), strict=True):
        model = world_fixture.ids[row]
        cells = csv_fixture[model]
        if model in patterns:
            cells = aligned(cells, patterns[model], truth_fixture)
        for f, name in enumerate(synth.FIELDS):
            text = cells[column_of(name)]
            if world_fixture.lost[row, f] or not world_fixture.known[row, f]:
                assert text == ""
            elif name in NUMERIC:
                assert float(text) == expected[name]
                found[name] += 1
            else:
                value = ".".join(text.split(".")[:2]) if name == "transformers_version" else text
                assert value == str(expected[name])
                found[name] += 1
    assert found == {k: v for k, v in truth_fixture["known_csv"].items() if v}
    assert len(csv_fixture) == len(frame)


def test_every_fault_of_the_expanded_csv_is_there(
    csv_fixture: dict[str, dict[str, str]], truth_fixture: dict[str, Any]
) -> None:
    counts, rows = truth_fixture["counts"], truth_fixture["misaligned"]["rows"]
    assert 0.13 < counts["misaligned"] / counts["rows"] < 0.21
    assert sum(map(len, rows.values())) == counts["misaligned"]
    assert {p.split()[1] for p in rows if p != "block"} == {"1", "2", "3"}

    def column(name: str, ids: list[str]) -> Counter[str]:
        return Counter(csv_fixture[i][name] for i in ids)

    block = rows["block"]
    assert len(block) > 0.4 * counts["misaligned"]
    theta = column("config_rope_theta", block)
    assert set(theta) == {"True", "False", ""}
    heads = column("config_num_attention_heads", block)
    assert heads["131072"] + heads["32768"] > 20
    kv = column("config_num_key_value_heads", block)
    assert {"151643", "128000", "50256"} <= set(kv)
    assert all(not v or int(v) <= 80 for v in column("config_hidden_size", block))
    assert {"6.44", "0.07"} & set(column("config_gqa_ratio", block))
    assert set(column("config_num_hidden_layers", block)) == {""}
    honest = [i for i in csv_fixture if all(i not in ids for ids in rows.values())]
    assert not {"True", "False"} & set(column("config_rope_theta", honest))
    assert set(column("config_tie_word_embeddings", honest)) == {"True", "False", ""}
    assert set(column("uses_gqa", honest)) == {"True", "False"}
    spellings = {"." in v for v in column("config_rope_theta", honest) if v}
    assert spellings == {True, False}
    gpt2 = [i for i in honest if i.endswith("-gpt2")]
    assert set(column("config_hidden_size", gpt2)) == {""}
    assert counts["lost_cells"] > 50
    versions = column("config_transformers_version", honest)
    assert all(v == "" or v.count(".") == 2 for v in versions)


def test_patterns_are_permutations() -> None:
    for pattern in PATTERNS:
        assert sorted(pattern.holds) == sorted(pattern.holds.values())
        assert set(pattern.holds) <= set(CSV_COLUMNS)
        assert all(header != source for header, source in pattern.holds.items())
    assert len({p.name for p in PATTERNS}) == len(PATTERNS) == 34


def test_a_shifted_row_looks_as_if_blanks_were_put_in(
    csv_fixture: dict[str, dict[str, str]], truth_fixture: dict[str, Any]
) -> None:
    for pattern, ids in truth_fixture["misaligned"]["rows"].items():
        if pattern != "block":
            _, by, _, first = pattern.split()
            at = CSV_COLUMNS.index(first)
            for model in ids:
                shown = list(csv_fixture[model].values())
                honest = [
                    aligned(csv_fixture[model], pattern, truth_fixture)[c] for c in CSV_COLUMNS
                ]
                k = int(by)
                assert shown[at : at + k] == [""] * k
                assert shown == [*honest[:at], *[""] * k, *honest[at:-k]]


def test_known_columns_are_the_schemas() -> None:
    for name in synth.FIELDS:
        assert column_of(name) in CSV_COLUMNS
        assert canonical(column_of(name)) == name


# -- writing


def test_the_same_world_gives_the_same_bytes(
    files_fixture: dict[str, Path], tmp_path: Path
) -> None:
    again = synth.make("dirty", n_models=1_200, seed=11, multi_share=0.1)
    for kind, path in synth.write(again, tmp_path).items():
        assert path.read_bytes() == files_fixture[kind].read_bytes(), kind


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    world = synth.make(n_models=30)
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="The folder is not empty"):
        synth.write(world, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    written = synth.write(world, tmp_path, {"edges"}, force=True)
    assert set(written) == {"edges", "truth"}
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    with pytest.raises(UserError, match="it is a file"):
        synth.write(world, tmp_path / "mine.txt")


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such kind of file - parquet"):
        synth.write(synth.make(n_models=30), tmp_path / "x", {"edges", "parquet"})
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("n", [1, 2, 30])
def test_tiny_worlds_have_all_files(n: int, tmp_path: Path) -> None:
    written = synth.write(synth.make(n_models=n), tmp_path)
    graph = pickle.loads(written["graph"].read_bytes())
    assert graph.number_of_nodes() == n
