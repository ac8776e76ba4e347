"""Statements that would run for hours are ended in time, and the database answers afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from modelkin.cypher.query import Query
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, embedded_place
from modelkin.graph.embedded.home import Home
from modelkin.graph.embedded.process import Engine
from modelkin.graph.faults import TimedOut

LIMIT_S = 1.0
RUNAWAYS = {
    "cartesian product": "MATCH (a:Bulk), (b:Bulk), (c:Bulk), (d:Bulk) "
    "WHERE a.i + b.i + c.i + d.i = -1 RETURN count(*) AS n",
    "rows of a cartesian product": "MATCH (a:Bulk), (b:Bulk), (c:Bulk), (d:Bulk) "
    "WITH a.i + b.i + c.i + d.i AS s WHERE s = -1 RETURN s",
    "two huge ranges": "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b "
    "WITH a + b AS c WHERE c = -1 RETURN count(c) AS n",
    "unbounded paths": "MATCH p = (:Bulk)-[:NEXT*]->(:Bulk) "
    "WHERE all(n IN nodes(p) WHERE n.i >= 0) RETURN count(p) AS n",
    "subquery for each row": "MATCH (a:Bulk), (b:Bulk) CALL (a, b) "
    "{ MATCH (c:Bulk), (d:Bulk) WHERE c.i + d.i = a.i - b.i - 9999999 RETURN count(*) AS k } "
    "RETURN sum(k) AS n",
}


def q(text: str, mode: str = "read") -> Query:
    return Query("tests/statement", "?", (), mode, (), text)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def impatient(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Graph]:
    """A graph with 2,000 nodes in a dense lattice; its embedded engine ends scans after 1 s."""
    if request.param == "embedded":
        home = Home(tmp_path_factory.mktemp("impatient"))
        engine = Engine(home, heap="512m", read_timeout_ms=int(LIMIT_S * 1000))
        graph = Graph(embedded_place(engine))
    else:
        engine = None
        graph = connect(environ=request.getfixturevalue("neo4j_environ"))
    make = (
        "UNWIND range(0, 1999) AS i CREATE (:Bulk {i: i})",
        "MATCH (a:Bulk) MATCH (b:Bulk) WHERE b.i > a.i AND b.i <= a.i + 4 CREATE (a)-[:NEXT]->(b)",
    )
    with graph:
        for text in make:
            graph.write(lambda tx, text=text: tx.run(q(text, "write")))
        yield graph
        graph.write(lambda tx: tx.run(q("MATCH (n:Bulk) DETACH DELETE n", "write")))
    if engine is not None:
        engine.stop()


@pytest.mark.parametrize("text", RUNAWAYS.values(), ids=RUNAWAYS.keys())
def test_a_runaway_is_ended_and_the_database_answers(impatient: Graph, text: str) -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut):
        impatient.ask(text, timeout_s=LIMIT_S)
    # A bound far above the limit: it tells "ended" from "ran on", also on a busy machine.
    assert time.monotonic() - started < LIMIT_S + 25
    assert impatient.ask("MATCH (m:Bulk) RETURN count(m) AS n").rows == [(2000,)]
