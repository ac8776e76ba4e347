"""The report: all results in one HTML page that needs nothing else, foreign text escaped."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from modelkin.errors import printable
from modelkin.output.compact import compact
from modelkin.output.files import plain_rows
from modelkin.output.show import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from modelkin.analysis.result import Result, Table

ROWS = 25
"""Rows of a table in the page; its file holds all."""

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-top: 2px solid #ddd;
  padding-top: 1rem; }
p.about, figcaption, .funnel { color: #555; font-size: .88em; }
nav { columns: 3; } figure { margin: 1.5rem 0; } img { max-width: 100%; height: auto; }
div.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .82em;
  font-variant-numeric: tabular-nums; }
th, td { padding: .2em .6em; border-bottom: 1px solid #e4e4e4; text-align: left;
  vertical-align: top; } th { background: #f5f5f5; } td.number { text-align: right; }
ul.missing li { color: #7a3e00; } code { font-size: .9em; }
"""


@dataclass(frozen=True)
class Part:
    """One analysis in the report.

    Attributes
    ----------
    name, question : str
        As in the registry.
    result : Result or None
        None where it could not be computed.
    folder : Path or None
        Where its files are.
    why : str
        Why there is no result.
    """

    name: str
    question: str
    result: Result | None = None
    folder: Path | None = None
    why: str = ""


def html(title: str, head: Sequence[str], parts: Sequence[Part]) -> str:
    """Return the whole page.

    Parameters
    ----------
    title : str
        What the page is about.
    head : sequence of str
        Sentences below the title: which graph, which version.
    parts : sequence of Part
        The analyses, in their order.

    Returns
    -------
    str
        HTML with the pictures inside; it loads nothing and runs nothing (its own policy
        forbids both). Names from the Hub stand in it as text only.
    """
    body = "".join(piece for part in parts for piece in _section(part))
    links = "".join(f'<li><a href="#{_e(p.name)}">{_e(p.name)}</a></li>' for p in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src data:; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_e(title)}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        f"<h1>{_e(title)}</h1>\n{''.join(f'<p>{_e(s)}</p>' for s in head)}\n"
        f"<nav><ul>{links}</ul></nav>\n{_not_computed(parts)}{body}</body></html>\n"
    )


def gaps(result: Result) -> list[str]:
    """Say which estimates of a result's tables are missing, and the most frequent reason."""
    said = list(result.missing)
    for table in result.tables:
        for column in table.frame.columns:
            name = str(column)
            if name != "note" and not name.endswith("_note"):
                continue
            notes = Counter(str(n) for n in table.frame[column] if isinstance(n, str) and n)
            if notes:
                words = "note" if name == "note" else name.removesuffix("_note")
                often = min(notes.items(), key=lambda item: (-item[1], item[0]))[0]
                said.append(
                    f"{table.name}, {words}: {sum(notes.values()):,} of {len(table.frame):,} rows "
                    f"without a full estimate (most often: {often})."
                )
    return said


def _not_computed(parts: Sequence[Part]) -> str:
    """Return the list of analyses without a result."""
    items = "".join(f"<li>{_e(p.name)}: {_e(p.why)}</li>" for p in parts if p.result is None)
    return f'<h2>Could not be computed</h2><ul class="missing">{items}</ul>' if items else ""


def _section(part: Part) -> Iterator[str]:
    """Yield one analysis: question, funnel, findings, pictures, tables, parameters, gaps."""
    yield f'<h2 id="{_e(part.name)}">{_e(part.name)}</h2><p><em>{_e(part.question)}</em></p>\n'
    result = part.result
    if result is None:
        yield f'<ul class="missing"><li>{_e(part.why)}</li></ul>\n'
        return
    yield f'<p class="funnel">{_e(result.coverage.caption())}</p>\n'
    yield f"<ul>{''.join(f'<li>{_e(s)}</li>' for s in result.findings)}</ul>\n"
    for figure in result.figures:
        picture = part.folder / f"{figure.name}.png" if part.folder else None
        if picture is not None and picture.is_file():
            data = base64.b64encode(picture.read_bytes()).decode("ascii")
            yield (
                f'<figure><img alt="{_e(figure.title)}" src="data:image/png;base64,{data}">'
                f"<figcaption>{_e(figure.name)}: {_e(figure.caption)}</figcaption></figure>\n"
            )
    for table in result.tables:
        yield from _table(table)
    missing = gaps(result)
    if missing:
        items = "".join(f"<li>{_e(s)}</li>" for s in missing)
        yield f'<h3>Not computed, and why</h3><ul class="missing">{items}</ul>\n'
    options = ", ".join(f"{k} = {v!r}" for k, v in sorted(result.parameters.items())) or "none"
    yield f'<p class="about">Parameters: {_e(options)}.</p>\n'


def _table(table: Table) -> Iterator[str]:
    """Yield the first rows of a table, with its coverage."""
    n, cover = len(table.frame), table.coverage
    rest = f"; the first {ROWS} of {n:,} rows, all in {table.name}.csv" if n > ROWS else ""
    yield (
        f'<h3>{_e(table.name)}</h3><p class="about">{_e(table.about)} '
        f"Used {cover.n_used:,} of {cover.n_scope:,} in scope{_e(rest)}.</p>\n"
    )
    if not n:
        yield "<p>no rows</p>\n"
        return
    names = [str(c) for c in table.frame.columns]
    columns, rows = compact(names, plain_rows(table.frame.head(ROWS)))
    heads = "".join(f"<th>{_e(c)}</th>" for c in columns)
    yield f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>\n'
    for row in rows:
        yield f"<tr>{''.join(_cell(row.get(c)) for c in columns)}</tr>\n"
    yield "</tbody></table></div>\n"


def _cell(value: Any) -> str:
    """Return one cell; numbers stand to the right."""
    kind = ' class="number"' if isinstance(value, (int, float)) else ""
    return f"<td{kind}>{_e(text_of(value))}</td>"


def _e(text: str) -> str:
    """Escape foreign text: control characters for the eye, markup for the browser."""
    return escape(printable(str(text)), quote=True)
