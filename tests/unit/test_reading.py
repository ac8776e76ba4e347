"""Reading a source: every row is accounted for, and a wrong file is noticed before it is stored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from listed_source import ListedSource
from memory_graph import MemoryGraph

from modelkin.errors import ExitCode, UserError
from modelkin.graph import runs
from modelkin.loader import load as loading
from modelkin.loader.load import begin, load, rehearse
from modelkin.loader.reading import Reading, Report
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, RawRow, Reject, SetAside


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads keep their rejects in the working directory."""
    monkeypatch.chdir(tmp_path)


def model(name: str, **properties: object) -> ModelRow:
    return ModelRow(name, properties, "hub-api", "2025-07-01")


def aside(where: str, *codes: str) -> SetAside:
    return SetAside(where, codes or ("rope_theta_is_boolean",))


def read(source: ListedSource) -> tuple[list[ModelRow], list[EdgeRow], Report]:
    reading = Reading(source)
    models, edges = list(reading.models()), list(reading.edges())
    return models, edges, reading.report


def test_every_row_is_counted_once() -> None:
    source = ListedSource(
        [
            ("model", [model("a/x", likes=1)]),
            ("model", [Dropped("row 2", "likes", "not_a_number", "many"), model("a/y")]),
            ("model", [model("a/x", likes=2)]),
            ("model", [Reject("row 4", "bad_id", "the id is empty")]),
            ("model", [aside("row 5", "hidden_size_is_text", "rope_theta_is_boolean")]),
            (
                "model",
                [model("a/z"), EdgeRow("a/x", "a/z", "merge"), EdgeRow("a/y", "a/z", "merge")],
            ),
            ("edge", [EdgeRow("a/x", "a/y", "finetune")]),
            ("edge", [EdgeRow("a/x", "a/y", "finetune")]),
            ("edge", [Reject("row 9", "bad_id", "the parent is empty")]),
            ("edge", []),
        ]
    )
    models, edges, report = read(source)
    assert [row.model_id for row in models] == ["a/x", "a/y", "a/x", "a/z"]
    assert [(e.parent_id, e.child_id) for e in edges] == [
        ("a/x", "a/z"), ("a/y", "a/z"), ("a/x", "a/y"),
    ]  # fmt: skip
    assert report.counts == Counter(
        rows=6, duplicates=1, rejected=1, set_aside=1,
        edge_rows=5, edge_duplicates=1, edges_rejected=1,
    )  # fmt: skip
    assert report.dropped == Counter({("likes", "not_a_number"): 1})
    assert [row.where for row in report.rejects] == ["row 4", "row 5", "row 9"]


def test_children_that_only_edges_name_have_a_row_of_their_own() -> None:
    source = ListedSource(
        [
            ("edge", [model("a/z"), EdgeRow("a/base", "a/z", "merge")]),
            ("edge", [model("a/z"), EdgeRow("a/other", "a/z", "merge")]),
            ("edge", [model("a/b"), EdgeRow("a/base", "a/b", "merge")]),
            ("model", [model("a/b", likes=3)]),
        ]
    )
    models, _edges, report = read(source)
    assert models == [model("a/b", likes=3), ModelRow("a/z", {}, "hub-api", "")]
    assert report.counts["rows"] == 2
    assert report.counts["duplicates"] == 0


def test_edges_that_differ_in_their_word_are_two_claims() -> None:
    one, two = EdgeRow("a", "b", "untyped", "x"), EdgeRow("a", "b", "untyped", "y")
    _models, edges, report = read(ListedSource.of(one, two, one))
    assert edges == [one, two]
    assert report.counts["edge_duplicates"] == 1


def test_reading_twice_gives_the_same_order() -> None:
    rows = [EdgeRow(f"a/p{n % 3}", f"a/c{n % 5}", "merge") for n in range(30)]
    source = ListedSource([("edge", [model(e.child_id), e]) for e in rows])
    assert read(source)[:2] == read(source)[:2]


def test_both_identities_are_held() -> None:
    report = Report(
        counts=Counter(rows=6, created=2, matched=1, duplicates=1, rejected=1, set_aside=1)
    )
    assert not report.imbalance()
    report.counts["matched"] = 0
    assert report.imbalance() == "models: 6 rows in, 5 accounted for"
    report.counts.update(
        matched=1, edge_rows=4, edges_created=1, edges_matched=1, edge_duplicates=1
    )
    assert report.imbalance() == "edges: 4 claims in, 3 accounted for"
    report.counts["edges_rejected"] = 1
    assert not report.imbalance()


