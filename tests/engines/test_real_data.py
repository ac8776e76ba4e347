"""Real declared lineages, configurations and metadata: every count, on both engines, equal.

Needs MODELKIN_REAL_DATA: a folder with ``lineage/``, ``configs/``, ``models/``, ``arena/``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelkin.analysis import registry
from modelkin.analysis.inputs import Inputs
from modelkin.cypher import catalogue
from modelkin.graph import runs
from modelkin.graph.client import Graph
from modelkin.loader.assign import assign
from modelkin.loader.fingerprint import source_sha256
from modelkin.loader.load import load
from modelkin.loader.open import source_for
from modelkin.pipeline import Fetched, fetch, publish

DATA = Path(os.environ.get("MODELKIN_REAL_DATA", "nowhere"))
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELKIN_REAL_DATA is not set"),
    pytest.mark.timeout(900),
]
LOADS = {
    "lineage/edges_hub_textgen_2025-06.csv.gz": (30_382, 30_382),
    "lineage/edges_model_trees_2025.csv.gz": (6_827, 6_636),
    "lineage/edges_adapter_sources_2026.csv.gz": (3_260, 3_106),
    "lineage/edges_open_llm_leaderboard_v2.csv.gz": (667, 483),
    "lineage/graph_data_mini.json": (1_041, 937),
}
"""File -> claims in it, pairs that were new."""

SEEN: dict[str, dict[str, str]] = {}
"""What each engine ended with, for the comparison between them."""


@pytest.fixture(scope="module")
def loaded(graph: Graph) -> Graph:
    for name, (claims, pairs) in LOADS.items():
        source = source_for("graph", DATA / name)
        report = load(graph, source, source_sha256(source))
        assert report.counts["edge_rows"] == claims
        assert report.counts["pairs_created"] == pairs
        assert report.imbalance() == ""
    for kind, name, rows in (
        ("configs", "configs/config_attributes.csv.gz", 37_565),
        ("models", "models/model_metadata.csv.gz", 57_363),
    ):
        source = source_for(kind, DATA / name)
        report = load(graph, source, source_sha256(source))
        assert report.counts["rows"] == rows
        assert report.counts["set_aside"] == report.counts["rejected"] == 0
        assert report.imbalance() == ""
    ratings = source_for(
        "arena",
        DATA / "arena/arena_elo_history_2024-06_2025-08.csv.gz",
        links=DATA / "arena/arena_hf_links.csv",
    )
    report = assign(graph, ratings, source_sha256(ratings))
    assert report.counts["matched"] > 100
    return graph


def digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


def test_all_declared_pairs_stand_in_one_graph(loaded: Graph) -> None:
    counts = loaded.fetch(catalogue.get("fetch/counts"))[0]
    assert counts["edges"] == 41_544
    assert counts["configured"] == 9_838


@pytest.fixture(scope="module")
def inputs(loaded: Graph) -> Fetched:
    options = {
        "relations": [], "metric": "range", "weights": False, "seed": 0, "k": 10,
        "features": "default", "min_shared": 3,
    }  # fmt: skip
    return fetch(loaded, **options)


def test_the_funnel_of_drift_comes_out(inputs: Inputs) -> None:
    result = registry.get("drift").compute(inputs)
    assert [n for _, n in result.coverage.steps] == [41_502, 21_267, 2_088, 2_040]
    edge = result.writes[0].frame
    compared = edge["drift"].notna().to_numpy()
    by = Counter(
        relation
        for relation, used in zip(inputs.edges.relation, compared, strict=True)
        if used
    )  # fmt: skip
    assert by == {"finetune": 944, "merge": 766, "quantized": 161, "untyped": 169}
    assert int((edge["n_compared"].fillna(0)[compared] >= 6).sum()) == 197
    configured = inputs.models.configured
    loops = inputs.edges.is_loop & configured[inputs.edges.parent]
    assert int(loops.sum()) == 3
    assert not compared[inputs.edges.is_loop].any()


@pytest.mark.parametrize("name", [a.name for a in registry.ANALYSES])
def test_every_measure_runs_and_writes_back(
    loaded: Graph, inputs: Fetched, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    least = {"min_shared": 6} if name == "similarity" else {}
    fetched = replace(inputs, options={**inputs.options, **least})
    result = registry.get(name).compute(fetched)
    folder, _ = publish(loaded, result, fetched, output=tmp_path_factory.mktemp(name), write=True)
    tables = {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix == ".csv"}
    seen = SEEN.setdefault(f"tables of {name}", {})
    seen[loaded.engine] = digest({k: v.hex() for k, v in tables.items()})
    assert len(set(seen.values())) == 1, "the engines give the same bytes"
    if result.writes:
        last = [run for run in runs.every(loaded) if run.kind == name]
        assert [run.state for run in last] == ["complete"]


def test_both_engines_hold_the_same_graph(loaded: Graph) -> None:
    drift = loaded.fetch(catalogue.get("fetch/drift"))
    similar = loaded.fetch(catalogue.get("fetch/similar"))
    assert sum(row["drift"] is not None for row in drift) == 2_040
    assert len(similar) > 1_000
    assert not {s["source"] for s in similar} - set(
        np.concatenate([[r["model_id"]] for r in loaded.fetch(catalogue.get("fetch/models"))])
    )
    held = {
        "models": sorted(loaded.fetch(catalogue.get("fetch/models")), key=lambda r: r["model_id"]),
        "edges": sorted(
            loaded.fetch(catalogue.get("fetch/edges")), key=lambda r: (r["parent"], r["child"])
        ),
        "forest": sorted(loaded.fetch(catalogue.get("fetch/forest")), key=lambda r: r["model_id"]),
        "drift": sorted(drift, key=lambda r: (r["parent"], r["child"])),
        "similar": sorted(similar, key=lambda r: (r["source"], r["rank"], r["target"])),
    }
    for what, rows in held.items():
        seen = SEEN.setdefault(f"graph's {what}", {})
        seen[loaded.engine] = digest(rows)
        assert len(set(seen.values())) == 1, what
