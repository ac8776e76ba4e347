"""Which reader a file needs: by the load command, its content, and its columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from modelkin.errors import UserError
from modelkin.loader.arena import ArenaSource
from modelkin.loader.columns import ID_COLUMNS
from modelkin.loader.config_files import ConfigFolderSource, ConfigLinesSource
from modelkin.loader.configs import ConfigTableSource
from modelkin.loader.ecosystem import PARENT_COLUMNS, EcosystemSource
from modelkin.loader.edge_lists import EdgeListSource
from modelkin.loader.formats import read_json, sniff
from modelkin.loader.graphs import JsonGraphSource, PickleGraphSource, is_graph_document
from modelkin.loader.models import ModelsSource
from modelkin.loader.records import Source
from modelkin.loader.tables import open_table

COMMANDS = ("graph", "configs", "models", "ecosystem", "arena")
"""Load commands."""

_PAIRS = (("parent_id", "child_id"), ("source", "target"), ("parent", "child"), ("from", "to"))
_SHAPE = frozenset(
    {"hidden_size", "num_hidden_layers", "num_layers", "n_layer", "n_embd", "d_model"}
)
_LISTING = frozenset({"downloads", "likes", "created_at", "createdat"})  # metadata first of all
_RATINGS = frozenset({"arena_name", "arena_key", "elo", "elo_rating", "arena score", "rating"})


def source_for(command: str, path: Path, **options: Any) -> Any:
    """Return the source that reads a file for a load command.

    Parameters
    ----------
    command : {"graph", "configs", "models", "ecosystem", "arena"}
        What the file is loaded as; "arena" gives an `ArenaSource`, whose rows are ratings.
    path : Path
        File; for "configs" also a folder.
    **options
        Options of the command (raw, repair, hints, snapshot, evidence, category,
        links); None and False are as if not given.

    Returns
    -------
    Source or ArenaSource

    Raises
    ------
    UserError
        The file is not there or of no kind that the command reads, or an option does not
        apply to files of its kind.
    """
    reader = _reader(command, path)
    given = {name: value for name, value in options.items() if value}
    accepted = inspect.signature(reader).parameters
    for name in given:
        if name not in accepted:
            raise UserError(
                f"--{name} does not apply to {path.name}",
                why=f"as `load {command}` reads it, there is nothing for it to change",
                fix="Leave the option out.",
            )
    return reader(path, **given)


def _reader(command: str, path: Path) -> Callable[..., Any]:
    """Return the class of a command's source."""
    if command not in COMMANDS:
        raise KeyError(command)
    if path.is_dir():
        if command == "configs":
            return ConfigFolderSource
        raise UserError(f"Cannot load {path.name}", why="it is a folder", fix="Name a file in it.")
    form = sniff(path)
    if command == "arena":
        return ArenaSource
    if command == "graph":
        return {"pickle": PickleGraphSource, "json": JsonGraphSource}.get(form, EdgeListSource)
    if form == "json":
        raise UserError(
            f"Cannot load {path.name} as {command}",
            why="it is one JSON document",
            fix="Lay a config as ORG/NAME/config.json and load the folder, or use JSON lines.",
        )
    if command == "configs":
        is_lines = form == "jsonl" and "config" in open_table(path).columns
        return ConfigLinesSource if is_lines else ConfigTableSource
    return {"models": ModelsSource, "ecosystem": EcosystemSource}[command]


def guess(path: Path) -> str:
    """Return the load command that a file is made for.

    Raises
    ------
    UserError
        Nothing about it is recognised; the columns found are named.
    """
    if path.is_dir():
        return "configs"
    form = sniff(path)
    if form == "pickle":
        return "graph"
    if form == "json":
        return "graph" if is_graph_document(read_json(path)) else "arena"
    columns = open_table(path).columns
    command = _of_columns(columns)
    if command is None:
        raise UserError(
            f"{path.name} is no table that modelkin knows",
            why=f"its columns are {', '.join(columns[:12])}",
            fix="Tables need a model_id, a parent and a child, or a name and a rating.",
        )
    return command


def source_of(path: Path, **options: Any) -> Source | ArenaSource:
    """Return the source that `guess` suggests."""
    source: Source | ArenaSource = source_for(guess(path), path, **options)
    return source


def _of_columns(columns: Iterable[str]) -> str | None:
    """Return the load command for a header."""
    names = set(columns)
    lower = {name.lower() for name in names}
    if any(parent in lower and child in lower for parent, child in _PAIRS):
        return "graph"
    if names & set(ID_COLUMNS):
        if lower & (set(PARENT_COLUMNS) - {"base_model"}):
            return "ecosystem"
        if lower & _SHAPE or any(name.startswith("config_") for name in lower):
            return "configs"
        return "configs" if "config" in names and not lower & _LISTING else "models"
    return "arena" if lower & _RATINGS else None
