"""Fixtures that several folders of tests share: the two engines.

Conventions
-----------
- `graph` gives a connected, empty graph; a test that asks for it runs twice, once on the embedded
  engine and once on Neo4j. It is emptied between modules, not between tests.
- `engine_environ` gives the variables with which a `modelkin` process reaches the same database.
- The embedded engine lives in a temporary folder. Neo4j is found in this order: NEO4J_URI (its
  database must be empty, or MODELKIN_TEST_WIPE=1 allow emptying it), Docker, the assembly
  (`java` and `mvn`). Without any the tests are skipped and say so; with
  MODELKIN_REQUIRE_NEO4J=1 they fail.
- One server for each test process; all are ended with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from modelkin.cypher.query import Query
from modelkin.graph.assembly import Assembly, assembly_at
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, embedded_place
from modelkin.graph.embedded.home import Home
from modelkin.graph.embedded.process import Engine

ENGINES = (
    pytest.param("embedded", marks=pytest.mark.embedded),
    pytest.param("neo4j", marks=pytest.mark.neo4j),
)
# A shell's background job ignores Ctrl-C and its children inherit that: tests send it to both.
signal.signal(signal.SIGINT, signal.default_int_handler)
NEO4J_IMAGE = "neo4j:5.26.20-community"


def statement(text: str, *, mode: str = "read", returns: tuple[str, ...] = ()) -> Query:
    """A query that is not in the catalogue."""
    return Query("tests/statement", "?", (), mode, returns, text)  # type: ignore[arg-type] # a mode


@pytest.fixture(scope="session")
def embedded_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The embedded engine in a temporary folder, started when first used."""
    engine = Engine(Home(tmp_path_factory.mktemp("embedded")), heap="512m")
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def neo4j_environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The variables that reach a Neo4j whose database may be emptied."""
    if os.environ.get("NEO4J_URI"):
        names = ("URI", "USERNAME", "PASSWORD", "PASSWORD_FILE", "DATABASE")
        environ = {f"NEO4J_{n}": os.environ.get(f"NEO4J_{n}", "") for n in names}
        _refuse_to_empty(environ)
        yield environ
    elif _docker_answers():
        yield from _container()
    elif shutil.which("java") and shutil.which("mvn"):
        cache = assembly_at(os.environ).cache
        assembly = Assembly(cache, tmp_path_factory.mktemp("neo4j"))
        try:
            yield assembly.environ(assembly.start())
        finally:
            assembly.stop()
    else:
        _no_neo4j("no NEO4J_URI, no Docker that answers, no java with mvn")


@pytest.fixture(scope="module", params=ENGINES)
def graph(request: pytest.FixtureRequest) -> Iterator[Graph]:
    """An empty graph on each of the two engines."""
    if request.param == "embedded":
        opened = Graph(embedded_place(request.getfixturevalue("embedded_engine")))
    else:
        opened = connect(environ=request.getfixturevalue("neo4j_environ"))
    with opened:
        empty(opened)
        yield opened


@pytest.fixture(scope="module")
def engine_environ(graph: Graph, request: pytest.FixtureRequest) -> Mapping[str, str]:
    """The variables that reach the database of `graph`, for child processes."""
    if graph.engine == "embedded":
        engine = request.getfixturevalue("embedded_engine")
        return {"MODELKIN_HOME": str(engine.home.folder), "MODELKIN_HEAP": engine.heap}
    environ: Mapping[str, str] = request.getfixturevalue("neo4j_environ")
    return environ


def empty(graph: Graph) -> None:
    """Remove all nodes, edges, constraints and indexes."""
    some = statement(
        "MATCH (n) WITH n LIMIT 5000 DETACH DELETE n RETURN count(*) AS n", mode="write"
    )
    while graph.write(lambda tx: tx.run(some))[0]["n"]:
        pass
    for kind in ("CONSTRAINT", "INDEX"):
        for row in graph.fetch(statement(f"SHOW {kind}ES" if kind == "INDEX" else f"SHOW {kind}S")):
            if row.get("owningConstraint") or row.get("type") == "LOOKUP":
                continue
            graph.schema(statement(f"DROP {kind} `{row['name']}`", mode="schema"))


def _refuse_to_empty(environ: Mapping[str, str]) -> None:
    """Protect somebody's graph: tests empty the database that they are given."""
    with connect(environ=environ) as graph:
        rows = graph.fetch(statement("MATCH (n) RETURN count(n) AS n"))
    if rows[0]["n"] and os.environ.get("MODELKIN_TEST_WIPE") != "1":
        pytest.fail(f"{graph.address} holds {rows[0]['n']} nodes; set MODELKIN_TEST_WIPE=1")


def _docker_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=30)
    return done.returncode == 0


def _container() -> Iterator[Mapping[str, str]]:
    """A Neo4j in a container with a random password."""
    import secrets

    from testcontainers.neo4j import Neo4jContainer

    password = secrets.token_urlsafe(24)
    with Neo4jContainer(NEO4J_IMAGE, password=password) as container:
        yield {"NEO4J_URI": container.get_connection_url(), "NEO4J_PASSWORD": password}


def _no_neo4j(why: str) -> None:
    text = f"no Neo4j: {why}"
    if os.environ.get("MODELKIN_REQUIRE_NEO4J") == "1":
        pytest.fail(text)
    pytest.skip(text)
