"""Every statement of the catalogue that changes the graph does just what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.graph.client import Graph


def change(graph: Graph, name: str, **params: Any) -> int:
    """Run one statement; the number that it returns."""
    rows = graph.write(lambda tx: tx.run(catalogue.get(name), **params))
    assert tuple(rows[0]) == catalogue.get(name).returns == ("n",)
    return int(rows[0]["n"])


def see(graph: Graph, text: str, **params: Any) -> list[tuple[Any, ...]]:
    rows = graph.fetch(Query("tests/see", "?", (), "read", (), text), **params)
    return [tuple(row.values()) for row in rows]


def labelled(graph: Graph, label: str) -> list[str]:
    text = f"MATCH (m:Model) WHERE m:{label} RETURN m.model_id AS id ORDER BY id"
    return [str(row[0]) for row in see(graph, text)]


def models(graph: Graph, **properties: dict[str, Any]) -> int:
    rows = [{"model_id": i, "properties": p} for i, p in properties.items()]
    return change(graph, "load/merge_models", rows=rows)


def edges(graph: Graph, *triples: tuple[str, str, str]) -> int:
    rows = [
        {"parent": p, "child": c,
         "properties": {"claims": [claim], "relations": [claim.split("|")[0]],
                        "relation": claim.split("|")[0]}}
        for p, c, claim in triples
    ]  # fmt: skip
    return change(graph, "load/merge_edges", rows=rows)


@pytest.fixture(scope="module", autouse=True)
def declared(graph: Graph) -> None:
    """Keys and indexes."""
    for query in catalogue.every("schema"):
        graph.schema(query)


@pytest.fixture(autouse=True)
def emptied(graph: Graph) -> None:
    """No nodes."""
    text = "MATCH (n) DETACH DELETE n RETURN count(*) AS n"
    graph.write(lambda tx: tx.run(Query("tests/empty", "?", (), "write", (), text)))


def test_schema_may_be_declared_twice_and_keeps_ids_unique(graph: Graph) -> None:
    for query in catalogue.every("schema"):
        graph.schema(query)
        graph.schema(query)
    text = "SHOW INDEXES YIELD labelsOrTypes, properties, state RETURN *"
    kept = {(tuple(r["labelsOrTypes"] or ()), tuple(r["properties"] or ())) for r in graph.fetch(
        Query("tests/see", "?", (), "read", (), text))}  # fmt: skip
    wanted = ("model_id", "model_id_lower", "family", "component_id", "root_id", "organization",
              "config_hash")  # fmt: skip
    assert {(("Model",), (name,)) for name in wanted} | {(("Run",), ("id",))} <= kept


def test_merge_models_sets_keeps_and_takes_away(graph: Graph) -> None:
    assert models(graph, a={"likes": 3, "languages": ["en"]}, b={}) == 2
    assert models(graph, a={"likes": None, "downloads": 1}) == 1
    assert see(graph, "MATCH (m:Model) RETURN properties(m) AS p ORDER BY m.model_id") == [
        ({"model_id": "a", "languages": ["en"], "downloads": 1},),
        ({"model_id": "b"},),
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("load/create_models", "Model"),
        ("load/create_stubs", "Stub"),
        ("load/create_configured", "Configured"),
    ],
)
def test_create(graph: Graph, name: str, label: str) -> None:
    rows = [{"model_id": i, "properties": {"likes": 1, "downloads": None}} for i in "ab"]
    assert change(graph, name, rows=rows) == 2
    assert labelled(graph, label) == ["a", "b"]
    assert see(graph, "MATCH (m:Model) RETURN m.likes, m.downloads") == [(1, None), (1, None)]


def test_merge_edges_makes_one_edge_for_a_pair_loops_and_both_ways(graph: Graph) -> None:
    models(graph, a={}, b={})
    triples = [("a", "b", "finetune|r1"), ("b", "a", "merge|r1"), ("a", "a", "merge|r1")]
    assert edges(graph, *triples) == 3
    assert edges(graph, ("a", "b", "adapter|r2")) == 1
    assert edges(graph, ("a", "nobody", "adapter|r2")) == 0  # both ends must be there
    assert see(
        graph,
        """MATCH (p)-[e:PARENT_OF]->(c)
        RETURN p.model_id AS p, c.model_id AS c, e.claims ORDER BY p, c""",
    ) == [("a", "a", ["merge|r1"]), ("a", "b", ["adapter|r2"]), ("b", "a", ["merge|r1"])]


def test_edges_are_created_and_updated_like_merged_ones(graph: Graph) -> None:
    models(graph, a={}, b={}, c={})
    pairs = [("a", "b"), ("b", "a"), ("a", "a"), ("c", "a")]
    rows = [{"parent": p, "child": c, "properties": {"claims": [p + c]}} for p, c in pairs]
    assert change(graph, "load/create_edges", rows=rows) == 4
    news: dict[str, Any] = {p: {"claims": [p, "new"], "drift": None} for p in ("a", "c", "nobody")}
    rows = [{"child": "a", "parents": news}, {"child": "nobody", "parents": news}]
    assert change(graph, "load/update_edges", rows=rows) == 2
    held = graph.fetch(catalogue.get("load/edges_of_children"), children=["a", "b", "nobody"])
    assert [tuple(row.values()) for row in held] == [
        ("a", "a", ["a", "new"]), ("a", "b", ["ab"]), ("b", "a", ["ba"]), ("c", "a", ["c", "new"]),
    ]  # fmt: skip


def test_delete_edges_takes_only_the_named_direction(graph: Graph) -> None:
    models(graph, a={}, b={})
    edges(graph, ("a", "b", "finetune|r"), ("b", "a", "finetune|r"), ("a", "a", "finetune|r"))
    pairs = [{"parent": "a", "child": "b"}, {"parent": "a", "child": "a"}]
    assert change(graph, "load/delete_edges", pairs=pairs) == 2
    assert change(graph, "load/delete_edges", pairs=pairs) == 0
    assert see(graph, "MATCH (p)-[e:PARENT_OF]->(c) RETURN p.model_id, c.model_id") == [("b", "a")]


def test_delete_orphans_keeps_what_has_a_source_or_an_edge(graph: Graph) -> None:
    models(graph, alone={}, empty={"sources": []}, known={"sources": ["graph|r"]}, p={}, c={})
    edges(graph, ("p", "c", "finetune|r"))
    assert change(graph, "load/delete_orphans", limit=1) == 1
    assert change(graph, "load/delete_orphans", limit=10) == 1
    assert change(graph, "load/delete_orphans", limit=10) == 0
    assert labelled(graph, "Model") == ["c", "known", "p"]


@pytest.mark.parametrize(
    ("label", "unlabel", "given"),
    [
        ("load/label_configured", "load/unlabel_configured", {"limit": 10}),
        (
            "load/label_configured_of",
            "load/unlabel_configured_of",
            {"ids": ["size", "depth", "shapes", "adapter", "bare", "own"]},
        ),
    ],
)
def test_configured_follows_the_properties(
    graph: Graph, label: str, unlabel: str, given: dict[str, Any]
) -> None:
    """Weight shapes of an adapter are its base's; an adapter with a config has its own."""
    models(
        graph,
        size={"hidden_size": 8},
        depth={"num_hidden_layers": 2},
        shapes={"hidden_size": 8, "config_source": "weight-shapes"},
        adapter={"hidden_size": 8, "config_source": "weight-shapes"},
        own={"hidden_size": 8, "config_source": "config.json"},
        bare={"model_type": "llama"},
    )
    edges(graph, ("size", "adapter", "adapter|r"), ("size", "own", "adapter|r"))
    assert change(graph, label, **given) == 4
    assert change(graph, label, **given) == 0
    assert labelled(graph, "Configured") == ["depth", "own", "shapes", "size"]
    assert see(graph, "MATCH ()-[e:PARENT_OF]->() RETURN count(e)") == [(2,)]
    models(graph, depth={"num_hidden_layers": None})
    edges(graph, ("own", "shapes", "adapter|r"))
    assert change(graph, unlabel, **given) == 2
    assert change(graph, unlabel, **given) == 0
    assert labelled(graph, "Configured") == ["own", "size"]


