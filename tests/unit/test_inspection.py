"""Choosing a reader by content and columns, and a look into a file without a database."""

from __future__ import annotations

import json
import pickle

import networkx as nx
import pytest

from modelkin.errors import UserError
from modelkin.loader.inspection import inspect
from modelkin.loader.load import rehearse
from modelkin.loader.open import COMMANDS, guess, source_for

FILES = {
    "edges.csv": ("parent_id,child_id\na/b,a/c\n", "graph", "EdgeListSource"),
    "links.csv": ("source,target,type\na/b,a/c,lora\n", "graph", "EdgeListSource"),
    "g.json": ('{"nodes":[],"edges":[]}', "graph", "JsonGraphSource"),
    "m.csv": ("model_id,downloads,base_model\na/b,1,\n", "models", "ModelsSource"),
    "nodes.csv": ("model_id,model_type\na/b,llama\n", "models", "ModelsSource"),
    "listing.jsonl": ('{"id":"a/b","config":null,"likes":1}\n', "models", "ModelsSource"),
    "ref.csv": ("modelId,config_vocab_size\na/b,9\n", "configs", "ConfigTableSource"),
    "attributes.csv": ("model_id,hidden_size\na/b,9\n", "configs", "ConfigTableSource"),
    "c.jsonl": ('{"model_id":"a/b","config":{}}\n', "configs", "ConfigLinesSource"),
    "eco.csv": ("model_id,parent_model\na/b,[]\n", "ecosystem", "EcosystemSource"),
    "arena.csv": ("model,elo_rating\nA,1\n", "arena", "ArenaSource"),
    "text.json": ('{"full":{"A":{"rating":1}}}', "arena", "ArenaSource"),
}


def put(tmp_path, name: str):
    path = tmp_path / name
    path.write_text(FILES[name][0], encoding="utf-8")
    return path


@pytest.mark.parametrize("name", FILES)
def test_a_file_tells_what_it_is(tmp_path, name):
    path = put(tmp_path, name)
    _text, command, reader = FILES[name]
    assert guess(path) == command
    assert type(source_for(command, path)).__name__ == reader
    look = inspect(path)
    assert (look.command, look.reader) == (command, reader)
    assert look.rows == look.models + look.ratings or command == "graph"


def test_pickles_and_folders(tmp_path):
    path = tmp_path / "graph.pkl"
    graph = nx.DiGraph()
    graph.add_node("a/b", likes=3)
    graph.add_edge("a/b", "a/c", edge_types=["finetune"], edge_type="finetune")
    path.write_bytes(pickle.dumps(graph))
    look = inspect(path)
    assert (look.reader, look.models, look.edges) == ("PickleGraphSource", 2, 1)
    assert look.coverage == {"likes": 1}
    assert look.relations == {"finetune": 1}
    assert look.names is not None
    assert [f"{n.module}.{n.name}" for n in look.names.names][:1] == [
        "networkx.classes.digraph.DiGraph"
    ]
    assert inspect(path, names=False).names is None
    config = tmp_path / "hub" / "a" / "b" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"model_type": "x", "hidden_size": 3}))
    assert guess(tmp_path / "hub") == "configs"
    assert inspect(tmp_path / "hub").evidence == {"config.json": 1}


def test_unknown_files_name_their_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("label,weight\na,1\n")
    with pytest.raises(UserError) as caught:
        guess(path)
    assert str(caught.value) == (
        "x.csv is no table that modelkin knows: its columns are label, weight. "
        "Tables need a model_id, a parent and a child, or a name and a rating."
    )


@pytest.mark.parametrize(
    ("command", "name", "options", "said"),
    [
        ("models", "m.csv", {"raw": True}, "--raw does not apply to m.csv"),
        ("configs", "c.jsonl", {"repair": True}, "--repair does not apply to c.jsonl"),
        ("configs", "g.json", {}, "it is one JSON document"),
        ("models", "edges.csv", {}, "has no column model_id"),
        ("ecosystem", "m.csv", {}, None),
        ("graph", "m.csv", {}, None),
        ("graph", "nodes.csv", {}, "has no column of the parent"),
        ("ecosystem", "nodes.csv", {}, "has no column of parents"),
    ],
)
def test_what_a_command_cannot_read(tmp_path, command, name, options, said):
    path = put(tmp_path, name)
    if said is None:
        source_for(command, path, **options)
        return
    with pytest.raises(UserError) as caught:
        source_for(command, path, **options)
    assert said in str(caught.value)


def test_options_that_are_not_given_do_not_matter(tmp_path):
    path = put(tmp_path, "m.csv")
    assert source_for("models", path, snapshot=None, raw=False).parameters == {}
    assert set(COMMANDS) == {"graph", "configs", "models", "ecosystem", "arena"}


def test_a_folder_is_only_configs(tmp_path):
    with pytest.raises(UserError, match="it is a folder"):
        source_for("graph", tmp_path)


def test_reasons_are_counted_with_examples(tmp_path):
    path = tmp_path / "ref.csv"
    rows = ["modelId,config_hidden_size,config_num_attention_heads,config_rope_theta,uses_lora"]
    rows += [f"a/ok{i},4096,32,10000,False" for i in range(3)]
    rows += [f"a/bad{i},32,131072,False," for i in range(5)]
    rows += ["not an id,1,1,1,", "a/lone,4096,9999,,"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    look = inspect(path)
    assert (look.rows, look.models, look.n_set_aside) == (10, 4, 5)
    assert look.set_aside["rope_theta_is_boolean"] == 5
    assert look.rejected == {"bad_id": 1}
    assert look.dropped == {("num_attention_heads", "out_of_band"): 1}
    assert look.examples["rope_theta_is_boolean"][0][0] == "row 5"
    assert len(look.examples["rope_theta_is_boolean"]) == 3
    assert look.coverage["hidden_size"] == 4


def test_a_look_a_dry_run_and_a_load_count_the_same(tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text("parent,child,relation\na/b,a/c,finetune\na/b,a/d,finetune\na/c,a/d,merge\n"
                    "a/c,a/d,merge\na/e,a/e,merge\n,a/x,finetune\n")  # fmt: skip
    look = inspect(path)
    counts = rehearse(source_for("graph", path)).counts
    assert look.rows == 6
    assert look.models == counts["rows"] == counts["created"] == 3
    assert look.stubs == counts["stubs_created"] == 1
    assert look.edges == counts["edge_rows"] - counts["edges_rejected"] == 5
    assert counts["pairs_created"] == 4
    assert look.evidence == {"hub-api": 3}
