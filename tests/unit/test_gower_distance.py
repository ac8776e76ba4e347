"""Distances against plain loops, and the axioms they must keep."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import slow_gower
from gower_frames import FIELDS, frame_of, random_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkin.analysis.gower import (
    VARIANTS,
    Field,
    Spec,
    Table,
    default_spec,
    encode,
    matrix,
    pairs,
)
from modelkin.errors import UserError
from modelkin.schema.attributes import ATTRIBUTES, REFERENCE_FLAGS, feature_set


def spec_of(variant: str = "range", weighted: bool = False) -> Spec:
    fields = tuple(Field(n, k, w if weighted else 1.0) for n, k, w in FIELDS)
    return Spec(fields, variant)


def flat(weighted: bool) -> tuple[slow_gower.FieldTuple, ...]:
    return tuple((n, k, w if weighted else 1.0) for n, k, w in FIELDS)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_every_pair_equals_the_loop(variant: str, weighted: bool, seed: int) -> None:
    rows = random_rows(seed, 45)
    ranges = slow_gower.ranges_of(rows, FIELDS, variant)
    distance, shared = matrix(encode(frame_of(rows), spec_of(variant, weighted)))
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            d, n = slow_gower.distance(one, other, flat(weighted), variant, ranges)
            assert shared[i, j] == n
            # logarithms may differ in the last bit; everything else is the same arithmetic
            assert distance[i, j] == pytest.approx(d, abs=1e-15, nan_ok=True), (i, j)
            if variant != "log-range":
                assert distance[i, j] == d or math.isnan(d)


@given(seed=st.integers(0, 10**6), variant=st.sampled_from(VARIANTS), weighted=st.booleans())
@settings(max_examples=40, deadline=None)
def test_axioms(seed: int, variant: str, weighted: bool) -> None:
    rows = random_rows(seed, 30, missing=0.5)
    table = encode(frame_of(rows), spec_of(variant, weighted))
    distance, shared = matrix(table)
    np.testing.assert_array_equal(distance, distance.T)
    np.testing.assert_array_equal(shared, shared.T)
    np.testing.assert_array_equal(np.isnan(distance), shared == 0)
    known = distance[shared > 0]
    assert ((known >= 0) & (known <= 1)).all()
    assert (distance.diagonal()[shared.diagonal() > 0] == 0).all()
    for least in (2, 3, 6):
        np.testing.assert_array_equal(np.isnan(matrix(table, least)[0]), shared < least)


@given(seed=st.integers(0, 10**6), variant=st.sampled_from(VARIANTS), weighted=st.booleans())
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_and_columns_does_not_show(
    seed: int, variant: str, weighted: bool
) -> None:
    frame = frame_of(random_rows(seed, 25))
    rng = np.random.default_rng(seed)
    shuffled = frame.iloc[rng.permutation(len(frame)), rng.permutation(len(frame.columns))]
    spec = spec_of(variant, weighted)
    turned = Spec(tuple(reversed(spec.fields)), variant)
    distance, shared = matrix(encode(frame, spec))
    other, other_shared = matrix(encode(shuffled, turned))
    place = shuffled.index.to_numpy()
    np.testing.assert_array_equal(other, distance[np.ix_(place, place)])  # the same bits
    np.testing.assert_array_equal(other_shared, shared[np.ix_(place, place)])


def test_agreement_added_never_raises_a_distance() -> None:
    rows = random_rows(5, 30)
    before, _ = matrix(encode(frame_of(rows), spec_of()))
    more = frame_of(rows).assign(same="yes")
    after, _ = matrix(encode(more, Spec((*spec_of().fields, Field("same")))))
    known = ~np.isnan(before)
    assert (after[known] <= before[known] + 1e-15).all()


def test_a_weight_equals_a_repeated_column() -> None:
    frame = frame_of(random_rows(2, 40))
    weights = {"type": 3.0, "width": 2.0}
    weighted = tuple(Field(n, k, weights.get(n, 1.0)) for n, k, _ in FIELDS)
    repeated = frame.assign(type_=frame["type"], type__=frame["type"], width_=frame["width"])
    kinds = {"type_": "category", "type__": "category", "width_": "number"}
    columns = (*(Field(n, k) for n, k, _ in FIELDS), *(Field(n, k) for n, k in kinds.items()))
    one, _ = matrix(encode(frame, Spec(weighted)))
    other, _ = matrix(encode(repeated, Spec(columns)))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-15)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_part_has_the_distances_of_the_whole(variant: str) -> None:
    frame = frame_of(random_rows(3, 60))
    whole = encode(frame, spec_of(variant))
    some = np.array([3, 41, 8, 17, 55, 20])
    expected = matrix(whole)[0][np.ix_(some, some)]
    np.testing.assert_array_equal(matrix(whole.take(some))[0], expected)
    again = encode(frame.iloc[some], whole.spec)
    np.testing.assert_array_equal(matrix(again)[0], expected)
    i, j = np.divmod(np.arange(36), 6)
    np.testing.assert_array_equal(pairs(whole, some[i], some[j])[0].reshape(6, 6), expected)


def test_numbers_differ_by_their_share_of_the_range_not_of_each_other() -> None:
    # heads 1 and 2 of 1..65 lie close together; 100k and 101k of 1k..101k as close as 1k and 2k
    frame = pd.DataFrame({"heads": [1.0, 2.0, 65.0], "vocab": [1e5, 1.01e5, 1e3]})
    one = encode(frame[["heads"]])
    assert pairs(one, [0], [1])[0][0] == 1 / 64
    reference = encode(frame[["heads"]], Spec(variant="pairwise-max"))
    assert pairs(reference, [0], [1])[0][0] == 0.5
    assert pairs(encode(frame[["vocab"]]), [0], [1])[0][0] == 0.01


def test_weights_are_used() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["x", "x"]})
    heavy = encode(frame, Spec((Field("a", weight=3.0), Field("b"))))
    assert pairs(heavy, [0], [1])[0][0] == 0.75
    assert {f.name: f.weight for f in default_spec(weights=True).fields}["hidden_size"] == 2.0
    assert {f.weight for f in default_spec().fields} == {1.0}


def test_nothing_shared_is_unknown_and_not_different() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [None, "x"], "c": [True, None]})
    distance, shared = pairs(encode(frame), [0], [1])
    assert (math.isnan(distance[0]), shared[0]) == (True, 0)


def test_a_constant_field_is_compared_and_adds_nothing() -> None:
    frame = pd.DataFrame({"constant": [7.0, 7.0, np.nan], "a": ["x", "y", "x"]})
    distance, shared = matrix(encode(frame))
    assert (distance[0, 1], shared[0, 1]) == (0.5, 2)
    assert (distance[0, 2], shared[0, 2]) == (0.0, 1)


def test_zero_is_as_far_as_can_be_from_every_size_under_logs() -> None:
    frame = pd.DataFrame({"experts": [0.0, 0.0, 8.0, 64.0, 64.0 * 8]})
    distance, _ = matrix(encode(frame, Spec(variant="log-range")))
    np.testing.assert_allclose(distance[0], [0, 0, 1, 1, 1], atol=0, err_msg="0 is no small size")
    np.testing.assert_allclose(distance[2], [1, 1, 0, 0.5, 1], atol=1e-15)


def test_true_and_false_differ_and_so_do_close_categories() -> None:
    frame = pd.DataFrame({"flag": [True, False], "type": ["llama", "Llama"]})
    distance, shared = pairs(encode(frame), [0], [1])
    assert (distance[0], shared[0]) == (1.0, 2)


def test_many_columns_one_row_and_no_row() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, (20, 300)).astype(float)
    values[rng.random((20, 300)) < 0.2] = np.nan
    frame = pd.DataFrame(values, columns=[f"c{i:03}" for i in range(300)])
    distance, shared = matrix(encode(frame))
    both = ~np.isnan(values[3]) & ~np.isnan(values[7])
    assert shared[3, 7] == both.sum()
    expected = np.abs(values[3] - values[7])[both].sum() / 2 / both.sum()
    assert distance[3, 7] == pytest.approx(expected, abs=1e-14)
    assert matrix(encode(frame.iloc[:1]))[0].tolist() == [[0.0]]
    assert matrix(encode(frame.iloc[:0]))[0].shape == (0, 0)


def test_copies_are_one_configuration() -> None:
    frame = frame_of(random_rows(1, 50, copies=0.7))
    table = encode(frame, spec_of())
    assert isinstance(table, Table)
    distinct = frame.astype(object).where(frame.notna(), "missing").drop_duplicates()
    assert table.n_configurations == len(distinct)
    assert table.copies.sum() == 50
    known = frame.notna().sum(axis=1).to_numpy()
    np.testing.assert_array_equal(table.known[table.configuration], known)


@pytest.mark.parametrize("features", ["default", "reference", "training"])
def test_feature_sets_come_from_the_attribute_table(features: str) -> None:
    spec = default_spec(features)
    assert tuple(f.name for f in spec.fields) == feature_set(features)
    stored = {a.name: a.kind for a in ATTRIBUTES}
    for field in spec.fields:
        if field.name in REFERENCE_FLAGS:
            assert field.kind == "boolean"
        elif stored[field.name] in ("integer", "number"):
            assert field.kind == "number"
        else:
            assert field.kind == stored[field.name]


def test_wrong_names_are_refused() -> None:
    with pytest.raises(UserError, match="no feature set called 'all'"):
        default_spec("all")
    with pytest.raises(UserError, match="no distance called 'manhattan'"):
        default_spec("default", "manhattan")
    with pytest.raises(UserError, match="Cannot weigh a by 0"):
        Field("a", weight=0)
    with pytest.raises(UserError, match="named twice"):
        Spec((Field("a"), Field("a")))
