"""Reading, writing and the schema: the same behaviour on both engines."""

from __future__ import annotations

import pandas as pd
import pytest

from modelkin.cypher.query import Query
from modelkin.graph.client import Graph
from modelkin.graph.faults import Refused
from modelkin.graph.values import Edge, Node, Path


def q(text: str, mode: str = "read", returns: tuple[str, ...] = ()) -> Query:
    return Query("tests/statement", "?", (), mode, returns, text)  # type: ignore[arg-type]


CONSTRAINT = q(
    "CREATE CONSTRAINT model_id IF NOT EXISTS FOR (m:Model) REQUIRE m.model_id IS UNIQUE", "schema"
)
FAMILY = q(
    """
    MERGE (a:Model {model_id: 'a/base'}) MERGE (b:Model {model_id: 'b/tuned'})
    MERGE (b)<-[e:PARENT_OF]-(a) SET e.relation = 'finetune',
      a.created_at = datetime('2024-05-01T12:00:00Z'), a.languages = ['de', 'en'], a.likes = 3
    """,
    "write",
)


@pytest.fixture(scope="module", autouse=True)
def family(graph: Graph) -> None:
    graph.schema(CONSTRAINT)
    graph.write(lambda tx: tx.run(FAMILY))


def test_engine_address_and_version_are_known_and_hold_no_secret(graph: Graph) -> None:
    assert graph.engine in {"embedded", "neo4j"}
    assert graph.version[0].isdigit()
    assert graph.address in repr(graph)
    assert "@" not in graph.address


def test_fetch_gives_plain_values(graph: Graph) -> None:
    rows = graph.fetch(
        q("MATCH (m:Model) RETURN m.model_id AS i, m.created_at AS at, m.languages AS l ORDER BY i")
    )
    assert [row["i"] for row in rows] == ["a/base", "b/tuned"]
    assert rows[0]["at"].startswith("2024-05-01T12:00:00")
    assert rows[0]["l"] == ["de", "en"]
    assert rows[1]["at"] is None


def test_fetch_takes_parameters(graph: Graph) -> None:
    rows = graph.fetch(q("MATCH (m:Model {model_id: $id}) RETURN m.likes AS likes"), id="a/base")
    assert rows == [{"likes": 3}]


def test_fetch_refuses_to_write(graph: Graph) -> None:
    with pytest.raises(Refused):
        graph.fetch(q("CREATE (:Model {model_id: 'x'})"))
    assert graph.fetch(q("MATCH (m:Model) RETURN count(m) AS n")) == [{"n": 2}]


def test_stream_can_be_left_early(graph: Graph) -> None:
    stream = graph.stream(
        q("UNWIND range(1, 1000) AS a UNWIND range(1, 1000) AS b RETURN a + b AS n")
    )
    assert next(stream) == {"n": 2}
    stream.close()
    assert len(list(graph.stream(q("UNWIND range(1, 3000) AS a RETURN a")))) == 3000


def test_frame_has_its_columns_without_rows(graph: Graph) -> None:
    query = q("MATCH (m:Model {model_id: 'no'}) RETURN m.model_id AS id, m.likes AS likes")
    frame = graph.frame(Query(query.name, "?", (), "read", ("id", "likes"), query.text))
    assert list(frame.columns) == ["id", "likes"]
    assert len(frame) == 0


def test_frame_holds_the_rows(graph: Graph) -> None:
    query = q(
        "MATCH (m:Model) RETURN m.model_id AS id, m.likes AS likes ORDER BY id",
        returns=("id", "likes"),
    )
    frame = graph.frame(query)
    assert frame["id"].tolist() == ["a/base", "b/tuned"]
    assert frame["likes"].iloc[0] == 3
    assert pd.isna(frame["likes"].iloc[1])


def test_write_returns_what_the_work_returns(graph: Graph) -> None:
    n = graph.write(lambda tx: len(tx.run(q("MATCH (m:Model) RETURN m.model_id AS id"))))
    assert n == 2


def test_work_that_raises_leaves_nothing(graph: Graph) -> None:
    def work(tx: object) -> None:
        tx.run(q("CREATE (:Model {model_id: 'left over'})", "write"))  # type: ignore[attr-defined]
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        graph.write(work)
    assert graph.fetch(q("MATCH (m:Model) RETURN count(m) AS n")) == [{"n": 2}]


def test_a_doubled_key_is_refused_with_its_code(graph: Graph) -> None:
    with pytest.raises(Refused) as caught:
        graph.write(lambda tx: tx.run(q("CREATE (:Model {model_id: 'a/base'})", "write")))
    assert "ConstraintValidationFailed" in caught.value.code


@pytest.mark.parametrize(
    "value", [2**63, object(), {"a": object()}], ids=["too large", "no value", "no value inside"]
)
def test_values_that_cannot_be_sent_are_refused(graph: Graph, value: object) -> None:
    with pytest.raises(Refused):
        graph.write(lambda tx: tx.run(q("RETURN $value AS value"), value=value))
    assert graph.fetch(q("RETURN 1 AS one")) == [{"one": 1}]


def test_wrong_statements_are_refused_with_the_reason(graph: Graph) -> None:
    with pytest.raises(Refused) as caught:
        graph.ask("MATCH (m:Model RETURN m")
    assert "SyntaxError" in caught.value.code
    assert caught.value.why


def test_nodes_edges_and_paths_carry_no_element_ids(graph: Graph) -> None:
    answer = graph.ask("MATCH p = (a:Model)-[e:PARENT_OF]->(b:Model) RETURN a, e, p")
    assert answer.columns == ("a", "e", "p")
    ((node, edge, path),) = answer.rows
    assert isinstance(node, Node)
    assert node.model_id == "a/base"
    assert edge == Edge("PARENT_OF", "a/base", "b/tuned", {"relation": "finetune"})
    assert isinstance(path, Path)
    assert [n.model_id for n in path.nodes] == ["a/base", "b/tuned"]
    assert path.edges == (edge,)


def test_an_edge_alone_still_knows_its_ends(graph: Graph) -> None:
    for text in (
        "MATCH ()-[e:PARENT_OF]->() RETURN e",
        "MATCH ()-[e:PARENT_OF]->() RETURN [e, {inner: e}] AS es",
    ):
        ((value,),) = graph.ask(text).rows
        edges = value if isinstance(value, list) else [value]
        assert edges[0].start_id == "a/base"
        assert edges[0].end_id == "b/tuned"


def test_indexes_are_awaited(graph: Graph) -> None:
    graph.schema(q("CREATE INDEX family IF NOT EXISTS FOR (m:Model) ON (m.family)", "schema"))
    states = graph.fetch(q("SHOW INDEXES YIELD state RETURN collect(DISTINCT state) AS s"))
    assert states == [{"s": ["ONLINE"]}]


def test_only_one_load_at_a_time_on_the_embedded_engine(graph: Graph) -> None:
    from modelkin.errors import UserError

    with graph.loading():
        if graph.engine == "embedded":
            with pytest.raises(UserError, match="busy"):
                graph.ask("RETURN 1")
        else:
            assert graph.ask("RETURN 1").rows == [(1,)]
    assert graph.ask("RETURN 1").rows == [(1,)]
