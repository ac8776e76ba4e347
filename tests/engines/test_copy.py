"""A graph carried to the other engine holds the same; an interrupted copy goes on."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph import copy as copying
from modelkin.graph.client import Graph
from modelkin.graph.connect import embedded_place
from modelkin.graph.copy import copy
from modelkin.graph.doctor import doctor
from modelkin.graph.embedded.home import Home
from modelkin.graph.embedded.process import Engine
from modelkin.graph.status import counts, status


def q(text: str, mode: str = "read") -> Query:
    return Query("tests/statement", "?", (), mode, (), text)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def other(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """An embedded engine of its own: the target of copies from either engine, and back."""
    engine = Engine(Home(tmp_path_factory.mktemp("other")), heap="512m")
    with Graph(embedded_place(engine)) as opened:
        yield opened
    engine.stop()


def clear(graph: Graph) -> None:
    graph.write(lambda tx: tx.run(q("MATCH (n) DETACH DELETE n", "write")))


def fill(graph: Graph, n: int = 700) -> None:
    """A graph with every label and relation, lists, floats, unicode, a loop and a hub."""
    clear(graph)
    for query in catalogue.every("schema"):
        graph.schema(query)
    rng = random.Random(11)
    texts = (
        "UNWIND $rows AS row CREATE (m:Model {model_id: row.model_id}) SET m += row.properties",
        "MATCH (m:Model) WHERE m.hidden_size > 0 SET m:Configured",
        "MATCH (m:Model) WHERE m.stub SET m:Stub",
        "UNWIND $edges AS e MATCH (c:Model {model_id: e.c}) MATCH (p:Model {model_id: e.p}) "
        "MERGE (c)<-[r:PARENT_OF]-(p) SET r += e.properties",
        "MATCH (m:Model {model_id: 'org/m0 ü'}) SET m:Root",
        "UNWIND $edges AS e MATCH (a:Model {model_id: e.c}) MATCH (b:Model {model_id: e.p}) "
        "MERGE (a)-[r:SIMILAR_TO {run: 'r2'}]->(b) SET r.distance = e.x, r.rank = 1",
        "CREATE (:Run {id: 'r1', seq: 1, kind: 'graph', counts: '{}'}) "
        "CREATE (:Run {id: 'r2', seq: 2, kind: 'similarity'})",
        "CREATE (:Foreign {note: 'not ours'})",
    )
    rows = [
        {
            "model_id": f"org/m{i} ü",
            "properties": {
                "likes": i,
                "hidden_size": 4096 if i % 3 == 0 else None,
                "stub": True if i % 3 == 1 else None,
                "rope_theta": rng.random() * 1e6,
                "languages": ["de", "日本"] if i % 2 else [],
                "license": "x" * rng.randrange(300),
                "tie_word_embeddings": bool(i % 2),
            },
        }
        for i in range(n)
    ]
    edges = [
        {
            "c": f"org/m{i} ü",
            "p": f"org/m{rng.choice((0, rng.randrange(i)))} ü",
            "x": rng.random(),
            "properties": {
                "claims": ["finetune|r1"],
                "relation": "finetune",
                "drift": rng.random(),
            },
        }
        for i in range(1, n)
    ]
    edges.append({**edges[0], "p": edges[0]["c"]})
    for text in texts:
        graph.write(lambda tx, text=text: tx.run(q(text, "write"), rows=rows, edges=edges))


def content(graph: Graph) -> list[list[str]]:
    """All that belongs to us, as sorted text."""
    parts = (
        "MATCH (n) WHERE NOT n:Foreign RETURN labels(n) AS l, properties(n) AS p",
        "MATCH (a:Model)-[e]->(b:Model) RETURN a.model_id AS a, type(e) AS t, "
        "properties(e) AS p, b.model_id AS b",
    )

    def text(row: dict[str, object]) -> str:
        labels, held = row.get("l"), row["p"]
        assert isinstance(held, dict)
        first = sorted(labels) if isinstance(labels, list) else [row["a"], row["t"], row["b"]]
        return repr((first, sorted(held.items())))

    return [sorted(text(row) for row in graph.fetch(q(part))) for part in parts]


def test_a_copy_holds_the_same_there_and_back(
    graph: Graph, other: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 150)
    fill(graph)
    clear(other)
    seen: list[tuple[str, int]] = []
    done = copy(graph, other, lambda phase, n: seen.append((phase, n)))
    assert done == {"models": 700, "edges": 700, "similar": 700, "runs": 2, "other_nodes": 1}
    assert content(other) == content(graph)
    assert ("models", 150) in seen
    assert seen[-1] == ("runs", 2)
    assert counts(other)["roots"] == 1
    clear(graph)
    assert copy(other, graph)["other_nodes"] == 0
    assert content(graph) == content(other)


def test_an_interrupted_copy_goes_on(
    graph: Graph, other: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 100)
    fill(graph, 300)
    clear(other)

    def interrupt(phase: str, n: int) -> None:
        if phase == "edges" and n >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(graph, other, interrupt)
    assert 0 < counts(other)["edges"] < 300
    copy(graph, other)
    assert content(other) == content(graph)


def test_a_database_in_use_is_not_copied_into(graph: Graph, other: Graph) -> None:
    fill(graph, 30)
    clear(other)
    copy(graph, other)
    for target in (other, graph):
        with pytest.raises(UserError, match="Cannot copy into") as caught:
            copy(graph, target)
        assert "30 models and 2 runs" in caught.value.why


def test_a_source_that_changes_meanwhile_is_noticed(graph: Graph, other: Graph) -> None:
    fill(graph, 30)
    clear(other)

    def change(phase: str, n: int) -> None:
        if phase == "edges":
            graph.write(
                lambda tx: tx.run(q("MERGE (m:Model {model_id: 'late'}) SET m.likes = 1", "write"))
            )

    with pytest.raises(UserError, match="differs") as caught:
        copy(graph, other, change)
    assert "models: 31 became 30" in caught.value.where


def test_big_batches_are_halved(
    graph: Graph, other: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelkin.graph.faults import TooBig

    fill(graph, 300)
    clear(other)
    sizes = []
    create = copying._models

    def narrow(tx: object, rows: list[dict[str, object]]) -> None:
        sizes.append(len(rows))
        if len(rows) > 100:
            raise TooBig("too big")
        create(tx, rows)  # type: ignore[arg-type]

    phases = tuple((p, r, narrow if p == "models" else w) for p, r, w in copying._PHASES)
    monkeypatch.setattr(copying, "_PHASES", phases)
    copy(graph, other)
    assert sizes == [300, 150, 75, 75, 150, 75, 75]
    assert content(other) == content(graph)


def test_status_and_doctor_tell_what_is_there(graph: Graph, engine_environ: dict[str, str]) -> None:
    fill(graph, 30)
    state = status(environ=engine_environ)
    assert state["engine"] == graph.engine
    assert state["running"] is True
    assert state["version"] == graph.version
    assert (state["models"], state["edges"], state["runs"]) == (30, 30, 2)
    before = content(graph)
    checks = doctor(environ=engine_environ)
    assert [check for check in checks if not check.ok] == []
    names = {check.name for check in checks}
    assert {
        "python",
        "disk",
        "memory",
        "database answers",
        "queries only read",
        "measures only read",
    } <= names
    assert content(graph) == before


def test_status_does_not_start_the_embedded_engine(tmp_path: object) -> None:
    state = status(db=str(tmp_path), environ={})
    assert state == {"engine": "embedded", "address": str(tmp_path), "running": False}


def test_doctor_says_how_to_mend(tmp_path: object) -> None:
    environ = {"NEO4J_PASSWORD": "canary-0815-password"}
    checks = {c.name: c for c in doctor("bolt://127.0.0.1:1", environ=environ)}
    assert checks["database answers"].ok is False
    assert "docker compose" in checks["database answers"].fix
    assert "canary" not in repr(checks)
    checks = {c.name: c for c in doctor("bolt://localhost", environ={})}
    assert checks["settings"].ok is False
    assert "db password" in checks["settings"].fix
