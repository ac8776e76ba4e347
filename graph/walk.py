"""Questions about one model: hop by hop, with a visited set.

Every hop is one catalogued query over the whole frontier, so lattices of merges and cycles
cost no more than their edges, on both engines.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from modelkin.cypher import catalogue
from modelkin.errors import UserError

if TYPE_CHECKING:
    from modelkin.graph.client import Graph

HOPS = 50
"""Hops walked unless asked otherwise; the longest declared chain known has 12."""

FRONTIER = 10_000
"""Ids sent in one query: a hub's 30,000 children are three."""

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Step:
    """One edge met on a walk: who, by which relations, how far it drifted (None: not known)."""

    parent: str
    child: str
    relation: str
    relations: tuple[str, ...]
    drift: float | None

    def ends(self, direction: Direction) -> tuple[str, str]:
        """Return where a walk in this direction left and where it came to."""
        return (self.child, self.parent) if direction == "up" else (self.parent, self.child)


@dataclass
class Walk:
    """What was reached from one model.

    Attributes
    ----------
    start : str
        Where it began.
    hops : dict of str to int
        Reached model -> hops from the start (0 for itself), nearest first.
    steps : list of Step
        Every edge between reached models that the walk met, self-loops left out.
    stopped_at : int or None
        The hop limit, when there was more beyond it.
    """

    start: str
    hops: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    stopped_at: int | None = None


def walk(
    graph: Graph,
    start: str,
    direction: Direction,
    *,
    relations: Iterable[str] = (),
    hops: int = HOPS,
    until: str | None = None,
) -> Walk:
    """Walk up to all ancestors or down to all descendants of a model.

    Parameters
    ----------
    graph : Graph
        Any engine; one query for each hop and 10,000 models of its frontier.
    start : str
        A model that is in the graph.
    direction : {"up", "down"}
        Towards parents or towards children.
    relations : iterable of str
        Only edges that claim one of these (membership); empty: all.
    hops : int
        Where to stop.
    until : str, optional
        Stop after the hop that reaches this model.

    Returns
    -------
    Walk
        Reached models with their fewest hops, and the edges met.
    """
    query = catalogue.get(f"lineage/step_{direction}")
    wanted = sorted(set(relations))
    found = Walk(start, {start: 0})
    frontier = [start]
    for hop in range(1, hops + 1):
        fresh: dict[str, None] = {}
        for at in range(0, len(frontier), FRONTIER):
            part = frontier[at : at + FRONTIER]
            for row in graph.fetch(query, frontier=part, relations=wanted):
                if row["parent"] == row["child"]:
                    continue
                found.steps.append(_step(row))
                reached = row["parent"] if direction == "up" else row["child"]
                if reached not in found.hops:
                    fresh[reached] = None
        if not fresh:
            return found
        found.hops.update(dict.fromkeys(fresh, hop))
        frontier = list(fresh)
        if until in fresh:
            return found
    more = graph.fetch(query, frontier=frontier[:FRONTIER], relations=wanted)
    if any((r["parent"] if direction == "up" else r["child"]) not in found.hops for r in more):
        found.stopped_at = hops
    return found


def path(
    graph: Graph, start: str, end: str, *, relations: Iterable[str] = (), hops: int = HOPS
) -> list[Step] | None:
    """Return a shortest line of descent between two models, oldest first, or None.

    Tried from the first down to the second, then from the second down to the first.
    """
    for ancestor, heir in ((start, end), (end, start)):
        up = walk(graph, heir, "up", relations=relations, hops=hops, until=ancestor)
        if ancestor in up.hops:
            return _descend(up, ancestor)
    return None


def _descend(up: Walk, ancestor: str) -> list[Step]:
    """Read the line from an ancestor down to where the upward walk began."""
    below: dict[str, list[Step]] = {}
    for step in up.steps:
        below.setdefault(step.parent, []).append(step)
    line: list[Step] = []
    here = ancestor
    while here != up.start:
        step = min(
            (s for s in below[here] if up.hops[s.child] < up.hops[here]),
            key=lambda s: (up.hops[s.child], s.child),
        )
        line.append(step)
        here = step.child
    return line


def nearest_common(
    graph: Graph, one: str, other: str, *, relations: Iterable[str] = (), hops: int = HOPS
) -> list[tuple[str, int, int]]:
    """Return the nearest common ancestors of two models with the hops to each.

    A common ancestor is left out when another common ancestor descends from it on the way:
    what stays has the smallest sum of hops, ordered by id. A model is its own ancestor.
    """
    mine = walk(graph, one, "up", relations=relations, hops=hops).hops
    theirs = walk(graph, other, "up", relations=relations, hops=hops).hops
    shared = {i: mine[i] + theirs[i] for i in mine.keys() & theirs.keys()}
    nearest = min(shared.values(), default=0)
    return [(i, mine[i], theirs[i]) for i in sorted(shared) if shared[i] == nearest]


def require(graph: Graph, model_id: str) -> str:
    """Return the id as it stands in the graph, or raise with the closest ones.

    A spelling that differs only in case is accepted when it is unique.
    """
    rows = graph.fetch(catalogue.get("lineage/resolve"), model_id=model_id)
    exact = [r["model_id"] for r in rows if r["model_id"] == model_id]
    if exact or len(rows) == 1:
        return str(exact[0] if exact else rows[0]["model_id"])
    close = closest(graph, model_id)
    raise UserError(
        f"Model {model_id!r} is not in the graph",
        why="closest: " + ", ".join(f"{i} ({score:.2f})" for i, score in close) if close else "",
        fix="`modelkin queries run search -p text=…` looks for parts of names.",
    )


def require_two(graph: Graph, one: str, other: str) -> tuple[str, str]:
    """Return both ids as they stand in the graph; nothing lies between a model and itself."""
    one, other = require(graph, one), require(graph, other)
    if one == other:
        raise UserError(f"Both models are {one}", fix="Name two models.")
    return one, other


def closest(graph: Graph, model_id: str, n: int = 3) -> list[tuple[str, float]]:
    """Return known ids most like a wrong one, with their similarity from 0 to 1.

    Candidates share the organization or a part of the name; no scan of the whole Hub.
    """
    wanted = model_id.lower()
    organization, _, name = wanted.rpartition("/")
    parts = sorted({p for p in _pieces(name) if len(p) >= 3}, key=len, reverse=True)[:4]
    rows: list[dict[str, Any]] = graph.fetch(
        catalogue.get("lineage/candidates"), organization=organization, parts=parts
    )
    scored = [
        (str(r["model_id"]), difflib.SequenceMatcher(None, wanted, r["model_id"].lower()).ratio())
        for r in rows
    ]
    return sorted((s for s in scored if s[1] >= 0.5), key=lambda s: (-s[1], s[0]))[:n]


def _pieces(name: str) -> list[str]:
    """Split a name at its dashes, dots and underscores."""
    return name.replace("_", "-").replace(".", "-").split("-")


def _step(row: dict[str, Any]) -> Step:
    """Make a Step of one row."""
    return Step(
        row["parent"], row["child"], row["relation"], tuple(row["relations"]), row.get("drift")
    )
