"""Distances recorded from R's `cluster::daisy` 2.1.4 and Python's `gower` 0.1.2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelkin.analysis.gower import Field, Spec, encode, pairs

DATA = Path(__file__).parent.parent / "data"
WEIGHTS = {"model_type": 2, "tied": 1, "hidden_size": 2, "layers": 0.5, "heads": 1.5, "vocab": 1}


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