@pytest.mark.parametrize(
    ("label", "unlabel", "given"),
    [
        ("load/label_stubs", "load/unlabel_stubs", {"limit": 10}),
        ("load/label_stubs_of", "load/unlabel_stubs_of", {"ids": ["nothing", "empty", "known"]}),
    ],
)
def test_stubs_are_what_no_source_names(
    graph: Graph, label: str, unlabel: str, given: dict[str, Any]
) -> None:
    models(graph, nothing={}, empty={"sources": []}, known={"sources": ["graph|r"]})
    assert change(graph, label, **given) == 2
    assert labelled(graph, "Stub") == ["empty", "nothing"]
    models(graph, nothing={"sources": ["models|r"]})
    assert change(graph, unlabel, **given) == 1
    assert labelled(graph, "Stub") == ["empty"]


def test_labels_among_ids_leave_the_others(graph: Graph) -> None:
    models(graph, a={"hidden_size": 8}, b={"hidden_size": 8})
    assert change(graph, "load/label_configured_of", ids=["a"]) == 1
    assert change(graph, "load/label_stubs_of", ids=["b"]) == 1
    assert (labelled(graph, "Configured"), labelled(graph, "Stub")) == (["a"], ["b"])


def test_run_is_one_node_for_an_id(graph: Graph) -> None:
    assert change(graph, "load/run_put", run="r", properties={"state": "running", "seq": 1}) == 1
    assert change(graph, "load/run_put", run="r", properties={"state": "complete"}) == 1
    assert see(graph, "MATCH (r:Run) RETURN properties(r)") == [
        ({"id": "r", "seq": 1, "state": "complete"},)
    ]
    assert change(graph, "load/run_delete", run="other") == 0
    assert change(graph, "load/run_delete", run="r") == 1
    assert see(graph, "MATCH (r:Run) RETURN count(r)") == [(0,)]


