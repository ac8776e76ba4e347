"""Real files of every kind, where MODELKIN_REAL_DATA names their folder: counts that must hold.

The counts are those of the files' own description, and of a second extraction made by
others (config_attributes from the same config.json files).
"""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from modelkin.loader import merge
from modelkin.loader.arena import ArenaSource
from modelkin.loader.inspection import inspect
from modelkin.loader.names import match
from modelkin.loader.open import source_for
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Reject, SetAside
from modelkin.schema.attributes import feature_set

DATA = Path(os.environ.get("MODELKIN_REAL_DATA", ""))
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get("MODELKIN_REAL_DATA"), reason="MODELKIN_REAL_DATA is not set"
    ),
]

SHAPES = "weight-shapes"
EDGES = (
    "edges_hub_textgen_2025-06.csv.gz",
    "edges_model_trees_2025.csv.gz",
    "edges_adapter_sources_2026.csv.gz",
    "edges_open_llm_leaderboard_v2.csv.gz",
    "graph_data_mini.json",
)


@cache
def outcomes(command: str, name: str, **options: object) -> tuple:
    source = source_for(command, DATA / name, **options)
    return tuple(o for row in source.read() for o in source.normalise(row))


@pytest.mark.parametrize(
    ("command", "name", "models", "edges"),
    [
        ("graph", "lineage/edges_hub_textgen_2025-06.csv.gz", 30382, 30382),
        ("graph", "lineage/edges_model_trees_2025.csv.gz", 6827, 6827),
        ("graph", "lineage/edges_adapter_sources_2026.csv.gz", 3260, 3260),
        ("graph", "lineage/edges_open_llm_leaderboard_v2.csv.gz", 667, 667),
        ("graph", "lineage/edges_config_name_or_path.csv", 0, 0),
        ("graph", "lineage/graph_data_mini.json", 1042, 1041),
        ("configs", "configs/config_attributes.csv.gz", 37565, 0),
        ("configs", "configs/config_json_full.jsonl.gz", 1094, 0),
        ("configs", "configs/config_json_compact_2023.jsonl.gz", 2980, 0),
        ("configs", "configs/weight_shapes_2026.csv.gz", 8892, 0),
        ("configs", "configs/catalog_llmfit_2026.csv.gz", 2260, 0),
        ("models", "models/model_metadata.csv.gz", 57363, 0),
        ("models", "models/hub_downloads_2026.csv.gz", 12000, 0),
        ("models", "lineage/nodes_hub_textgen_2025-06.csv.gz", 29074, 0),
    ],
)
def test_every_row_of_every_file_is_believed(command, name, models, edges):
    """Real files in order: nothing rejected, nothing set aside, no cell left out."""
    got = Counter(type(o) for o in outcomes(command, name))
    assert (got[ModelRow], got[EdgeRow]) == (models, edges)
    assert got[Reject] == got[SetAside] == got[Dropped] == 0


@pytest.mark.parametrize("name", ["config_json_full", "config_json_compact_2023"])
def test_two_extractions_of_the_same_configs_agree(name):
    def by_id(rows):
        return {(o.model_id, o.snapshot): o.properties for o in rows if isinstance(o, ModelRow)}

    ours = by_id(outcomes("configs", f"configs/{name}.jsonl.gz"))
    evidence = {o.evidence for o in outcomes("configs", f"configs/{name}.jsonl.gz")}
    theirs = by_id(
        o for o in outcomes("configs", "configs/config_attributes.csv.gz") if o.evidence in evidence
    )
    compared = 0
    for key, values in ours.items():
        for attribute, value in values.items():
            if attribute in theirs[key]:
                compared += 1
                assert theirs[key][attribute] == value
    assert compared > 10_000


def test_hints_are_those_of_the_files_own_list():
    with (DATA / "lineage/edges_config_name_or_path.csv").open(encoding="utf-8") as file:
        listed = {(row["parent_id"], row["child_id"]) for row in csv.DictReader(file)}
    got = outcomes("configs", "configs/config_json_full.jsonl.gz", hints=True)
    assert {(o.parent_id, o.child_id) for o in got if isinstance(o, EdgeRow)} == listed


def test_the_funnel_of_drift():
    """Declared pairs → configured at both ends → at least 3 and 6 shared fields."""
    pairs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in EDGES:
        for o in outcomes("graph", f"lineage/{name}"):
            if isinstance(o, EdgeRow):
                pairs[o.parent_id, o.child_id].add(f"{o.relation}|run")
    assert len(pairs) == 41_544
    claims: dict[str, merge.Claims] = defaultdict(merge.Claims)
    for o in outcomes("configs", "configs/config_attributes.csv.gz"):
        key = merge.ClaimKey("run", o.evidence, o.snapshot)
        claims[o.model_id].add("configs", key, o.properties)
    values = {i: merge.values(i, c) for i, c in claims.items()}
    with gzip.open(DATA / "configs/weight_shapes_2026.csv.gz", "rt", encoding="utf-8") as file:
        adapters = {r["model_id"] for r in csv.DictReader(file) if r["is_adapter"] == "True"}
    # An adapter's weight shapes are its base's: they are no row of its own.
    table = outcomes("configs", "configs/config_attributes.csv.gz")
    rows = {o.model_id for o in table if o.evidence != SHAPES or o.model_id not in adapters}
    configured = {
        i
        for i in rows
        if values[i]["config_hash"] and (i not in adapters or values[i]["config_source"] != SHAPES)
    }
    both = [p for p in pairs if p[0] in rows and p[1] in rows]
    kept = [p for p in both if p[0] in configured and p[1] in configured]
    assert (len(both), len(kept), sum(a == b for a, b in kept)) == (21_308, 2_091, 3)
    names = feature_set("default")
    shared = {
        (a, b): sum(values[a][n] is not None and values[b][n] is not None for n in names)
        for a, b in kept
        if a != b
    }
    enough = Counter(merge.merge_relations(pairs[p])[1] for p, n in shared.items() if n >= 3)
    assert enough == {"finetune": 944, "merge": 766, "untyped": 169, "quantized": 161}
    assert sum(n >= 6 for n in shared.values()) == 197


def test_arena_names_find_their_models_and_never_a_reupload():
    known = {o.model_id for o in outcomes("models", "models/model_metadata.csv.gz")}
    ratings = ArenaSource(DATA / "arena/arena_elo_history_2024-06_2025-08.csv.gz").ratings()
    assert (len(ratings.chosen), ratings.rows) == (265, 15_230)
    matches = match(ratings.chosen, known)
    assert len(matches.assigned) > 90
    for row in matches.assigned:
        assert row.links or row.organization
        assert row.model_id.partition("/")[0] not in {"unsloth", "TheBloke", "jebish7"}
    bases = {r.model_id for r in matches.assigned}
    assert "codellama/CodeLlama-70b-hf" not in bases


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("lineage/model_trees_2025.jsonl.gz", "models"),
        ("configs/catalog_llmfit_2026.csv.gz", "configs"),
        ("arena/leaderboard-text_2025-05-24.json.gz", "arena"),
        ("models/open_llm_leaderboard_v1_2024-07.csv.gz", "models"),
    ],
)
def test_inspection_tells_what_a_real_file_is(name, command):
    assert inspect(DATA / name).command == command
