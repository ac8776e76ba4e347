"""Writes what the Hub lists: the ecosystem table, plain model rows, arena ratings."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from modelkin.data.synth.listing import DATASETS, LANGUAGES
from modelkin.data.synth.params import BITS
from modelkin.data.synth.prototypes import TYPES
from modelkin.data.synth.world import World

SNAPSHOT = "2025-07-12"
"""Day of the listing, of all worlds."""

ECOSYSTEM_COLUMNS: tuple[str, ...] = (
    "model_id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag",
    "library_name", "createdAt", "regions", "licenses", "arxiv_papers", "datasets",
    "parent_model", "finetune_parent", "quantized_parent", "adapter_parent", "merge_parent",
    "languages",
)  # fmt: skip
_TYPED = ("finetune", "quantized", "adapter", "merge")


def listed(world: World) -> list[int]:
    """Return the rows of the listing: trending first, no stubs."""
    order = np.lexsort((np.arange(world.n), -np.nan_to_num(world.listing.trending)))
    return [int(i) for i in order[~world.stub[order]]]


def created_text(world: World) -> list[str]:
    """Return the times as the Hub spells them, ``2022-03-02T23:29:04.000Z``; "" for stubs."""
    text = np.datetime_as_string(world.created_at, unit="ms").tolist()
    return ["" if stub else f"{t}Z" for t, stub in zip(text, world.stub.tolist(), strict=True)]


def lists_of(world: World, row: int) -> dict[str, str]:
    """Return licences, datasets and languages of a model as the tables hold them: as text."""
    table = world.listing
    licence = table.license[row]
    return {
        "licenses": str([licence] if licence else []),
        "datasets": str([DATASETS[table.datasets[row]]] if table.datasets[row] >= 0 else []),
        "languages": str([LANGUAGES[table.languages[row]]] if table.languages[row] >= 0 else []),
    }


def write_ecosystem(world: World, path: Path) -> None:
    """Write ai_ecosystem.csv: 19 columns, lists as text, parents by relation and together."""
    parents: dict[int, list[int]] = {}
    for edge, child in enumerate(world.child.tolist()):
        parents.setdefault(child, []).append(edge)
    created = created_text(world)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ECOSYSTEM_COLUMNS)
        for row in listed(world):
            cells = _listing_cells(world, row, parents.get(row, []))
            cells["createdAt"] = created[row]
            writer.writerow([cells[name] for name in ECOSYSTEM_COLUMNS])


def _listing_cells(world: World, row: int, edges: list[int]) -> dict[str, Any]:
    """Return the cells of one model, all but its time."""
    table = world.listing
    named = {r: [e for e in edges if world.bits[e] & BITS[r]] for r in _TYPED}
    ids = {r: [str(world.ids[world.parent[e]]) for e in found] for r, found in named.items()}
    every = [str(world.ids[world.parent[e]]) for e in edges]
    tags = [t for t in (table.library_name[row], table.pipeline_tag[row]) if t]
    tags += [f"base_model:{i}" for i in every]
    tags += [f"base_model:{r}:{i}" for r in _TYPED for i in ids[r]]
    return {
        "model_id": world.ids[row],
        "likes": int(table.likes[row]),
        "trendingScore": float(table.trending[row]),
        "private": False,
        "downloads": int(table.downloads[row]),
        "tags": str([*tags, "region:us"]),
        "pipeline_tag": table.pipeline_tag[row] or "",
        "library_name": table.library_name[row] or "",
        "regions": "['us']",
        "arxiv_papers": "[]",
        "parent_model": str(every),
        **{f"{r}_parent": str(ids[r]) for r in _TYPED},
        **lists_of(world, row),
    }


def write_models(world: World, path: Path) -> None:
    """Write models.csv: the listing as plain columns, one row for each model but stubs."""
    created, table = created_text(world), world.listing
    columns = ("pipeline_tag", "library_name", "license")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model_id", "snapshot", "created_at", "downloads", "likes", *columns])
        for row in np.flatnonzero(~world.stub).tolist():
            counts = (int(table.downloads[row]), int(table.likes[row]))
            words = [getattr(table, name)[row] or "" for name in columns]
            writer.writerow([world.ids[row], SNAPSHOT, created[row], *counts, *words])


def write_arena(world: World, path: Path) -> None:
    """Write arena.csv: ratings of the most downloaded generators, by display name.

    Ratings are noise: they go with nothing.
    """
    generates = np.array([t.task == "text-generation" for t in TYPES])[world.kind]
    able = np.flatnonzero(generates & ~world.stub & (world.made_by < 0))
    rated = able[np.lexsort((able, -world.listing.downloads[able]))][:60]
    rng = world.params.stream("arena")
    rating, error = 1_200.0 + 60.0 * rng.standard_normal(60), 3.0 + 12.0 * rng.random(60)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "elo_rating", "elo_uncertainty"])
        for row, elo, half in zip(rated.tolist(), rating.tolist(), error.tolist(), strict=False):
            writer.writerow([world.ids[row].split("/")[-1], f"{elo:.1f}", f"{half:.1f}"])
