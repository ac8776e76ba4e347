"""Commands about what a model is: configuration, differences, neighbours, roots, families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import (
    FormatOption,
    LimitOption,
    ModelArgument,
    OutputOption,
    ShowCypherOption,
    session,
)

if TYPE_CHECKING:
    from modelkin.graph.client import Graph

PANEL = "Models"


def register(application: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (config, diff, similar, roots, families):
        application.command(command.__name__, rich_help_panel=PANEL)(command)


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
    """Compare two models attribute by attribute: changed, equal, or unknown on one side.

    A table names its columns by the models. In csv, json and jsonl the columns are always
    first_id, first, second_id and second, so that a program finds them for any two models.
    """
    from modelkin.graph.card import compare
    from modelkin.graph.walk import require_two

    here = session(context)
    with here.graph() as graph:
        one, other = require_two(graph, one, other)
        rows = compare(graph, one, other)
    states = [row["state"] for row in rows]
    shown = [
        {"first_id": one, "second_id": other, **row}
        for row in rows
        if every or row["state"] != "equal"
    ]
    columns = ["attribute", "first", "second", "state", "compared"]
    if here.format(style, output) != "table":
        columns = ["attribute", "first_id", "first", "second_id", "second", "state", "compared"]
    here.show(
        columns,
        shown,
        style,
        output,
        headings={"first": one, "second": other, "compared": "counts in drift"},
        none="no difference is known",
    )
    here.talk.say(f"{states.count('changed')} changed, {states.count('equal')} equal, "
                  f"{states.count('unknown')} known on one side only")  # fmt: skip
    if not every and "equal" in states:
        here.talk.say("`--all` shows the equal ones too")


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
    """List the models of other configurations that lie nearest, related or not.

    Distance and similarity (1 - distance) are over the fields that both models know, as many
    as n_compared says. Related: they have a common ancestor, over edges of every relation;
    unknown where either has no declared relative.
    """
    from modelkin.cypher import catalogue
    from modelkin.graph.neighbours import why_none

    here = session(context)
    query = catalogue.get("similarity/similar")
    with here.graph() as graph:
        model = _require(graph, model)
        here.say_stale(graph, "similarity")
        values = catalogue.bind(query, {"model_id": model, "limit": limit})
        here.cypher(query, show_cypher, values)
        rows = graph.fetch(query, **values)
        none = "no rows" if rows else why_none(graph, model)
    unknown = "unknown" if here.format(style, output) == "table" else None
    shown = [row if row["related"] is not None else row | {"related": unknown} for row in rows]
    here.show(query.returns, shown, style, output, none=none)
    if any(row["related"] is None for row in rows):
        here.talk.say("related unknown: one of the two models has no declared relative at all")
    if any(row["distance"] == 0 for row in rows):
        here.talk.say(
            "distance 0: equal in every field that both know (n_compared); the configurations "
            "differ only in which fields are known"
        )


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
    """Run one named question and print its rows."""
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
