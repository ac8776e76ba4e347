"""Every read query of the catalogue gives the rows written down for it, on both engines.

The small graph and the rows: tests/data/catalogue_origin.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.graph.client import Graph
from modelkin.graph.values import Edge, Node

DATA = Path(__file__).parents[1] / "data"
HELD: dict[str, Any] = json.loads((DATA / "catalogue_graph.json").read_text(encoding="utf-8"))
GOLDEN: dict[str, Any] = json.loads((DATA / "catalogue_golden.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(name, case, id=f"{name}-{number}")
    for name, cases in GOLDEN.items()
    for number, case in enumerate(cases, 1)
]


@pytest.fixture(scope="module", autouse=True)
def held(graph: Graph) -> None:
    """The small graph, written with the catalogue's own statements."""
    for query in catalogue.every("schema"):
        graph.schema(query)
    put(graph, "load/merge_models", rows=HELD["models"])
    put(graph, "load/merge_edges", rows=HELD["edges"])
    for label in ("Configured", "Stub", "Root"):
        ids = [model["model_id"] for model in HELD["models"] if label in model["labels"]]
        text = f"UNWIND $ids AS id MATCH (m:Model {{model_id: id}}) SET m:{label}"
        labelled = Query("tests/label", "?", (), "write", (), text)
        graph.write(lambda tx, query=labelled, ids=ids: tx.run(query, ids=ids))
    rows = [{"source": e["source"], "run": "run3", "edges": [e]} for e in HELD["similar"]]
    put(graph, "write/similar", rows=rows)
    for run in HELD["runs"]:
        put(graph, "load/run_put", run=run["id"], properties=run)


def put(graph: Graph, name: str, **params: Any) -> None:
    graph.write(lambda tx: tx.run(catalogue.get(name), **params))


def plain(value: Any) -> Any:
    """A node as its id, an edge as its type; floats up to the last bits of a mean."""
    match value:
        case Node():
            return value.model_id
        case Edge():
            return value.type
        case float():
            return pytest.approx(value, rel=1e-12, abs=1e-15)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def in_order(query: Query, row: dict[str, Any]) -> list[Any]:
    """A row in the order of the declared columns; labels have no order of their own."""
    assert tuple(row) == query.returns
    row = {k: sorted(v) if k == "labels" else v for k, v in row.items()}
    return [plain(row[column]) for column in query.returns]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_rows(graph: Graph, name: str, case: dict[str, Any]) -> None:
    query = catalogue.get(name)
    rows = graph.fetch(query, **catalogue.bind(query, case["params"]))
    assert [in_order(query, row) for row in rows] == case["rows"]


@pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)
def test_people_may_ask_every_question(graph: Graph, query: Query) -> None:
    case = GOLDEN[query.name][0]
    answer = graph.ask(query.text, catalogue.bind(query, case["params"]))
    assert len(answer.rows) == len(case["rows"])
    assert answer.columns == query.returns or not answer.rows


def test_graph_has_what_the_golden_rows_need(graph: Graph) -> None:
    counts = graph.fetch(catalogue.get("fetch/counts"))[0]
    assert counts == {
        "models": 25, "configured": 11, "stubs": 1, "roots": 4, "edges": 28, "similar": 10,
        "runs": 5,
    }  # fmt: skip
