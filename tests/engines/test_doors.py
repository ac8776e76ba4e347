"""The people's door: hostile statements are refused, honest ones answered, runaways ended."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph.client import Graph
from modelkin.graph.door import Answer

CANARY = "canary-5f0c1e"


def q(text: str, mode: str = "read") -> Query:
    return Query("tests/statement", "?", (), mode, (), text)  # type: ignore[arg-type]


# Clauses that write, each harmless to look at and complete on its own.
WRITES = (
    "CREATE (x:Hostile {a: 1})",
    "CREATE (x:Hostile) RETURN x",
    "MERGE (x:Hostile {a: 1}) RETURN x",
    "MERGE (x:Hostile {a: 1}) ON CREATE SET x.b = 2 ON MATCH SET x.b = 3",
    "MATCH (m:Model) SET m.hostile = true",
    "MATCH (m:Model) SET m += {hostile: true} RETURN m",
    "MATCH (m:Model) SET m = {}",
    "MATCH (m:Model) SET m:Hostile",
    "MATCH (m:Model) REMOVE m.likes",
    "MATCH (m:Model) REMOVE m:Model RETURN m",
    "MATCH (m:Model) DELETE m",
    "MATCH (m:Model) DETACH DELETE m",
    "MATCH (m:Model) NODETACH DELETE m",
    "MATCH ()-[e:PARENT_OF]->() DELETE e",
    "MATCH (a:Model), (b:Model) CREATE (a)-[:HOSTILE]->(b)",
    "MATCH (a:Model), (b:Model) MERGE (a)-[e:HOSTILE]->(b) RETURN e",
    "OPTIONAL MATCH (m:Model) SET m.hostile = 1 RETURN m",
    "INSERT (x:Hostile)",
)
NESTED = (
    "CALL { CREATE (x:Hostile) RETURN x } RETURN x",
    "MATCH (m:Model) CALL { WITH m SET m.hostile = 1 } RETURN m",
    "MATCH (m:Model) CALL (m) { SET m.hostile = 1 } RETURN m",
    "MATCH (m:Model) CALL (m) { CALL (m) { CALL (m) { DETACH DELETE m } } } RETURN 1",
    "MATCH (m:Model) CALL { WITH m DELETE m } IN TRANSACTIONS OF 10 ROWS",
    "UNWIND [1, 2] AS i CALL (i) { CREATE (:Hostile {i: i}) } IN TRANSACTIONS",
    "UNWIND [1, 2] AS i CALL (i) { RETURN i AS j } IN TRANSACTIONS RETURN j",
    "UNWIND [1, 2] AS i CALL (i) { RETURN i AS j } IN 2 CONCURRENT TRANSACTIONS RETURN j",
    "FOREACH (i IN [1, 2] | CREATE (:Hostile {i: i}))",
    "MATCH (m:Model) FOREACH (i IN [1] | SET m.hostile = i)",
    "MATCH p = (:Model)-[*1..3]->(:Model) FOREACH (n IN nodes(p) | SET n.hostile = 1)",
    "MATCH (m:Model) FOREACH (i IN [1] | FOREACH (j IN [1] | DELETE m))",
    "RETURN 1 AS one UNION CALL { CREATE (x:Hostile) RETURN 2 AS one } RETURN one",
    "MATCH (m:Model) WITH m LIMIT 1 SET m.hostile = 1 WITH m MATCH (n) RETURN n",
    "MATCH (m:Model) WHERE EXISTS { MATCH (m) CREATE (:Hostile) } RETURN m",
    "RETURN COUNT { CREATE (x:Hostile) RETURN x } AS n",
    "RETURN COLLECT { CREATE (x:Hostile) RETURN x.a } AS n",
)
DISGUISED = (
    "create (x:Hostile)",
    "cReAtE (x:Hostile)",
    "MATCH (m:Model)\n\tsEt\nm.hostile = 1",
    "/* MATCH (n) RETURN n */ CREATE (x:Hostile)",
    "// MATCH (n) RETURN n\nCREATE (x:Hostile)",
    "//\r\nCREATE (x:Hostile)",
    "/**/CREATE/**/(x:Hostile)/**/",
    "MATCH (m:Model)/* a */SET/* b */m.hostile/* c */=1",
    "MATCH (m:Model) // '\nSET m.hostile = 1 // '",
    "MATCH (m:Model) /* ' */ SET m.hostile = 1 /* ' */",
    'MATCH (m:Model) /* " */ SET m.hostile = 1 /* " */',
    "MATCH (m:Model) /* ` */ SET m.hostile = 1 /* ` */",
    "MATCH (m:Model) WHERE m.a = '//' SET m.hostile = 1",
    "MATCH (m:Model) WHERE m.a = '/*' SET m.hostile = 1 //*/",
    "MATCH (m:Model) WHERE m.a = '\\'' SET m.hostile = 1 //'",
    "MATCH (m:Model) WHERE m.a = '\\\\' SET m.hostile = 1 //'",
    "MATCH (m:Model) WHERE m.`a'` = 1 SET m.hostile = 1 //'",
    "MATCH (m:Model) WHERE m.`a``` = 1 SET m.hostile = 1 //`",
    "\\u0043REATE (x:Hostile)",
    "MATCH (m:Model) \\u0053ET m.hostile = 1",
    "MATCH (m:Model) \\uu0053ET m.hostile = 1",
    "MATCH (m:Model) WHERE m.a = '\\u0027 SET m.hostile = 1 //'",
    'MATCH (m:Model) WHERE m.a = "\\u0022 SET m.hostile = 1 //"',
    "MATCH (m:Model) WHERE m.a = '\\u005c' SET m.hostile = 1 //'",
    "MATCH (m:Model) // \\u000aSET m.hostile = 1",
    "MATCH (m:Model) // \u2028'\nSET m.hostile = 1 //'",
    "MATCH (m:Model) // a\rSET m.hostile = 1",
    "MATCH (m:Model) // a\x0bSET m.hostile = 1",
    "MATCH (m:Model) \u017fET m.hostile = 1",
    "\ufeffCREATE (x:Hostile)",
    "MATCH (m:Model)\u00a0SET\u00a0m.hostile = 1",
    "MATCH (m:Model) SET(m).hostile = 1",
    "MATCH (m:Model) SET`m`.hostile = 1",
    "MATCH (m:Model)SET m.hostile=1RETURN m",
)
FILES = (
    "LOAD CSV FROM '{file}' AS line RETURN line",
    "LOAD CSV WITH HEADERS FROM '{file}' AS line RETURN line",
    "load csv from '{file}' as line return line",
    "UNWIND [1] AS i LOAD CSV FROM '{file}' AS line RETURN line",
    "MATCH (m:Model) LOAD CSV FROM '{file}' AS line RETURN m, line",
    "CALL {{ LOAD CSV FROM '{file}' AS line RETURN line }} RETURN line",
    "MATCH (m:Model) CALL (m) {{ LOAD CSV FROM '{file}' AS line RETURN line }} RETURN line",
    "RETURN COLLECT {{ LOAD CSV FROM '{file}' AS line RETURN line }} AS lines",
    "WITH '{file}' AS url LOAD CSV FROM url AS line RETURN line",
    "WITH 1 AS a LOAD/**/CSV FROM '{file}' AS line FIELDTERMINATOR ';' RETURN line",
    "RETURN 1 AS line UNION LOAD CSV FROM '{file}' AS line RETURN line",
    "USING PERIODIC COMMIT LOAD CSV FROM '{file}' AS line RETURN line",
)
PROCEDURES = (
    "CALL dbms.listConfig()",
    "CALL dbms.listConfig() YIELD name, value RETURN name, value",
    "CALL dbms.components()",
    "CALL dbms.procedures()",
    "CALL dbms.showCurrentUser()",
    "CALL dbms.killQuery('1')",
    "CALL dbms.setConfigValue('a', 'b')",
    "CALL db.info()",
    "CALL db.createLabel('Hostile')",
    "CALL db.createProperty('hostile')",
    "CALL db.clearQueryCaches()",
    "CALL db.index.fulltext.queryNodes('a', 'b')",
    "CALL `db`.`createLabel`('Hostile')",
    "call DB.CREATELABEL('Hostile')",
    "CALL/**/db/**/./**/createLabel('Hostile')",
    "MATCH (m:Model) CALL db.createLabel('Hostile') RETURN m",
    "CALL { CALL db.createLabel('Hostile') } RETURN 1",
    "OPTIONAL CALL db.createLabel('Hostile')",
    "CALL apoc.load.json('{url}') YIELD value RETURN value",
    "CALL apoc.cypher.doIt('CREATE (x:Hostile)', {}) YIELD value RETURN value",
    "CALL apoc.export.csv.all('x.csv', {})",
    "CALL gds.graph.project('g', '*', '*')",
    "CALL algo.pagerank()",
    "CALL sql('DELETE FROM Model')",
    "CALL tx.setMetaData({a: 1})",
)
ADMINISTRATION = (
    "CREATE INDEX hostile FOR (m:Model) ON (m.hostile)",
    "CREATE CONSTRAINT hostile FOR (m:Model) REQUIRE m.hostile IS UNIQUE",
    "DROP CONSTRAINT model_id",
    "DROP INDEX model_id IF EXISTS",
    "CREATE USER hostile SET PASSWORD 'hostile123'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'hostile123'",
    "ALTER USER neo4j SET PASSWORD 'hostile123'",
    "DROP USER neo4j",
    "CREATE DATABASE hostile",
    "DROP DATABASE neo4j",
    "STOP DATABASE neo4j",
    "START DATABASE neo4j",
    "GRANT ROLE admin TO neo4j",
    "DENY READ {*} ON GRAPH * TO PUBLIC",
    "REVOKE ROLE admin FROM neo4j",
    "SHOW USERS",
    "SHOW SETTINGS",
    "SHOW PROCEDURES",
    "SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery",
    "SHOW INDEXES",
    "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
    "USE system SHOW USERS",
    "USE neo4j MATCH (m:Model) SET m.hostile = 1",
    "USE neo4j RETURN 1",
    "CALL { USE neo4j CREATE (x:Hostile) RETURN x } RETURN x",
    "ENABLE SERVER 'a'",
    "DRYRUN REALLOCATE DATABASES",
)
BATCHES = (
    "RETURN 1; CREATE (x:Hostile)",
    "RETURN 1;\nCREATE (x:Hostile);",
    "RETURN 1;;MATCH (n) DETACH DELETE n",
    "MATCH (m:Model) RETURN m; // a\nMATCH (m:Model) SET m.hostile = 1",
    "EXPLAIN MATCH (m:Model) RETURN m",
    "EXPLAIN CREATE (x:Hostile)",
    "PROFILE MATCH (m:Model) RETURN m",
    "PROFILE CREATE (x:Hostile)",
    "profile match (m:Model) set m.hostile = 1",
    "/* a */ PROFILE /* b */ CREATE (x:Hostile)",
    "CYPHER 5 CREATE (x:Hostile)",
    "CYPHER runtime=slotted PROFILE MATCH (m:Model) SET m.hostile = 1",
    "CYPHER 5 EXPLAIN RETURN 1",
    "MATCH (m:Model) EXPLAIN SET m.hostile = 1",
    ":param a => 1",
    ":USE system",
    "BEGIN CREATE (x:Hostile) COMMIT",
    "",
    "   \n\t ",
    "// nothing",
    ";",
    "RETURN '",
    "RETURN 1 /* open",
    "RETURN `open",
    "RETURN 1 //" + "x" * 20_000,
    "{ RETURN 1 }",
)
HOSTILE = WRITES + NESTED + DISGUISED + FILES + PROCEDURES + ADMINISTRATION + BATCHES

HONEST = (
    "MATCH (m:Model) RETURN m",
    "match (m:Model) return m limit 5",
    "MATCH (m:Model) RETURN m.model_id AS id ORDER BY id;",
    "  \n MATCH (m:Model) RETURN count(*) AS n ; ",
    "// who is there?\nMATCH (m:Model) RETURN m",
    "/* all */ MATCH (m:Model) /* please */ RETURN m // thanks",
    "MATCH (m:Model)-[e:PARENT_OF]->(c:Model) RETURN m, e, c",
    "MATCH (m:Model)-[e:PARENT_OF|SIMILAR_TO]-(c) RETURN type(e) AS t, count(*) AS n",
    "MATCH p = (m:Model)-[:PARENT_OF*1..3]->(c:Model) RETURN p",
    "MATCH p = (m:Model)-[:PARENT_OF*0..2]->(c:Model) RETURN [n IN nodes(p) | n.model_id] AS ids",
    "MATCH (m:Model) WHERE m.likes > 1 AND NOT m.model_id STARTS WITH 'x' RETURN m.model_id AS id",
    "MATCH (m:Model) WHERE m.model_id =~ '.*base' RETURN m.model_id AS id",
    "MATCH (m:Model {model_id: $id}) RETURN m.likes AS likes",
    "MATCH (m:Model) WHERE $id IS NULL OR m.model_id = $id RETURN m",
    "MATCH (m:Model) WHERE m.model_id IN ['a/base', 'b/tuned'] RETURN m",
    "MATCH (m) WHERE m:Model AND NOT m:Stub RETURN labels(m) AS labels",
    "OPTIONAL MATCH (m:Nothing) RETURN m",
    "MATCH (m:Model) OPTIONAL MATCH (m)-[:PARENT_OF]->(c) RETURN m.model_id AS id, count(c) AS n",
    "UNWIND range(1, 5) AS i RETURN i * 2 AS double",
    "UNWIND $ids AS id MATCH (m:Model {model_id: id}) RETURN m",
    "WITH 1 AS a, 2 AS b RETURN a + b AS c",
    "WITH [1, 2, 3] AS xs RETURN reduce(s = 0, x IN xs | s + x) AS total",
    "RETURN 1 AS one UNION RETURN 2 AS one",
    "RETURN 1 AS one UNION ALL RETURN 1 AS one",
    "MATCH (m:Model) WITH m ORDER BY m.likes DESC LIMIT 1 RETURN m.model_id AS id",
    "MATCH (m:Model) RETURN DISTINCT m.pipeline_tag AS tag",
    "MATCH (m:Model) RETURN collect(m.model_id) AS ids, max(m.likes) AS most",
    "MATCH (m:Model) RETURN avg(m.likes) AS a, percentileCont(m.likes, 0.5) AS p",
    "MATCH (m:Model) RETURN CASE WHEN m.likes > 2 THEN 'many' ELSE 'few' END AS class",
    "MATCH (m:Model) RETURN m {.model_id, .likes} AS card",
    "MATCH (m:Model) RETURN {set: 1, create: m.likes, delete: 'x', load: 2} AS words",
    "MATCH (m:Model) RETURN m.set AS a, m.create AS b, m.delete AS c, m.load AS d",
    "MATCH (m:Model) RETURN m.likes AS set",
    "MATCH (m:Model) RETURN m.likes AS create ORDER BY m.model_id SKIP 0 LIMIT 2",
    "MATCH (m:Set) RETURN m",
    "MATCH (m:`Create`|`Merge`) RETURN m",
    "MATCH (a)-[e:REMOVE]->(b) RETURN e",
    "RETURN 'CREATE (x)' AS text",
    'RETURN "DETACH DELETE everything" AS text',
    "RETURN 'it\\'s; SET x = 1' AS text",
    "RETURN 'a\\\\' AS text, 'SET' AS other",
    "RETURN 'LOAD CSV FROM' + ' \"file\"' AS text",
    "RETURN '// no comment' AS text, '/* nor this */' AS more",
    "RETURN 'caf\\u00e9' AS text",
    "RETURN 1 AS `SET`, 2 AS `CREATE (n)`",
    "MATCH (`delete`:Model) RETURN `delete`.model_id AS id",
    "RETURN $set AS a",
    "MATCH (settings:Model) RETURN settings.model_id AS created_at",
    "MATCH (m:Model) WHERE EXISTS { MATCH (m)-[:PARENT_OF]->() } RETURN m.model_id AS id",
    "MATCH (m:Model) RETURN COUNT { (m)-[:PARENT_OF]->() } AS n",
    "MATCH (m:Model) RETURN COLLECT { MATCH (m)-[:PARENT_OF]->(c) RETURN c.model_id } AS ids",
    "MATCH (m:Model) CALL (m) { MATCH (m)-[:PARENT_OF]->(c) RETURN count(c) AS n } RETURN n",
    "CALL { MATCH (m:Model) RETURN m.model_id AS id } RETURN id",
    "MATCH (m:Model) CALL (m) { RETURN m.likes AS l UNION RETURN 0 AS l } RETURN sum(l) AS s",
    "CALL db.labels()",
    "CALL db.labels() YIELD label RETURN label ORDER BY label",
    "CALL db.relationshipTypes() YIELD relationshipType AS t RETURN t",
    "CALL db.propertyKeys() YIELD propertyKey RETURN count(*) AS n",
    "call db.labels() yield label return label",
    "MATCH (a:Model {model_id: 'a/base'}), (b:Model {model_id: 'b/tuned'}) "
    "MATCH p = shortestPath((a)-[:PARENT_OF*..5]-(b)) RETURN p",
    "MATCH (a:Model {model_id: 'a/base'}), (b:Model {model_id: 'b/tuned'}) "
    "MATCH p = allShortestPaths((a)-[:PARENT_OF*..5]-(b)) RETURN length(p) AS n",
    "MATCH p = (:Model)-[es:PARENT_OF*1..3]->() WHERE all(e IN es WHERE e.relation = 'x') RETURN p",
    "MATCH (m:Model) RETURN [(m)-[:PARENT_OF]->(c) | c.model_id] AS children",
    "RETURN datetime('2024-05-01T00:00:00Z') AS at, date('2024-05-01') AS d, duration('P1D') AS e",
    "RETURN null AS nothing, true AS yes, 1.5 AS x, [1, 'a', null] AS list, {a: {b: 1}} AS map",
    "RETURN toUpper('a') AS a, size([1, 2]) AS n, split('a/b', '/') AS p, coalesce(null, 1) AS c",
    "RETURN 1 AS `a``b`",
    "MATCH (m:Model)\r\nRETURN m.model_id AS id\r\n",
    "MATCH (größe:Model) RETURN größe.likes AS 数",
    "RETURN 5 % 3 AS r, 2 ^ 3 AS p, 7 / 2 AS q, -1 AS m, 1e3 AS e",
    "MATCH (m:Model) WHERE m.likes IS NOT NULL XOR false RETURN m.model_id AS id",
)


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


def test_there_are_enough_cases() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 120
    assert len(set(HONEST)) == len(HONEST) >= 60


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
