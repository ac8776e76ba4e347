"""Edge lists: names of columns, relation words, lists of relations, hints, rejects."""

from __future__ import annotations

import json

import pytest

from modelkin.errors import UserError
from modelkin.loader.edge_lists import EdgeListSource
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Reject
from modelkin.schema.graph import RELATION_WORDS


def outcomes(tmp_path, text: str, name: str = "edges.csv", **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    source = EdgeListSource(path, **options)
    return [list(source.normalise(row)) for row in source.read()], source


@pytest.mark.parametrize(
    "header",
    ["parent_id,child_id,relation", "source,target,type", "parent,child,edge_type",
     "base_model,model,edge", "base_model,model_id,relations"],
)  # fmt: skip
def test_columns_go_by_many_names(tmp_path, header):
    got, _source = outcomes(tmp_path, f"{header}\na/base,b/tuned,finetuned\n")
    assert got == [
        [ModelRow("b/tuned", {}, "hub-api"), EdgeRow("a/base", "b/tuned", "finetune")],
    ]


@pytest.mark.parametrize(("word", "relation"), sorted(RELATION_WORDS.items()))
def test_every_known_word_in_any_case(tmp_path, word, relation):
    got, _source = outcomes(tmp_path, f"parent_id,child_id,relation\na/p,a/c,{word.upper()}\n")
    assert got[0][1] == EdgeRow("a/p", "a/c", relation)


def test_without_a_relation_column_edges_are_untyped(tmp_path):
    got, _source = outcomes(tmp_path, "parent_id,child_id\na/p,a/c\n")
    assert got[0][1] == EdgeRow("a/p", "a/c", "untyped")


def test_a_list_of_relations_gives_one_edge_for_each(tmp_path):
    text = "parent_id,child_id,edge_types,edge_type\n"
    text += "a/p,a/c,\"['finetune', 'merge', 'finetune']\",merge\na/p,a/d,[],adapter\n"
    text += "a/p,a/e,[],\na/p,a/f,[broken,quantized\n"
    got, _source = outcomes(tmp_path, text)
    edges = [[(o.child_id, o.relation) for o in row if isinstance(o, EdgeRow)] for row in got]
    assert edges == [
        [("a/c", "finetune"), ("a/c", "merge")],
        [("a/d", "adapter")],
        [("a/e", "untyped")],
        [("a/f", "quantized")],
    ]
    assert [o.code for o in got[3] if isinstance(o, Dropped)] == ["bad_list"]


def test_real_lists_of_json_lines(tmp_path):
    line = {"parent_id": "a/p", "child_id": "a/c", "edge_types": ["adapter", None, "merge"]}
    got, _source = outcomes(tmp_path, json.dumps(line) + "\n", "edges.jsonl")
    assert [o.relation for o in got[0] if isinstance(o, EdgeRow)] == ["adapter", "merge"]


def test_unknown_word_becomes_untyped_is_counted_and_kept(tmp_path):
    got, _source = outcomes(tmp_path, "parent_id,child_id,relation\na/p,a/c,Distilled\n")
    assert got[0][1:] == [
        Dropped("row 2", "relation", "unknown_relation", "Distilled"),
        EdgeRow("a/p", "a/c", "untyped", "Distilled"),
    ]


def test_hints_are_counted_and_loaded_only_when_asked_for(tmp_path):
    text = "parent_id,child_id,relation\na/p,a/c,config_name_or_path\n"
    got, source = outcomes(tmp_path, text)
    assert got == [[]]
    assert sum(source.ledger.notes.values()) == 1
    got, source = outcomes(tmp_path, text, hints=True)
    assert got[0][1] == EdgeRow("a/p", "a/c", "untyped", "config_name_or_path")
    assert source.parameters == {"hints": True}


def test_self_loops_are_kept_and_bad_ends_rejected(tmp_path):
    text = "parent_id,child_id,note\na/m,a/m,\n,a/c,x\na b,a/c,\na/p,https://hub/a/c,\n"
    got, source = outcomes(tmp_path, text)
    assert got[0][1] == EdgeRow("a/m", "a/m", "untyped")
    assert [[(o.where, o.code) for o in row if isinstance(o, Reject)] for row in got[1:]] == [
        [("row 3", "bad_id")],
        [("row 4", "bad_id")],
        [("row 5", "bad_id")],
    ]
    assert source.ledger.ignored_columns == {}


def test_columns_without_a_home_are_counted(tmp_path):
    text = "parent_id,child_id,tree_root\na/p,a/c,a/p\na/p,a/d,\n"
    _got, source = outcomes(tmp_path, text)
    assert source.ledger.ignored_columns == {"tree_root": 1}


def test_a_table_without_ends_says_what_it_has(tmp_path):
    with pytest.raises(UserError) as caught:
        outcomes(tmp_path, "model_id,likes\na/b,1\n")
    assert str(caught.value) == (
        "edges.csv has no column of the parent: its columns are model_id, likes. "
        "An edge list has one of parent_id, parent, base_model, source_model, source, from."
    )