def test_properties_are_set_where_the_model_or_edge_is_there(graph: Graph) -> None:
    models(graph, a={"likes": 1}, b={})
    edges(graph, ("a", "b", "finetune|r"))
    rows = [{"model_id": i, "properties": {"depth_min": 0, "likes": None}} for i in ("a", "no")]
    assert change(graph, "write/model_properties", rows=rows) == 1
    values = {"drift": 0.5, "changed": ["vocab_size"]}
    ends = [
        {"parent": "a", "child": "b", "properties": values},
        {"parent": "b", "child": "a", "properties": values},
    ]
    assert change(graph, "write/edge_properties", rows=ends) == 1
    assert see(
        graph, "MATCH (m:Model) RETURN m.model_id AS i, m.depth_min, m.likes ORDER BY i"
    ) == [
        ("a", 0, None),
        ("b", None, None),
    ]
    assert see(graph, "MATCH ()-[e:PARENT_OF]->() RETURN e.drift, e.changed, e.relation") == [
        (0.5, ["vocab_size"], "finetune")
    ]


def similar(graph: Graph, run: str, source: str, *targets: str) -> int:
    edges = [
        {"target": t, "properties": {"rank": n, "distance": n / 8}}
        for n, t in enumerate(targets, 1)
    ]
    return change(graph, "write/similar", rows=[{"source": source, "run": run, "edges": edges}])


def test_similar_edges_belong_to_their_run(graph: Graph) -> None:
    models(graph, a={}, b={}, c={})
    assert similar(graph, "r1", "a", "b", "c") == 2
    assert similar(graph, "r1", "a", "b", "c") == 2  # sent again after a lost answer
    assert similar(graph, "r1", "b", "a") == 1
    assert similar(graph, "r2", "a", "c") == 1
    text = """MATCH (s)-[e:SIMILAR_TO]->(t)
        RETURN e.run AS r, s.model_id AS s, e.rank AS k, t.model_id AS t ORDER BY r, s, k"""
    everything = [
        ("r1", "a", 1, "b"),
        ("r1", "a", 2, "c"),
        ("r1", "b", 1, "a"),
        ("r2", "a", 1, "c"),
    ]
    assert see(graph, text) == everything
    assert change(graph, "write/drop_similar_of", sources=["b"]) == 1
    assert change(graph, "write/clear_similar_stale", run="r2", limit=1) == 1
    assert change(graph, "write/clear_similar_stale", run="r2", limit=9) == 1
    assert see(graph, text) == [("r2", "a", 1, "c")]
    assert change(graph, "write/clear_similar", run="r1", limit=9) == 0
    assert change(graph, "write/clear_similar", run="r2", limit=9) == 1
    assert see(graph, text) == []


