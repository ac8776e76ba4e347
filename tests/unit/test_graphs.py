"""Whole graphs: pickles of networkx and dashboards, node by node, edge by edge."""

from __future__ import annotations

import gzip
import json
import math
import pickle

import networkx as nx
import numpy as np
import pytest

from modelkin.errors import UserError
from modelkin.loader.graphs import JsonGraphSource, PickleGraphSource
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Reject


def small_graph() -> nx.DiGraph:
    """Attributes as the published graphs have them."""
    graph = nx.DiGraph()
    graph.add_node(
        "org/base",
        likes=12,
        downloads=3400,
        pipeline_tag="text-generation",
        library_name=math.nan,
        createdAt="2024-02-08T22:36:43.000Z",
        licenses="['apache-2.0']",
        datasets="[]",
        languages="['English', 'French']",
        full_json="{'id': 'org/base'}",
        trending=1.5,
    )
    graph.add_node(
        "org/child", likes=np.int64(3), downloads=0, createdAt="2025-07-12T17:14:00.000Z"
    )
    graph.add_node("gpt2", likes=None)
    graph.add_node("not an id", likes=1)
    graph.add_node(7, likes=1)
    graph.add_edge(
        "org/base",
        "org/child",
        edge_types=["finetune", "merge"],
        edge_type="merge",
        change_in_likes=-9,
        percentage_change_in_downloads=math.nan,
        change_in_createdAt_days=520,
    )
    graph.add_edge("gpt2", "org/child", edge_types=[], edge_type=None)
    graph.add_edge("gpt2", "gpt2", edge_types=[], edge_type="adapter")
    graph.add_edge("not an id", "org/child", edge_types=["adapter"])
    return graph


def read_all(source) -> list:
    return [o for row in source.read() for o in source.normalise(row)]


def pickled(tmp_path, graph):
    path = tmp_path / "graph.pkl"
    path.write_bytes(pickle.dumps(graph))
    return path


def test_pickle_gives_nodes_then_edges(tmp_path):
    source = PickleGraphSource(pickled(tmp_path, small_graph()))
    got = read_all(source)
    models = {o.model_id: o for o in got if isinstance(o, ModelRow)}
    assert models["org/base"].properties == {
        "likes": 12,
        "downloads": 3400,
        "pipeline_tag": "text-generation",
        "created_at": "2024-02-08T22:36:43Z",
        "license": "apache-2.0",
        "languages": ["English", "French"],
    }
    assert models["org/child"].properties == {
        "likes": 3,
        "downloads": 0,
        "created_at": "2025-07-12T17:14:00Z",
    }
    assert models["gpt2"].properties == {}
    assert {o.snapshot for o in models.values()} == {"2025-07-12"}
    assert {o.evidence for o in models.values()} == {"hub-api"}
    rejects = [(o.where, o.code) for o in got if isinstance(o, Reject)]
    assert rejects == [("node 4", "bad_id"), ("node 5", "bad_id"), ("edge 4", "bad_id")]
    assert [(o.parent_id, o.child_id, o.relation) for o in got if isinstance(o, EdgeRow)] == [
        ("org/base", "org/child", "finetune"),
        ("org/base", "org/child", "merge"),
        ("gpt2", "org/child", "untyped"),
        ("gpt2", "gpt2", "adapter"),
    ]
    assert source.ledger.ignored_columns == {"trending": 1}
    assert source.ledger.notes["recomputed, not stored: change_in_likes"] == 1
    assert source.ledger.notes["left out: full_json"] >= 1


def test_snapshot_is_part_of_the_run_only_when_it_is_given(tmp_path):
    path = pickled(tmp_path, small_graph())
    source = PickleGraphSource(path, snapshot="2025-07-01")
    assert {o.snapshot for o in read_all(source) if isinstance(o, ModelRow)} == {"2025-07-01"}
    assert source.parameters == {"snapshot": "2025-07-01"}
    assert PickleGraphSource(path).parameters == {}


def test_values_that_the_pickle_reader_refused_are_dropped(tmp_path):
    graph = nx.DiGraph()
    graph.add_node("a/b", likes=np.arange(3), downloads=4)
    got = read_all(PickleGraphSource(pickled(tmp_path, graph)))
    assert [(o.field, o.code) for o in got if isinstance(o, Dropped)] == [
        ("likes", "refused_value")
    ]
    assert [o.properties for o in got if isinstance(o, ModelRow)] == [{"downloads": 4}]


def test_a_graph_without_directions_says_nothing_about_parents(tmp_path):
    with pytest.raises(UserError, match="edges have no direction"):
        read_all(PickleGraphSource(pickled(tmp_path, nx.Graph([("a/b", "c/d")]))))


def test_dashboard_and_pickle_of_one_graph_say_the_same(tmp_path):
    graph = small_graph()
    document = {
        "nodes": [
            {"id": key, **{k: v for k, v in a.items() if k in ("likes", "downloads", "createdAt")}}
            for key, a in graph.nodes(data=True)
        ],
        "edges": [
            {"source": p, "target": c, "type": a.get("edge_types") or a.get("edge_type")}
            for p, c, a in graph.edges(data=True)
        ],
        "metadata": {"total_nodes": 5},
    }
    path = tmp_path / "component_1.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document, default=int).encode()))
    got = read_all(JsonGraphSource(path))
    for _key, attributes in graph.nodes(data=True):
        for name in set(attributes) - {"likes", "downloads", "createdAt"}:
            attributes.pop(name)
    assert got == [
        o if not isinstance(o, Reject) else got[i]
        for i, o in enumerate(read_all(PickleGraphSource(pickled(tmp_path, graph))))
    ]


def test_links_of_node_link_data_are_edges(tmp_path):
    path = tmp_path / "g.json"
    path.write_text(
        json.dumps({"nodes": [{"id": "a/b"}, 5], "links": [{"source": "a/b", "target": "a/c"}, []]})
    )
    got = read_all(JsonGraphSource(path))
    assert [type(o) for o in got] == [ModelRow, Reject, EdgeRow, Reject]


@pytest.mark.parametrize("text", ['{"nodes": []}', "[]", '{"nodes": 1, "edges": []}'])
def test_json_that_is_no_graph(tmp_path, text):
    path = tmp_path / "g.json"
    path.write_text(text)
    with pytest.raises(UserError, match="no lists `nodes` and `edges`"):
        read_all(JsonGraphSource(path))


def test_json_cut_short(tmp_path):
    path = tmp_path / "g.json"
    path.write_text('{"nodes": [{"id": "a/')
    with pytest.raises(UserError, match="it is no JSON"):
        read_all(JsonGraphSource(path))


def test_nodes_that_cannot_be_stored_are_rejected_and_hostile_attributes_too(tmp_path):
    document = {
        "nodes": [{"id": "a/b", "likes": 2**70}, {"id": "a/c", "$refused": "ndarray"}],
        "edges": [],
    }
    path = tmp_path / "g.json"
    path.write_text(json.dumps(document))
    assert [o.code for o in read_all(JsonGraphSource(path))] == ["beyond_64_bits", "refused_value"]
