"""What the page asks for, as plain data ready for JSON: one function for each question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from modelkin.cypher import catalogue
from modelkin.explorer.filters import Filters
from modelkin.explorer.fold import BUDGET, fold
from modelkin.explorer.members import WALKED, Members, Stored, Walked
from modelkin.graph import card as cards
from modelkin.graph.asking import Asking
from modelkin.graph.extract import BOOKKEEPING
from modelkin.graph.walk import Step, nearest_common, walk
from modelkin.graph.walk import path as line_of
from modelkin.output.talk import plural

Answer = dict[str, Any]


def members_of(ask: Asking, focus: str, filters: Filters, *, counted: bool) -> Walked | Stored:
    """Read a lineage; `counted`: whether the stored counts are current."""
    if counted and not filters.any:
        row = ask.ask("fetch/members", ids=[focus])[0]
        if (row["n_descendants"] or 0) > WALKED:
            return Stored(ask, focus, row["n_descendants"])
    return Walked(ask, focus, filters)


def lineage(
    ask: Asking,
    members: Walked | Stored,
    filters: Filters,
    *,
    budget: int = BUDGET,
    opened: Sequence[str] = (),
    show: Sequence[str] = (),
) -> Answer:
    """Return a lineage, folded: what is drawn, what is counted, and both in words."""
    ways = [way for model in show for way in _way(ask, members, model, filters)]
    chosen = fold(members, budget, opened, ways)
    drawn = chosen.drawn(members)
    known = facts(ask, drawn)
    drawn = [model for model in drawn if model in known]
    for model in drawn:
        known[model]["below"] = members.n_below(model)
        known[model]["kids"] = members.n_children(model)
        if model in members.hops_up and model != members.focus:
            known[model]["up"] = members.hops_up[model]
    return {
        "focus": members.focus,
        "members": [known[model] for model in drawn],
        "edges": [_edge(step) for step in members.steps(drawn)],
        "children": {m: [k for k in kids if k in known] for m, kids in chosen.children.items()},
        "totals": chosen.totals,
        "n": members.n,
        "n_ancestors": len(members.hops_up) - 1,
        "words": filters.words(),
        "notes": notes(members, filters),
        "scope": scope(members, len(drawn), filters),
        "cypher": _cypher(ask, members.focus, filters),
    }


def scope(members: Walked | Stored, n_drawn: int, filters: Filters) -> str:
    """Say what is drawn and what is folded."""
    folded = max(members.n - n_drawn, 0)
    return "; ".join(
        [
            f"{n_drawn:,} of {plural(members.n, 'member')} drawn",
            f"{folded:,} folded",
            *filters.words(),
        ]
    )


def notes(members: Walked | Stored, filters: Filters) -> list[str]:
    """Say what a reader of the picture must know besides."""
    out = []
    if isinstance(members, Walked):
        left = members.n_walked - members.n
        if left:
            out.append(f"{plural(left, 'model')} left out by the filters")
        if (filters.since or filters.asof) and members.undated:
            out.append(f"{plural(members.undated, 'model')} of unknown date kept")
    else:
        out.append("counts as stored by `modelkin depth --write`")
    if members.stopped_at is not None:
        out.append(f"stopped at {members.stopped_at} hops; there is more")
    return out


def _way(ask: Asking, members: Members, model: str, filters: Filters) -> list[tuple[str, str]]:
    """Return the edges from the focus down to a member, or nothing."""
    found = line_of(ask, members.focus, model, relations=filters.relations)
    if not found or found[0].parent != members.focus:
        return []
    return [(step.parent, step.child) for step in found]


def facts(ask: Asking, models: Sequence[str]) -> dict[str, Answer]:
    """Return what is known of models, by id: every property but bookkeeping, and the labels."""
    found: dict[str, Answer] = {}
    for at in range(0, len(models), 5_000):
        rows = ask.fetch(catalogue.get("load/read_models"), ids=list(models[at : at + 5_000]))
        for row in rows:
            held = {
                k: v for k, v in row["properties"].items() if k not in BOOKKEEPING and v is not None
            }
            found[row["model_id"]] = {
                **held,
                "id": row["model_id"],
                "labels": [label for label in row["labels"] if label != "Model"],
            }
    return found


def _edge(step: Step) -> Answer:
    """Return an edge; drift is null where it is not known."""
    return {
        "parent": step.parent, "child": step.child, "relation": step.relation,
        "relations": list(step.relations), "drift": step.drift,
    }  # fmt: skip


def _cypher(ask: Asking, focus: str, filters: Filters) -> list[dict[str, str]]:
    """Return what was sent, and before it the one statement that draws the same in Browser."""
    out = []
    for name in ("lineage/ancestors_graph", "lineage/descendants_graph"):
        query = catalogue.get(name)
        values = catalogue.bind(query, {"model_id": focus, "relations": [*filters.relations]})
        line = catalogue.params_line(query, values)
        out.append({"name": name, "question": query.question, "params": line, "text": query.text})
    return out + ask.cypher()


def children(
    ask: Asking, members: Walked | Stored, model: str, sort: str, skip: int, limit: int
) -> Answer:
    """Return one page of a member's children, with the edges to all their drawn parents."""
    page = list(members.children(model, sort, skip, limit))
    known = facts(ask, page)
    for kid in known:
        known[kid]["below"] = members.n_below(kid)
        known[kid]["kids"] = members.n_children(kid)
    steps = [s for s in members.steps([model, *page]) if s.parent == model or s.parent in known]
    return {
        "parent": model,
        "members": [known[kid] for kid in page if kid in known],
        "edges": [_edge(step) for step in steps],
        "total": members.n_children(model),
        "skip": skip,
        "cypher": ask.cypher(),
    }


