"""A hostile id reaches the database as a value and nothing else, and comes back whole."""

from __future__ import annotations

import csv
import io
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import neo4j
import networkx as nx
import pytest
from command import Run
from graph_dump import wipe, without_runs
from hostile_ids import COMMANDS, HOSTILE, words
from listed_source import grove

from modelkin.cypher import catalogue
from modelkin.graph.client import Graph
from modelkin.loader.load import load, prepare

PROVE = os.environ.get("MODELKIN_PROVE") == "1"


@pytest.fixture(autouse=True)
def clean(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty graph, another working directory."""
    monkeypatch.chdir(tmp_path)
    wipe(graph)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every text that reaches the driver, and its parameters as text."""
    seen: list[tuple[str, str]] = []

    def recording(kind: type) -> None:
        real = kind.run  # type: ignore[attr-defined]

        def run(self: Any, text: Any, parameters: Any = None, **more: Any) -> Any:
            seen.append((str(text), repr(parameters) + repr(more)))
            return real(self, text, parameters, **more)

        monkeypatch.setattr(kind, "run", run)

    for kind in (neo4j.ManagedTransaction, neo4j.Transaction, neo4j.Session):
        recording(kind)
    return seen


def chain(graph: Graph) -> None:
    """A model of each hostile id, each the parent of the next."""
    prepare(graph)
    shapes = [
        {"model_id_lower": m.lower(), "hidden_size": 8 + k, "num_hidden_layers": 2, "vocab_size": 9,
         "license": m, "family": "other"}
        for k, m in enumerate(HOSTILE)
    ]  # fmt: skip
    rows = [{"model_id": m, "properties": p} for m, p in zip(HOSTILE, shapes, strict=True)]
    claims = {"claims": ["finetune|r"], "relations": ["finetune"], "relation": "finetune"}
    edges = [{"parent": a, "child": b, "properties": claims} for a, b in pairwise(HOSTILE)]
    graph.write(lambda tx: tx.run(catalogue.get("load/create_configured"), rows=rows))
    graph.write(lambda tx: tx.run(catalogue.get("load/merge_edges"), rows=edges))


def test_a_hostile_id_is_a_value_and_nothing_else(
    graph: Graph, run: Run, sent: list[tuple[str, str]]
) -> None:
    """Every id takes its turn; all of them with every command where a fake graph answers."""
    chain(graph)
    before = without_runs(graph)
    known = {query.text for query in catalogue.every()}
    known |= {f"EXPLAIN {query.text}" for query in catalogue.questions()}
    for number, model in enumerate(HOSTILE):
        turn = COMMANDS[number % len(COMMANDS)]
        for command in COMMANDS if PROVE else (turn,):
            sent.clear()
            code, _, err = run(*words(command, model, HOSTILE[number - 1 if number else 1]))
            assert code == 0, (command, model, err)
            assert {text for text, _ in sent} <= known, (command, model)
            assert any(repr(model)[1:-1] in values for _, values in sent), (command, model)
    assert without_runs(graph) == before


def test_a_hostile_id_that_is_unknown_is_one_clean_line(
    graph: Graph, run: Run, sent: list[tuple[str, str]]
) -> None:
    load(graph, grove(6), "s")
    known = {query.text for query in catalogue.every()}
    for model in HOSTILE if PROVE else HOSTILE[::4]:
        sent.clear()
        code, out, err = run("descendants", "--", model)
        assert (code, out) == (2, ""), model
        assert {text for text, _ in sent} <= known, model
        assert [line for line in err.splitlines() if line.startswith("error:")] == [
            err.splitlines()[-1]
        ]
        assert all(c.isprintable() or c == "\n" for c in err), model


def test_hostile_ids_come_back_from_every_export(graph: Graph, run: Run) -> None:
    chain(graph)
    whole = ("export", "--hops", "500", "--as")
    data = json.loads(run(*whole, "json", "--", HOSTILE[0])[1])
    assert {node["id"] for node in data["nodes"]} == set(HOSTILE)
    rows = list(csv.DictReader(io.StringIO(run(*whole, "csv", "--", HOSTILE[0])[1], newline="")))
    assert len(rows) == len(HOSTILE) - 1
    assert not [r for r in rows if r["child_id"].startswith(("=", "+", "-", "@", "\t", "\r"))]
    world = nx.parse_graphml(run(*whole, "graphml", "--", HOSTILE[0])[1])
    plain = {m for m in HOSTILE if m.isprintable()}
    assert plain <= set(world.nodes)
    assert world.number_of_nodes() == len(HOSTILE)
    assert nx.is_directed_acyclic_graph(world)
    assert world.nodes["<script>alert(1)</script>"]["license"] == "<script>alert(1)</script>"
