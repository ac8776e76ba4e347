"""Fixtures of the tests on both engines: commands that reach the database of `graph`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext

import command
import pytest
import typer

from modelkin import cli
from modelkin.graph.client import Graph


@pytest.fixture(scope="module")
def command_environ(graph: Graph, engine_environ: Mapping[str, str]) -> Iterator[None]:
    """The environment of this process leads its commands to the database of `graph`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NEO4J_URI", "NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "MODELKIN_HOME"):
            patch.delenv(name, raising=False)
        for name, value in engine_environ.items():
            if value:
                patch.setenv(name, value)
        yield


@pytest.fixture
def run(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> command.Run:
    """Run a command on the open graph itself; gives exit code, stdout, stderr."""
    monkeypatch.setattr("modelkin.graph.connect.connect", lambda *_a, **_k: nullcontext(graph))
    monkeypatch.setattr(cli, "app", typer.main.get_command(cli.app))  # built once, not each time
    return command.run