def search(ask: Asking, text: str, limit: int) -> Answer:
    """Return models whose id has a text: exact, beginning, then containing it."""
    rows = ask.ask("overview/search", text=text, limit=limit)
    return {"rows": rows, "truncated": len(rows) == limit, "cypher": ask.cypher()}


def start(ask: Asking) -> Answer:
    """Return where somebody may begin: what the graph holds, and its largest lineages."""
    counts = ask.ask("fetch/counts")[0]
    roots = ask.ask("lineage/roots", limit=12)
    return {"counts": counts, "roots": roots, "cypher": ask.cypher()}


def card(ask: Asking, model: str) -> Answer:
    """Return a model's attributes with where they come from, parents with what changed."""
    return {
        "id": model,
        "attributes": cards.card(ask, model),
        "parents": ask.ask("lineage/parents", model_id=model),
        "n_ancestors": len(walk(ask, model, "up").hops) - 1,
        "children": ask.ask("lineage/children", model_id=model, limit=20),
        "cypher": ask.cypher(),
    }


def similar(ask: Asking, model: str, limit: int) -> Answer:
    """Return the nearest models of other configurations, related or not."""
    rows = ask.ask("similarity/similar", model_id=model, limit=limit)
    return {"id": model, "rows": rows, "cypher": ask.cypher()}


def compare(ask: Asking, one: str, other: str) -> Answer:
    """Return two models side by side, attribute by attribute."""
    rows = cards.compare(ask, one, other)
    states = [row["state"] for row in rows]
    return {
        "one": one, "other": other, "rows": rows,
        "counts": {word: states.count(word) for word in ("changed", "equal", "unknown")},
        "cypher": ask.cypher(),
    }  # fmt: skip


def path(ask: Asking, one: str, other: str, hops: int, relations: Iterable[str]) -> Answer:
    """Return a shortest line of descent between two models, or the ancestors that both have."""
    steps = line_of(ask, one, other, relations=relations, hops=hops)
    common: list[tuple[str, int, int]] = []
    if steps is None:
        common = nearest_common(ask, one, other, relations=relations, hops=hops)
    return {
        "one": one,
        "other": other,
        "steps": None if steps is None else [_edge(step) for step in steps],
        "common": [{"id": i, "hops_one": a, "hops_other": b} for i, a, b in common],
        "cypher": ask.cypher(),
    }
