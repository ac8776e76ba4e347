"""Means inside groups, chosen pairs and the full matrix."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import slow_gower
from gower_frames import FIELDS, frame_of, random_rows

from modelkin.analysis.gower import (
    VARIANTS,
    Effort,
    Field,
    Spec,
    encode,
    group_means,
    groups,
    matrix,
    numpy_tiles,
    pairs,
    pairwise,
)
from modelkin.errors import UserError

SPEC = Spec(tuple(Field(n, k) for n, k, _ in FIELDS))
FLAT = tuple((n, k, 1.0) for n, k, _ in FIELDS)
GROUPS = [list(range(10, 35)), [3, 1], [5], [], list(range(60))]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("min_shared", [1, 3, 6])
def test_means_equal_those_of_the_loop(variant: str, min_shared: int) -> None:
    rows = random_rows(21, 60, missing=0.4, copies=0.5)
    mean, n_pairs, n_null = group_means(
        encode(frame_of(rows), Spec(SPEC.fields, variant)), GROUPS, min_shared
    )
    for g, group in enumerate(GROUPS):
        slow = slow_gower.group_mean(rows, group, FLAT, variant, min_shared)
        assert (n_pairs[g], n_null[g]) == slow[1:]
        assert n_pairs[g] + n_null[g] == len(group) * (len(group) - 1) // 2
        assert mean[g] == pytest.approx(slow[0], abs=1e-12, nan_ok=True)


def test_ranges_are_those_of_the_whole_and_not_of_the_group() -> None:
    table = encode(pd.DataFrame({"a": [0.0, 1.0, 100.0]}))
    assert group_means(table, [[0, 1]], 1)[0][0] == 0.01


def test_neither_order_nor_blocks_show(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(random_rows(5, 50, copies=0.5), index=[f"m{i:02}" for i in range(50)])
    group = np.arange(5, 45)
    expected = group_means(encode(frame, SPEC), [group])[0][0]
    order = np.random.default_rng(1).permutation(50)
    shuffled = encode(frame.iloc[order], SPEC)
    inside = np.flatnonzero(np.isin(order, group))
    monkeypatch.setattr(pairwise, "BLOCK_PAIRS", 1)
    assert group_means(shuffled, [inside[::-1]])[0][0] == expected


def test_no_groups() -> None:
    mean, n_pairs, n_null = group_means(encode(pd.DataFrame({"a": [1.0]})), [])
    assert (len(mean), len(n_pairs), len(n_null)) == (0, 0, 0)


def test_a_group_names_a_row_once() -> None:
    with pytest.raises(UserError, match="named twice"):
        group_means(encode(pd.DataFrame({"a": [1.0, 2.0]})), [[0, 0]])


def test_copies_are_pairs_at_distance_zero_when_they_share_enough() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0, 2.0], "b": ["x", "x", None]})
    mean, n_pairs, n_null = group_means(encode(frame), [[0, 1, 2]], min_shared=1)
    assert (mean[0], n_pairs[0], n_null[0]) == (pytest.approx(2 / 3), 3, 0)
    mean, n_pairs, n_null = group_means(encode(frame), [[0, 1, 2]], min_shared=2)
    assert (mean[0], n_pairs[0], n_null[0]) == (0.0, 1, 2)


def test_chosen_pairs_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = encode(frame_of(random_rows(8, 30, missing=0.7)), SPEC)
    i, j = (x.ravel() for x in np.indices((30, 30)))
    monkeypatch.setattr(numpy_tiles, "LISTED", 7)
    distance, shared = pairs(table, i, j, 4)
    whole, whole_shared = matrix(table, 4)
    np.testing.assert_array_equal(distance.reshape(30, 30), whole)
    np.testing.assert_array_equal(shared.reshape(30, 30), whole_shared)
    assert math.isnan(distance[shared < 4][0])
    nothing = pairs(table, i, j, 0)
    np.testing.assert_array_equal(np.isnan(nothing[0]), nothing[1] == 0)
    assert (nothing[1] == 0).any()


def test_a_matrix_beyond_memory_is_refused() -> None:
    with pytest.raises(UserError, match="Cannot hold all pairs of 3 rows"):
        matrix(pd.DataFrame({"a": [1.0, 2.0, 3.0]}), effort=Effort(memory=89))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("min_shared", [1, 3, 6])
@pytest.mark.parametrize("variant", VARIANTS)
def test_patterns_give_the_means_of_pairs(
    variant: str, min_shared: int, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = random_rows(4, 400, missing=0.4, copies=0.5)
    fields = tuple(Field(n, k, w if weighted else 1.0) for n, k, w in FIELDS)
    table = encode(frame_of(rows), Spec(fields, variant))
    some = [np.arange(400), np.arange(50, 300), np.arange(7)]
    by_pairs = group_means(table, some, min_shared)
    monkeypatch.setattr(groups, "FEW", 2)
    monkeypatch.setattr(groups, "PRODUCTS", 1e9)
    for memory in (10_000, 10**9):  # tiles of one pattern, and one tile
        mean, n_pairs, n_null = group_means(table, some, min_shared, effort=Effort(memory=memory))
        np.testing.assert_allclose(mean, by_pairs[0], rtol=0, atol=1e-12)
        np.testing.assert_array_equal(n_pairs, by_pairs[1])
        np.testing.assert_array_equal(n_null, by_pairs[2])


def test_ratios_of_two_signs_are_left_to_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": [1.0, -1.0, 2.0, 0.0], "b": ["x", "y", "x", None]})
    table = encode(frame, Spec(variant="pairwise-max"))
    expected = group_means(table, [range(4)], 1)[0][0]
    monkeypatch.setattr(groups, "FEW", 2)
    monkeypatch.setattr(groups, "PRODUCTS", 1e9)
    assert group_means(table, [range(4)], 1)[0][0] == expected
