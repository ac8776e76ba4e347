"""What the distance benchmarks rest on: their tables, their judgement, and the scaled times."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.parametrize("share", [0.05, 0.25, 1.0])
def test_tables_have_the_stated_share_of_distinct_rows(share: float) -> None:
    from distance.mixed_table import generate

    table = generate(2_000, share)
    _, times = np.unique(table.levels, axis=0, return_counts=True)
    assert len(times) == 2_000 * share
    assert 0.25 < (table.levels < 0).mean() < 0.4
    assert (table.complete().levels >= 0).all()
    if share < 1:
        assert times.max() > 10 * np.median(times)  # few rows have very many copies
    assert np.array_equal(generate(2_000, share).levels, table.levels)


@pytest.mark.parametrize("task", ["nearest", "matrix", "means"])
@pytest.mark.parametrize("peer", ["modelkin", "modelkin, encoded", "modelkin, not collapsed"])
def test_our_answers_are_right_by_the_benchmarks_own_definition(
    peer: str, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distance import agreement, ours
    from distance.catalogue import PEERS
    from distance.mixed_table import generate

    monkeypatch.setattr(ours, "compile_kernels", lambda task: None)
    table = generate(150)
    answer = PEERS[peer].ready(table, task)()
    right = agreement.truth(table, task)
    assert np.isfinite(right).all()
    assert agreement.verdict(answer, right).startswith("yes")
    wrong = np.array(answer)
    wrong.flat[-1] += 0.01
    assert agreement.verdict(wrong, right).startswith("no")
    wrong.flat[:] = np.nan
    assert agreement.verdict(wrong, right) == "no: all NaN"


def test_a_slow_peer_is_scaled_up_and_a_missing_one_named(tmp_path: Path) -> None:
    from distance import report
    from distance.ladder import MAIN, Ladder, climb

    class Told:
        seconds = 5.0

        def run(self, peer: str, task: str, table: Path, save: Path) -> dict[str, Any]:
            if peer == "scipy cdist":
                return {"skipped": "No module named 'scipy'"}
            np.save(save, np.zeros((200, 200) if task == "matrix" else (200, 10)))
            return {"seconds": 1.0, "prepare": 0.5, "memory": 2**20, "version": "1"}

    sizes = {"nearest": (200, 400, 600, MAIN), "matrix": (200,), "means": (200,)}
    peers = ["faiss METRIC_GOWER", "scipy cdist"]
    ladder = Ladder(tmp_path, sizes)
    climbed = climb(ladder, Told(), peers)  # type: ignore[arg-type]
    records = list(takewhile(lambda r: r["task"] == "nearest", climbed))
    assert [(r["n"], r.get("measured_n")) for r in records if r["peer"] == peers[0]] == [
        (200, 200), (400, 400), (600, 600), (MAIN, 600)
    ]  # fmt: skip
    assert records[3]["seconds"] == pytest.approx((MAIN / 600) ** 2)
    assert records[0]["right"].startswith("no: ")
    said = report.markdown(records)
    assert "| faiss METRIC_GOWER 1 | ~ 589 |" in said
    assert "Skipped: scipy cdist: No module named 'scipy'" in said
