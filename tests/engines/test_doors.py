"""The people's door: hostile statements are refused, honest ones answered, runaways ended."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from statements import FILES, HONEST, HOSTILE

from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph.client import Graph
from modelkin.graph.door import Answer

CANARY = "canary-5f0c1e"


def q(text: str, mode: str = "read") -> Query:
    return Query("tests/statement", "?", (), mode, (), text)  # type: ignore[arg-type]


class _Listener(BaseHTTPRequestHandler):
    hits: list[str] = []  # noqa: RUF012 - one list for the one listener

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{CANARY}\n".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def listener() -> Iterator[str]:
    """The address of a web server of ours that must never be asked."""
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary.csv"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module", autouse=True)
def family(graph: Graph) -> None:
    text = "CREATE CONSTRAINT model_id IF NOT EXISTS FOR (m:Model) REQUIRE m.model_id IS UNIQUE"
    graph.schema(q(text, "schema"))
    make = q(
        "CREATE (a:Model {model_id: 'a/base', likes: 3}) "
        "CREATE (b:Model {model_id: 'b/tuned', likes: 1}) "
        "CREATE (a)-[:PARENT_OF {relation: 'finetune'}]->(b)",
        "write",
    )
    graph.write(lambda tx: tx.run(make))


def fingerprint(graph: Graph) -> str:
    """A hash over all that the database holds: nodes, edges, schema."""
    parts = (
        "MATCH (n) RETURN labels(n) AS l, properties(n) AS p",
        "MATCH (a)-[e]->(b) RETURN [a.model_id, type(e), properties(e), b.model_id] AS all",
        "SHOW CONSTRAINTS YIELD labelsOrTypes AS l, properties AS p RETURN l, p",
        "SHOW INDEXES YIELD labelsOrTypes AS l, properties AS p RETURN l, p",
    )
    rows = [sorted(repr(row) for row in graph.fetch(q(part))) for part in parts]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.mark.parametrize("fences", ["all", "all but the first"])
def test_hostile_statements_are_refused_and_change_nothing(
    graph: Graph,
    listener: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fences: str,
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(f"{CANARY}\n")
    before = fingerprint(graph)
    if fences == "all but the first":
        monkeypatch.setattr("modelkin.graph.door.refuse_text", lambda text: None)
    accepted, said = [], []
    for case in HOSTILE:
        urls = (secret.as_uri(), listener) if case in FILES else (listener,)
        for url in urls:
            text = case.format(file=url) if case in FILES else case.replace("{url}", url)
            try:
                answer = graph.ask(text)
            except UserError as refusal:
                said.append(str(refusal))
            else:
                accepted.append(text)
                said.append(repr(answer))
    if fences == "all":
        assert accepted == []
    assert fingerprint(graph) == before
    assert not any(CANARY in text for text in said)
    assert _Listener.hits == []


def test_honest_statements_are_answered(graph: Graph) -> None:
    refused = []
    before = fingerprint(graph)
    for text in HONEST:
        try:
            answer = graph.ask(text, {"id": "a/base", "ids": ["a/base"], "set": 1})
        except UserError as refusal:
            refused.append((text, str(refusal)))
        else:
            assert isinstance(answer, Answer)
    assert refused == []
    assert fingerprint(graph) == before


def test_rows_above_the_limit_are_cut_and_said(graph: Graph) -> None:
    text = "UNWIND range(1, $n) AS i RETURN i"
    assert graph.ask(text, {"n": 5}, limit=5).truncated is False
    cut = graph.ask(text, {"n": 6}, limit=5)
    assert cut.truncated is True
    assert cut.rows == [(1,), (2,), (3,), (4,), (5,)]
    assert len(graph.ask(text, {"n": 5000}).rows) == 1000


def test_a_long_result_can_be_cut_at_once(graph: Graph) -> None:
    text = "UNWIND range(1, 60000) AS a UNWIND range(1, 60000) AS b RETURN a, b"
    assert graph.ask(text, limit=2).rows == [(1, 1), (1, 2)]
    assert graph.ask("RETURN 1 AS one").rows == [(1,)]


def test_what_is_wrong_with_a_parameter_is_said(graph: Graph) -> None:
    with pytest.raises(UserError, match="-p name=VALUE"):
        graph.ask("RETURN $missing AS a")
    with pytest.raises(UserError, match="cannot be sent"):
        graph.ask("RETURN $p AS a", {"p": 2**70})


def test_the_columns_are_named_also_without_rows(graph: Graph) -> None:
    none = "MATCH (m:Model {model_id: 'none'}) "
    assert graph.ask(f"{none} RETURN m.model_id AS id, m.likes AS likes").columns == ("id", "likes")
    assert graph.ask(f"{none} WITH m.likes AS n RETURN n, count(*) AS k").columns == ("n", "k")
