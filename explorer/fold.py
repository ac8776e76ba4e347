"""The fold: which members of a lineage are drawn at first. Pure; the same for page and file.

A lineage of up to `BUDGET` members is drawn whole. Of a larger one, ancestors are always drawn;
then, from the focus down, the drawn model with the most below it is opened, while the
drawn items stay within the budget. An opened model shows up to `OPENED` children as boxes that
may be opened in turn (those with the most below them and at least `LEAST` children) and a few rows
(those with the most downloads); the rest is counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from modelkin.explorer.members import Members

BUDGET = 110
MOST = 1_000
"""Items drawn unless asked otherwise, and at most."""

OPENED = 4
LEAST = 3
ROWS_LEAVES, ROWS_FOCUS, ROWS = 50, 12, 6
"""Rows below a focus whose children are all leaves, another focus, any other model."""


@dataclass
class Fold:
    """What is drawn.

    Attributes
    ----------
    children : dict of str to list of str
        Opened model -> its drawn children, most downloads first.
    totals : dict of str to int
        Opened model -> all its children that are members.
    """

    children: dict[str, list[str]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def drawn(self, members: Members) -> list[str]:
        """Return the drawn models: ancestors from the top, the focus, what is opened."""
        above = sorted(members.hops_up, key=lambda m: (-members.hops_up[m], m))
        found = dict.fromkeys([*above, members.focus])
        for kids in self.children.values():
            found.update(dict.fromkeys(kids))
        return list(found)


def fold(
    members: Members,
    budget: int = BUDGET,
    opened: Iterable[str] = (),
    shown: Iterable[tuple[str, str]] = (),
) -> Fold:
    """Choose what is drawn.

    Parameters
    ----------
    members : Members
        The lineage.
    budget : int
        Items drawn; at most `MOST`.
    opened : iterable of str
        Models whose children are to be drawn whatever the budget.
    shown : iterable of (str, str)
        Edges that are to be drawn, parent and child: the way to a model, from above.
    """
    budget = min(budget, MOST)
    out = Fold()
    _ancestors(members, out)
    if members.n <= budget:
        _whole(members, out)
    else:
        _best_first(members, out, budget)
    parents = {kid: model for model, kids in out.children.items() for kid in kids}
    for model in opened:
        if (model in parents or model == members.focus) and model not in out.children:
            _open(members, out, model, ROWS_FOCUS)
    _show(members, out, shown)
    return out


def _ancestors(members: Members, out: Fold) -> None:
    """Open every ancestor: its children on the way down to the focus."""
    for model in sorted(members.hops_up, key=lambda m: (-members.hops_up[m], m)):
        if model != members.focus:
            kids = members.children(model, "downloads", 0, MOST)
            out.children[model] = [k for k in kids if k in members.hops_up]
            out.totals[model] = members.n_children(model)


def _whole(members: Members, out: Fold) -> None:
    """Open everything."""
    stack, seen = [members.focus], {members.focus}
    while stack:
        model = stack.pop()
        kids = list(members.children(model, "downloads", 0, MOST))
        if kids:
            known = out.children.get(model, [])
            out.children[model] = known + [k for k in kids if k not in known]
            out.totals[model] = members.n_children(model)
        fresh = [k for k in kids if k not in seen]
        seen.update(fresh)
        stack += fresh


def _best_first(members: Members, out: Fold, budget: int) -> None:
    """Open the drawn model with the most below it, again and again."""
    used = len(members.hops_up)
    queue = [(-members.n_below(members.focus), members.focus)]
    queued = {members.focus}
    while queue:
        _, model = heapq.heappop(queue)
        is_focus = model == members.focus
        boxes = _boxes(members, model)
        rows = ROWS if not is_focus else ROWS_FOCUS if _any_inner(members, model) else ROWS_LEAVES
        cost = min(members.n_children(model), len(boxes) + rows) + 1
        if not is_focus and used + cost > budget:
            continue
        used += cost
        _open(members, out, model, rows, boxes)
        for box in boxes:
            if box not in queued:
                queued.add(box)
                heapq.heappush(queue, (-members.n_below(box), box))


def _boxes(members: Members, model: str) -> list[str]:
    """Return the children that may be opened in turn."""
    if not _any_inner(members, model):
        return []
    most = members.children(model, "descendants", 0, OPENED)
    return [k for k in most if members.n_children(k) >= LEAST and k not in members.hops_up]


def _any_inner(members: Members, model: str) -> bool:
    """Tell whether any child has children."""
    return members.n_below(model) != members.n_children(model)


def _open(members: Members, out: Fold, model: str, rows: int, boxes: Iterable[str] = ()) -> None:
    """Draw some children of a model."""
    kids = [*boxes]
    kids += [k for k in members.children(model, "downloads", 0, rows) if k not in kids]
    known = out.children.get(model, [])
    out.children[model] = known + [k for k in kids if k not in known]
    out.totals[model] = members.n_children(model)


def _show(members: Members, out: Fold, shown: Iterable[tuple[str, str]]) -> None:
    """Draw edges, those above first."""
    for parent, child in shown:
        kids = out.children.setdefault(parent, [])
        out.totals.setdefault(parent, members.n_children(parent))
        if child not in kids:
            kids.append(child)
