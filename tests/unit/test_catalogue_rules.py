"""What check finds: a statement that breaks its header is named, a good one is not."""

from __future__ import annotations

import pytest

from modelkin.cypher.catalogue import check
from modelkin.cypher.query import Param, Query
from modelkin.cypher.rules import strip, writes


def query(
    text: str,
    *params: str,
    mode: str = "read",
    returns: tuple[str, ...] = ("id",),
    bound: str = "",
) -> Query:
    head = f"// bound: {bound}\n\n" if bound else ""
    declared = tuple(Param(name, "string", "x", True, "") for name in params)
    return Query("a/b", "?", declared, mode, returns, head + text)  # type: ignore[arg-type] # a mode


GOOD = "MATCH (m:Model) WHERE m.x = $x RETURN m.model_id AS id ORDER BY id LIMIT 5"


def test_good_query_breaks_nothing() -> None:
    assert check(query(GOOD, "x")) == []


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (query(GOOD), ["$x is used but not declared"]),
        (query(GOOD, "x", "y"), ["$y is declared but not used"]),
        (query(GOOD.replace("$x", "'$x'"), "x"), ["$x is declared but not used"]),
        (query(GOOD.replace("$x", "1 /* $x */"), "x"), ["$x is declared but not used"]),
        (query(GOOD.replace("m.x = $x", "m.x = 1 // $x\n")), []),
        (query(GOOD, "x", returns=("id", "n")), ["returns id; declared id, n"]),
        (query(GOOD, "x", returns=("ID",)), ["returns id; declared ID"]),
        (query(GOOD.replace(" AS id", ""), "x"), ["returns m.model_id; declared id"]),
        (query(GOOD.replace("ORDER BY id", ""), "x"), ["there is no ORDER BY"]),
        (query(GOOD.replace(" LIMIT 5", ""), "x"), ["there is neither a LIMIT nor a stated bound"]),
        (query(GOOD.replace(" LIMIT 5", ""), "x", bound="ten rows"), []),
        (query("RETURN 1 AS id", bound="one row"), []),
        (query("RETURN 1 AS id", bound="two rows"), ["there is no ORDER BY"]),
        (
            query("MATCH (m) WITH m ORDER BY m.a LIMIT 3 RETURN m.a AS id"),
            ["there is no ORDER BY", "there is neither a LIMIT nor a stated bound"],
        ),
        (
            query("MATCH (m) SET m.a = 1 RETURN m.a AS id ORDER BY id LIMIT 1"),
            ["mode is read, but the statement has SET"],
        ),
        (query("MATCH (n) DELETE n", mode="write", returns=()), []),
        (
            query("MATCH (n) DELETE n", mode="write", returns=("n",)),
            ["columns are declared, but nothing is returned"],
        ),
        (
            query(GOOD, "x", mode="write"),
            ["mode is write, but the statement changes nothing"],
        ),
        (
            query("MATCH (n) SET n.a = 1", mode="schema", returns=()),
            ["mode is schema, but the statement neither creates nor drops"],
        ),
        (query("// x\nCREATE INDEX a FOR (m:M) ON (m.b)", mode="schema", returns=()), []),
    ],
)
def test_broken_rules_are_named(broken: Query, found: list[str]) -> None:
    assert check(broken) == found


def test_parameter_without_default_or_example() -> None:
    bare = Query("a/b", "?", (Param("x", "string", "x"),), "read", ("id",), GOOD)
    assert check(bare) == ["$x has neither a default nor an example"]


@pytest.mark.parametrize(
    ("returned", "columns"),
    [
        ("RETURN a.b AS x, count(*) AS n", ("x", "n")),
        ("RETURN DISTINCT a AS x, [1, 2] AS y, {k: 1, l: 2} AS z", ("x", "y", "z")),
        ("RETURN parent, edge AS e, child", ("parent", "e", "child")),
        ("RETURN CASE WHEN a IN [1, 2] THEN 'x AS y, z' ELSE null END AS x", ("x",)),
        ("return a as x\n  skip 3", ("x",)),
        ("RETURN [n IN nodes(p) | n.id] AS x, COUNT { (a)--(b) } AS n", ("x", "n")),
        ("RETURN EXISTS { MATCH (a) RETURN a.b AS inner } AS x", ("x",)),
        ("CALL (m) { MATCH (m) RETURN m.q AS q } RETURN q AS x", ("x",)),
        ("RETURN 1 AS x UNION RETURN 2 AS x", ("x",)),
        ("RETURN `odd name` AS x // , y", ("x",)),
        ("RETURN a AS x;", ("x",)),
    ],
)
def test_returned_columns(returned: str, columns: tuple[str, ...]) -> None:
    text = f"MATCH (a) {returned}"
    assert check(query(text, returns=columns, bound="one row")) == []
    other = check(query(text, returns=(*columns, "missing"), bound="one row"))
    assert other
    assert all(problem.startswith("returns ") for problem in other)


def test_union_of_different_columns_is_found() -> None:
    text = "RETURN 1 AS id UNION RETURN 2 AS other"
    assert check(query(text, bound="one row")) == ["returns other; declared id"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CREATE (n)", ["CREATE"]),
        ("merge (n) On Create Set n.a = 1", ["MERGE", "CREATE", "SET"]),
        ("MATCH (n) DETACH DELETE n", ["DETACH", "DELETE"]),
        ("MATCH (n) REMOVE n.a", ["REMOVE"]),
        ("FOREACH (x IN [1] | SET n.a = x)", ["FOREACH", "SET"]),
        ("LOAD CSV FROM 'x' AS row RETURN row", ["LOAD"]),
        ("DROP INDEX a", ["DROP"]),
        ("CALL db.labels() YIELD label", ["CALL"]),
        ("CALL { MATCH (n) DELETE n }", ["DELETE"]),
        ("MATCH (n)CALL(n){SET n.a=1}", ["SET"]),
        ("RETURN 1 // SET\n/* DELETE\n */ AS x", []),
        ("RETURN 'SET' AS a, \"it's CREATE\" AS b, `DELETE` AS c", []),
        ("RETURN 'a\\'' + \" SET \" AS a", []),
        ("RETURN 'a\\\\' SET x = 'b'", ["SET"]),
        ("RETURN '//' SET n.a = '*/'", ["SET"]),
        ("MATCH (n:Set) WHERE n.delete = $create RETURN {set: 1} AS x", []),
        ("MATCH (n) WHERE n.offset > 3 AND n.reset RETURN n.created_at AS created", []),
        ("CALL (m) { MATCH (m) RETURN m.q AS q } RETURN q", []),
        ("CALL { MATCH (m) RETURN m.q AS q } RETURN q", []),
    ],
)
def test_writes_are_found_on_tokens(text: str, found: list[str]) -> None:
    assert writes(text) == found


def test_strip_keeps_every_place() -> None:
    text = "a 'b\nc' /* d\n */ `e``f` // g\nh"
    bare = strip(text)
    assert len(bare) == len(text)
    assert bare.count("\n") == text.count("\n")
    assert bare.split() == ["a", "h"]
