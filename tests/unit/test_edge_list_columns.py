"""A config table loaded as a graph by mistake must not become edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelkin.errors import UserError
from modelkin.loader.edge_lists import EdgeListSource


def test_a_column_of_provenance_is_no_parent(tmp_path: Path) -> None:
    path = tmp_path / "configs.csv"
    path.write_text("model_id,source,hidden_size\na/b,hub,4096\n")
    with pytest.raises(UserError, match="is no edge list"):
        EdgeListSource(path)


def test_source_and_target_are_an_edge_list(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_text("source,target,type\na/b,a/c,finetune\n")
    assert len(list(EdgeListSource(path).read())) == 1