def test_a_row_that_nobody_accounts_for_stops_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Reading._note

    def forgetful(
        self: Reading, raw: RawRow, outcome: EdgeRow | Reject | SetAside | Dropped
    ) -> None:
        real(self, raw, outcome)
        self.report.counts["rejected"] = 0

    monkeypatch.setattr(Reading, "_note", forgetful)
    graph = MemoryGraph()
    with pytest.raises(AssertionError, match="2 rows in, 1 accounted for"):
        load(graph, ListedSource.of(model("a/x"), Reject("row 2", "bad_id", "empty")), "s")  # type: ignore[arg-type]
    (run,) = runs.every(graph)  # type: ignore[arg-type]
    assert not run.is_complete


@pytest.mark.parametrize(
    ("rows", "edge_rows", "rejected", "edges_rejected", "code"),
    [
        (100, 0, 1, 0, ExitCode.DONE),
        (100, 0, 2, 0, ExitCode.REJECTS),
        (50, 50, 0, 1, ExitCode.DONE),
        (50, 50, 1, 1, ExitCode.REJECTS),
        (0, 0, 0, 0, ExitCode.DONE),
    ],
)
def test_more_than_one_in_a_hundred_rejected_is_exit_code_four(
    rows: int, edge_rows: int, rejected: int, edges_rejected: int, code: ExitCode
) -> None:
    counts = Counter(
        rows=rows, edge_rows=edge_rows, rejected=rejected, edges_rejected=edges_rejected
    )
    assert Report(counts=counts).exit_code is code


def test_rows_set_aside_are_no_rejects() -> None:
    assert Report(counts=Counter(rows=10, set_aside=5)).exit_code is ExitCode.DONE


def half_bad(good: int, bad: int) -> ListedSource:
    rows = [model(f"a/m{n}") for n in range(good)]
    asides = [aside(f"row {n}", "x_is_text", *["y_is_text"] * (n % 2)) for n in range(bad)]
    return ListedSource.of(*rows, *asides)


def test_half_of_the_rows_set_aside_is_still_the_right_file() -> None:
    graph = MemoryGraph()
    report = load(graph, half_bad(4, 4), "s")  # type: ignore[arg-type]
    assert report.counts["set_aside"] == 4
    assert len(graph.store.models) == 4


def test_more_than_half_set_aside_is_a_wrong_file_and_nothing_is_written() -> None:
    graph = MemoryGraph()
    with pytest.raises(UserError, match=r"5 of 9 rows.*x_is_text \(5\), y_is_text \(2\)") as caught:
        load(graph, half_bad(4, 5), "s")  # type: ignore[arg-type]
    assert caught.value.exit_code is ExitCode.USER
    assert graph.store.dump() == MemoryGraph().store.dump()


def test_a_wrong_file_is_noticed_before_a_database_is_opened() -> None:
    with pytest.raises(UserError, match="right file"):
        begin(half_bad(4, 5))


def test_a_file_that_turns_wrong_late_leaves_nothing_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "BATCH", 2)
    graph = MemoryGraph()
    load(graph, ListedSource.of(model("a/m1", likes=3), kind="models"), "before")  # type: ignore[arg-type]
    before = graph.store.dump()
    with pytest.raises(UserError, match="right file"):
        load(graph, half_bad(6, 7), "s")  # type: ignore[arg-type]
    assert graph.store.dump() == before
    assert [run.kind for run in runs.every(graph)] == ["models"]  # type: ignore[arg-type]


def test_rehearsal_counts_what_a_load_would_store() -> None:
    source = ListedSource.of(
        model("a/x"), model("a/x"), model("a/y"), EdgeRow("a/x", "a/y", "merge"),
        EdgeRow("a/x", "a/y", "merge"), EdgeRow("a/x", "a/y", "finetune"),
    )  # fmt: skip
    dry, real = rehearse(source), load(MemoryGraph(), source, "s")  # type: ignore[arg-type]
    assert dry.run is None
    assert not dry.imbalance()
    assert dry.counts["created"] == real.counts["created"] == 2
    assert dry.counts["edges_created"] == 2
    both = real.counts["edges_created"] + real.counts["edges_matched"]
    assert both == 2
