"""Commands about where models come from: lineage, ancestors, descendants, path, common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import (
    FormatOption,
    HopsOption,
    ModelArgument,
    OutputOption,
    RelationOption,
    Session,
    ShowCypherOption,
    TreeFormatOption,
    put,
    relations,
    session,
)
from modelkin.errors import plural, printable

if TYPE_CHECKING:
    from modelkin.graph.walk import Direction, Step, Walk

PANEL = "Models"
COLUMNS = ("direction", "hops", "model_id", "relation", "relations", "drift", "parent", "child")
"""Columns of `modelkin lineage` in every format but the tree: one row for each edge."""

LEGEND = (
    "drift: distance from the parent's configuration to the child's, 0 (no difference in what "
    "both know) to 1; not shown where it is not known"
)


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (lineage, ancestors, descendants, path, common):
        application.command(command.__name__, rich_help_panel=PANEL)(command)


def lineage(
    context: typer.Context,
    model: ModelArgument,
    up: Annotated[bool, typer.Option("--up", help="only where it comes from")] = False,
    down: Annotated[bool, typer.Option("--down", help="only what came of it")] = False,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    wide: Annotated[
        int,
        typer.Option("--wide", min=0, help="children drawn under one model; 0 draws all"),
    ] = 12,
    style: TreeFormatOption = "tree",
    output: OutputOption = None,
) -> None:
    """Draw a model's lineage as a tree, or list its edges: ancestors, then descendants."""
    from modelkin.graph.walk import require, walk
    from modelkin.output.show import FORMATS

    here = session(context)
    wanted = relations(relation)
    sides: list[Direction] = ["up"] if up and not down else ["down"] if down and not up else []
    with here.graph() as graph:
        model = require(graph, model)
        here.say_stale(graph, "drift")
        found = {
            side: walk(graph, model, side, relations=wanted, hops=hops)
            for side in sides or ("up", "down")
        }
    if style == "tree" and (output is None or output.suffix.lstrip(".") not in FORMATS):
        text = "".join(line + "\n" for side in found for line in _tree(found[side], side, wide))
        put(text) if output is None else here.write(output, text)
        if any(step.drift is not None for walked in found.values() for step in walked.steps):
            here.talk.say(LEGEND)
    else:
        rows = [row for side in found for row in edge_rows(found[side], side)]
        here.show(COLUMNS, rows, "table" if style == "tree" else style, output)
    for walked in found.values():
        _say_stopped(here, walked)


def _tree(found: Walk, direction: Direction, wide: int) -> list[str]:
    """Return one side of a lineage as lines: what it is, then the tree."""
    from modelkin.output import tree

    what = "ancestors" if direction == "up" else "descendants"
    if not found.steps:
        return [printable(f"{what} of {found.start}: none")]
    beside: dict[str, list[tuple[str, str]]] = {}
    for step in sorted(found.steps, key=lambda s: (s.parent, s.child)):
        here_id, next_id = step.ends(direction)
        beside.setdefault(here_id, []).append((edge_words(step), next_id))
    farthest = max(found.hops.values())
    title = (
        f"{what} of {found.start}: {plural(len(found.hops) - 1, 'model')} within "
        f"{plural(farthest, 'hop')}"
    )
    drawn = tree.draw(found.start, beside, wide=wide, size=lambda m: len(beside.get(m, ())))
    return [printable(title), *drawn]


def edge_words(step: Step) -> str:
    """Spell an edge: its relations, and its drift where it is known.

    A drift that three digits cannot show is "<0.001", never 0.
    """
    words = "+".join(step.relations)
    if step.drift is None:
        return f"[{words}]"
    drift = (
        "0" if step.drift == 0 else "<0.001" if abs(step.drift) < 0.0005 else f"{step.drift:.3f}"
    )
    return f"[{words}, drift {drift}]"


