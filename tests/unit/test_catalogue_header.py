"""The header's grammar: what is read from it, and an error with file and line for all else."""

from __future__ import annotations

import pytest

from modelkin.cypher.catalogue import parse
from modelkin.cypher.header import bound, conforms
from modelkin.cypher.query import Param
from modelkin.errors import UserError

WHOLE = """\
// name: lineage/above
// question: Which models stand above a model?
// param model_id: string, example "gpt2"; the model; nothing else
// param relations: list of string, default []; filter (empty: all)
// param share: float, default 0.5, example 1; a share
// param nothing: string, default null; may be left out
// mode: read
// returns: model_id, hops
// bound: one row for each model

MATCH (m:Model {model_id: $model_id}) RETURN m.model_id AS model_id, 1 AS hops
"""


def test_whole_header() -> None:
    query = parse(WHOLE, "lineage/above", "above.cypher")
    assert (query.name, query.question) == (
        "lineage/above",
        "Which models stand above a model?",
    )
    assert query.params == (
        Param("model_id", "string", "the model; nothing else", example="gpt2"),
        Param("relations", "list of string", "filter (empty: all)", True, []),
        Param("share", "float", "a share", True, 0.5, 1),
        Param("nothing", "string", "may be left out", True, None),
    )
    assert (query.mode, query.returns) == ("read", ("model_id", "hops"))
    assert query.text == WHOLE
    assert bound(query) == "one row for each model"


def test_smallest_header() -> None:
    text = "// name: a/b\n// question: Do it.\n// mode: write\n// returns: nothing\n\nCREATE (n)"
    query = parse(text, "a/b", "b.cypher")
    assert (query.params, query.returns, bound(query)) == ((), (), "")


def line(number: int, text: str) -> str:
    """The whole header with one line changed."""
    lines = WHOLE.splitlines()
    lines[number - 1] = text
    return "\n".join(lines)


def without(number: int) -> str:
    lines = WHOLE.splitlines()
    del lines[number - 1]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("", 1, "expected '// name: …'"),
        ("MATCH (n) RETURN n", 1, "expected '// name: …'"),
        (line(1, "// name: lineage/other"), 1, "the file's place says 'lineage/above'"),
        (line(1, "//name: lineage/above"), 1, "expected '// name: …'"),
        (without(2), 2, "expected '// question: …'"),
        (line(2, "// question: "), 2, "expected '// question: …'"),
        (line(2, "// question: Which models"), 2, "does not end in"),
        (line(3, "// param model_id: text; the model"), 3, "expected '// param NAME: TYPE"),
        (line(3, "// param model_id: string"), 3, "expected '// param NAME: TYPE"),
        (line(3, "// param model_id: string; "), 3, "expected '; what it means'"),
        (line(3, '// param m: string, example "g" the model'), 3, "expected '; what it means'"),
        (line(3, "// param m: string, example gpt2; the model"), 3, "JSON value"),
        (line(3, '// param m: string, example "a", default "b"; x'), 3, "expected '; what it"),
        (line(3, "// param m: string, default 3; x"), 3, "the default of m is no string"),
        (line(3, "// param m: integer, default 1.5; x"), 3, "the default of m is no integer"),
        (line(3, "// param m: integer, example null; x"), 3, "the example of m is no integer"),
        (line(3, "// param m: boolean, default 0; x"), 3, "the default of m is no boolean"),
        (line(4, '// param model_id: string, default ""; again'), 4, "declared twice"),
        (without(7), 7, "expected '// mode: …'"),
        (line(7, "// mode: reads"), 7, "not one of read, write, schema"),
        (without(8), 8, "expected '// returns: …'"),
        (line(8, "// returns: model_id, m.hops"), 8, "'m.hops' is no name"),
        (line(8, "// returns: a, a"), 8, "a column is named twice"),
        (line(9, "// bounds: ten"), 9, "expected '// bound: …'"),
        (line(9, "// author: me"), 9, "expected a blank line"),
        (without(10), 10, "expected a blank line"),
        (WHOLE[: WHOLE.index("MATCH")], 10, "there is no statement"),
        (WHOLE[: WHOLE.index("\n\n")], 10, "expected a blank line"),
    ],
)
def test_error_has_file_and_line(text: str, at: int, why: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(text, "lineage/above", "cypher/lineage/above.cypher")
    assert caught.value.where == f"cypher/lineage/above.cypher, line {at}"
    assert why in caught.value.why


@pytest.mark.parametrize("name", ["above", "Lineage/above", "lineage/above.cypher", "a/b/c", "a/"])
def test_name_is_folder_and_file(name: str) -> None:
    with pytest.raises(UserError):
        parse(line(1, f"// name: {name}"), name, "x.cypher")


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("a", "string", True), (None, "string", False), (1, "string", False),
        (1, "integer", True), (True, "integer", False), (1.0, "integer", False),
        (2**63 - 1, "integer", True), (2**63, "integer", False), (-(2**63), "integer", True),
        (1, "float", True), (1.5, "float", True), (False, "float", False), ("1", "float", False),
        (True, "boolean", True), (1, "boolean", False),
        ({"a": 1}, "map", True), ({1: 1}, "map", False), ([], "map", False),
        ([], "list of string", True), (("a",), "list of string", True),
        (["a", 1], "list of string", False), ("ab", "list of string", False),
        ([{}], "list of map", True), (["a"], "list of map", False),
    ],
)  # fmt: skip
def test_conforms(value: object, kind: str, fits: bool) -> None:
    assert conforms(value, kind) is fits
