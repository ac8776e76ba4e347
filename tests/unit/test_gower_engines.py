"""Compiled kernels against the numpy engine, bit by bit, over hostile tables and all paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from gower_frames import FIELDS, frame_of, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkin.analysis.gower import (
    VARIANTS,
    Effort,
    Field,
    Neighbours,
    Spec,
    Table,
    condensed,
    encode,
    group_means,
    index,
    matrix,
    nearest,
    pairs,
    searching,
)
from modelkin.analysis.gower.neighbours import Lists

NUMPY, NUMBA = Effort(engine="numpy"), Effort(engine="numba")


def spec_of(variant: str = "range", weighted: bool = False) -> Spec:
    return Spec(tuple(Field(n, k, w if weighted else 1.0) for n, k, w in FIELDS), variant)


def wide(n: int, columns: int, seed: int = 0, levels: int = 3) -> pd.DataFrame:
    """Categories and numbers in turn, a third missing."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, levels, (n, columns)).astype(float)
    values[rng.random(values.shape) < 0.33] = np.nan
    frame = pd.DataFrame(values).add_prefix("f")
    for name in frame.columns[::2]:
        column = frame[name].map(lambda value: f"L{value:.0f}", na_action="ignore")
        frame[name] = column.astype(object)
    return frame


def numbers(seed: int, n: int) -> pd.DataFrame:
    """Numbers of all sizes and both signs, with zeros, denormals and gaps."""
    rng = np.random.default_rng(seed)
    some = [0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-310, 1e300, -1e300, 3.0, np.nan]
    return pd.DataFrame({f"f{j}": rng.choice(some, n) for j in range(6)})


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "mixed": lambda: frame_of(random_rows(3, 300, missing=0.4)),
    "all missing": lambda: pd.DataFrame({"a": [np.nan] * 40, "b": [None] * 40}),
    "constant": lambda: pd.DataFrame({"a": [1.0] * 40, "b": ["x"] * 40}),
    "one row": lambda: pd.DataFrame({"a": [1.0], "b": ["x"]}),
    "no row": lambda: pd.DataFrame({"a": np.empty(0)}),
    "300 columns": lambda: wide(150, 300),
    "300 categories": lambda: wide(60, 600),
    "wide categories": lambda: pd.DataFrame(
        {"a": [f"v{i % 700}" for i in range(1500)], "b": [f"w{i // 3}" for i in range(1500)]}
    ),
    "no numbers": lambda: wide(200, 9).iloc[:, ::2],
    "no categories": lambda: wide(200, 9).iloc[:, 1::2],
    "equal where known": lambda: wide(200, 6, levels=1),
    "denormals": lambda: numbers(1, 200).clip(0, 1e-310),
}


def same(one: Any, other: Any) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def columns_of(found: Neighbours) -> tuple[Any, ...]:
    return found.index, found.distance, found.n_compared


