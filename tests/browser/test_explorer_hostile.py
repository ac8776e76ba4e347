"""Hostile text and extreme shapes through the page and the one file, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from asked_graph import AskedGraph, StandIn
from browsing import serving, visiting
from hostile_text import HOSTILE_TEXT

from modelkin.explorer import assets, onefile
from modelkin.explorer.filters import Filters
from modelkin.explorer.members import Walked

TOP = "top/model"
TEXTS = tuple(t for t in HOSTILE_TEXT if t and len(t) < 300)
HUB = 3_000


def hostile() -> AskedGraph:
    """Every hostile text as an id, a licence and a family, some of them with children."""
    edges = [(TOP, text, "finetune") for text in TEXTS]
    edges += [(text, f"child/{k}", "merge") for k, text in enumerate(TEXTS) if k % 9 == 0]
    facts = {t: {"license": t, "family": t, "downloads": k} for k, t in enumerate(TEXTS)}
    facts[TOP] = {"pipeline_tag": "<img src=x onerror=window.owned=1>"}
    return AskedGraph(edges, facts)


@pytest.fixture
def visit(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    graph = StandIn(request.param())
    with serving(graph) as server, visiting(chromium, server) as made:  # type: ignore[arg-type] # stands for a Graph
        yield made


def hub() -> AskedGraph:
    edges = [("hub/base", f"hub/child-{k:05d}", "adapter") for k in range(HUB)]
    return AskedGraph(edges, {f"hub/child-{k:05d}": {"downloads": k} for k in range(HUB)})


def empty() -> AskedGraph:
    return AskedGraph([])


def ring() -> AskedGraph:
    edges = [("a/a", "a/b", "merge"), ("a/b", "a/c", "merge"), ("a/c", "a/a", "merge")]
    return AskedGraph([*edges, ("a/c", "a/leaf", "finetune")])


def check(page: Any, tmp_path: Path, n_scripts: int) -> None:
    """Nothing ran; no control reached the document; the saved drawing is well-formed."""
    assert page.evaluate("window.owned") is None
    text = page.evaluate("document.body.textContent + document.title")
    assert not [
        c for c in text if c != "\n" and not c.isprintable() and c not in "\u0301\U000e0041"
    ]
    assert page.locator("body script").count() == n_scripts
    assert page.locator("body img, body [onload], body [onerror], body [style]").count() == 0
    page.locator("#save summary").click()
    with page.expect_download() as waiting:
        page.locator("#save button", has_text="SVG").click()
    waiting.value.save_as(tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert len(root.findall(".//*[@role='treeitem']")) > 50
    page.locator("#save summary").click()
    with page.expect_download() as waiting:
        page.locator("#save button", has_text="PNG").click()
    waiting.value.save_as(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("visit", [hostile], indirect=True)
def test_the_page_shows_hostile_text_as_text(visit: Any, tmp_path: Path) -> None:
    page = visit.open(f"id={TOP}&budget=1000&card={TOP}&colour=family")
    page.locator("[data-shown]").wait_for()
    check(page, tmp_path, len(assets.LIBRARIES) + 1)
    page.keyboard.press("t")
    page.locator("#table tbody tr").first.wait_for()
    assert page.locator("#table tbody tr").count() > len(TEXTS)
    page.locator("#search input").fill("<")
    page.locator("#search [role=option]").first.wait_for()
    page.locator("#search [role=option]").first.click()
    page.locator("[data-shown]").wait_for()
    assert page.evaluate("window.owned") is None


def test_the_file_shows_hostile_text_as_text(
    chromium: Any, tmp_path: Path, shot: Callable[[Any, str], Path]
) -> None:
    members = Walked(hostile(), TOP, Filters())  # type: ignore[arg-type] # stands for an Asking
    text, _ = onefile.write(hostile(), members, Filters())  # type: ignore[arg-type] # the same
    (tmp_path / "lineage.html").write_text(text, encoding="utf-8")
    with serving(None) as server, visiting(chromium, server) as visit:  # type: ignore[arg-type] # unused
        page = visit.page
        page.goto((tmp_path / "lineage.html").as_uri())
        page.locator("body[data-ready=drawn]").wait_for()
        for _ in range(2):
            page.locator(f'.pic .node.more[aria-label*="{TOP}:"]').press("Enter")
        check(page, tmp_path, 3)
        shot(page, "file")
        page.locator('.pic .node[tabindex="0"]').focus()
        page.keyboard.press("Enter")
        page.locator("[data-shown]").wait_for()
        page.get_by_role("tab", name="Compare").click()
        page.get_by_role("combobox", name="Second model").fill("child/0")
        page.locator("#panel [role=option]").first.click()
        page.locator(".chain").wait_for()
        page.locator("#search input").fill("script")
        page.locator("#search [role=option]").first.click()
        assert "of" in page.locator("#scope").inner_text()
        assert page.evaluate("window.owned") is None


@pytest.mark.parametrize("visit", [hub], indirect=True)
def test_a_hub_opens_by_fifties_and_then_as_a_table(
    visit: Any, shot: Callable[[Any, str], Path]
) -> None:
    page = visit.open("id=hub/base")
    assert page.locator("#scope").inner_text() == (
        f"51 of {HUB + 1:,} members drawn; {HUB - 50:,} folded; relation: all"
    )
    shot(page, "hub")
    for drawn in (100, 150, 200):
        page.locator(".pic .node.more").press("Enter")
        page.locator("#scope", has_text=f"{drawn + 1} of").wait_for()
    page.locator(".pic .node.more").press("Enter")
    page.locator("#table h2", has_text="Children of hub/base").wait_for()
    assert f"1 to 100 of {HUB:,}" in page.locator(".pager").inner_text()
    page.get_by_role("button", name="Next").click()
    page.locator(".pager", has_text="101 to 200").wait_for()
    assert page.locator("#table tbody td").first.inner_text() == f"hub/child-{HUB - 101:05d}"
    page.locator("#table .sort", has_text="model").click()
    page.locator("#table tbody td", has_text="hub/child-00000").first.wait_for()


@pytest.mark.parametrize("visit", [ring], indirect=True)
def test_a_circle_is_drawn(visit: Any) -> None:
    page = visit.open("id=a/a")
    assert page.locator(".pic .node").count() == 4
    assert page.locator(".pic path.edge").count() == 4


@pytest.mark.parametrize("visit", [empty], indirect=True)
def test_an_empty_graph_says_how_to_fill_it(visit: Any, shot: Callable[[Any, str], Path]) -> None:
    page = visit.open(ready="start")
    assert "The graph is empty" in page.locator("#start").inner_text()
    assert "modelkin demo" in page.locator("#start").inner_text()
    shot(page, "empty")
