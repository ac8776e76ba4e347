"""Runs: which loads and write-backs made the graph, and how far each came.

A run's id follows from what it does (kind, source, parameters, schema version), so the
same load twice is one run. Its checkpoint is moved in the very transaction that writes a
batch: a batch is either stored and counted, or neither.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelkin.cypher import catalogue
from modelkin.errors import UserError
from modelkin.graph.liveness import lives, now, owner
from modelkin.schema.graph import SCHEMA_VERSION

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx

LOADS = ("graph", "configs", "models", "ecosystem", "arena")
"""Kinds of runs that load a source; every other kind writes back what was computed."""

ARENA = (
    "arena_name", "arena_rating", "arena_low", "arena_high", "arena_category", "arena_snapshot",
)  # fmt: skip
"""Properties that a load of ratings stores."""

SETTLE_S = 3.0
"""Longest wait for a rival that started at the same moment: it goes within a second."""


@dataclass(frozen=True)
class Run:
    """One load or one write-back.

    Attributes
    ----------
    id : str
        16 hex digits of sha256 over kind, source, parameters and schema version.
    kind : str
        "graph", "configs", "models", "ecosystem", "arena", or "depth", "drift", "similarity".
    source : str
        Name of the file or folder, or what was computed.
    sha256 : str
        Of the source, or the fingerprint of the complete loads.
    parameters : dict
        What else decides the result.
    state : str
        "running", "complete", or "removing": being taken back.
    done : dict
        Phase -> records committed.
    counts : dict
        Count -> number, moved together with `done`.
    seq : int
        Order of starting, from 1.
    """

    id: str
    kind: str
    source: str
    sha256: str
    parameters: dict[str, Any]
    state: str = "running"
    done: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    seq: int = 0
    started_at: str = ""
    finished_at: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether everything of it is stored."""
        return self.state == "complete"


