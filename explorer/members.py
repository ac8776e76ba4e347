"""Who belongs to a lineage: walked whole, or read page by page from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from modelkin.cypher import catalogue
from modelkin.explorer.filters import Filters
from modelkin.graph.asking import Asking
from modelkin.graph.walk import HOPS, Step, Walk, walk

PIECE = 5_000
"""Ids sent in one query."""

WALKED = 5_000
"""A larger lineage without filters is not walked: its counts are stored."""

MANY = 10_000
"""From here on descendants are counted over arrays."""

PAGE = 200
"""Children of one model that are read at once."""


class Members(Protocol):
    """A lineage: ancestors, the focus, descendants.

    Attributes
    ----------
    focus : str
        The model asked for.
    hops_up : dict of str to int
        Ancestor (and focus: 0) -> hops above the focus.
    n : int
        All members, the focus included.
    """

    focus: str
    hops_up: dict[str, int]
    n: int

    def n_children(self, model: str) -> int:
        """Return how many children of a model are members."""
        ...

    def n_below(self, model: str) -> int:
        """Return how many members are below a model, each counted once."""
        ...

    def children(self, model: str, sort: str, skip: int, limit: int) -> Sequence[str]:
        """Return a page of a model's children; sort: downloads, descendants or id."""
        ...

    def steps(self, models: Iterable[str]) -> list[Step]:
        """Return the edges between these members."""
        ...


class Walked:
    """A lineage of which every member is known; answers from memory.

    Parameters
    ----------
    ask : Asking
        Where it is read.
    focus : str
        A model that is in the graph.
    filters : Filters
        Members are reached through members only: what hangs below a model that is left out is
        left out too, unless another way leads there.
    hops : int
        Where the walk stops, each way.
    """

    def __init__(self, ask: Asking, focus: str, filters: Filters, hops: int = HOPS) -> None:
        self.focus = focus
        self.facts: dict[str, dict[str, Any]] = {}
        walks = [
            walk(ask, focus, "up", relations=filters.relations, hops=hops),
            walk(ask, focus, "down", relations=filters.relations, hops=hops),
        ]
        self.stopped_at = next((w.stopped_at for w in walks if w.stopped_at is not None), None)
        self.n_walked = len(walks[0].hops.keys() | walks[1].hops.keys())
        for piece in _pieces(sorted(walks[0].hops.keys() | walks[1].hops.keys())):
            for row in ask.fetch(catalogue.get("fetch/members"), ids=piece):
                self.facts[row["model_id"]] = row
        self.undated = sum(not f.get("created_at") for f in self.facts.values())
        self.hops_up, up = self._passing(walks[0], filters, up=True)
        self.hops_down, down = self._passing(walks[1], filters, up=False)
        self.all_steps = list({(s.parent, s.child): s for s in (*up, *down)}.values())
        self.ids = self.hops_up.keys() | self.hops_down.keys()
        self.n = len(self.ids)
        self._kids: dict[str, list[str]] = {}
        for step in self.all_steps:
            self._kids.setdefault(step.parent, []).append(step.child)
        self._below = below(self._kids, sorted(self.ids, key=self._depth))
        for kids in self._kids.values():
            kids.sort(key=self._downloads)

    def _passing(
        self, found: Walk, filters: Filters, *, up: bool
    ) -> tuple[dict[str, int], list[Step]]:
        """Walk again over what was found, through models that pass."""
        if not filters.of_models:
            return found.hops, found.steps
        beside: dict[str, list[Step]] = {}
        for step in found.steps:
            beside.setdefault(step.child if up else step.parent, []).append(step)
        hops, steps, frontier = {self.focus: 0}, [], [self.focus]
        while frontier:
            fresh = []
            for model in frontier:
                for step in beside.get(model, ()):
                    reached = step.parent if up else step.child
                    if reached != self.focus and not filters.passes(self.facts.get(reached, {})):
                        continue
                    steps.append(step)
                    if reached not in hops:
                        hops[reached] = hops[model] + 1
                        fresh.append(reached)
            frontier = fresh
        return hops, steps

    def _depth(self, model: str) -> int:
        """Return hops below (above: negative) the focus."""
        return self.hops_down.get(model, -self.hops_up.get(model, 0))

    def _downloads(self, model: str) -> tuple[float, str]:
        """Order by most downloads, unknown last, then by id."""
        known = self.facts.get(model, {}).get("downloads")
        return (-known if known is not None else 1, model)

    def n_children(self, model: str) -> int:
        """Return how many children of a model are members."""
        return len(self._kids.get(model, ()))

    def n_below(self, model: str) -> int:
        """Return how many members are below a model, each counted once."""
        return self._below.get(model, 0)

    def children(self, model: str, sort: str, skip: int, limit: int) -> Sequence[str]:
        """Return a page of a model's children."""
        kids = self._kids.get(model, [])
        if sort == "id":
            kids = sorted(kids)
        elif sort == "descendants":
            kids = sorted(kids, key=lambda c: (-self.n_below(c), c))
        return kids[skip : skip + limit]

    def steps(self, models: Iterable[str]) -> list[Step]:
        """Return the edges between these members."""
        among = set(models)
        return [s for s in self.all_steps if s.parent in among and s.child in among]


