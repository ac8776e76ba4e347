"""Commands about one model or two: lineage, configuration, neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import (
    FormatOption,
    HopsOption,
    LimitOption,
    OutputOption,
    RelationOption,
    Session,
    ShowCypherOption,
    put,
    relations,
    session,
)
from modelkin.errors import UserError, printable
from modelkin.output.talk import plural

if TYPE_CHECKING:
    from modelkin.graph.client import Graph
    from modelkin.graph.walk import Direction, Step, Walk

ModelArgument = Annotated[str, typer.Argument(help="model id, as org/name")]
PANEL = "Models"


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (lineage, ancestors, descendants, path, common, config, diff, similar, roots,
                    families):  # fmt: skip
        application.command(command.__name__, rich_help_panel=PANEL)(command)


def lineage(
    context: typer.Context,
    model: ModelArgument,
    up: Annotated[bool, typer.Option("--up", help="only where it comes from")] = False,
    down: Annotated[bool, typer.Option("--down", help="only what came of it")] = False,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    wide: Annotated[
        int, typer.Option("--wide", min=0, help="children shown under one model; 0 shows all")
    ] = 12,
) -> None:
    """Draw a model's lineage as text: ancestors above, descendants below."""
    from modelkin.graph.walk import require, walk

    here = session(context)
    wanted = relations(relation)
    both = up == down
    with here.graph() as graph:
        model = require(graph, model)
        here.say_stale(graph, "drift")
        if both or up:
            above = walk(graph, model, "up", relations=wanted, hops=hops)
            _tree(here, above, "up", f"ancestors of {model}", wide)
        if both or down:
            below = walk(graph, model, "down", relations=wanted, hops=hops)
            _tree(here, below, "down", f"descendants of {model}", wide)


def _tree(here: Session, found: Walk, direction: Direction, title: str, wide: int) -> None:
    """Print one side of a lineage."""
    from modelkin.output import tree

    beside: dict[str, list[tuple[str, str]]] = {}
    for step in sorted(found.steps, key=lambda s: (s.parent, s.child)):
        here_id, next_id = (
            (step.child, step.parent) if direction == "up" else (step.parent, step.child)
        )
        beside.setdefault(here_id, []).append((_words(step), next_id))
    put(f"{printable(title)}: {plural(len(found.hops) - 1, 'model')}, "
        f"{plural(max(found.hops.values()), 'hop')}\n")  # fmt: skip
    for line in tree.draw(found.start, beside, wide=wide, size=lambda m: len(beside.get(m, ()))):
        put(line + "\n")
    _say_stopped(here, found)


def _words(step: Step) -> str:
    """Spell an edge: its relations, and its drift where it is known."""
    drift = "" if step.drift is None else f" {step.drift:.3f}"
    return f"[{'+'.join(step.relations)}{drift}]"


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
    output: Any,
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
        reached = step.parent if direction == "up" else step.child
        by.setdefault(reached, []).extend(step.relations)
    rows = [
        {"model_id": m, "hops": n, "relations": sorted(set(by.get(m, [])))}
        for m, n in sorted(found.hops.items(), key=lambda item: (item[1], item[0]))
        if n
    ]
    here.show(["model_id", "hops", "relations"], rows, style, output)
    here.talk.say(plural(len(rows), "model"))
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
    """Show a shortest line of descent between two models."""
    from modelkin.graph.walk import path as line_of
    from modelkin.graph.walk import require

    here = session(context)
    with here.graph() as graph:
        one, other = require(graph, one), require(graph, other)
        steps = line_of(graph, one, other, relations=relations(relation), hops=hops)
    if steps is None:
        raise UserError(
            f"Neither of {one} and {other} descends from the other",
            fix=f"`modelkin common {one} {other}` looks for ancestors that both have.",
        )
    rows = [
        {"parent": s.parent, "relations": list(s.relations), "child": s.child, "drift": s.drift}
        for s in steps
    ]
    here.show(["parent", "relations", "child", "drift"], rows, style, output)


def common(
    context: typer.Context,
    one: ModelArgument,
    other: ModelArgument,
    relation: RelationOption = None,
    hops: HopsOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """List the nearest ancestors that two models share."""
    from modelkin.graph.walk import nearest_common, require

    here = session(context)
    with here.graph() as graph:
        one, other = require(graph, one), require(graph, other)
        shared = nearest_common(graph, one, other, relations=relations(relation), hops=hops)
    rows = [
        {"ancestor": model, "hops_from_first": a, "hops_from_second": b} for model, a, b in shared
    ]
    here.show(["ancestor", "hops_from_first", "hops_from_second"], rows, style, output)


def config(
    context: typer.Context,
    model: ModelArgument,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Show what is known of a model: attribute, value, and where it comes from."""
    from modelkin.graph.card import card

    here = session(context)
    with here.graph() as graph:
        here.say_stale(graph, "depth")
        rows = card(graph, _require(graph, model))
    here.show(["attribute", "value", "evidence", "snapshot", "run"], rows, style, output)


def diff(
    context: typer.Context,
    one: ModelArgument,
    other: ModelArgument,
    every: Annotated[bool, typer.Option("--all", help="equal attributes too")] = False,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Compare two models attribute by attribute: changed, equal, or not known on one side."""
    from modelkin.graph.card import compare

    here = session(context)
    with here.graph() as graph:
        one, other = _require(graph, one), _require(graph, other)
        rows = compare(graph, one, other)
    states = [row["state"] for row in rows]
    shown = [row for row in rows if every or row["state"] != "equal"]
    here.show(["attribute", "first", "second", "state", "compared"], shown, style, output)
    here.talk.say(f"{states.count('changed')} changed, {states.count('equal')} equal, "
                  f"{states.count('unknown')} known on one side only")  # fmt: skip


def _require(graph: Graph, model: str) -> str:
    """Return the id as the graph spells it."""
    from modelkin.graph.walk import require

    return require(graph, model)


def similar(
    context: typer.Context,
    model: ModelArgument,
    limit: LimitOption = 10,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """List the models of other configurations that lie nearest, related or not."""
    from modelkin.cypher import catalogue

    here = session(context)
    query = catalogue.get("similarity/similar")
    with here.graph() as graph:
        model = _require(graph, model)
        here.say_stale(graph, "similarity")
        values = catalogue.bind(query, {"model_id": model})
        here.cypher(query, show_cypher, values)
        rows = graph.fetch(query, **values)
    here.show(query.returns, rows[:limit], style, output)


def roots(
    context: typer.Context,
    limit: LimitOption = 50,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """List the models that others come from and that come from none."""
    _ask(context, "lineage/roots", limit, style, output, show_cypher)


def families(
    context: typer.Context,
    limit: LimitOption = 100,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """List architecture families by size, with their share of known configurations."""
    _ask(context, "overview/families", limit, style, output, show_cypher)


def _ask(
    context: typer.Context,
    name: str,
    limit: int,
    style: str,
    output: Any,
    show_cypher: bool,
) -> None:
    """Run one catalogued question and print its rows."""
    from modelkin.cypher import catalogue
    from modelkin.graph.stale import needs

    here = session(context)
    query = catalogue.get(name)
    values = catalogue.bind(query, {})
    here.cypher(query, show_cypher, values)
    with here.graph() as graph:
        here.say_stale(graph, *needs(query))
        rows = graph.fetch(query, **values)
    if len(rows) > limit:
        here.talk.say(f"first {limit:,} of {len(rows):,}; `--limit` shows more")
    here.show(query.returns, rows[:limit], style, output)
