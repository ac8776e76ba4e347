"""Values of parameters: read from text, checked, spelled for Neo4j Browser."""

from __future__ import annotations

from typing import Any

import pytest

from modelkin.cypher.catalogue import bind, params_line
from modelkin.cypher.query import Param, Query
from modelkin.cypher.values import literal, usage
from modelkin.errors import UserError

QUERY = Query(
    "a/b",
    "?",
    (
        Param("id", "string", "the model", example="gpt2"),
        Param("n", "integer", "how many", True, 10),
        Param("share", "float", "a share", True, 0.5),
        Param("strict", "boolean", "whether", True, False),
        Param("words", "list of string", "words", True, []),
        Param("rows", "list of map", "rows", True, []),
        Param("one", "map", "one", True, {}),
        Param("maybe", "string", "may be left out", True, None),
    ),
    "read",
    ("x",),
    "RETURN 1 AS x",
)
REST = {"n": 10, "share": 0.5, "strict": False, "words": [], "rows": [], "one": {}, "maybe": None}


def test_defaults_fill_what_is_not_given() -> None:
    assert bind(QUERY, {"id": "gpt2"}) == {"id": "gpt2"} | REST


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id", "", ""),
        ("id", "null", "null"),
        ("id", "[1]", "[1]"),
        ("n", " 12 ", 12),
        ("n", "-3", -3),
        ("share", "1e-3", 0.001),
        ("share", "2", 2.0),
        ("strict", "TRUE", True),
        ("strict", "false", False),
        ("words", "finetune, merge", ["finetune", "merge"]),
        ("words", "one", ["one"]),
        ("words", "", []),
        ("words", '["a, b", "c"]', ["a, b", "c"]),
        ("rows", '[{"a": 1}]', [{"a": 1}]),
        ("one", '{"a": null}', {"a": None}),
        ("maybe", "x", "x"),
    ],
)
def test_text_is_read_by_the_declared_type(name: str, text: str, value: Any) -> None:
    found = bind(QUERY, {"id": "gpt2", name: text}, text=True)[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("name", [p.name for p in QUERY.params])
def test_what_is_no_text_is_taken_as_it_is(name: str) -> None:
    """`queries show` fills in examples beside what is typed."""
    value = {"id": "gpt2"} | REST
    assert bind(QUERY, value, text=True)[name] == value[name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("n", "1.5"), ("n", "many"), ("n", str(2**63)), ("share", "half"), ("share", "nan"),
        ("share", "inf"), ("strict", "yes"), ("words", "[1]"), ("words", "[a"), ("rows", "a,b"),
        ("rows", "[1]"), ("one", "[]"), ("one", ""),
    ],
)  # fmt: skip
def test_text_of_the_wrong_type(name: str, text: str) -> None:
    with pytest.raises(UserError, match=f"{name} must be an? ") as caught:
        bind(QUERY, {"id": "gpt2", name: text}, text=True)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", None), ("id", 3), ("n", True), ("n", "3"), ("n", 2**63), ("words", "abc"), ("one", [])],
)
def test_value_of_the_wrong_type(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=f"{name} must be"):
        bind(QUERY, {"id": "gpt2", name: value})


def test_tuple_becomes_a_list_and_null_stays_where_it_is_the_default() -> None:
    values = bind(QUERY, {"id": "gpt2", "words": ("a", "b"), "maybe": None})
    assert (values["words"], values["maybe"]) == (["a", "b"], None)


def test_one_error_names_everything_that_is_wrong() -> None:
    with pytest.raises(UserError) as caught:
        bind(QUERY, {"n": "many", "idd": "gpt2"}, text=True)
    assert str(caught.value) == (
        "The query a/b cannot be run like this: it has no parameter 'idd'; id (string) is missing: "
        "the model; n must be an integer, not 'many'. Parameters: id (string), n (integer, default "
        "10), share (float, default 0.5), strict (boolean, default false), words (list of string, "
        "default []), rows (list of map, default []), one (map, default {}), "
        "maybe (string, default null)."
    )


def test_long_values_are_cut_in_errors() -> None:
    with pytest.raises(UserError) as caught:
        bind(QUERY, {"id": "gpt2", "n": "9" * 5000}, text=True)
    assert len(str(caught.value)) < 500


def test_usage_of_a_query_without_parameters() -> None:
    none = Query("a/b", "?", (), "read", (), "RETURN 1")
    assert usage(none) == "none"
    with pytest.raises(UserError, match="Parameters: none"):
        bind(none, {"x": 1})


def test_params_line() -> None:
    values = bind(QUERY, {"id": "a'b\\c", "words": ["x"], "rows": [{"k": 1.5, "odd key": True}]})
    assert params_line(QUERY, values) == (
        ":param [{id, n, share, strict, words, rows, one, maybe}] => {RETURN "
        "'a\\'b\\\\c' AS id, 10 AS n, 0.5 AS share, false AS strict, ['x'] AS words, "
        "[{k: 1.5, `odd key`: true}] AS rows, {} AS one, null AS maybe}"
    )
    assert params_line(QUERY, {"id": "a", "frontier": ["b"]}) == (
        ":param [{id}] => {RETURN 'a' AS id}"
    )
    assert params_line(Query("a/b", "?", (), "read", (), ""), {}) == ""


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("a\nb\r\t", "'a\\u000ab\\u000d\\u0009'"),
        ("\u202egnp.exe", "'\\u202egnp.exe'"),
        ("\x1b[31m", "'\\u001b[31m'"),
        ("\u2028", "'\\u2028'"),
        ("naïve 模型 🙂", "'naïve 模型 🙂'"),
        ("\U000e0001", "'\\udb40\\udc01'"),
        ('say "x" `y` $z // {', "'say \"x\" `y` $z // {'"),
        (-3, "-3"),
        (1e300, "1e+300"),
        ({"a`b": "'"}, "{`a``b`: '\\''}"),
        (("a", None), "['a', null]"),
    ],
)
def test_literal(value: Any, spelled: str) -> None:
    assert literal(value) == spelled
    assert literal(value).isprintable()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_cypher_cannot_spell(value: Any) -> None:
    with pytest.raises(UserError, match="cannot be written as Cypher"):
        literal(value)
