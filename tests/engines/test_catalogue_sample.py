"""The questions on the shipped sample: the rows recorded for them, the same on both engines.

Where the small graph's rows are counted by hand, these are recorded: they notice any change of
the sample, the loaders, the measures or the queries, and show it as a difference of rows.
After a change that is meant, `MODELKIN_RECORD=1 pytest tests/engines/test_catalogue_sample.py`
writes them anew from the embedded engine; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from modelkin.cypher import catalogue
from modelkin.cypher.query import Query
from modelkin.graph.client import Graph
from modelkin.graph.values import Edge, Node

FOLDER = Path(__file__).parents[1] / "data" / "golden_sample"
RECORD = os.environ.get("MODELKIN_RECORD") == "1"
FIRST_ROWS = 15
DIGITS = 9  # engines add in different orders: the last digits of means are theirs

pytestmark = pytest.mark.skipif(
    not (RECORD or FOLDER.is_dir()), reason="no rows recorded in tests/data/golden_sample"
)


@pytest.fixture(scope="module", autouse=True)
def sample(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The graph holds the sample, loaded and measured as `modelkin demo` does it."""
    from modelkin.analysis import registry
    from modelkin.commands.demo import OPTIONS
    from modelkin.data.sample import make
    from modelkin.loader.assign import assign
    from modelkin.loader.fingerprint import source_sha256
    from modelkin.loader.load import load
    from modelkin.loader.open import source_for
    from modelkin.pipeline import fetch, publish

    folder = tmp_path_factory.mktemp("sample")
    paths = make.make_files(folder)
    for kind in ("graph", "ecosystem", "configs", "arena"):
        source = source_for(kind, paths[kind])
        (assign if kind == "arena" else load)(graph, source, source_sha256(source))
    for analysis in registry.ANALYSES:
        if analysis.name in ("depth", "drift", "similarity"):
            inputs = fetch(graph, **OPTIONS[analysis.name])
            publish(graph, analysis.compute(inputs), inputs, output=folder / "out", write=True)


def plain(value: Any) -> Any:
    """What JSON holds: nodes as ids, edges as types, floats rounded, run ids and times masked."""
    match value:
        case Node():
            return value.model_id
        case Edge():
            return value.type
        case float():
            return float(f"{value:.{DIGITS}g}")
        case str():
            value = re.sub(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{64}\b", "<run>", value)
            return re.sub(r"^20\d\d-\d\d-\d\dT[\d:]{8}\+00:00$", "<time>", value)
        case list() | tuple():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def answer(graph: Graph, query: Query) -> dict[str, Any]:
    """What is recorded of an answer: how many rows, and the first of them."""
    given = {p.name: p.example for p in query.params if p.example is not None}
    values = catalogue.bind(query, given)
    rows = [plain(list(row.values())) for row in graph.fetch(query, **values)]
    return {"params": given, "columns": list(query.returns), "n_rows": len(rows),
            "rows": rows[:FIRST_ROWS]}  # fmt: skip


def spelled(found: dict[str, Any]) -> str:
    """JSON with one row a line."""
    head = {key: value for key, value in found.items() if key != "rows"}
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in found["rows"])
    lines = [f' "{key}": {json.dumps(value)},' for key, value in head.items()]
    return "\n".join(["{", *lines, ' "rows": [', f"  {rows}", " ]", "}", ""])


@pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)
def test_rows_on_the_sample(graph: Graph, query: Query) -> None:
    file = FOLDER / f"{query.name.replace('/', '-')}.json"
    found = answer(graph, query)
    if RECORD and graph.engine == "embedded":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(spelled(found), encoding="utf-8")
    assert found == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("query", catalogue.questions(), ids=lambda q: q.name)
def test_examples_give_rows(graph: Graph, query: Query) -> None:
    if query.name.startswith("audit/"):
        return  # that an audit finds nothing is good news
    assert answer(graph, query)["rows"]


def test_every_recording_is_of_a_question() -> None:
    names = {q.name.replace("/", "-") for q in catalogue.questions()}
    assert {file.stem for file in FOLDER.glob("*.json")} == names
