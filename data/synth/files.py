"""Writes a world to a folder: every kind of file, and its truth beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from modelkin.data.synth import config_files, graph_files, listing_files
from modelkin.data.synth.world import World
from modelkin.errors import UserError

KINDS: Mapping[str, tuple[str, Callable[[World, Path], None]]] = MappingProxyType(
    {
        "graph": ("ai_ecosystem_graph.pkl", graph_files.write_pickle),
        "configs": ("model_configs_expanded.csv", config_files.write_csv),
        "configs_jsonl": ("configs.jsonl", config_files.write_jsonl),
        "ecosystem": ("ai_ecosystem.csv", listing_files.write_ecosystem),
        "models": ("models.csv", listing_files.write_models),
        "edges": ("edges.csv", graph_files.write_edges_csv),
        "edges_jsonl": ("edges.jsonl", graph_files.write_edges_jsonl),
        "dashboard": ("graph_data.json", graph_files.write_dashboard),
        "arena": ("arena.csv", listing_files.write_arena),
    }
)
"""Kind of file -> its name and what writes it."""

TRUTH = "truth.json"


def write(
    world: World, folder: Path, kinds: set[str] | None = None, *, force: bool = False
) -> dict[str, Path]:
    """Write a world's files.

    Parameters
    ----------
    world : World
        What to write; the same world gives the same bytes.
    folder : Path
        Made if it is missing.
    kinds : set of str, optional
        Keys of `KINDS`; all by default. truth.json is always written.
    force : bool
        Write into a folder that holds something; files of the same names are replaced,
        others stay.

    Returns
    -------
    dict of str to Path
        The files written by kind, "truth" among them.

    Raises
    ------
    UserError
        For an unknown kind, or a folder that is not empty.
    """
    wanted = _prepare(folder, kinds, force)
    written = {}
    for kind in wanted:
        name, writer = KINDS[kind]
        written[kind] = folder / name
        writer(world, written[kind])
    written["truth"] = folder / TRUTH
    text = json.dumps(world.truth, indent=1, allow_nan=False)
    written["truth"].write_text(text + "\n", encoding="utf-8")
    return written


def _prepare(folder: Path, kinds: set[str] | None, force: bool) -> list[str]:
    """Return the kinds wanted, in the order of `KINDS`, with the folder ready for them."""
    wanted = list(KINDS) if kinds is None else [k for k in KINDS if k in kinds]
    strangers = sorted(set(kinds or ()) - set(KINDS))
    if strangers:
        raise UserError(
            "No such kind of file",
            where=", ".join(strangers),
            fix=f"Choose from: {', '.join(KINDS)}.",
        )
    if folder.exists() and not folder.is_dir():
        raise UserError("Cannot write the ecosystem", where=str(folder), why="it is a file")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise UserError(
            "The folder is not empty",
            where=str(folder),
            fix="Name another folder, or write into it with force.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return wanted