def edge_rows(found: Walk, direction: Direction) -> list[dict[str, Any]]:
    """Return the edges of one side as rows, nearest first.

    ``model_id`` is the end to which the walk came, ``hops`` its fewest hops from the start; a
    model that is reached over several edges has a row for each. ``drift`` is None where it is
    not known.
    """
    rows = []
    for step in found.steps:
        _, reached = step.ends(direction)
        rows.append(
            {
                "direction": direction,
                "hops": found.hops[reached],
                "model_id": reached,
                "relation": step.relation,
                "relations": list(step.relations),
                "drift": step.drift,
                "parent": step.parent,
                "child": step.child,
            }
        )
    return sorted(rows, key=lambda r: (r["hops"], r["model_id"], r["parent"], r["child"]))


def _say_stopped(here: Session, found: Walk) -> None:
    """Say when the walk ended before the lineage did."""
    if found.stopped_at is not None:
        here.talk.say(f"stopped at {found.stopped_at} hops; there is more: `--hops` goes on")


def ancestors(
    context: typer.Context,
    model: ModelArgument,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """List every model that a model comes from, with the fewest hops to each."""
    _reached(context, model, "up", relation, hops, style, output, show_cypher)


def descendants(
    context: typer.Context,
    model: ModelArgument,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """List every model that came of a model, with the fewest hops to each."""
    _reached(context, model, "down", relation, hops, style, output, show_cypher)


def _reached(
    context: typer.Context,
    model: str,
    direction: Direction,
    relation: list[str] | None,
    hops: int,
    style: str,
    output: Path | None,
    show_cypher: bool,
) -> None:
    """Walk one way and print what was reached."""
    from modelkin.cypher import catalogue
    from modelkin.graph.walk import require, walk

    here = session(context)
    query = catalogue.get(f"lineage/step_{direction}")
    with here.graph() as graph:
        model = require(graph, model)
        wanted = relations(relation)
        here.cypher(query, show_cypher, {"frontier": [model], "relations": wanted})
        found = walk(graph, model, direction, relations=wanted, hops=hops)
    by: dict[str, list[str]] = {}
    for step in found.steps:
        _, reached = step.ends(direction)
        by.setdefault(reached, []).extend(step.relations)
    rows = [
        {"model_id": m, "hops": n, "relations": sorted(set(by.get(m, [])))}
        for m, n in sorted(found.hops.items(), key=lambda item: (item[1], item[0]))
        if n
    ]
    here.show(["model_id", "hops", "relations"], rows, style, output)
    here.talk.say(plural(len(rows), "ancestor" if direction == "up" else "descendant"))
    _say_stopped(here, found)


def path(
    context: typer.Context,
    one: ModelArgument,
    other: ModelArgument,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show a shortest line of descent between two models, from the older to the younger."""
    from modelkin.graph.walk import path as line_of
    from modelkin.graph.walk import require_two

    here = session(context)
    with here.graph() as graph:
        one, other = require_two(graph, one, other)
        steps = line_of(graph, one, other, relations=relations(relation), hops=hops)
    rows = [
        {"parent": s.parent, "relations": list(s.relations), "child": s.child, "drift": s.drift}
        for s in steps or ()
    ]
    none = (
        f"neither of {one} and {other} descends from the other within {hops} hops; "
        f"`modelkin common {one} {other}` looks for ancestors that both have"
    )
    here.show(["parent", "relations", "child", "drift"], rows, style, output, none=none)
    if not steps:
        return
    older, younger = steps[0].parent, steps[-1].child
    turned = ", not the other way round" if older != one else ""
    here.talk.say(f"{younger} descends from {older}{turned}: {plural(len(steps), 'hop')}")


def common(
    context: typer.Context,
    one: ModelArgument,
    other: ModelArgument,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """List the nearest ancestors that two models share; a model counts as its own ancestor."""
    from modelkin.graph.walk import nearest_common, require_two

    here = session(context)
    with here.graph() as graph:
        one, other = require_two(graph, one, other)
        shared = nearest_common(graph, one, other, relations=relations(relation), hops=hops)
    rows = [
        {"ancestor": model, "hops_from_first": a, "hops_from_second": b} for model, a, b in shared
    ]
    here.show(
        ["ancestor", "hops_from_first", "hops_from_second"],
        rows,
        style,
        output,
        headings={"hops_from_first": f"hops from {one}", "hops_from_second": f"hops from {other}"},
        none=f"{one} and {other} have no common ancestor within {hops} hops",
    )
