"""Loading twice, in any order, taking back, and tampering: the same end on both databases."""

from __future__ import annotations

import itertools
import math
import os
import random
from pathlib import Path
from typing import Any

import pytest
from graph_dump import dump, statement, wipe, without_runs
from listed_source import RELATIONS, ListedSource, wood
from memory_graph import MemoryGraph

from modelkin.errors import ExitCode, UserError
from modelkin.graph import runs
from modelkin.graph.client import Graph
from modelkin.loader import load as loading
from modelkin.loader import rejects
from modelkin.loader.labels import label
from modelkin.loader.load import load
from modelkin.loader.reading import Report
from modelkin.loader.records import EdgeRow, ModelRow, Reject, SetAside
from modelkin.loader.remove import remove
from modelkin.schema.graph import HINT_WORDS

PROVE = os.environ.get("MODELKIN_PROVE") == "1"


@pytest.fixture(autouse=True)
def clean(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty graph; loads keep their rejects in the working directory."""
    monkeypatch.chdir(tmp_path)
    wipe(graph)


def put(graph: Graph, *sources: ListedSource) -> list[Report]:
    return [load(graph, source, str(source.parameters.get("seed", "s"))) for source in sources]


def made_of(graph: Graph, *sources: ListedSource) -> dict[str, list[Any]]:
    """What a graph holds that only these loads made."""
    wipe(graph)
    put(graph, *sources)
    return without_runs(graph)


def take_back(graph: Graph, kind: str) -> None:
    remove(graph, next(run for run in runs.every(graph) if run.kind == kind))


def overlapping(seed: int) -> list[ListedSource]:
    """Three sources that speak of the same few models and edges."""
    made = []
    for number, kind in enumerate(("graph", "configs", "ecosystem")):
        chance = random.Random(10 * seed + number)
        ids = [f"a/m{n}" for n in range(8)]
        rows: list[Any] = []
        for model_id in chance.sample(ids, 5):
            known = {
                "hidden_size": chance.choice([8, 16]),
                "model_type": chance.choice(["bert", "llama"]),
                "rope_theta": chance.choice([1e4, 5e5]),
                "languages": ["de", "en"],
                "downloads": chance.randrange(9),
                "likes": chance.randrange(9),
                "tie_word_embeddings": chance.random() < 0.5,
            }
            properties = {k: v for k, v in known.items() if chance.random() < 0.6}
            evidence = chance.choice(["config.json", "weight-shapes", "hub-api"])
            rows.append(ModelRow(model_id, properties, evidence, chance.choice(["", "2025-07-12"])))
        for _ in range(8):
            relation, word = chance.choice([*((r, "") for r in RELATIONS), ("untyped", "odd|word")])
            rows.append(EdgeRow(chance.choice(ids), chance.choice(ids), relation, word))
        made.append(ListedSource.of(*rows, kind=kind, seed=10 * seed + number))
    return made


def test_the_same_load_twice_changes_nothing(graph: Graph) -> None:
    source = wood(300, 250)
    (first,) = put(graph, source)
    before = dump(graph, leave_out=())
    (again,) = put(graph, source)
    assert again.already_complete
    assert again.counts == first.counts
    assert dump(graph, leave_out=()) == before


def test_what_is_stored_is_what_the_source_says(graph: Graph) -> None:
    source = wood(300, 250)
    (report,) = put(graph, source)
    memory: Any = MemoryGraph()
    wanted = load(memory, source, "s")
    assert report.counts == wanted.counts
    stored = memory.store.dump()
    held = dump(graph)
    assert [[i, labels, list(p.items())] for i, (labels, p) in stored["models"].items()] == held[
        "models"
    ]
    assert [[*pair, "PARENT_OF", list(p.items())] for pair, p in stored["edges"].items()] == held[
        "edges"
    ]
    assert held["others"] == []


@pytest.mark.parametrize("seed", range(10 if PROVE else 2))
def test_any_order_gives_the_same_graph_and_a_removed_load_was_never_there(
    graph: Graph, seed: int
) -> None:
    sources = overlapping(seed)
    whole = made_of(graph, *sources)
    for gone in sources:
        put(graph, *sources)
        take_back(graph, gone.kind)
        left = [source for source in sources if source is not gone]
        rest = without_runs(graph)
        assert {run.kind for run in runs.every(graph)} == {source.kind for source in left}
        assert rest == made_of(graph, *reversed(left))
        put(graph, gone)
        assert without_runs(graph) == whole
    for source in sources:
        take_back(graph, source.kind)
    assert dump(graph) == {"models": [], "edges": [], "runs": [], "others": []}


def test_batches_of_any_size_give_the_same_graph(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = overlapping(7)
    wanted = made_of(graph, *sources)
    for size in (1, 3):
        monkeypatch.setattr(loading, "BATCH", size)
        monkeypatch.setattr("modelkin.loader.remove.BATCH", size)
        assert made_of(graph, *sources) == wanted
        take_back(graph, "configs")
        put(graph, sources[1])
        assert without_runs(graph) == wanted


def test_one_changed_relation_gives_one_edge_with_both_claims(graph: Graph) -> None:
    one = ListedSource.of(EdgeRow("a/p", "a/c", "finetune"), ModelRow("a/c", {}, "hub-api"), seed=1)
    two = ListedSource.of(EdgeRow("a/p", "a/c", "adapter"), ModelRow("a/c", {}, "hub-api"), seed=2)
    reports = put(graph, one, two)
    ids = [report.run.id for report in reports if report.run]
    ((parent, child, kind, properties),) = dump(graph)["edges"]
    assert (parent, child, kind) == ("a/p", "a/c", "PARENT_OF")
    assert dict(properties) == {
        "claims": sorted([f"finetune|{ids[0]}", f"adapter|{ids[1]}"]),
        "relations": ["adapter", "finetune"],
        "relation": "adapter",
    }
    remove(graph, runs.find(graph, ids[1]))
    ((_parent, _child, _kind, properties),) = dump(graph)["edges"]
    assert dict(properties)["relation"] == "finetune"


def test_stubs_become_models_and_stubs_again(graph: Graph) -> None:
    edges = ListedSource.of(
        ModelRow("a/c", {}, "hub-api"), EdgeRow("a/p", "a/c", "merge"), kind="graph", seed=1
    )
    rows = ListedSource.of(
        ModelRow("a/p", {"hidden_size": 8, "likes": 3}, "config.json"), kind="configs", seed=2
    )
    put(graph, edges)
    alone = without_runs(graph)
    assert labels(graph) == {"a/c": ["Model"], "a/p": ["Model", "Stub"]}
    put(graph, rows)
    assert labels(graph) == {"a/c": ["Model"], "a/p": ["Configured", "Model"]}
    take_back(graph, "configs")
    assert without_runs(graph) == alone
    put(graph, rows)
    take_back(graph, "graph")
    assert labels(graph) == {"a/p": ["Configured", "Model"]}


def labels(graph: Graph) -> dict[str, list[str]]:
    return {model_id: found for model_id, found, _properties in dump(graph)["models"]}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_adapters_known_by_weight_shapes_alone_are_not_configured(
    graph: Graph, order: tuple[int, ...]
) -> None:
    shapes = {"hidden_size": 8, "num_hidden_layers": 2}
    sources = [
        ListedSource.of(ModelRow("a/lora", shapes, "weight-shapes"), kind="configs", seed=1),
        ListedSource.of(
            ModelRow("a/lora", {}, "hub-api"), EdgeRow("a/base", "a/lora", "adapter"), seed=2
        ),
        ListedSource.of(ModelRow("a/base", shapes, "weight-shapes"), kind="models", seed=3),
    ]
    put(graph, *(sources[n] for n in order))
    assert labels(graph) == {"a/lora": ["Model"], "a/base": ["Configured", "Model"]}
    own = ListedSource.of(ModelRow("a/lora", {"hidden_size": 4}, "config.json"), kind="ecosystem")
    put(graph, own)
    assert labels(graph)["a/lora"] == ["Configured", "Model"]
    take_back(graph, "ecosystem")
    assert labels(graph)["a/lora"] == ["Model"]
    take_back(graph, "graph")
    assert labels(graph)["a/lora"] == ["Configured", "Model"]


@pytest.mark.parametrize("size", [1, 4, 7])
def test_a_label_pass_is_made_of_bounded_transactions_and_ends(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("modelkin.loader.labels.LABELS", size)
    make = "UNWIND range(1, 14) AS n CREATE (m:Model {model_id: 'a/m' + n}) "
    shaped = "SET m.hidden_size = 8, m.sources = ['graph|r']"
    taken = "MATCH (m:Model) REMOVE m.hidden_size, m.sources"
    pieces: list[int] = []
    real = graph.write

    def write(work: Any, *, about: str = "") -> Any:
        pieces.append(real(work, about=about))
        return pieces[-1]

    for text, wanted in ((make + shaped, ["Configured", "Model"]), (taken, ["Model", "Stub"])):
        graph.write(lambda tx, text=text: tx.run(statement(text, "write")))
        monkeypatch.setattr(graph, "write", write)
        label(graph)
        monkeypatch.setattr(graph, "write", real)
        assert set(map(tuple, labels(graph).values())) == {tuple(wanted)}
        assert len(labels(graph)) == 14
    assert max(pieces) == size
    assert sum(pieces) == 14 + 14 + 14
    assert sum(n > 0 for n in pieces) == 3 * math.ceil(14 / size)


def test_what_was_measured_goes_when_a_removal_leaves_only_a_hint(graph: Graph) -> None:
    ends = ("a/p", "a/c")
    rows = ModelRow("a/c", {}, "hub-api")
    hint = ListedSource.of(rows, EdgeRow(*ends, "untyped", min(HINT_WORDS)), seed=1)
    own = ListedSource.of(rows, EdgeRow(*ends, "finetune"), kind="ecosystem", seed=2)
    wanted = made_of(graph, hint)
    put(graph, own)
    measure = (
        "MATCH ()-[e:PARENT_OF]->() SET e.drift = 0.5, e.n_compared = 8, e.n_changed = 1, "
        "e.changed = ['vocab_size'], e.drift_run = 'd', e.created_delta_days = 3"
    )
    graph.write(lambda tx: tx.run(statement(measure, "write")))
    take_back(graph, "ecosystem")
    assert without_runs(graph) == wanted


def test_a_wrong_file_leaves_no_trace_early_or_late(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 40)
    put(graph, wood(30, 20))
    before = dump(graph)
    good = [ModelRow(f"org1/model-{n:05d}", {"likes": 999}, "hub-api") for n in range(100)]
    bad = [SetAside(f"row {n}", ("rope_theta_is_boolean",)) for n in range(101)]
    for rows in ([*bad, *good], [*good, *bad]):
        source = ListedSource.of(*rows, kind="configs")
        with pytest.raises(UserError, match=r"right file") as caught:
            put(graph, source)
        assert caught.value.exit_code is ExitCode.USER
        assert dump(graph) == before


@pytest.mark.parametrize(("bad", "code"), [(1, ExitCode.DONE), (3, ExitCode.REJECTS)])
def test_rejects_are_kept_and_decide_the_exit_code(graph: Graph, bad: int, code: ExitCode) -> None:
    rows = [ModelRow(f"a/m{n}", {"likes": n}, "hub-api") for n in range(100)]
    refused = [Reject(f"row {n}", "bad_id", "the id is empty", "x") for n in range(bad)]
    (report,) = put(graph, ListedSource.of(*rows, *refused))
    assert report.exit_code is code
    assert report.run is not None
    assert len(rejects.read(report.run.id)) == bad
    assert len(dump(graph)["models"]) == 100
    (again,) = put(graph, ListedSource.of(*rows, *refused))
    assert again.already_complete
    assert again.exit_code is code


TAMPERING = {
    "a model deleted": "MATCH (m:Model {model_id: 'org0/model-00000'}) DETACH DELETE m",
    "an edge deleted": "MATCH ()-[e:PARENT_OF]->() WITH e LIMIT 1 DELETE e",
    "a claim taken away": "MATCH ()-[e:PARENT_OF]->() WITH e LIMIT 1 SET e.claims = []",
    "a source taken away": "MATCH (m:Model {model_id: 'org1/model-00001'}) REMOVE m.sources",
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_noticed_and_can_be_repaired(graph: Graph, what: str) -> None:
    source = wood(60, 50)
    put(graph, source)
    before = without_runs(graph)
    graph.write(lambda tx: tx.run(statement(TAMPERING[what], "write")))
    assert without_runs(graph) != before
    with pytest.raises(UserError, match="no longer holds") as caught:
        put(graph, source)
    run = caught.value.fix.split("`")[1].split()[-1]
    remove(graph, runs.find(graph, run))
    put(graph, source)
    assert without_runs(graph) == before


def test_a_removal_that_was_killed_half_way_is_seen_and_finished(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = overlapping(9)
    wanted = made_of(graph, sources[0], sources[2])
    put(graph, sources[1])
    complete = runs.fingerprint(graph)
    with monkeypatch.context() as patch:
        patch.setattr("modelkin.loader.remove.label", lambda _graph: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take_back(graph, "configs")
    assert runs.fingerprint(graph) != complete
    with pytest.raises(UserError, match="half gone"):
        put(graph, sources[1])
    take_back(graph, "configs")
    assert without_runs(graph) == wanted