def test_roots_have_children_and_no_parent_loops_left_out(graph: Graph) -> None:
    models(graph, root={}, mid={}, leaf={}, loop={}, below={}, only={}, x={}, y={}, alone={})
    f = "finetune|r"
    edges(graph, ("root", "mid", f), ("mid", "leaf", f), ("loop", "loop", f), ("loop", "below", f),
          ("only", "only", f), ("x", "y", f), ("y", "x", f))  # fmt: skip
    assert change(graph, "write/label_roots", limit=1) == 1
    assert change(graph, "write/label_roots", limit=9) == 1
    assert labelled(graph, "Root") == ["loop", "root"]
    edges(graph, ("alone", "root", "hint|r"), ("alone", "loop", "hint|r"))  # no lineage
    assert change(graph, "write/label_roots", limit=9) == 0
    assert change(graph, "write/unlabel_roots", limit=9) == 0
    edges(graph, ("x", "root", f))
    assert change(graph, "write/unlabel_roots", limit=9) == 1
    assert labelled(graph, "Root") == ["loop"]
    assert change(graph, "write/clear_roots", limit=9) == 1
    assert labelled(graph, "Root") == []


FOREST = {
    "component_id": "a", "root_id": "a", "n_roots": 1, "depth_min": 0, "depth_max": 0,
    "configured_hops": 0, "n_children": 1, "n_descendants": 1, "drift_to_root": 0.0,
    "accumulated_drift": 0.0,
}  # fmt: skip


def test_clear_depth_takes_all_of_it_and_nothing_else(graph: Graph) -> None:
    models(
        graph, a=FOREST | {"is_representative": True, "likes": 1}, b={"is_representative": False}
    )
    assert change(graph, "write/clear_depth", limit=1) == 1
    assert change(graph, "write/clear_depth", limit=9) == 1
    assert see(graph, "MATCH (m:Model) RETURN properties(m) AS p ORDER BY m.model_id") == [
        ({"model_id": "a", "likes": 1},),
        ({"model_id": "b"},),
    ]


def test_clear_depth_stale_takes_it_from_models_without_edges(graph: Graph) -> None:
    models(graph, a=FOREST, b=FOREST, lost=FOREST | {"is_representative": True, "hidden_size": 8},
           bare={"is_representative": True})  # fmt: skip
    edges(graph, ("a", "b", "finetune|r"), ("a", "lost", "hint|r"))
    change(graph, "load/label_configured_of", ids=["lost"])
    assert change(graph, "write/clear_depth_stale", limit=9) == 2
    assert change(graph, "write/clear_depth_stale", limit=9) == 0
    assert see(
        graph,
        "MATCH (m:Model) RETURN m.model_id AS i, m.component_id, m.is_representative ORDER BY i",
    ) == [("a", "a", None), ("b", "a", None), ("bare", None, None), ("lost", None, True)]


def test_clear_drift_and_ages(graph: Graph) -> None:
    models(graph, a={}, b={}, c={})
    edges(graph, ("a", "b", "finetune|r"), ("a", "c", "finetune|r"))
    drift = {"drift": 0.5, "n_compared": 4, "n_changed": 1, "changed": ["vocab_size"]}
    rows = [
        {"parent": "a", "child": c, "properties": drift | {"drift_run": r, "created_delta_days": 1}}
        for c, r in (("b", "r1"), ("c", "r2"))
    ]
    change(graph, "write/edge_properties", rows=rows)
    assert change(graph, "write/clear_drift", run="r1", limit=9) == 1
    assert change(graph, "write/clear_edge_ages", limit=9) == 2
    kept = {"claims": ["finetune|r"], "relations": ["finetune"], "relation": "finetune"}
    assert see(
        graph, "MATCH ()-[e:PARENT_OF]->(c) RETURN properties(e) AS p ORDER BY c.model_id"
    ) == [(kept,), (kept | drift | {"drift_run": "r2"},)]


def test_words_of_a_claim_are_compared_whole(graph: Graph) -> None:
    """A run whose id is the beginning, end or raw word of another's claim is not meant."""
    models(graph, a={"sources": ["graph|r11"]}, b={"sources": ["graph|xr1", "models|r2"]})
    edges(graph, ("a", "b", "untyped|r2|r1"))
    for name in ("load/count_run_models", "load/count_run_edges", "load/count_run_claims"):
        assert graph.fetch(catalogue.get(name), run="r1")[0]["n"] == 0
        assert graph.fetch(catalogue.get(name), run="r2")[0]["n"] == 1


def test_every_changing_statement_is_tried_above() -> None:
    """A statement without a test is a statement without a promise."""
    text = Path(__file__).read_text(encoding="utf-8")
    changing = [query.name for query in catalogue.every() if query.mode == "write"]
    assert [name for name in changing if f'"{name}"' not in text] == []
