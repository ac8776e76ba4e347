"""explore, browser and the exports, from the command line, over a graph in memory."""

from __future__ import annotations

import re
import webbrowser
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from asked_graph import AskedGraph, StandIn

from modelkin import cli
from modelkin.commands.session import Session
from modelkin.explorer.browser import BrowserFiles
from modelkin.explorer.server import Server

EDGES = [("a/a", "a/b", "finetune"), ("a/b", "a/c", "merge"), ("a/a", "a/c", "adapter")]


class Neo4jStandIn(StandIn):
    engine, address, database = "neo4j", "bolt://127.0.0.1:7687", "neo4j"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were opened in a browser; servers end at once, as by Ctrl-C."""
    found: list[str] = []

    def stop(_self: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", found.append)
    monkeypatch.setattr(Server, "serve_forever", stop)
    monkeypatch.setattr(BrowserFiles, "serve_forever", stop)
    monkeypatch.setattr(Session, "graph", lambda _self: nullcontext(StandIn(AskedGraph(EDGES))))
    return found


def test_explore_prints_and_opens_an_address_with_its_key(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["explore", "A/A"]) == 0
    said = capsys.readouterr()
    address = said.out.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?id=a/a#token=[\w-]{43}", address)
    assert opened == [address]
    assert "until Ctrl-C" in said.err
    assert "token" not in said.err
    assert cli.run(["explore", "--no-open"]) == 0
    assert len(opened) == 1


def test_explore_refuses_a_model_that_is_not_there(
    opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["explore", "a/nothing"]) == 2
    assert "not in the graph" in capsys.readouterr().err
    assert opened == []


def test_browser_needs_a_neo4j(opened: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["browser"]) == 2
    assert "`modelkin db copy --to URI`" in capsys.readouterr().err
    assert opened == []


def test_browser_says_what_is_left_to_do(
    opened: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Session, "graph", lambda _self: nullcontext(Neo4jStandIn(AskedGraph(EDGES)))
    )
    monkeypatch.setenv("NEO4J_USERNAME", "reader")
    assert cli.run(["browser"]) == 0
    said = capsys.readouterr()
    assert opened == [said.out.strip()]
    assert "?dbms=bolt://reader@127.0.0.1:7687&db=neo4j&cmd=guide&arg=http://localhost:" in said.out
    assert all(f"{n}. " in said.err for n in (1, 2, 3))


def test_browser_writes_its_files(opened: list[str], tmp_path: Path) -> None:
    assert cli.run(["browser", "-o", str(tmp_path)]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"style.grass", "queries.zip"}
    assert opened == []


@pytest.mark.parametrize("kind", ["html", "dot", "newick", "graphml", "json", "csv"])
def test_every_kind_is_written(
    opened: list[str], tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / f"x.{kind}"
    assert cli.run(["export", "a/a", "--as", kind, "-o", str(target)]) == 0
    said = capsys.readouterr().err
    assert "3 models, 3 edges" in said
    assert ("1 edge to further parents left out" in said) == (kind == "newick")
    assert target.stat().st_size > 10
    assert cli.run(["export", "a/a", "--as", kind, "-o", str(target)]) == 2  # it is there


def test_newick_of_two_roots_is_refused(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = AskedGraph([*EDGES, ("b/b", "a/b", "merge")])
    monkeypatch.setattr(Session, "graph", lambda _self: nullcontext(StandIn(graph)))
    assert cli.run(["export", "a/c", "--as", "newick"]) == 2
    assert "no tree" in capsys.readouterr().err