def all_paths(table: Table, k: int, least: int, itself: bool) -> list[Lists]:
    """The nearest configurations by every way of the compiled search."""
    ranks = np.argsort(np.argsort(table.order[table.representative]))
    return [
        searching.search_compiled(table, ranks, k, least, itself, effort, prune)
        for effort in (Effort(threads=1), Effort(threads=3))
        for prune in (False, True)
    ]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_both_engines_give_the_same_bits(name: str, variant: str) -> None:
    table = encode(TABLES[name](), Spec(variant=variant))
    for copies in (False, True):
        for k, least in ((5, 1), (3, 4)):
            one, other = (nearest(table, k, least, copies, effort=e) for e in (NUMPY, NUMBA))
            same(columns_of(one), columns_of(other))
    same(matrix(table, 2, effort=NUMPY), matrix(table, 2, effort=NUMBA))
    groups = [np.arange(table.n), np.arange(0, table.n, 3)]
    same(group_means(table, groups, effort=NUMPY), group_means(table, groups, effort=NUMBA))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_neither_pruning_nor_threads_show(
    variant: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = frame_of(random_rows(7, 900, missing=0.35, copies=0.1))
    table = encode(frame, spec_of(variant, weighted))
    monkeypatch.setattr(searching, "centres_for", lambda u: 60)
    monkeypatch.setattr(index, "NEAR", 3)
    sparse = encode(frame_of(random_rows(8, 900, missing=0.75)), spec_of(variant, weighted))
    for one, k, itself in ((table, 6, False), (table, 6, True), (sparse, 200, False)):
        first, *others = all_paths(one, k, 2, itself)
        for other in others:
            same(first, other)


def test_numbers_of_every_size_and_sign() -> None:
    frame = numbers(5, 400)
    for variant in ("range", "pairwise-max"):
        some = frame if variant == "pairwise-max" else frame.clip(-3, 3)
        table = encode(some, Spec(variant=variant))
        one, other = (nearest(table, 8, effort=e) for e in (NUMPY, NUMBA))
        same(columns_of(one), columns_of(other))


@given(
    seed=st.integers(0, 10**6),
    variant=st.sampled_from(VARIANTS),
    weighted=st.booleans(),
    k=st.integers(1, 40),
    least=st.integers(1, 9),
    copies=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_random_tables(
    seed: int, variant: str, weighted: bool, k: int, least: int, copies: bool
) -> None:
    table = encode(frame_of(random_rows(seed, 80, missing=0.5)), spec_of(variant, weighted))
    one, other = (nearest(table, k, least, copies, effort=e) for e in (NUMPY, NUMBA))
    same(columns_of(one), columns_of(other))


@given(seed=st.integers(0, 10**6), variant=st.sampled_from(VARIANTS))
@settings(max_examples=10, deadline=None)
def test_all_pairs_in_every_form(seed: int, variant: str) -> None:
    table = encode(frame_of(random_rows(seed, 60, missing=0.4)), spec_of(variant, True))
    whole = matrix(table, 2, effort=NUMBA)
    same(whole, matrix(table, 2, effort=NUMPY))
    upper = np.triu_indices(60, 1)
    same(condensed(table, 2, effort=NUMBA), [values[upper] for values in whole])
    same(condensed(table, 2, effort=NUMPY), [values[upper] for values in whole])
    i, j = (axis.ravel() for axis in np.indices((60, 60)))
    same(pairs(table, i, j, 2, effort=NUMBA), [values.ravel() for values in whole])


def test_the_order_of_rows_does_not_show() -> None:
    frame = frame_of(random_rows(12, 500, missing=0.3, copies=0.3))
    rng = np.random.default_rng(0)
    expected = nearest(frame, 6, spec=spec_of(), effort=NUMBA)
    order = rng.permutation(len(frame))
    found = nearest(frame.iloc[order], 6, spec=spec_of(), effort=NUMBA)
    np.testing.assert_array_equal(order[found.index], expected.index[order])
    np.testing.assert_array_equal(found.distance, expected.distance[order])


def test_a_hundred_thousand_categories_are_all_different() -> None:
    n = 4_000  # of the width that matters: far more than fit a byte
    frame = pd.DataFrame({"a": [f"v{i}" for i in range(n)], "b": ["x", "y"] * (n // 2)})
    found = nearest(frame, 2, effort=NUMBA)
    assert (found.distance == 0.5).all()
    assert ((found.index - np.arange(n)[:, None]) % 2 == 0).all()


def test_every_row_of_its_own() -> None:
    rows = frame_of(random_rows(2, 200, copies=0.5))
    table = encode(rows, spec_of())
    apart = encode(rows.assign(key=range(200)), replace(spec_of(), key="key"))
    same(
        columns_of(nearest(table, 4, copies=True, effort=NUMBA)),
        columns_of(nearest(apart, 4, copies=True, effort=NUMPY)),
    )
