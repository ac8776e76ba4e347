"""Foreign text stays text: in GraphML, DOT, Newick, CSV, JSON, the one file and the terminal."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
import shutil
import subprocess
from typing import Any

import networkx as nx
import pytest
from asked_graph import AskedGraph
from hostile_text import HOSTILE_TEXT

from modelkin.errors import UserError
from modelkin.explorer import onefile
from modelkin.explorer.filters import Filters
from modelkin.explorer.members import Walked
from modelkin.output import export, tree
from modelkin.output.show import FORMULA_STARTS, render

ROOT = "top"
NODES = [{"model_id": ROOT}] + [
    {"model_id": text, "license": text, "languages": [text, text], "family": text}
    for text in HOSTILE_TEXT
]
EDGES = [
    {"parent": ROOT, "child": text, "relation": "finetune", "relations": ["finetune"],
     "changed": [text], "drift": 0.5}
    for text in HOSTILE_TEXT
]  # fmt: skip
N = len(NODES)


def test_there_are_many() -> None:
    assert len(HOSTILE_TEXT) >= 100


def test_graphml_is_read_back_with_every_model() -> None:
    read = nx.parse_graphml(export.graphml(NODES, EDGES))
    assert (read.number_of_nodes(), read.number_of_edges()) == (N, N - 1)
    plain = {text for text in HOSTILE_TEXT if text.isprintable()}
    assert plain <= set(read.nodes)
    assert all(data["license"] for _, data in read.nodes(data=True) if "license" in data)


def test_json_gives_back_every_text() -> None:
    read = json.loads(export.as_json(NODES, EDGES))
    assert {n["id"] for n in read["nodes"]} == {ROOT, *HOSTILE_TEXT}


def test_csv_holds_no_formula_and_loses_nothing() -> None:
    for text in (export.edges_csv(NODES, EDGES), export.models_csv(NODES)):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == N + (text.startswith("model_id"))
        width = len(rows[0])
        for row in rows[1:]:
            assert len(row) == width
            assert not [cell for cell in row if cell.startswith(FORMULA_STARTS)]


def dot_strings(line: str) -> list[str]:
    """The quoted strings of a DOT line; what is left must be plain."""
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    left = re.sub(r'"(?:[^"\\]|\\.)*"', "Q", line)
    assert re.fullmatch(r"  Q( -> Q)? \[[\w=, .Q]*\];", left), left
    return strings


def test_dot_keeps_every_text_inside_its_quotes() -> None:
    lines = export.dot(NODES, EDGES).splitlines()
    assert len(lines) == 3 + N + (N - 1) + 1
    for line in lines[3:-1]:
        assert line.isprintable()
        dot_strings(line)
    if shutil.which("dot"):
        done = subprocess.run(
            ["dot", "-Tplain"], input=export.dot(NODES, EDGES), capture_output=True, text=True,
            timeout=60, check=True,
        )  # fmt: skip
        kinds = [line.split(" ", 1)[0] for line in done.stdout.splitlines()]
        assert (kinds.count("node"), kinds.count("edge")) == (N, N - 1)


def newick_names(text: str) -> list[str]:
    """The quoted names of a Newick tree; what is left must be plain."""
    names = re.findall(r"'((?:[^']|'')*)'", text)
    left = re.sub(r"'(?:[^']|'')*'", "Q", text)
    assert re.fullmatch(r"[(),:;.\dQ]+\n", left)
    assert left.count("(") == left.count(")")
    return [name.replace("''", "'") for name in names]


def test_newick_names_every_model_once() -> None:
    names = newick_names(export.newick(NODES, EDGES))
    assert len(names) == N
    assert {text for text in HOSTILE_TEXT if text.isprintable()} <= set(names)


def test_newick_is_the_tree_of_main_parents_or_refused() -> None:
    nodes = [{"model_id": m} for m in "abcd"]
    edges: list[dict[str, Any]] = [
        {"parent": "a", "child": "b", "relations": ["finetune"], "drift": 0.25},
        {"parent": "a", "child": "c", "relations": ["merge"], "drift": None},
        {"parent": "b", "child": "c", "relations": ["quantized"], "drift": 0.0},
        {"parent": "c", "child": "d", "relations": ["untyped"], "drift": 1e-7},
        {"parent": "d", "child": "d", "relations": ["finetune"], "drift": None},
    ]
    assert export.newick(nodes, edges) == "((('d':1e-07)'c':0)'b':0.25)'a';\n"
    with pytest.raises(UserError, match="it has 2 roots"):
        export.newick([*nodes, {"model_id": "e"}], edges)
    ring = [{"parent": p, "child": c, "relations": ["merge"]} for p, c in ("ab", "bc", "ca")]
    with pytest.raises(UserError, match="circle"):
        export.newick(nodes[:3], ring)
    with pytest.raises(UserError, match="3 models stand in a circle"):
        export.newick(nodes, ring)


def test_newick_goes_as_deep_as_a_lineage_does() -> None:
    nodes = [{"model_id": f"m{k}"} for k in range(5000)]
    edges = [{"parent": f"m{k}", "child": f"m{k + 1}", "relations": ["merge"]} for k in range(4999)]
    assert len(newick_names(export.newick(nodes, edges))) == 5000


def test_the_terminal_is_shown_nothing_that_it_obeys() -> None:
    below = {ROOT: [(text, text) for text in HOSTILE_TEXT]}
    shown = [*tree.draw(ROOT, below, wide=0)]
    shown += render(["a", "b"], [{"a": t, "b": [t]} for t in HOSTILE_TEXT], "table").splitlines()
    assert all(line.isprintable() for line in shown)


def page(texts: tuple[str, ...]) -> str:
    graph = AskedGraph([(ROOT, t, "finetune") for t in texts], {t: {"license": t} for t in texts})
    members = Walked(graph, ROOT, Filters())  # type: ignore[arg-type] # stands for an Asking
    return onefile.write(graph, members, Filters())[0]  # type: ignore[arg-type] # the same


def test_the_file_holds_text_only_as_packed_data() -> None:
    data = re.compile(r'(<script type="application/octet-stream" id="data">)([A-Za-z0-9+/=]+)<')
    hostile, plain = page(HOSTILE_TEXT), page(("a", "b"))
    assert data.sub(r"\1<", hostile) == data.sub(r"\1<", plain)
    found = data.search(hostile)
    assert found
    read = json.loads(gzip.decompress(base64.b64decode(found[2])))
    assert set(read["members"]["id"]) == {ROOT, *HOSTILE_TEXT}
    assert page(HOSTILE_TEXT) == hostile


def test_a_file_that_would_be_too_large_leaves_out_the_least_downloaded_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edges = [(ROOT, f"m{k}", "finetune") for k in range(600)]
    facts = {f"m{k}": {"downloads": k, "license": f"text-{k * 7919 % 600}"} for k in range(600)}
    graph = AskedGraph([*edges, ("m0", "deep", "merge")], facts)
    members = Walked(graph, ROOT, Filters())  # type: ignore[arg-type] # stands for an Asking
    whole, n_left = onefile.write(graph, members, Filters())  # type: ignore[arg-type] # the same
    assert n_left == 0
    monkeypatch.setattr(onefile, "LARGEST", len(whole) - 2000)
    text, n_left = onefile.write(graph, members, Filters())  # type: ignore[arg-type] # the same
    assert len(text) <= len(whole) - 2000
    packed = re.search(r'id="data">([^<]+)<', text)
    assert packed
    data = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert 0 < n_left == 602 - len(data["members"]["id"])
    kept = {m for m in data["members"]["id"] if m.startswith("m")}
    gone = {f"m{k}" for k in range(600)} - kept
    drawn = {m["id"] for m in data["lineage"]["members"]}
    assert "m0" in kept  # it has a child
    assert max(int(m[1:]) for m in gone) < min(int(m[1:]) for m in kept - drawn - {"m0"})
    assert f"{n_left:,} least downloaded leaves" in data["lineage"]["notes"][-1]
