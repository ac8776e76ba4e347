"""A real Chromium, the sample in a graph, and the explorer's server between them.

Without Chromium or Playwright these tests are skipped and say so; with MODELKIN_REQUIRE_BROWSER=1
they fail. MODELKIN_SHOTS=FOLDER keeps the pictures that the tests take.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browsing import Visit, serving, visiting

from modelkin import cli
from modelkin.data.sample import make
from modelkin.explorer.server import Server
from modelkin.graph.client import Graph

ROOM = Path(make.__file__).parent
FILES = {"graph": "edges", "models": "models", "configs": "configs"}
"""Kind of load -> table of the sample."""

ROOTS = ("mistralai/Mistral-7B-v0.1", "microsoft/phi-4", "Qwen/Qwen2.5-7B")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(why: str) -> None:
    text = f"no browser tests: {why}"
    if os.environ.get("MODELKIN_REQUIRE_BROWSER") == "1":
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running Chromium, without a window."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("Playwright's Python package is not installed")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        missing("no Chromium on the PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # Its own sandbox needs rights that containers do not give; it shows only our pages.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def part_of_sample(folder: Path) -> dict[str, Path]:
    """Write the rows of the sample that belong to a few lineages; gives kind of load -> file."""
    tables = {name: pd.read_csv(ROOM / f"{name}.csv", dtype=str) for name in FILES.values()}
    edges = tables["edges"]
    kept = set(ROOTS)
    while True:  # everything below the roots, and the other parents of that
        more = set(edges[edges["parent_id"].isin(kept)]["child_id"])
        more |= set(edges[edges["child_id"].isin(kept - set(ROOTS))]["parent_id"])
        if more <= kept:
            break
        kept |= more
    out = {}
    for kind, name in FILES.items():
        table = tables[name]
        ends = [c for c in ("parent_id", "child_id", "model_id") if c in table.columns]
        out[kind] = folder / f"{name}.csv"
        table[table[ends].isin(kept).all(axis=1)].to_csv(out[kind], index=False)
    return out


@pytest.fixture(scope="module")
def sample(
    graph: Graph, engine_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Graph:
    """The sample's largest lineages, loaded and measured, on each engine."""
    folder = tmp_path_factory.mktemp("sample")
    commands = [
        *(["load", kind, str(path)] for kind, path in part_of_sample(folder).items()),
        ["depth", "--write"], ["drift", "--write"], ["similarity", "write"],
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NEO4J_URI", "NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "MODELKIN_HOME"):
            patch.delenv(name, raising=False)
        for name, value in engine_environ.items():
            if value:
                patch.setenv(name, value)
        patch.chdir(folder)
        for command in commands:
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said):
                code = cli.run(command)
            assert code == 0, said.getvalue()
    return graph


@pytest.fixture(scope="module")
def server(sample: Graph) -> Iterator[Server]:
    with serving(sample) as made:
        yield made


@pytest.fixture
def visit(chromium: Any, server: Server) -> Iterator[Visit]:
    """A fresh tab; at the end, no error, no warning, no request to anybody else."""
    with visiting(chromium, server) as made:
        yield made


@pytest.fixture
def shot(tmp_path: Path) -> Callable[[Any, str], Path]:
    """Take a picture of the tab; kept where MODELKIN_SHOTS says."""
    folder = Path(os.environ.get("MODELKIN_SHOTS") or tmp_path)

    def take(page: Any, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")
        return folder / f"{name}.png"

    return take
