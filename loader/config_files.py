"""Configurations as config.json wrote them: JSON lines of them, and folders of the files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from modelkin.errors import UserError
from modelkin.loader.columns import (
    ID_COLUMNS,
    Cells,
    parameters,
    read_id,
    read_snapshot,
    snapshot_parameter,
)
from modelkin.loader.config_json import read_config
from modelkin.loader.configs import check_evidence
from modelkin.loader.records import Dropped, Ledger, ModelRow, Outcome, RawRow, Reject
from modelkin.loader.relations import hinted
from modelkin.loader.tables import BROKEN, broken, open_table
from modelkin.loader.values import excerpt
from modelkin.schema.attributes import EVIDENCE

MAX_FILE = 16 * 2**20
"""Largest config.json read, in bytes: real ones have a few thousand."""


class _ConfigObjects:
    """What lines and folders share: how one config object becomes a row."""

    kind: ClassVar[str] = "configs"
    _key = "model_id"

    def __init__(
        self, path: Path, *, hints: bool = False, evidence: str = "", snapshot: str = ""
    ) -> None:
        self.path, self.hints = path, hints
        self.evidence, self.snapshot = check_evidence(evidence), snapshot_parameter(snapshot)
        self.parameters = parameters(hints=hints, evidence=evidence, snapshot=snapshot)
        self.ledger = Ledger()

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield the model's row and what was left out of it, or its reject."""
        if reject := broken(row):
            yield reject
            return
        model_id = read_id(row, self._key)
        if isinstance(model_id, Reject):
            yield model_id
            return
        config = row.values.get("config")
        if not isinstance(config, Mapping):
            yield Reject(row.where, "no_config", "config is no JSON object", excerpt(config))
            return
        cells = read_config(row.where, config, self.ledger)
        if cells.reject:
            yield cells.reject
            return
        yield from cells.dropped
        evidence = row.values.get("evidence") or self.evidence or evidence_of(config, cells)
        if evidence not in EVIDENCE:
            yield Dropped(row.where, "evidence", "unknown_evidence", excerpt(evidence))
            evidence = EVIDENCE[-1]
        yield ModelRow(model_id, cells.values, evidence, read_snapshot(row, self.snapshot))
        yield from hinted(row.where, config, model_id, self.ledger, hints=self.hints)


def evidence_of(config: Mapping[str, Any], cells: Cells) -> str:
    """Tell a whole config.json from a subset of its keys.

    transformers writes the type into every config.json, and its own version since 2020. The
    Hub's listing has the type too, but neither a version nor a shape.
    """
    known = cells.values
    is_whole = config.get("model_type") and (
        "transformers_version" in known or "hidden_size" in known or "num_hidden_layers" in known
    )
    return "config.json" if is_whole else "config.json-subset"


class ConfigLinesSource(_ConfigObjects):
    """JSON lines of ``{"model_id": …, "config": {…}}``, perhaps with evidence and snapshot.

    Kept: the attributes of `modelkin.schema.attributes`, by their aliases. Changed:
    spellings; a multimodal model's text part stands for it. Left out: values outside their
    plausible band, and keys without a home (counted). Rejected: lines without an id or a
    config. Evidence is the line's, else the option's, else what `evidence_of` tells.

    Parameters
    ----------
    path : Path
        JSON lines, perhaps gzip.
    hints : bool
        Whether ``_name_or_path`` gives an edge.
    evidence, snapshot : str
        Of lines that state none.
    """

    def read(self) -> Iterator[RawRow]:
        """Yield the lines in file order."""
        table = open_table(self.path, ID_COLUMNS)
        self._key = table.key
        return table.rows()


class ConfigFolderSource(_ConfigObjects):
    """A folder of config.json files, each in the folder of its model.

    Read are ``ORG/NAME/config.json``, ``NAME/config.json``, ``ORG--NAME_config.json`` and the
    Hub's cache, ``models--ORG--NAME/snapshots/REVISION/config.json``, of which ``refs/main``
    decides the revision, else the newest file. Configs of parts (``ORG/NAME/vae``) are
    counted and left. Kept, changed and rejected as in `ConfigLinesSource`.
    """

    def files(self) -> dict[str, Path]:
        """Return model id -> file, in the order of ids; what `read` reads and no other."""
        if self._files is None:
            self._files = self._find()
        return self._files

    _files: dict[str, Path] | None = None

    def _find(self) -> dict[str, Path]:
        """Look through the folder, once."""
        found: dict[str, Path] = {}
        for place, file in sorted(_walk(self.path).items()):
            model_id = _id_of(place)
            if model_id is None:
                self.ledger.notes["config of a part of a model, not read"] += 1
            elif "snapshots" not in place or _is_chosen(file):
                found[model_id] = file
        if not found:
            raise UserError(
                "No config.json found",
                where=str(self.path),
                fix="Models lie as ORG/NAME/config.json, or as the Hub's cache.",
            )
        return dict(sorted(found.items()))

    def read(self) -> Iterator[RawRow]:
        """Yield one row for each model, in the order of ids."""
        for model_id, file in self.files().items():
            where = file.relative_to(self.path).as_posix()
            yield RawRow("model", where, _read_file(model_id, file))


def _walk(folder: Path) -> dict[tuple[str, ...], Path]:
    """Return the config files below a folder by the parts of their place; links to folders end."""
    found = {}
    for root, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name == "config.json" or name.endswith("_config.json"):
                file = Path(root, name)
                if file.is_file():  # not a pipe, which would never end
                    found[file.relative_to(folder).parts] = file
    return found


def _id_of(place: tuple[str, ...]) -> str | None:
    """Return the model id that a file's place spells, None for a part of a model."""
    *folders, name = place
    if name != "config.json":
        return "/".join(name.removesuffix("_config.json").split("--", 1)) if not folders else None
    if folders and folders[0].startswith("models--"):
        is_root = len(folders) == 3 and folders[1] == "snapshots"
        return "/".join(folders[0].split("--", 2)[1:]) if is_root else None
    return "/".join(folders) if 1 <= len(folders) <= 2 else None


def _is_chosen(file: Path) -> bool:
    """Tell whether a cached revision is the one that ``refs/main`` names, else the newest."""
    revision, snapshots = file.parent, file.parent.parent
    main = snapshots.parent / "refs" / "main"
    if main.is_file():
        named = snapshots / main.read_text(encoding="utf-8", errors="replace").strip()
        if (named / "config.json").is_file():
            return named.name == revision.name
    others = sorted(snapshots.glob("*/config.json"), key=lambda f: (f.stat().st_mtime_ns, f.parts))
    return others[-1] == file


def _read_file(model_id: str, file: Path) -> dict[str, Any]:
    """Return the row of one file; what is no JSON is a row that cannot be read."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            return {BROKEN: ("too_large", f"larger than {MAX_FILE:,} bytes", "")}
        return {"model_id": model_id, "config": json.loads(content)}
    except OSError as error:
        return {BROKEN: ("unreadable", error.strerror or str(error), "")}
    except (ValueError, RecursionError) as error:
        return {BROKEN: ("bad_json", f"{error}"[:200], "")}