class Stored:
    """A lineage without filters too large to be walked: counts are those of ``depth --write``."""

    def __init__(self, ask: Asking, focus: str, n_below: int) -> None:
        self.ask, self.focus = ask, focus
        up = walk(ask, focus, "up")
        self.hops_up, self._up_steps = up.hops, up.steps
        self.stopped_at = up.stopped_at
        self.n = n_below + len(up.hops)
        self._counts: dict[str, tuple[int, int]] = {}
        self._pages: dict[tuple[str, str, int, int], list[str]] = {}
        self._above: dict[str, list[str]] = {}
        for step in up.steps:
            self._above.setdefault(step.parent, []).append(step.child)
        self._learn([*up.hops])

    def _learn(self, models: Sequence[str]) -> None:
        """Read the stored counts of models."""
        for row in self.ask.fetch(catalogue.get("fetch/members"), ids=list(models)):
            self._note(row["model_id"], row)

    def _note(self, model: str, row: dict[str, Any]) -> None:
        self._counts[model] = (row["n_children"] or 0, row["n_descendants"] or 0)

    def n_children(self, model: str) -> int:
        """Return how many children of a model are members; of an ancestor, those on the way."""
        if model != self.focus and model in self.hops_up:
            return len(self._above.get(model, ()))
        if model not in self._counts:
            self._learn([model])
        return self._counts.get(model, (0, 0))[0]

    def n_below(self, model: str) -> int:
        """Return the stored number of descendants."""
        if model not in self._counts:
            self._learn([model])
        return self._counts.get(model, (0, 0))[1]

    def children(self, model: str, sort: str, skip: int, limit: int) -> Sequence[str]:
        """Return a page of a model's children."""
        if model != self.focus and model in self.hops_up:
            return self._above.get(model, [])[skip : skip + limit]
        if self.n_children(model) <= PAGE:
            page = self._page(model, "downloads", 0, PAGE)
            if sort == "id":
                page = sorted(page)
            elif sort == "descendants":
                page = sorted(page, key=lambda c: (-self.n_below(c), c))
            return page[skip : skip + limit]
        return self._page(model, sort, skip, limit)

    def _page(self, model: str, sort: str, skip: int, limit: int) -> list[str]:
        """Read a page once."""
        key = (model, sort, skip, limit)
        if key not in self._pages:
            rows = self.ask.ask("fetch/children", model_id=model, sort=sort, skip=skip, limit=limit)
            for row in rows:
                self._note(row["child"], row)
            self._pages[key] = [row["child"] for row in rows]
        return self._pages[key]

    def steps(self, models: Iterable[str]) -> list[Step]:
        """Return the edges between these members."""
        among = sorted(set(models))
        found = []
        query = catalogue.get("lineage/step_up")
        for piece in _pieces(among):
            for row in self.ask.fetch(query, frontier=piece, relations=[]):
                found.append(
                    Step(row["parent"], row["child"], row["relation"], tuple(row["relations"]),
                         row["drift"])
                )  # fmt: skip
        return [s for s in found if s.parent in set(among)]


def below(kids: dict[str, list[str]], order: Sequence[str]) -> dict[str, int]:
    """Count what is below each model, each once, also where ways meet again or go in a circle.

    Parameters
    ----------
    kids : dict
        Model -> children.
    order : sequence of str
        All models, those above first: the nearer to that, the fewer rounds.

    Notes
    -----
    Sets are whole numbers with a bit for each model; rounds go on until nothing changes.
    """
    if len(order) > MANY:
        return _below_many(kids, order)
    bit = {model: 1 << at for at, model in enumerate(order)}
    reach = dict.fromkeys(kids, 0)
    inner = [model for model in reversed(order) if model in kids]
    changed = True
    while changed:
        changed = False
        for model in inner:
            fresh = reach[model]
            for kid in kids[model]:
                fresh |= bit[kid] | reach.get(kid, 0)
            if fresh != reach[model]:
                reach[model], changed = fresh, True
    return {model: (found & ~bit[model]).bit_count() for model, found in reach.items()}


def _below_many(kids: dict[str, list[str]], order: Sequence[str]) -> dict[str, int]:
    """Count the same over arrays, where bits would take too much memory."""
    import numpy as np

    from modelkin.analysis.forest import descendants

    row = {model: at for at, model in enumerate(order)}
    parent = [row[model] for model, below in kids.items() for _ in below]
    child = [row[kid] for below in kids.values() for kid in below]
    counts = descendants(len(order), np.array(parent), np.array(child))
    return {model: int(counts[row[model]]) for model in kids}


def _pieces(ids: Sequence[str]) -> Iterable[list[str]]:
    """Cut a long list into what one query takes."""
    for at in range(0, len(ids), PIECE):
        yield list(ids[at : at + PIECE])
