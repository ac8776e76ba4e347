"""Nearest neighbours against plain loops: ties, copies, gaps, and nothing else showing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import slow_gower
from gower_frames import FIELDS, frame_of, random_rows

from modelkin.analysis.gower import (
    VARIANTS,
    Field,
    Neighbours,
    Spec,
    encode,
    nearest,
    numpy_tiles,
    pairwise,
)
from modelkin.errors import UserError

FLAT = tuple((n, k, 1.0) for n, k, _ in FIELDS)
SPEC = Spec(tuple(Field(n, k) for n, k, _ in FIELDS))


def as_lists(found: Neighbours) -> list[list[tuple[int, float, int]]]:
    return [
        [(int(j), float(d), int(n)) for j, d, n in zip(*lines, strict=True) if j >= 0]
        for lines in zip(found.index, found.distance, found.n_compared, strict=True)
    ]


def keys_of(n: int) -> list[str]:
    """Keys whose order is not that of the rows."""
    return [f"model-{(i * 37) % 101:03}" for i in range(n)]


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(4))
def test_neighbours_equal_those_of_the_loop(seed: int, variant: str, copies: bool) -> None:
    rows = random_rows(seed, 60, missing=0.45, copies=0.5)
    keys = keys_of(60)
    priority = np.random.default_rng(seed).integers(0, 4, 60)  # ties go by key
    table = encode(frame_of(rows, index=keys), Spec(SPEC.fields, variant), priority)
    found = as_lists(nearest(table, 7, 3, copies))
    slow = slow_gower.nearest(rows, keys, FLAT, variant, 7, 3, copies, priority)
    if variant == "log-range":  # the last bit of a logarithm may decide between equals
        assert [[d for _, d, _ in line] for line in found] == [
            pytest.approx([d for _, d, _ in line], abs=1e-14) for line in slow
        ]
    else:
        assert found == slow


@pytest.mark.parametrize("copies", [False, True])
def test_tiles_and_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch, copies: bool) -> None:
    table = encode(frame_of(random_rows(9, 80)), SPEC)
    expected = as_lists(nearest(table, 5, 2, copies))
    for rows, columns, block in ((1, 1, 1), (3, 7, 100), (64, 5, 10**6)):
        monkeypatch.setattr(numpy_tiles, "ROWS", rows)
        monkeypatch.setattr(numpy_tiles, "COLUMNS", columns)
        monkeypatch.setattr(pairwise, "BLOCK_PAIRS", block)
        assert as_lists(nearest(table, 5, 2, copies)) == expected


@pytest.mark.parametrize("copies", [False, True])
def test_the_order_of_rows_does_not_show(copies: bool) -> None:
    rows = random_rows(11, 70, copies=0.6)
    frame = frame_of(rows, index=keys_of(70))
    expected = named(frame, nearest(encode(frame, SPEC), 6, 2, copies))
    rng = np.random.default_rng(0)
    for _ in range(20):
        shuffled = frame.iloc[rng.permutation(70), rng.permutation(len(frame.columns))]
        assert named(shuffled, nearest(encode(shuffled, SPEC), 6, 2, copies)) == expected


def named(frame: pd.DataFrame, found: Neighbours) -> dict[str, list[Any]]:
    return {
        name: [(frame.index[j], d, n) for j, d, n in line]
        for name, line in zip(frame.index, as_lists(found), strict=True)
    }


def test_without_names_content_decides_a_tie() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "z"]}, index=[0, 0, 0])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        shuffled = frame.iloc[order]
        found = nearest(encode(shuffled), 1, 1)
        pairs = dict(zip(shuffled["a"], shuffled["a"].to_numpy()[found.index[:, 0]], strict=True))
        assert pairs == {"x": "y", "y": "x", "z": "x"}


def test_more_shared_fields_win_a_tie_of_distance() -> None:
    frame = pd.DataFrame(
        {"a": ["x", "x", "x"], "b": ["p", None, "p"], "c": [None, None, "q"]},
        index=["own", "a-few", "b-more"],
    )
    assert nearest(encode(frame), 2, 1).index[0].tolist() == [2, 1]


def test_many_copies_do_not_crowd_out_other_configurations() -> None:
    frame = pd.DataFrame({"a": [1.0] * 30 + [2.0, 3.0, 9.0]})
    found = nearest(encode(frame), 3, 1)
    assert found.index[:30].tolist() == [[30, 31, 32]] * 30
    assert found.distance[0].tolist() == [0.125, 0.25, 1.0]


def test_with_copies_a_row_leaves_out_itself_and_nothing_else() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0, 1.0, 5.0]})
    found = nearest(encode(frame), 3, 1, copies=True)
    assert found.index.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    assert found.distance[:, 0].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_few_shared_fields_make_no_neighbour() -> None:
    frame = pd.DataFrame(
        {"a": ["x", "x", "x"], "b": ["p", "q", None], "c": [1.0, 2.0, None]},
        index=["one", "two", "sparse"],
    )
    found = nearest(encode(frame), 2, 2)
    assert found.index.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert np.isnan(found.distance[2]).all()
    assert found.n_compared.tolist() == [[3, 0], [3, 0], [0, 0]]


@pytest.mark.parametrize("copies", [False, True])
def test_small_and_empty_tables(copies: bool) -> None:
    one = encode(pd.DataFrame({"a": ["x"]}))
    assert nearest(one, 10, 1, copies).index.tolist() == [[-1] * 10]
    none = encode(pd.DataFrame({"a": np.empty(0)}))
    assert nearest(none, 10, 1, copies).index.shape == (0, 10)
    missing = encode(pd.DataFrame({"a": [np.nan] * 4, "b": [None] * 4}))
    assert (nearest(missing, 2, 1, copies).index == -1).all()
    three = encode(pd.DataFrame({"a": ["x", "y", "y"]}))
    expected = (
        [[1, 2, -1], [2, 0, -1], [1, 0, -1]] if copies else [[1, -1, -1], [0, -1, -1], [0, -1, -1]]
    )
    assert nearest(three, 3, 1, copies).index.tolist() == expected


@pytest.mark.parametrize(("k", "min_shared"), [(0, 1), (3, 0)])
def test_numbers_below_one_are_refused(k: int, min_shared: int) -> None:
    with pytest.raises(UserError, match="at least 1"):
        nearest(encode(pd.DataFrame({"a": ["x"]})), k, min_shared)


def test_twelve_thousand_rows_with_four_thousand_configurations() -> None:
    rng = np.random.default_rng(4)
    values = rng.integers(0, 6, (4000, 12)).astype(float)
    values[rng.random(values.shape) < 0.3] = np.nan
    frame = pd.DataFrame(values[rng.integers(0, 4000, 12_000)]).add_prefix("f")
    table = encode(frame)
    found = nearest(table, 10, 6)
    assert found.index.shape == (12_000, 10)
    for row in (0, 777, 11_999):  # against the whole line of one row
        d = np.abs(frame.to_numpy()[row] - frame.to_numpy()[table.representative]) / 5
        shared = (~np.isnan(d)).sum(axis=1)
        d = np.where(shared >= 6, np.nansum(d, axis=1) / np.maximum(shared, 1), np.inf)
        d[table.configuration[row]] = np.inf
        np.testing.assert_allclose(found.distance[row], np.sort(d)[:10], atol=1e-14)
