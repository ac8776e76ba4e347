"""What all commands share: the database in hand, where answers go, and common options."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelkin.errors import UserError, plural, printable
from modelkin.output.show import FORMATS, Format, render
from modelkin.output.talk import Talk

if TYPE_CHECKING:
    from modelkin.cypher.query import Query
    from modelkin.graph.client import Graph


def _format(value: str) -> str:
    """Check a format's name."""
    if value not in FORMATS:
        raise typer.BadParameter(f"one of {', '.join(FORMATS)}")
    return value


def _tree_format(value: str) -> str:
    """Check a format's name where a tree is one too."""
    if value not in ("tree", *FORMATS):
        raise typer.BadParameter(f"one of tree, {', '.join(FORMATS)}")
    return value


ModelArgument = Annotated[str, typer.Argument(help="model id, as org/name")]
FormatOption = Annotated[
    str, typer.Option("--format", callback=_format, help="table, csv, json or jsonl")
]
TreeFormatOption = Annotated[
    str, typer.Option("--format", callback=_tree_format, help="tree, table, csv, json or jsonl")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="file (or folder of results) to write to")
]
ShowCypherOption = Annotated[
    bool, typer.Option("--show-cypher", help="print the query on stderr as it is sent")
]
RelationOption = Annotated[
    list[str] | None,
    typer.Option("--relation", "-r", help="only edges that claim this relation; repeatable"),
]
HopsOption = Annotated[int, typer.Option("--hops", min=1, max=10_000, help="how far to walk")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="most rows to print")]
WriteOption = Annotated[bool, typer.Option("--write", help="store the values in the graph")]
MetricOption = Annotated[
    str, typer.Option("--metric", help="distance: range, log-range or pairwise-max")
]
FeaturesOption = Annotated[
    str,
    typer.Option(
        "--features",
        help="fields to compare: default, reference (those of the notebooks) or training",
    ),
]
WeightsOption = Annotated[
    bool, typer.Option("--weights", help="weigh fields as the schema says; 1 each without it")
]
SeedOption = Annotated[int, typer.Option("--seed", help="seed of every random number")]


@dataclass
class Session:
    """One run of the program.

    Attributes
    ----------
    uri : str or None
        Neo4j address asked for by ``--uri``.
    db : Path or None
        Folder of the embedded engine asked for by ``--db``.
    talk : Talk
        Says things on stderr.
    """

    uri: str | None = None
    db: Path | None = None
    talk: Talk = field(default_factory=Talk)

    @contextmanager
    def graph(self) -> Iterator[Graph]:
        """Connect, say which database this is and what it holds, and close at the end."""
        from modelkin.graph.connect import connect

        with connect(self.uri, db=self.db) as graph:
            graph.on_wait = self.talk.say
            for notice in graph.notices:
                self.talk.say(f"warning: {notice}")
            self.talk.say(describe(graph))
            yield graph

    def say_stale(self, graph: Graph, *kinds: str) -> None:
        """Say which stored values are missing or older than the loads."""
        from modelkin.graph.stale import stale

        for sentence in stale(graph, *kinds) if kinds else ():
            self.talk.say(sentence)

    def show(
        self,
        columns: Sequence[str],
        rows: Sequence[Mapping[str, Any]],
        style: str = "table",
        output: Path | None = None,
        *,
        headings: Mapping[str, str] | None = None,
        none: str = "no rows",
    ) -> None:
        """Print rows to stdout, or write them to a file.

        `headings` are words for columns of a table, `none` is said when there are no rows.
        """
        chosen = self.format(style, output)
        if output is not None:
            self.write(output, render(columns, rows, chosen, headings=headings), len(rows))
        else:
            width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
            put(render(columns, rows, chosen, width=width, headings=headings))
        if not rows:
            self.talk.say(none)

    def format(self, style: str, output: Path | None) -> Format:
        """Return the format of an answer: a file's suffix decides where none was asked for."""
        suffix = output.suffix.lstrip(".") if output is not None else ""
        chosen: Any = suffix if style == "table" and suffix in FORMATS else style
        return chosen  # type: ignore[no-any-return]  # checked by _format

    def write(self, output: Path, text: str, n_rows: int | None = None) -> None:
        """Write an answer to a file and say so."""
        from modelkin.output.files import write_text

        write_text(output, text)
        what = "" if n_rows is None else f"{plural(n_rows, 'row')} "
        self.talk.say(f"{what}written to {output}")

    def cypher(self, query: Query, shown: bool, values: Mapping[str, Any] | None = None) -> None:
        """Print a query's text and parameters on stderr when asked to."""
        if shown:
            from modelkin.cypher import catalogue

            if values:
                self.talk.say(catalogue.params_line(query, values))
            self.talk.lines(query.text)


def put(text: str) -> None:
    """Write data to stdout; text that the terminal's encoding lacks is escaped, never lost."""
    if sys.stdout.isatty():  # a terminal obeys control characters; a file keeps them
        text = "".join(printable(line) + "\n" for line in text.splitlines())
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def describe(graph: Graph) -> str:
    """Return one line: which database, and what is in it."""
    from modelkin.cypher import catalogue

    n = graph.fetch(catalogue.get("fetch/counts"))[0]
    name = "embedded engine" if graph.engine == "embedded" else "Neo4j"
    held = ", ".join(
        [
            plural(n["models"], "model"),
            f"{n['configured']:,} configured",
            plural(n["edges"], "edge"),
            f"{n['similar']:,} SIMILAR_TO",
            plural(n["runs"], "run"),
        ]
    )
    return (
        f"{name} at {graph.address}: {held}" if n["models"] else f"{name} at {graph.address}: empty"
    )


def session(context: typer.Context) -> Session:
    """Return the session that the application's options made."""
    found = context.find_root().obj
    assert isinstance(found, Session)
    return found


def relations(words: list[str] | None, *, hints: bool = False) -> list[str]:
    """Return relations by their canonical names, in any spelling that the Hub uses.

    With `hints` the word "hint" is one of them.
    """
    from modelkin.schema.graph import HINT, RELATION_WORDS, RELATIONS, UNTYPED

    known = {**RELATION_WORDS, HINT: HINT} if hints else RELATION_WORDS
    choice = (*RELATIONS, UNTYPED, *([HINT] if hints else []))
    out = []
    for word in words or []:
        if word.lower() not in known:
            raise UserError(f"Unknown relation {word!r}", fix=f"Choose from {', '.join(choice)}.")
        out.append(known[word.lower()])
    return sorted(set(out))
