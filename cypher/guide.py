"""What Neo4j Browser takes from us: a style sheet, a guide of slides, a zip of saved queries.

The queries in it are the catalogue's files, byte for byte. Browser reads a guide as HTML with
one ``<slide>`` for each step; the text of ``<pre class="runnable">`` goes to its editor.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query

STYLE = Path(__file__).parent / "browser" / "style.grass"

FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Date of every file in the zip: the same queries give the same bytes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One slide: a heading, what to look at, and the query that shows it."""

    title: str
    about: str
    query: str


TOUR: tuple[Step, ...] = (
    Step(
        "What is in the graph?",
        "Families of architectures, with their models and how many of them are configured.",
        "overview/families",
    ),
    Step(
        "What came of one model?",
        "Its descendants, drawn: green is a root, blue is configured, sand is a parent that no "
        "source describes. An arrow says the relation; a click on it shows the drift.",
        "lineage/descendants_graph",
    ),
    Step(
        "Where does one model come from?",
        "A merge has several parents; all ways up are drawn.",
        "lineage/ancestors_graph",
    ),
    Step(
        "On which ways does one come from another?",
        "Every way from an ancestor down, with the relations on it.",
        "lineage/paths",
    ),
    Step(
        "Which lineages are largest?",
        "Roots by the number of their descendants: `modelkin depth --write` computes it.",
        "lineage/roots",
    ),
    Step(
        "What changed most?",
        "Edges by drift, the distance between the two configurations: 0 is equal, 1 differs in "
        "every field that both know.",
        "similarity/most_drifted",
    ),
    Step(
        "What is alike, related or not?",
        "The nearest models of other configurations, in orange; the number is the distance.",
        "similarity/similar_graph",
    ),
    Step(
        "Who is alike without being related?",
        "Small distances between models of no known common lineage.",
        "similarity/unrelated_twins",
    ),
    Step("Which merges join the most?", "Models with the most parents.", "lineage/merges"),
    Step(
        "What contradicts itself?",
        "Children that are older than their parents: one of seventeen audits.",
        "audit/older_children",
    ),
)
"""The tour; before it stands the slide that loads the style."""


def examples(query: Query) -> dict[str, Any]:
    """Return the parameters of a query with its examples and defaults."""
    return {p.name: p.example if p.example is not None else p.default for p in query.params}


def style() -> str:
    """Return the style sheet in Browser's own language (GRASS)."""
    return STYLE.read_text(encoding="utf-8")


def guide(style_url: str, queries_url: str) -> str:
    """Return the guide as HTML.

    Parameters
    ----------
    style_url, queries_url : str
        Where Browser finds the style sheet, and a person the zip of saved queries.
    """
    first = (
        "<slide><h3>Begin here</h3>"
        f'<p><a data-exec="style {escape(style_url)}">Load the style</a>: one click. Roots, '
        "configured models and stubs then differ in size and colour, and arrows say their "
        "relation.</p>"
        f'<p><a href="{escape(queries_url)}">Get the saved queries</a> and drop the file on this '
        "page: every question of the catalogue is then among the favourites.</p>"
        "<p>On the next slides a click puts a block into the editor; run the parameters first, "
        "then the query.</p></slide>"
    )
    slides = [first, *(_slide(number, step) for number, step in enumerate(TOUR, 1))]
    body = "\n".join(slides)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>modelkin</title></head><body>\n{body}\n</body></html>\n"
    )


def _slide(number: int, step: Step) -> str:
    """Return one slide: parameters, where there are any, then the query as its file has it."""
    query = catalogue.get(step.query)
    params = catalogue.params_line(query, examples(query))
    blocks = [params, query.text] if params else [query.text]
    runnable = "".join(
        f'<figure><pre class="pre-scrollable code runnable">{escape(block, quote=False)}</pre>'
        "</figure>"
        for block in blocks
    )
    head = f"<h3>{number}. {escape(step.title)}</h3><p>{escape(step.about)}</p>"
    return f"<slide>{head}{runnable}</slide>"


@cache
def saved_queries() -> bytes:
    """Return a zip of every question: folders become folders of favourites.

    Browser shows the first line of a file as its name; the line of parameters is a comment.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for query in catalogue.questions():
            params = catalogue.params_line(query, examples(query))
            head = f"// {query.question}\n" + (f"// run before: {params}\n" if params else "")
            entry = zipfile.ZipInfo(f"modelkin {query.name}.cypher", FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, head + query.text)
    return out.getvalue()
