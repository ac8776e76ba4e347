"""The files of the catalogue: each keeps its contract, and they are found by name and words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import modelkin.cypher
from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph.fences import refuse_text
from modelkin.schema.attributes import ATTRIBUTES, feature_set

ROOM = Path(modelkin.cypher.__file__).parent
GOLDEN = Path(__file__).parents[1] / "data" / "catalogue_golden.json"
EVERY = pytest.mark.parametrize("query", catalogue.every(), ids=lambda q: q.name)
READS = pytest.mark.parametrize(
    "query", [q for q in catalogue.every() if q.mode == "read"], ids=lambda q: q.name
)
QUESTIONS = pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)


@EVERY
def test_query_keeps_its_contract(query: Query) -> None:
    assert catalogue.check(query) == []


@EVERY
def test_file_is_sent_as_it_is_and_can_be_read_by_people(query: Query) -> None:
    text = (ROOM / f"{query.name}.cypher").read_text(encoding="utf-8")
    assert query.text == text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    for line in text.splitlines():
        assert line == line.rstrip()
        assert line.isprintable()
        assert len(line) <= 100 or line.startswith("// ")


@EVERY
def test_mode_follows_the_folder(query: Query) -> None:
    folder = query.name.partition("/")[0]
    allowed = {"schema": {"schema"}, "load": {"read", "write"}, "write": {"write"}}
    assert query.mode in allowed.get(folder, {"read"})


@READS
def test_read_query_passes_the_peoples_fences(query: Query) -> None:
    refuse_text(query.text)


@QUESTIONS
def test_question_is_a_question_and_is_bounded(query: Query) -> None:
    assert query.question.endswith("?")
    for hops in re.findall(r"\*(\d+)\.\.(\d*)", query.text):
        assert hops[1], "a walk without an end"
        assert int(hops[1]) <= 10
    limits = [p for p in query.params if p.name == "limit"]
    assert all(p.type == "integer" and p.has_default for p in limits)


@READS
def test_golden_rows_are_written_down(query: Query) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden.get(query.name), "no expected rows in tests/data/catalogue_golden.json"
    assert any(case["rows"] for case in golden[query.name]), "a test that cannot fail"
    for case in golden[query.name]:
        assert all(len(row) == len(query.returns) for row in case["rows"])


def test_golden_rows_are_of_queries_that_exist() -> None:
    assert set(json.loads(GOLDEN.read_text(encoding="utf-8"))) <= set(catalogue.names())


def test_there_are_many_questions() -> None:
    assert len(catalogue.questions()) >= 50
    assert {q.name.partition("/")[0] for q in catalogue.questions()} == set(catalogue.QUESTIONS)


def test_audits_need_no_parameter() -> None:
    """`modelkin audit` runs them all with a limit of its own."""
    for query in catalogue.every("audit"):
        assert "limit" in {p.name for p in query.params}
        assert all(p.has_default for p in query.params)


def test_fetch_models_returns_every_attribute() -> None:
    returns = catalogue.get("fetch/models").returns
    assert {a.name for a in ATTRIBUTES} < set(returns)


def test_lists_of_attributes_are_the_default_feature_set() -> None:
    lists = {
        query.name: param.default
        for query in catalogue.every()
        for param in query.params
        if param.name == "attributes"
    }
    assert len(lists) >= 3
    assert {tuple(names) for names in lists.values()} == {feature_set("default")}


def test_relation_filters_test_membership() -> None:
    """Never the primary relation: an edge that is finetune and merge answers to both."""
    for query in catalogue.every():
        if any(p.name == "relations" for p in query.params):
            assert "any(r IN $relations WHERE r IN e.relations)" in query.text, query.name
        assert not re.search(r"relation (=|IN) \$", query.text), query.name


def test_names_are_the_files() -> None:
    files = {str(p.relative_to(ROOM).with_suffix("")) for p in ROOM.rglob("*.cypher")}
    assert set(catalogue.names()) == files
    assert list(catalogue.names()) == sorted(files)


def test_get_takes_the_whole_name_and_the_bare_one() -> None:
    assert catalogue.get("lineage/ancestors").name == "lineage/ancestors"
    assert catalogue.get("ancestors") is catalogue.get("lineage/ancestors")


def test_a_bare_name_means_the_question() -> None:
    assert catalogue.get("similar").name == "similarity/similar"  # fetch and write have one too


def test_get_refuses_a_bare_name_of_two_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "QUESTIONS", ())
    with pytest.raises(UserError, match="Several queries are called similar"):
        catalogue.get("similar")


@pytest.mark.parametrize(
    ("wrong", "closest"),
    [("ancestor", "lineage/ancestors"), ("lineage/ancester", "lineage/ancestors")],
)
def test_get_says_what_is_close(wrong: str, closest: str) -> None:
    with pytest.raises(UserError, match="There is no query") as caught:
        catalogue.get(wrong)
    assert closest in caught.value.why


@pytest.mark.parametrize(
    "wrong", ["", "zzzz", "../errors", "lineage/", "/", "lineage/../fetch/edges"]
)
def test_get_knows_only_names(wrong: str) -> None:
    with pytest.raises(UserError, match="There is no query"):
        catalogue.get(wrong)


def test_every_of_a_folder() -> None:
    assert [q.name for q in catalogue.every("schema")] == [
        n for n in catalogue.names() if n.startswith("schema/")
    ]
    with pytest.raises(UserError, match="Choose from audit, fetch, lineage"):
        catalogue.every("lineages")


def test_search_wants_all_words_and_puts_names_first() -> None:
    assert catalogue.search("ancestors")[0].name == "lineage/ancestors"
    found = [q.name for q in catalogue.search(["Ancestors", "common"])]
    assert found[0] == "lineage/common_ancestors"
    assert "lineage/ancestors" not in found
    assert {q.name for q in catalogue.search("ancestors nowhere")} == set()
    assert catalogue.search("") == []


def test_get_offers_nothing_that_only_shares_letters() -> None:
    with pytest.raises(UserError) as caught:
        catalogue.get("nosuch")
    assert caught.value.why == ""
