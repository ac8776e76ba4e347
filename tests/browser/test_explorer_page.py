"""The lineage page in a real browser, on the sample, on both engines."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import neo4j_browser
import networkx as nx
import pytest

from modelkin.cypher import catalogue, guide
from modelkin.explorer.browser import BrowserFiles
from modelkin.graph.client import Graph

BASE = "mistralai/Mistral-7B-v0.1"
MERGE = "EmbeddedLLM/Mistral-7B-Merge-14-v0.4"
QWEN = "Qwen/Qwen2.5-7B"
ZEPHYR = "HuggingFaceH4/zephyr-7b-beta"
Shot = Callable[[Any, str], Path]


def item(page: Any, model: str) -> Any:
    return page.locator(f'.pic .node[aria-label^="{model},"]')


def scope(page: Any) -> str:
    return str(page.locator("#scope").inner_text())


def settled(page: Any, words: str) -> None:
    page.locator("#scope", has_text=re.compile(words)).wait_for()


def test_the_start_page_offers_the_largest_lineages(visit: Any, shot: Shot) -> None:
    page = visit.open(ready="start")
    assert page.locator(".tile").count() == 12
    assert "1,484 models" in page.locator(".lead").inner_text() or "models" in page.inner_text(
        ".lead"
    )
    shot(page, "start")
    page.locator(".tile").first.click()
    settled(page, "75 of 75 members drawn")
    assert "token" not in page.url
    assert page.title() == f"{BASE} · modelkin"
    page.go_back()
    page.locator("body[data-ready=start] .tile").first.wait_for()


def test_search_suggests_and_goes_there(visit: Any, shot: Shot) -> None:
    page = visit.open(ready="start")
    page.keyboard.press("/")
    page.keyboard.type("zephyr-7b")
    options = page.locator("#search [role=option]")
    options.first.wait_for()
    shot(page, "search")
    assert all("zephyr-7b" in text.lower() for text in options.all_inner_texts())
    page.keyboard.press("ArrowDown")
    chosen = page.locator('#search [aria-selected="true"]').inner_text().split("\n")[0]
    page.keyboard.press("Enter")
    page.locator("#title", has_text=chosen).wait_for()


def test_an_unknown_model_is_said_with_the_closest(visit: Any, shot: Shot) -> None:
    visit.allowed = ("404",)
    page = visit.open("id=mistralai/Mistral-7B-v0.11", ready="start")
    assert "not in the graph" in page.locator("[role=alert]").first.inner_text()
    shot(page, "unknown")
    page.locator(".near .link", has_text=re.compile(f"^{BASE}$")).click()
    settled(page, "75 of 75")


def test_without_the_key_nothing_is_shown(visit: Any) -> None:
    visit.allowed = ("401",)
    page = visit.page
    page.goto(f"http://127.0.0.1:{visit.server.server_port}/?id={BASE}")
    page.locator("h1", has_text="The key is missing").wait_for()


@pytest.mark.parametrize(("model", "n", "name"), [(BASE, 75, "lineage"), (QWEN, 43, "explorer")])
def test_parents_stand_above_children_and_names_stay_in_their_boxes(
    visit: Any, shot: Shot, model: str, n: int, name: str
) -> None:
    page = visit.open(f"id={model}")
    shot(page, name)
    placed = page.evaluate(
        """() => [...document.querySelectorAll('.pic .node')].map(n => {
          const b = n.querySelector('.ground').getBBox(), m = n.transform.baseVal[0].matrix;
          const t = [...n.querySelectorAll(':scope > text')].map(t => t.getBBox());
          return {label: n.getAttribute('aria-label'), level: +n.getAttribute('aria-level'),
                  x: m.e, y: m.f, w: b.width, h: b.height,
                  out: t.some(t => t.x + t.width > b.width + 0.5 || t.y + t.height > b.height + 2)};
        })"""
    )
    assert len(placed) == n
    assert [p["label"] for p in placed if p["out"]] == []
    tops: dict[int, set[float]] = {}
    for p in placed:
        tops.setdefault(p["level"], set()).add(p["y"])
    for level in sorted(tops)[1:]:
        assert min(tops[level]) > min(tops[level - 1])
    for i, one in enumerate(placed):  # no two overlap
        for two in placed[:i]:
            beside = abs(one["x"] - two["x"]) >= min(one["w"], two["w"]) - 1
            above = one["y"] + one["h"] <= two["y"] or two["y"] + two["h"] <= one["y"]
            assert beside or above, (one["label"], two["label"])
    assert page.locator(".pic path.edge").count() >= n - 1


def test_a_folded_lineage_says_so_and_opens(visit: Any, shot: Shot) -> None:
    page = visit.open(f"id={BASE}&budget=30")
    drawn = int(scope(page).split()[0])
    assert drawn < 32
    assert scope(page) == f"{drawn} of 75 members drawn; {75 - drawn} folded; relation: all"
    shot(page, "folded")
    more = page.locator(".pic .node.more").first
    more.focus()
    page.keyboard.press("Enter")
    page.locator("#scope", has_text=re.compile(rf"^(?!{drawn} )")).wait_for()
    assert int(scope(page).split()[0]) > drawn
    badge = page.locator(".pic .badge").first
    before = int(scope(page).split()[0])
    badge.click()
    page.locator("#scope", has_text=re.compile(rf"^(?!{before} )")).wait_for()
    page.reload()
    page.locator("body[data-ready=drawn]").wait_for()
    assert "open=" in page.url


def test_a_card_tells_what_changed_what_is_similar_and_how_two_compare(
    visit: Any, shot: Shot
) -> None:
    page = visit.open(f"id={MERGE}")
    item(page, ZEPHYR).click()
    body = page.locator("#panel .body[data-shown]")
    body.wait_for()
    assert "zephyr-7b-beta" in body.inner_text()
    assert "drift" in body.inner_text()
    assert "hidden size" in body.inner_text()
    shot(page, "card")
    page.get_by_role("tab", name="Similar").click()
    page.locator(".near tbody tr").first.wait_for()
    assert 5 <= page.locator(".near tbody tr").count() <= 10
    assert re.search(r"related", page.locator(".near").inner_text())
    page.get_by_role("tab", name="Compare").click()
    second = page.get_by_role("combobox", name="Second model")
    second.fill(MERGE)
    page.locator("#panel [role=option]").first.click()
    page.locator(".chain").wait_for()
    assert "The second descends from the first" in body.inner_text()
    assert page.locator(".sides tbody tr").count() > 5
    shot(page, "compare")
    page.get_by_role("button", name="Show in the picture").click()
    assert (
        page.locator(".pic.marking .node.marked").count()
        == page.locator(".chain > li:not(.step)").count()
    )
    shot(page, "path")


def test_the_cypher_is_the_catalogues_own(visit: Any) -> None:
    page = visit.open(f"id={BASE}&card={BASE}&tab=cypher")
    page.locator(".cypher").first.wait_for()
    text = page.locator(".cypher pre").nth(1).text_content()
    query = catalogue.get("lineage/descendants_graph")
    assert text.endswith(query.text)
    assert text.startswith(":param [{model_id, relations, limit}] => {RETURN '" + BASE)


def test_filters_narrow_the_lineage_and_can_be_taken_back(visit: Any, shot: Shot) -> None:
    page = visit.open(f"id={BASE}")
    page.get_by_role("button", name="Filters and colour").click()
    page.locator("#filters .choice", has_text="adapter").click()
    settled(page, "relation: adapter")
    n_adapters = int(scope(page).split()[0])
    assert 1 < n_adapters < 75
    shot(page, "filters")
    page.locator("#filters .choice", has_text="quantized").click()
    settled(page, "relation: adapter or quantized")
    page.get_by_role("button", name="Clear filters").click()
    settled(page, "75 of 75")
    page.locator("#asof").fill(str(2023 * 12 + 10))
    page.locator("#asof").dispatch_event("change")
    settled(page, r"as of 2023-11-30")
    assert 1 < int(scope(page).split()[0]) < 75
    assert "left out by the filters" in page.locator("#notes").inner_text()
    page.go_back()
    settled(page, "75 of 75")
    page.locator("#license").select_option("mit")
    settled(page, "licence: mit")
    assert "license=mit" in page.url


@pytest.mark.parametrize("by", ["family", "drift", "license", "downloads"])
def test_colours_say_what_they_mean(visit: Any, shot: Shot, by: str) -> None:
    page = visit.open(f"id={BASE}&colour={by}")
    shot(page, f"colour-{by}")
    labels = page.locator("#legend li").all_inner_texts()
    counts = [int(text.split("\n")[-1].replace(",", "")) for text in labels]
    assert len(labels) > 1 or by == "family"
    assert sum(counts) == (74 if by == "drift" else 75)


def test_the_keyboard_reaches_everything(visit: Any, shot: Shot) -> None:
    page = visit.open(f"id={BASE}")

    def here() -> str:
        return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))

    page.locator('.pic .node[tabindex="0"]').focus()
    assert here().startswith(BASE)
    page.keyboard.press("ArrowDown")
    first = here()
    assert first != BASE
    page.keyboard.press("ArrowRight")
    assert here() not in (first, BASE)
    page.keyboard.press("Home")
    assert here() == first
    page.keyboard.press("ArrowUp")
    assert here().startswith(BASE)
    assert page.locator('.pic .node[tabindex="0"]').count() == 1
    page.keyboard.press("*")
    settled(page, "1 of 75 members drawn; 74 folded")
    page.keyboard.press("*")
    settled(page, "75 of 75")
    page.keyboard.press("Enter")
    page.locator("#panel .body[data-shown]").wait_for()
    page.keyboard.press("Escape")
    page.locator("#panel").wait_for(state="hidden")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    shot(page, "keys")


def test_a_screen_reader_hears_a_tree(visit: Any) -> None:
    page = visit.open(f"id={MERGE}")
    tree = page.get_by_role("tree", name=f"Lineage of {MERGE}")
    said = tree.aria_snapshot()
    assert said.count("treeitem") == 20
    assert re.search(rf'treeitem "{BASE}, root, \d+ children" \[expanded\] \[level=1\]', said)
    assert re.search(rf'treeitem "{ZEPHYR}, finetune, drift [\d.]+, 1 child"', said)
    assert page.locator("#scope").get_attribute("role") == "status"


def test_the_table_holds_what_the_picture_holds(visit: Any, shot: Shot) -> None:
    page = visit.open(f"id={BASE}")
    drawn = {t.split(",")[0] for t in page.locator(".pic .node").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label'))")}  # fmt: skip
    page.keyboard.press("t")
    rows = page.locator("#table tbody tr")
    rows.first.wait_for()
    assert set(rows.evaluate_all("r => r.map(r => r.cells[0].textContent)")) == drawn
    page.locator("#table .sort", has_text="downloads").click()
    cells = rows.evaluate_all("r => r.map(r => r.cells[7].textContent)")
    known = [int(c.replace(",", "")) for c in cells if c != "–"]
    assert known == sorted(known, reverse=True)
    assert cells[len(known) :] == ["–"] * (len(cells) - len(known))
    shot(page, "table")


def save(page: Any, label: str, target: Path) -> Path:
    page.locator("#save summary").click()
    with page.expect_download() as waiting:
        page.locator("#save button", has_text=label).click()
    waiting.value.save_as(target)
    return target


def test_what_is_saved_can_be_read(visit: Any, tmp_path: Path, sample: Graph) -> None:
    page = visit.open(f"id={MERGE}")
    svg = save(page, "SVG", tmp_path / "a.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)
    assert len(root.findall('.//*[@role="treeitem"]')) == 20
    assert "var(" not in svg
    assert "<script" not in svg
    assert "20 of 20 members drawn" in svg
    png = save(page, "PNG", tmp_path / "a.png").read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert 1000 < int.from_bytes(png[16:20]) <= 8192
    graph = nx.read_graphml(save(page, "GraphML", tmp_path / "a.graphml"))
    lines = save(page, "CSV", tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (20, len(lines) - 1)


def test_the_view_is_in_the_address(visit: Any, chromium: Any, shot: Shot) -> None:
    page = visit.open(f"id={BASE}&relation=merge&colour=drift&card={ZEPHYR}&tab=similar&theme=dark")
    page.locator(".near tbody tr").first.wait_for()
    words, url = scope(page), page.url
    shot(page, "dark")
    page.reload()
    page.locator(".near tbody tr").first.wait_for()
    assert (scope(page), page.url) == (words, url)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="Light or dark").click()
    assert "theme=light" in page.url


def test_the_map_moves_the_picture(visit: Any) -> None:
    page = visit.open(f"id={BASE}")
    page.get_by_role("button", name="Closer").click()
    before = page.locator(".pic > g").get_attribute("transform")
    page.locator("#map").click(position={"x": 20, "y": 50})
    assert page.locator(".pic > g").get_attribute("transform") != before
    page.get_by_role("button", name="Everything").click()
    page.keyboard.press("+")


@pytest.mark.neo4j
def test_neo4j_browser_takes_style_guide_and_saved_queries(
    chromium: Any, sample: Graph, request: pytest.FixtureRequest, shot: Shot
) -> None:
    """A real Browser against the real Neo4j: it asks other sites too, so those are not watched."""
    if sample.engine != "neo4j":
        pytest.skip("only a Neo4j brings its Browser")
    environ = request.getfixturevalue("neo4j_environ")
    running = Path(environ.get("NEO4J_PASSWORD_FILE", "")).parent / "running.json"
    if not running.exists():
        pytest.skip("the address of this Neo4j's Browser is not known")
    port = json.loads(running.read_text("utf-8"))["http_port"]
    files = BrowserFiles(f"http://localhost:{port}/browser/")
    thread = threading.Thread(target=files.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        address = files.address(environ["NEO4J_URI"], "neo4j", sample.database)
        password = Path(environ["NEO4J_PASSWORD_FILE"]).read_text("utf-8").strip()
        neo4j_browser.connect(page, address, password)
        page.locator("text=Load the style").click()
        page.get_by_test_id("frame").locator("text=node.Configured").first.wait_for()
        for number, step in enumerate(guide.TOUR, 1):
            assert neo4j_browser.next_slide(page) == f"{number}. {step.title}"
            said = neo4j_browser.run_blocks(page)
            assert said
            assert "ERROR" not in "".join(said), said
            if step.query.endswith("_graph"):
                page.get_by_test_id("frame").first.locator("svg g.node").first.wait_for()
                page.wait_for_timeout(1_500)  # the drawing comes to rest
                shot(page, "browser-" + step.query.partition("/")[2].replace("_", "-"))
        neo4j_browser.drop(page, "queries.zip", guide.saved_queries())
        page.get_by_test_id("navigationFavorites").click()
        page.locator("text=modelkin lineage").first.wait_for()
        shot(page, "browser-favourites")
    finally:
        context.close()
        files.shutdown()
        thread.join()
        files.server_close()
