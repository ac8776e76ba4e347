"""``modelkin.connect()``: what a Python user has in hand."""

from __future__ import annotations

import pandas as pd
import pytest

import modelkin
from modelkin.errors import UserError
from modelkin.graph.client import Graph
from modelkin.loader.load import prepare


@pytest.fixture(scope="module", autouse=True)
def prepared(graph: Graph) -> None:
    prepare(graph)


def test_frames_have_their_columns_even_when_empty(graph: Graph) -> None:
    assert list(graph.edges().columns)[:2] == ["parent", "child"]
    assert "hidden_size" in graph.configs().columns
    assert graph.configs().empty


def test_a_question_is_asked_by_its_name(graph: Graph) -> None:
    found = graph.query("ancestors", model_id="a/b")
    assert isinstance(found, pd.DataFrame)
    assert "model_id" in found.columns


def test_a_wrong_question_and_a_missing_parameter_are_said(graph: Graph) -> None:
    with pytest.raises(UserError, match="closest"):
        graph.query("ancesters")
    with pytest.raises(UserError, match="model_id"):
        graph.query("ancestors")


def test_connect_is_at_the_top() -> None:
    assert callable(modelkin.connect)
    with pytest.raises(AttributeError):
        modelkin.nothing  # noqa: B018 - the access is the test
