"""Wide tables for the eye: nothing is dropped that says why there is no number."""

from __future__ import annotations

from modelkin.output.compact import compact

COLUMNS = ["relation", "drift_value", "drift_low", "drift_high", "drift_note", "median"]


def test_a_column_of_reasons_stays_and_an_empty_one_goes() -> None:
    row = dict.fromkeys(COLUMNS) | {"relation": "merge", "drift_note": "counts only (G = 2, n = 3)"}
    columns, rows = compact(COLUMNS, [row])
    assert columns == ["relation", "drift"]
    assert rows == [{"relation": "merge", "drift": "counts only (G = 2, n = 3)"}]


def test_values_without_interval_keep_their_note() -> None:
    row = dict.fromkeys(COLUMNS) | {"drift_value": 0.5, "drift_note": "no interval (G = 7)"}
    assert compact(COLUMNS, [row]) == (["drift"], [{"drift": "0.5 no interval (G = 7)"}])


def test_empty_words_are_no_column() -> None:
    assert compact(["a", "note"], [{"a": 1, "note": ""}]) == (["a"], [{"a": 1}])
