"""The fences that need no server: the text of a statement, and plans as the servers write them."""

from __future__ import annotations

import pytest
from statements import FILES, HONEST, HOSTILE

from modelkin.errors import UserError
from modelkin.graph.fences import (
    PROCEDURES,
    forbidden_line,
    forbidden_operator,
    planned_columns,
    refuse_text,
    tokenize,
)


def test_there_are_enough_cases() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 120
    assert len(set(HONEST)) == len(HONEST) >= 60


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_statements_do_not_pass(text: str) -> None:
    with pytest.raises(UserError):
        refuse_text(text.format(file="file:///x.csv") if text in FILES else text)


@pytest.mark.parametrize("text", HONEST, ids=range(len(HONEST)))
def test_honest_statements_pass(text: str) -> None:
    refuse_text(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("MATCH (m) SET m.a = 1", "found SET. If SET is meant as a name, write `SET`."),
        ("DROP INDEX x", "begins with DROP"),
        ("RETURN 1; RETURN 2", "several statements"),
        ("CALL dbms.listConfig()", "the procedure dbms.listConfig"),
        ("CALL apoc.load.json('x')", "Allowed: db.labels, "),
        ("RETURN '", "a quote that is not closed"),
        ("RETURN 1 /*", "a comment that is not closed"),
        ("RETURN '\\u0027'", "an escaped quote"),
        ("RETURN \\u0031", "a backslash outside a string"),
        ("RETURN 1 // a\rSET", "an odd line end"),
        (" ", "There is no statement"),
        ("RETURN " + "1" * 20_000, "20,007 characters, the limit is 20,000"),
    ],
)
def test_what_was_found_is_said(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        refuse_text(text)
    assert says in str(caught.value)


def test_tokens_know_strings_names_and_comments() -> None:
    text = "MATCH (m) /* '*/ RETURN 'a\\'//b' AS `x``y`, \"c\" // end"
    assert [token.text for token in tokenize(text)] == [
        *("MATCH", "(", "m", ")", "RETURN", "'a\\'//b'", "AS", "`x``y`", ",", '"c"'),
    ]


def plan(operator: str, details: str = "", *children: dict[str, object]) -> dict[str, object]:
    return {
        "operatorType": f"{operator}@neo4j",
        "args": {"Details": details},
        "children": list(children),
    }


def test_operators_are_found_at_any_depth() -> None:
    scan = plan("NodeByLabelScan", "m:Model")
    assert forbidden_operator(plan("ProduceResults", "m", plan("Filter", "x", scan))) is None
    deep = plan("ProduceResults", "l", plan("Apply", "", scan, plan("LoadCSV", "l")))
    assert forbidden_operator(deep) == "LOAD CSV"
    call = plan("ProcedureCall", "db.createLabel($a) :: ()")
    assert forbidden_operator(plan("Apply", "", scan, call)) == "the procedure db.createlabel"


@pytest.mark.parametrize("name", sorted(PROCEDURES))
def test_listed_procedures_may_be_planned(name: str) -> None:
    assert forbidden_operator(plan("ProcedureCall", f"{name}() :: (label :: STRING)")) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("+ NodeByLabelScan(m:Model) [cost=1.00, rows=1]", None),
        ("+ PROJECT RETURN 'SET' AS a", None),
        ("+ SET (1 items)", "SET"),
        ("  + CREATE (x:Hostile)", "CREATE"),
        ("+ LOAD CSV FROM 'file:///x' AS l", "LOAD"),
        ("Total Estimated Cost: 1.00", None),
    ],
)
def test_lines_of_a_written_plan(line: str, found: str | None) -> None:
    assert forbidden_line(f"Physical Plan:\n{line}\n+ FINAL PROJECTION [a]") == found


def test_columns_of_a_written_plan() -> None:
    union = "+ UNION\n  + FINAL PROJECTION [a]\n  + FINAL PROJECTION [a]\n"
    assert planned_columns(union) == ("a",)
    assert planned_columns("+ FINAL PROJECTION [m.x, count(*)]") == ("m.x", "count(*)")
    assert planned_columns("+ FINAL PROJECTION []") == ()
