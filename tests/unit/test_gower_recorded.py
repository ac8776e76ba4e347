"""Distances recorded from R's `cluster::daisy` and `gower`, faiss, and Python's `gower`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelkin.analysis.gower import Field, Spec, Table, encode, matrix, nearest, pairs

DATA = Path(__file__).parent.parent / "data"
WEIGHTS = {"model_type": 2, "tied": 1, "hidden_size": 2, "layers": 0.5, "heads": 1.5, "vocab": 1}

GAPS = {"type": 2, "act": 1, "tied": 0.5, "width": 2, "depth": 1.5, "heads": 1, "theta": 0.25}


def recorded_gaps(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"gower_gaps_{name}.csv")


def gaps(weighted: bool) -> Table:
    """Forty rows with gaps and copies, weighted or not."""
    frame = recorded_gaps("rows").set_index("row")
    return encode(
        frame, Spec(tuple(Field(n, weight=w if weighted else 1) for n, w in GAPS.items()))
    )


def rows() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "gower_rows.csv", index_col="row")
    return frame.assign(tied=frame["tied"].map({True: True, False: False}).astype("boolean"))


@pytest.mark.parametrize(
    ("column", "variant", "weighted"),
    [("range", "range", False), ("weighted", "range", True), ("log_range", "log-range", False)],
)
def test_distances_equal_those_of_daisy(column: str, variant: str, weighted: bool) -> None:
    frame = rows()
    fields = tuple(Field(n, weight=w if weighted else 1.0) for n, w in WEIGHTS.items())
    table = encode(frame, Spec(fields, variant))
    recorded = pd.read_csv(DATA / "gower_recorded.csv").dropna(subset=[column])
    i, j = (frame.index.get_indexer(recorded[end]) for end in ("i", "j"))
    distance, shared = pairs(table, i, j)
    assert len(recorded) >= 55
    np.testing.assert_allclose(distance, recorded[column], rtol=0, atol=1e-14)
    assert (shared >= 1).all()


def test_the_pair_without_a_shared_field_has_no_distance() -> None:
    frame = rows()
    recorded = pd.read_csv(DATA / "gower_recorded.csv")
    empty = recorded[recorded["range"].isna()]
    i, j = (frame.index.get_indexer(empty[end]) for end in ("i", "j"))
    distance, shared = pairs(encode(frame), i, j)
    assert (len(empty), list(shared), np.isnan(distance).all()) == (1, [0], True)


def test_distances_of_complete_rows_equal_those_of_the_python_package() -> None:
    frame = rows().dropna()
    recorded = pd.read_csv(DATA / "gower_recorded_complete.csv")
    i, j = (frame.index.get_indexer(recorded[end]) for end in ("i", "j"))
    distance, _ = pairs(encode(frame), i, j)
    np.testing.assert_allclose(distance, recorded["distance"], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("column", "tolerance"),
    [("daisy", 1e-14), ("gower", 1e-14), ("weighted", 1e-14), ("faiss", 1e-6)],
)
def test_distances_with_gaps_equal_those_of_every_package(column: str, tolerance: float) -> None:
    table, recorded = gaps(column == "weighted"), recorded_gaps("pairs")
    assert len(recorded) == 40 * 39 / 2
    distance, _ = pairs(table, recorded["i"], recorded["j"])
    np.testing.assert_allclose(distance, recorded[column], rtol=0, atol=tolerance)
    square, _ = matrix(table)
    np.testing.assert_array_equal(square[recorded["j"], recorded["i"]], distance)


@pytest.mark.parametrize("k", [1, 4, 6])
@pytest.mark.parametrize("column", ["gower", "weighted"])
def test_nearest_rows_are_as_near_as_those_of_gower_topn(column: str, k: int) -> None:
    recorded = recorded_gaps("nearest")
    found = nearest(gaps(column == "weighted"), k, 1, copies=True)
    right = recorded.pivot_table(column, "row", "rank").to_numpy()[:, :k]
    assert (right[:, 0] == 0).sum() >= 16  # the copies
    np.testing.assert_allclose(found.distance, right, rtol=0, atol=1e-14)
