"""Defects that only a whole graph could have: stale, half-written and mixed values.

What is written back must belong to one run and to the loads that are there; an analysis of half a
graph is refused.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from command import Run
from graph_dump import statement, wipe, without_runs
from listed_source import ListedSource, grove

from modelkin import pipeline
from modelkin.analysis import registry
from modelkin.cypher import catalogue
from modelkin.errors import UserError
from modelkin.graph import runs
from modelkin.graph.client import Graph
from modelkin.graph.stale import stale
from modelkin.loader.load import load
from modelkin.loader.records import EdgeRow, ModelRow
from modelkin.loader.remove import remove

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
KINDS = ("depth", "drift", "similarity")
OPTIONS: dict[str, dict[str, Any]] = {
    "depth": {"permutations": 9},
    "drift": {},
    "similarity": {"k": 3, "min_shared": 3},
}
OTHERS: dict[str, dict[str, Any]] = {
    "depth": {"permutations": 9, "metric": "log-range"},
    "drift": {"metric": "pairwise-max"},
    "similarity": {"k": 5, "min_shared": 3},
}
"""Options under which every value comes out otherwise."""


@pytest.fixture(autouse=True)
def clean(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty graph, another working directory, batches of 20 records (2 sources)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "BATCH", 20)
    monkeypatch.setattr("modelkin.output.draw.png", lambda _figure: b"")
    monkeypatch.setattr("modelkin.analysis.similarity.PERMUTATIONS", 9)
    wipe(graph)


def measured(
    graph: Graph, kind: str, options: dict[str, Any], progress: pipeline.Progress = lambda *_a: None
) -> dict[str, int]:
    """Compute and write back; gives the counts."""
    inputs = pipeline.fetch(graph, **options)
    result = registry.get(kind).compute(inputs)
    return dict(pipeline.publish(graph, result, inputs, write=True, progress=progress)[1])


class Cut(Exception):  # noqa: N818 - what the test asked for
    """The process ends here."""


def cut_after(batches: int) -> pipeline.Progress:
    left = iter(range(batches - 1))

    def progress(_target: str, _done: int) -> None:
        if next(left, None) is None:
            raise Cut

    return progress


def similar(graph: Graph) -> dict[str, set[tuple[str, float, str]]]:
    """The similarity edges of each source: target, distance, run."""
    text = ("MATCH (s)-[e:SIMILAR_TO]->(t) "
            "RETURN s.model_id AS s, t.model_id AS t, e.distance AS d, e.run AS run")  # fmt: skip
    found: dict[str, set[tuple[str, float, str]]] = {}
    for row in graph.fetch(statement(text)):
        found.setdefault(row["s"], set()).add((row["t"], row["d"], row["run"]))
    return found


# Stale values


def test_values_that_are_missing_or_older_than_the_loads_are_said(graph: Graph, run: Run) -> None:
    load(graph, grove(), "s")
    assert [s.split(":")[0] for s in stale(graph, *KINDS)] == [
        f"{k} was never written" for k in KINDS
    ]
    for kind in KINDS:
        measured(graph, kind, OPTIONS[kind])
    assert stale(graph, *KINDS) == []
    assert "older" not in run("similar", "configs/m009")[2]
    whole = without_runs(graph)

    load(graph, grove(8, "ecosystem"), "other")
    assert [s.split(" than")[0] for s in stale(graph, *KINDS)] == [f"{k} is older" for k in KINDS]
    for command, kind in (
        (["similar", "configs/m009"], "similarity"), (["roots"], "depth"), (["families"], "depth"),
        (["queries", "run", "similarity/most_drifted"], "drift"),
        (["queries", "run", "lineage/depth_profile", "-p", "model_id=configs/m000"], "depth"),
    ):  # fmt: skip
        code, _, err = run(*command)
        assert code == 0, err
        assert f"{kind} is older than the last load or removal" in err, command

    remove(graph, runs.find(graph, runs.every(graph)[-1].id))
    assert without_runs(graph) == whole
    assert stale(graph, *KINDS) == [], "the values are again those of what is there"


def test_a_load_taken_back_and_loaded_again_leaves_no_value_that_counts(graph: Graph) -> None:
    load(graph, grove(), "s")
    for kind in KINDS:
        measured(graph, kind, OPTIONS[kind])
    whole = without_runs(graph)
    remove(graph, runs.every(graph)[0])
    load(graph, grove(), "s")
    assert len(stale(graph, *KINDS)) == 3
    for kind in KINDS:
        measured(graph, kind, OPTIONS[kind])
    assert without_runs(graph) == whole
    assert stale(graph, *KINDS) == []


def test_a_graph_that_changes_after_it_was_read_gets_no_values_of_before(graph: Graph) -> None:
    load(graph, grove(), "s")
    inputs = pipeline.fetch(graph)
    result = registry.get("drift").compute(inputs)
    load(graph, grove(8, "ecosystem"), "other")
    with pytest.raises(UserError, match="changed while it was measured"):
        pipeline.publish(graph, result, inputs, write=True)
    assert graph.fetch(catalogue.get("fetch/drift")) == []
    assert stale(graph, "drift") != []


@pytest.mark.parametrize("new", ["models and edges", "an edge of known models"])
def test_a_graph_that_changes_while_it_is_read_is_not_measured(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, new: str
) -> None:
    edge = ListedSource.of(EdgeRow("configs/m001", "configs/m027", "merge"))
    load(graph, grove(), "s")
    read = pipeline._edges

    def meanwhile(*arguments: Any) -> Any:
        load(graph, edge if new.startswith("an") else grove(8, "ecosystem"), "other")
        return read(*arguments)

    monkeypatch.setattr(pipeline, "_edges", meanwhile)
    with pytest.raises(UserError, match="changed while it was measured"):
        pipeline.fetch(graph)


@pytest.mark.parametrize(
    "command",
    [["drift"], ["mutations"], ["coherence"], ["depth", "--write"], ["similarity", "stats"],
     ["similarity", "write"]],
    ids=" ".join,
)  # fmt: skip
def test_half_a_graph_is_not_measured(
    graph: Graph, run: Run, tmp_path: Path, command: list[str]
) -> None:
    load(graph, grove(12), "s")
    begun = runs.start(graph, "configs", "attributes.csv", "other", {})
    before = without_runs(graph)
    code, out, err = run(*command)
    assert (code, out) == (2, "")
    assert f"A load is not finished - run {begun.id}, configs attributes.csv" in err
    assert without_runs(graph) == before
    assert list(tmp_path.iterdir()) == []


# One set at a time


def test_a_source_has_its_old_neighbours_or_its_new_ones_never_both(graph: Graph) -> None:
    load(graph, grove(), "s")
    measured(graph, "similarity", OPTIONS["similarity"])
    old, seen = similar(graph), []
    new_counts = measured(
        graph, "similarity", OTHERS["similarity"], lambda *_a: seen.append(similar(graph))
    )
    new = similar(graph)
    assert len(seen) == 14
    assert set(old) == set(new)
    assert {len(edges) for edges in new.values()} == {5}
    assert new_counts == {"similar": 5 * 28}
    for number, then in enumerate(seen, 1):
        assert set(then) == set(old)
        fresh = [s for s in then if then[s] == new[s]]
        assert len(fresh) == 2 * number
        assert all(then[s] == old[s] for s in then if s not in fresh)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_write_back_goes_on_and_ends_the_same(graph: Graph, kind: str) -> None:
    load(graph, grove(), "s")
    counts = measured(graph, kind, OPTIONS[kind])
    whole = without_runs(graph)
    for batches in (1, 2):
        remove(graph, next(r for r in runs.every(graph) if r.kind == kind))
        with pytest.raises(Cut):
            measured(graph, kind, OPTIONS[kind], cut_after(batches))
        assert "was not written to its end" in stale(graph, kind)[0]
        seen: list[int] = []
        assert measured(graph, kind, OPTIONS[kind], lambda *_a: seen.append(1)) == counts  # noqa: B023
        assert without_runs(graph) == whole
        assert stale(graph, kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_write_back_overwrote_is_written_again(graph: Graph, kind: str) -> None:
    """A complete, B cut, A again; then A cut, B cut, A again: never a mixture that counts as A."""
    load(graph, grove(), "s")
    measured(graph, kind, OPTIONS[kind])
    whole = without_runs(graph)
    with pytest.raises(Cut):
        measured(graph, kind, OTHERS[kind], cut_after(1))
    assert without_runs(graph) != whole, "else this proves nothing"
    assert "was not written to its end" in stale(graph, kind)[0]
    measured(graph, kind, OPTIONS[kind])
    assert without_runs(graph) == whole
    for options in (OTHERS[kind], OPTIONS[kind], OTHERS[kind]):
        with pytest.raises(Cut):
            measured(graph, kind, options, cut_after(1))
    measured(graph, kind, OPTIONS[kind])
    assert without_runs(graph) == whole
    assert [r.kind for r in runs.every(graph)] == ["configs", kind]


def test_values_of_a_cut_write_back_and_of_the_one_before_can_be_taken_away(
    graph: Graph, run: Run
) -> None:
    load(graph, grove(), "s")
    bare = without_runs(graph)
    measured(graph, "similarity", OPTIONS["similarity"])
    with pytest.raises(Cut):
        measured(graph, "similarity", OTHERS["similarity"], cut_after(2))
    code, _, err = run("similarity", "remove")
    assert code == 0, err
    assert without_runs(graph) == bare


def test_an_edge_is_measured_once_however_many_relations_it_claims(graph: Graph) -> None:
    load(graph, grove(), "s")
    counts = measured(graph, "drift", {})
    stored = graph.fetch(catalogue.get("fetch/drift"))
    assert counts == {"edge": 24}
    assert len({(e["parent"], e["child"]) for e in stored}) == len(stored) == 24
    assert sum(len(e["relations"]) == 2 for e in stored) == 5
    assert all(e["drift"] is not None for e in stored)
    known = graph.fetch(catalogue.get("similarity/drift_by_relation"))
    assert {r["relation"]: r["n_edges"] for r in known} == {"finetune": 24, "quantized": 5}


def test_counts_of_one_answer_have_one_basis(graph: Graph) -> None:
    bare = {"hidden_size": 8}  # one shared field: no drift, and nothing that changed either
    rows: list[Any] = [ModelRow(f"a/{k}", bare, "config.json", "2025-07-01") for k in range(3)]
    load(graph, ListedSource.of(*rows, EdgeRow("a/0", "a/1", "finetune"), kind="configs"), "s")
    measured(graph, "drift", {})
    (told,) = graph.fetch(catalogue.get("similarity/drift_by_relation"))
    assert (told["n_edges"], told["n_known"]) == (1, 0)
    assert told["n_unchanged"] <= told["n_known"]


def test_related_is_exact_over_merges_and_needs_no_depth(graph: Graph, run: Run) -> None:
    """A merge is related to the parent that is not its main one, two parents are not."""
    shape = {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 4}
    names = ("a/left", "a/right", "a/merge", "a/below", "a/alone")
    rows: list[Any] = [
        ModelRow(name, shape | {"hidden_size": 64 * (k + 1), "vocab_size": 100 + k}, "config.json",
                 "2025-07-01")
        for k, name in enumerate(names)
    ]  # fmt: skip
    pairs = (("left", "merge", "merge"), ("right", "merge", "merge"), ("merge", "below", "adapter"))
    rows += [EdgeRow(f"a/{p}", f"a/{c}", relation) for p, c, relation in pairs]
    load(graph, ListedSource.of(*rows, kind="configs"), "s")
    measured(graph, "similarity", {"k": 4, "min_shared": 3})

    def seen(model: str) -> dict[str, Any]:
        code, text, _ = run("similar", model, "--format", "json")
        assert code == 0
        return {row["model_id"]: row["related"] for row in json.loads(text)}

    assert seen("a/right") == {"a/merge": True, "a/below": True, "a/left": False, "a/alone": None}
    assert seen("a/merge") == {"a/left": True, "a/right": True, "a/below": True, "a/alone": None}
    twins = graph.fetch(catalogue.get("similarity/unrelated_twins"), max_distance=1.0, limit=99)
    assert {(r["source"], r["target"]) for r in twins} == {
        ("a/left", "a/right"), ("a/right", "a/left"),
    }  # fmt: skip
