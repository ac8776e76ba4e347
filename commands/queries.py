"""``modelkin queries`` and ``modelkin cypher``: named questions, and anybody's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.commands.session import (
    FormatOption,
    LimitOption,
    OutputOption,
    Session,
    ShowCypherOption,
    put,
    session,
)
from modelkin.errors import UserError

if TYPE_CHECKING:
    from modelkin.cypher.query import Query
    from modelkin.graph.door import Answer

app = typer.Typer(no_args_is_help=True, help="Find, show and run the named questions.")

ParamOption = Annotated[
    list[str] | None, typer.Option("--param", "-p", help="parameter as name=VALUE; repeatable")
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0.1, max=3600, help="seconds a query may take")
]
NameArgument = Annotated[str, typer.Argument(help="name of a query, as in queries list")]
WordsArgument = Annotated[
    list[str] | None, typer.Argument(help="parameters as name=VALUE, like --param")
]
AllOption = Annotated[
    bool, typer.Option("--all", help="also the queries that only serve commands and measures")
]

MODEL_PARAMS = frozenset({"model_id", "one", "other", "ancestor_id", "descendant_id"})
"""Parameters that name a model: a wrong id is answered with the closest, as by every command."""


def register(application: typer.Typer) -> None:
    """Add ``cypher`` to the application."""
    application.command("cypher", rich_help_panel="Questions")(cypher)


@app.command("list")
def list_queries(
    context: typer.Context,
    every: AllOption = False,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """List the named questions."""
    from modelkin.cypher import catalogue

    found = catalogue.every() if every else catalogue.questions()
    _listed(session(context), found, every, style, output)


@app.command("search")
def search_queries(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="words to look for")],
    every: AllOption = False,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Find questions by words in their names and texts."""
    from modelkin.cypher import catalogue

    _listed(session(context), catalogue.search(words), every, style, output)


def _listed(
    here: Session, found: list[Query], every: bool, style: str, output: Path | None
) -> None:
    """Print queries that read; of those that answer nobody's question only when asked."""
    from modelkin.cypher.catalogue import QUESTIONS

    rows = [
        {"name": q.name, "question": q.question, "params": ", ".join(p.name for p in q.params)}
        for q in found
        if q.mode == "read" and (every or (q.name.split("/")[0] in QUESTIONS and not q.serves))
    ]
    here.show(["name", "question", "params"], rows, style, output)


@app.command("show")
def show_query(
    context: typer.Context,
    name: NameArgument,
    words: WordsArgument = None,
    params: ParamOption = None,
) -> None:
    """Print a query as Neo4j Browser takes it, the :param line first."""
    from modelkin.cypher import catalogue

    query = catalogue.get(name)
    given = {p.name: p.example for p in query.params if not p.has_default}
    given |= _pairs([*(words or ()), *(params or ())])
    values = catalogue.bind(query, given, text=True)
    put((catalogue.params_line(query, values) + "\n\n" if values else "") + query.text)


@app.command("run")
def run_query(
    context: typer.Context,
    name: NameArgument,
    words: WordsArgument = None,
    params: ParamOption = None,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 30.0,
    style: FormatOption = "table",
    output: OutputOption = None,
    show_cypher: ShowCypherOption = False,
) -> None:
    """Run a named question; nothing is changed."""
    from modelkin.cypher import catalogue
    from modelkin.graph.stale import needs
    from modelkin.graph.walk import require

    here = session(context)
    query = catalogue.get(name)
    if query.mode != "read":
        raise UserError(
            f"{query.name} is no question", why="it changes the graph; loads and measures use it"
        )
    pairs = _pairs([*(words or ()), *(params or ())])
    values = catalogue.bind(query, pairs, text=True)
    with here.graph() as graph:
        for name in sorted(MODEL_PARAMS & pairs.keys()) if not query.serves else ():
            values[name] = require(graph, values[name])
        here.cypher(query, show_cypher, values)
        here.say_stale(graph, *needs(query))
        answer = graph.ask(query.text, values, limit=limit, timeout_s=timeout)
    answer_to(here, answer, limit, style, output)


@app.command("check")
def check_queries(context: typer.Context) -> None:
    """Check every query of the catalogue against its own header."""
    from modelkin.cypher import catalogue

    problems = [f"{q.name}: {p}" for q in catalogue.every() for p in catalogue.check(q)]
    if problems:
        raise UserError("The catalogue is broken", why="; ".join(problems))
    session(context).talk.say(f"{len(catalogue.every())} queries keep their contracts")


def cypher(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(help="a query; - reads it from standard input")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="file with the query; - is standard input")
    ] = None,
    params: ParamOption = None,
    limit: LimitOption = 1_000,
    timeout: TimeoutOption = 30.0,
    style: FormatOption = "table",
    output: OutputOption = None,
) -> None:
    """Ask anything in Cypher, read-only: nothing is changed, no file or address is read."""
    from modelkin.graph.hints import hints

    here = session(context)
    query = _text(text, file)
    with here.graph() as graph:
        answer = graph.ask(query, _typed(_pairs(params)), limit=limit, timeout_s=timeout)
    answer_to(here, answer, limit, style, output)
    for sentence in hints(query):
        here.talk.say(f"hint: {sentence}")


def answer_to(here: Session, answer: Answer, limit: int, style: str, output: Path | None) -> None:
    """Print an answer; a cut one says so."""
    from modelkin.graph.display import as_data, as_text

    convert = as_text if style in ("table", "csv") else as_data
    rows = [
        {c: convert(v) for c, v in zip(answer.columns, row, strict=True)} for row in answer.rows
    ]
    here.show(list(answer.columns), rows, style, output)
    if answer.truncated:
        here.talk.say(f"first {limit:,} rows; there are more: `--limit` shows them")


def _text(text: str | None, file: Path | None) -> str:
    """Return the query from the argument, a file, or standard input."""
    if (text is None) == (file is None):
        raise UserError("Give one query", fix='modelkin cypher "MATCH …", or -f FILE, or -.')
    if text == "-" or str(file) == "-":
        return sys.stdin.read()
    if text is not None:
        return text
    assert file is not None
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError("Cannot read the query", where=str(file), why=str(error)) from error


def _pairs(params: list[str] | None) -> dict[str, Any]:
    """Split name=VALUE pairs."""
    pairs = {}
    for param in params or []:
        name, sign, value = param.partition("=")
        if not sign or not name:
            raise UserError(f"Cannot read parameter {param!r}", fix="Write it as name=VALUE.")
        pairs[name] = value
    return pairs


def _typed(pairs: dict[str, Any]) -> dict[str, Any]:
    """Read values of a free query as JSON where they are, as text elsewhere."""
    import json

    typed = {}
    for name, value in pairs.items():
        try:
            typed[name] = json.loads(value)
        except json.JSONDecodeError:
            typed[name] = value
    return typed
