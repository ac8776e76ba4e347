"""Field states, half-years and joined periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineage_worlds import tiny

from modelkin.analysis.pairs import (
    APPEARED,
    CHANGED,
    SAME,
    UNKNOWN,
    VANISHED,
    configured_pairs,
    field_states,
    relation_names,
)
from modelkin.analysis.strata import half_years, windows
from modelkin.errors import UserError


def test_field_states_compare_by_value_and_keep_unknown_apart():
    frame = pd.DataFrame(
        {
            "heads": [32.0, 32, np.nan, 16.0],
            "dtype": pd.Series(["bf16", "bf16", None, "fp16"], dtype=object),
            "tied": pd.Series([True, False, None, True], dtype=object),
        }
    )
    parent, child = np.array([0, 0, 2, 0, 2]), np.array([1, 3, 0, 2, 2])
    states = field_states(frame, ["heads", "dtype", "tied"], parent, child)
    assert states.tolist() == [
        [SAME, SAME, CHANGED],
        [CHANGED, CHANGED, SAME],
        [APPEARED] * 3,
        [VANISHED] * 3,
        [UNKNOWN] * 3,
    ]


def test_an_unknown_relation_is_one_clear_error():
    inputs = tiny({}, [("a/a", "b/b")])
    with pytest.raises(UserError, match="No such relation - fine"):
        configured_pairs(inputs, ["fine"])


def test_relation_names_follow_the_order_of_bits():
    assert relation_names(np.array([9, 16, 4], dtype=np.uint8)) == [
        "finetune;merge",
        "untyped",
        "quantized",
    ]


def test_half_years_are_consecutive_and_the_first_day_stands_before():
    days = ["2022-03-02T23:29:04", "2022-03-03", "2022-07-01", "2023-01-01", "2023-06-30", "NaT"]
    assert half_years(np.array(days, dtype="datetime64[ns]")).tolist() == [
        4043,
        4044,
        4045,
        4046,
        4046,
        -1,
    ]


def test_windows_join_the_nearest_in_time_and_only_where_needed():
    period = np.array([1, 2, 5, 6, 7])
    others = np.array([20, 3, 3, 9, 1])
    members = np.array([0, 0, 2, 0, 0])
    # 5 is joined with 6 (one away), and that is enough; the rest stays alone
    assert windows(period, others, members, 10).tolist() == [0, -1, 2, 2, -1]
    assert windows(period, others, members, 100).tolist() == [-1] * 5


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), min_size=1, max_size=12),
    st.integers(1, 30),
)
def test_windows_are_runs_and_give_members_enough_others_if_there_are_enough(cells, least):
    period = np.arange(len(cells)) * 2
    others, members = np.array(cells).T
    joined = windows(period, others, members, least)
    for g in set(joined[joined >= 0].tolist()):
        inside = np.flatnonzero(joined == g)
        assert (np.diff(inside) == 1).all()
        assert others[inside].sum() >= least
    if others.sum() >= least:
        assert (joined[members > 0] >= 0).all()