def run_id(kind: str, sha256: str, parameters: Mapping[str, Any]) -> str:
    """Return the id that a run of these contents has."""
    text = json.dumps([kind, sha256, dict(parameters), SCHEMA_VERSION], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fingerprint(graph: Graph) -> str:
    """Return the fingerprint of the complete loads: 16 hex digits, "" for an empty graph."""
    ids = sorted(run.id for run in every(graph) if run.is_complete and run.kind in LOADS)
    return hashlib.sha256("|".join(ids).encode()).hexdigest()[:16] if ids else ""


def every(graph: Graph) -> list[Run]:
    """Return all runs, in the order of their starting."""
    return [from_properties(row["run"]) for row in graph.fetch(catalogue.get("load/runs_all"))]


def get(graph: Graph, run: str) -> Run:
    """Return a run that is there, as it stands now."""
    return from_properties(graph.fetch(catalogue.get("load/run_get"), run=run)[0]["run"])


def find(graph: Graph, prefix: str) -> Run:
    """Return the one run whose id starts with `prefix`; a `UserError` where there is none."""
    runs = every(graph)
    hits = [run for run in runs if run.id.startswith(prefix)]
    if len(hits) == 1:
        return hits[0]
    known = ", ".join(run.id for run in (hits or runs)[:5]) or "none"
    raise UserError(
        f"{len(hits) or 'No'} runs start with {prefix!r}",
        why=f"known runs: {known}",
        fix="`modelkin runs list` shows all.",
    )


def start(graph: Graph, kind: str, source: str, sha256: str, parameters: Mapping[str, Any]) -> Run:
    """Begin a run, go on with an unfinished one, or return the complete one unchanged.

    Parameters
    ----------
    graph : Graph
        Where it writes.
    kind, source, sha256, parameters
        What decides the run's id (`source` is only its name).

    Raises
    ------
    UserError
        While another run is live on this database.
    """
    wanted = run_id(kind, sha256, parameters)
    runs = refuse_while_live(graph)
    known = next((run for run in runs if run.id == wanted), None)
    if known and known.is_complete:
        return known
    if known and known.state == "removing":
        raise UserError(
            "This run was being taken back and is half gone",
            where=f"run {known.id}, {known.source}",
            fix=f"`modelkin runs remove {known.id}` takes the rest; then start this again.",
        )
    run = known or Run(
        wanted,
        kind,
        source,
        sha256,
        dict(parameters),
        seq=1 + max((r.seq for r in runs), default=0),
        started_at=now(),
    )
    graph.write(lambda tx: _take(tx, run), about=f"start {kind}")
    _settle(graph, run, is_new=known is None)
    return run


def refuse_while_live(graph: Graph) -> list[Run]:
    """Return all runs; a `UserError` while another process writes one of them."""
    runs = every(graph)
    if live := _live(graph, runs):
        raise _busy(live)
    return runs


def _settle(graph: Graph, run: Run, *, is_new: bool) -> None:
    """Let one go on of several that started at the same moment and did not see each other.

    Each has stored its run before it looks here, so at most one can find itself alone. The
    smallest id waits for the others to go; they go at once.
    """
    patience = time.monotonic() + SETTLE_S
    while rival := _live(graph, every(graph)):
        if rival.id <= run.id or time.monotonic() > patience:
            if is_new and rival.id != run.id:
                forget(graph, run)
            raise _busy(rival)
        time.sleep(0.1)


def _live(graph: Graph, runs: list[Run]) -> Run | None:
    """Return the smallest run that another process writes now."""
    for run in sorted((r for r in runs if not r.is_complete), key=lambda r: r.id):
        rows = graph.fetch(catalogue.get("load/run_get"), run=run.id)
        if rows and lives(rows[0]["run"]):  # else it was taken back since
            return run
    return None


def _busy(other: Run) -> UserError:
    return UserError(
        f"A {other.kind} run is writing to this database",
        where=f"run {other.id}, {other.source}",
        why="two at once would mix their counts",
        fix="Wait for it; a run whose process has ended is taken as dead at once.",
    )


def checkpoint(tx: Tx, run: Run, phase: str, start_at: int, upto: int) -> Run | None:
    """Read the run inside a transaction; None when records up to `upto` are stored already.

    After a commit whose outcome was not known the same batch is sent again: this is how it
    is found to be there.
    """
    # Writing first locks the run's node: whoever else writes this run waits, and then sees.
    tx.run(catalogue.get("load/run_put"), run=run.id, properties={"touched_at": now()})
    rows = tx.run(catalogue.get("load/run_get"), run=run.id)
    stored = from_properties(rows[0]["run"])
    done = stored.done.get(phase, 0)
    if done >= upto:
        return None
    if done != start_at:
        raise UserError(
            "Another process moved this run's checkpoint",
            where=f"run {run.id}, {phase} {done}, expected {start_at}",
            fix="Start the load again; it goes on from there.",
        )
    return stored


def advance(tx: Tx, run: Run, phase: str, upto: int, counts: Mapping[str, int]) -> Run:
    """Move the checkpoint and add to the counts, in the caller's transaction."""
    total = dict(run.counts)
    for name, number in counts.items():
        total[name] = total.get(name, 0) + number
    moved = replace(run, done={**run.done, phase: upto}, counts=total)
    _store(tx, moved)
    return moved


def finish(graph: Graph, run: Run, counts: Mapping[str, int]) -> Run:
    """Mark a run complete, with its final counts."""
    done = replace(run, state="complete", counts=dict(counts), finished_at=now())
    graph.write(lambda tx: _store(tx, done), about=f"finish {run.kind}")
    return done


def retire(graph: Graph, run: Run) -> None:
    """Mark that a run is being taken back: from here on it counts as no complete load.

    Raises
    ------
    UserError
        While another process writes to this database.
    """
    refuse_while_live(graph)
    graph.write(lambda tx: _store(tx, replace(run, state="removing")), about=f"retire {run.kind}")


def forget(graph: Graph, run: Run) -> None:
    """Delete the run's node, after everything of it is gone."""
    graph.write(lambda tx: tx.run(catalogue.get("load/run_delete"), run=run.id), about="forget run")


def describe(run: Run) -> dict[str, Any]:
    """Return a run as one flat row for people."""
    return {
        "run": run.id,
        "seq": run.seq,
        "kind": run.kind,
        "state": run.state,
        "source": run.source,
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
    }


def _take(tx: Tx, run: Run) -> None:
    """Make the run's node ours; one that is there keeps its checkpoint, whoever moved it."""
    tx.run(catalogue.get("load/run_put"), run=run.id, properties=owner())
    if tx.run(catalogue.get("load/run_get"), run=run.id)[0]["run"].get("state") is None:
        _store(tx, run)


def _store(tx: Tx, run: Run) -> None:
    """Write the run's node."""
    properties = owner() | {
        "seq": run.seq,
        "kind": run.kind,
        "source": Path(run.source).name or run.source,
        "sha256": run.sha256,
        "parameters": json.dumps(run.parameters, sort_keys=True),
        "state": run.state,
        "done": json.dumps(run.done, sort_keys=True),
        "counts": json.dumps(run.counts, sort_keys=True),
        "started_at": run.started_at,
        "finished_at": run.finished_at or None,
        "tool_version": _version(),
    }
    tx.run(catalogue.get("load/run_put"), run=run.id, properties=properties)


def from_properties(row: Mapping[str, Any]) -> Run:
    """Make a Run of the stored properties."""
    return Run(
        id=row["id"],
        kind=row["kind"],
        source=row["source"],
        sha256=row["sha256"],
        parameters=json.loads(row["parameters"]),
        state=row["state"],
        done=json.loads(row["done"]),
        counts=json.loads(row["counts"]),
        seq=row["seq"],
        started_at=row["started_at"],
        finished_at=row.get("finished_at") or "",
    )


def _version() -> str:
    """Return our version, imported late: the package imports this room on demand."""
    from modelkin import __version__

    return __version__
