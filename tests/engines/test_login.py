"""Logins and databases that the servers refuse: clear, fast, and the password stays hidden."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

import pytest

from modelkin.errors import ExitCode, ServerError
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect

CANARY = "canary-77e2-password"


def address(graph: Graph, engine_environ: Mapping[str, str]) -> str:
    """The Bolt address of the engine under test."""
    return engine_environ.get("NEO4J_URI") or graph._drivers.target.uri


def test_a_wrong_password_is_refused_and_never_repeated(
    graph: Graph, engine_environ: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    environ = {"NEO4J_USERNAME": "nobody", "NEO4J_PASSWORD": CANARY}
    with caplog.at_level(logging.DEBUG), pytest.raises(ServerError) as caught:
        connect(address(graph, engine_environ), environ=environ)
    assert caught.value.exit_code == ExitCode.SERVER
    assert "refused the user name or password" in str(caught.value)
    assert "NEO4J_PASSWORD_FILE" in caught.value.fix
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in caplog.text


def test_an_unknown_database_is_named(graph: Graph, engine_environ: Mapping[str, str]) -> None:
    if graph.engine == "embedded":
        pytest.skip("the embedded engine has one database, which nobody can name")
    with pytest.raises(ServerError, match="The database 'nowhere' does not exist") as caught:
        connect(database="nowhere", environ=engine_environ)
    assert caught.value.fix == "Set NEO4J_DATABASE."
