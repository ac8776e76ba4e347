"""What day's state a source shows: stated, or as new as its newest model, and then said so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelkin.loader.open import source_for
from modelkin.loader.records import ModelRow

TABLE = "model_id,createdAt,downloads\na/b,2024-01-05,1\na/c,2024-03-01,2\n"
GRAPH = {"nodes": [{"id": "a/b", "createdAt": "2024-03-01T10:00:00Z"}], "edges": []}


def read(kind: str, path: Path, **options: str) -> tuple[set[str], list[str]]:
    source = source_for(kind, path, **options)
    rows = [outcome for row in source.read() for outcome in source.normalise(row)]
    return {r.snapshot for r in rows if isinstance(r, ModelRow)}, list(source.ledger.notes)


@pytest.mark.parametrize(("kind", "name"), [("models", "m.csv"), ("graph", "g.json")])
def test_the_newest_creation_stands_in_for_a_date_that_is_not_stated(
    tmp_path: Path, kind: str, name: str
) -> None:
    path = tmp_path / name
    path.write_text(TABLE if kind == "models" else json.dumps(GRAPH))
    found, notes = read(kind, path)
    assert found == {"2024-03-01"}
    assert [n for n in notes if n.startswith("snapshot taken as 2024-03-01")]
    found, notes = read(kind, path, snapshot="2025-07-12")
    assert (found, [n for n in notes if "snapshot" in n]) == ({"2025-07-12"}, [])


def test_rows_that_state_their_day_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("model_id,createdAt,snapshot\na/b,2024-01-05,2024-02-01\na/c,2024-03-01,\n")
    found, notes = read("models", path)
    assert found == {"2024-02-01", ""}
    assert not [n for n in notes if "snapshot" in n]
