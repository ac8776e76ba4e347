"""The report and the summary: whole, self-contained, foreign text escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from modelkin.analysis.result import Coverage, Figure, Panel, Result, Table
from modelkin.output.markdown import page
from modelkin.output.report import ROWS, Part, gaps, html

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=y>\x1b[31m|`a`[b](c)"
COVER = Coverage((("in scope", 12), ("used", 7)), 3, 2.5)


def result(**changes) -> Result:
    frame = pd.DataFrame(
        {"name": [EVIL] * 40, "n": range(40), "x_value": 0.5, "x_low": 0.25, "x_high": 1.0,
         "x_note": ["", "counts only (G = 2, n = 3)"] * 20}
    )  # fmt: skip
    figure = Figure("picture", EVIL, (Panel("bars", frame, "name", "n"),), EVIL)
    given = {
        "coverage": COVER,
        "tables": (Table("evil", frame, EVIL, COVER),),
        "figures": (figure,),
        "findings": (EVIL,),
        "parameters": {"who": EVIL},
        "missing": (EVIL,),
    }
    return Result(name="small", **(given | changes))


class Tags(HTMLParser):
    """Collects elements and the text outside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_foreign_text_stays_text_and_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    text = html(EVIL, [EVIL], [Part("small", EVIL, result(), tmp_path), Part("no", "?", why=EVIL)])
    reader = Tags()
    reader.feed(text)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "iframe", "object", "form"}
    pictures = [attrs["src"] for tag, attrs in reader.tags if tag == "img"]
    assert pictures == ["data:image/png;base64,iVBORw=="]
    assert all(not k.startswith("on") for _, attrs in reader.tags for k in attrs)
    assert "\x1b" not in text
    assert "default-src 'none'" in text


def test_coverage_rows_and_what_is_missing_are_told(tmp_path: Path) -> None:
    text = html("t", [], [Part("small", "?", result(), tmp_path), Part("no", "?", why="no dates")])
    assert "in scope 12 → used 7; G = 3, effective 2.5." in text
    assert "Used 7 of 12 in scope" in text
    assert f"the first {ROWS} of 40 rows" in text
    assert text.count("<tr>") == 1 + ROWS
    assert "0.5 [0.25, 1]" in text
    assert re.search(r"Could not be computed</h2>.*no: no dates", text)


def test_gaps_are_counted_with_their_reason() -> None:
    assert gaps(result(missing=("a",))) == [
        "a",
        "evil, x: 20 of 40 rows without a full estimate (most often: counts only (G = 2, n = 3)).",
    ]


def test_the_summary_is_markdown_by_section() -> None:
    frame = pd.DataFrame({"section": ["a", "a", "b"], "what": ["x", EVIL, "z"], "n": [1, 2, 3]})
    text = page("Quick", result(tables=(Table("t", frame, "?", COVER),)))
    assert [line for line in text.splitlines() if line.startswith("## ")][:2] == ["## a", "## b"]
    assert "| x | 1 |" in text
    assert "<script" not in text.replace("\\<", "")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}


def test_the_same_result_gives_the_same_page(tmp_path: Path) -> None:
    parts = [Part("small", "?", result(), tmp_path)]
    assert html("t", ["h"], parts) == html("t", ["h"], parts)
