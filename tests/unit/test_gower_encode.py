"""What a frame must be to be compared, and how rows are told apart."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from modelkin.analysis.gower import Field, Spec, collapse, encode, pairs
from modelkin.errors import UserError

TEXT_NUMBERS = pd.Series(["4096", "768", None], dtype=object)


def kinds(frame: pd.DataFrame) -> dict[str, str | None]:
    return {f.name: f.kind for f in encode(frame).spec.fields}


def test_kinds_follow_the_types_of_columns() -> None:
    frame = pd.DataFrame(
        {
            "int": [1, 2],
            "float": [1.0, np.nan],
            "nullable": pd.array([1, None], dtype="Int64"),
            "object_numbers": pd.Series([1, None], dtype=object),
            "bool": [True, False],
            "nullable_bool": pd.array([True, None], dtype="boolean"),
            "object_bool": pd.Series([True, None], dtype=object),
            "text": ["a", None],
            "levels": pd.Categorical(["a", "b"]),
            "empty": pd.Series([None, None], dtype=object),
        }
    )
    assert kinds(frame) == {
        **dict.fromkeys(["int", "float", "nullable", "object_numbers"], "number"),
        **dict.fromkeys(["bool", "nullable_bool", "object_bool"], "boolean"),
        **dict.fromkeys(["text", "levels", "empty"], "category"),
    }


def test_one_odd_value_late_in_a_column_does_not_change_its_kind_silently() -> None:
    # the first hundred values are numbers, as in the files that a guess would read
    odd = pd.Series([*range(100), "auto"], dtype=object)
    with pytest.raises(UserError, match="of several kinds"):
        encode(pd.DataFrame({"a": odd}))
    with pytest.raises(UserError, match="'auto' is no number"):
        encode(pd.DataFrame({"a": odd}), Spec((Field("a", "number"),)))


@pytest.mark.parametrize(
    ("column", "kind", "words"),
    [
        (TEXT_NUMBERS, None, "holds numbers as text"),
        (TEXT_NUMBERS, "number", "'4096' is no number"),
        (pd.Series(["True", "False"]), None, "holds truth values as text"),
        (pd.Series(["True", "False"]), "boolean", "is to hold True and False"),
        (pd.Series([1.0, 0.0]), "boolean", "is to hold True and False"),
        (pd.Series([True, False]), "number", "is no number"),
        (pd.Series([1, "a"], dtype=object), "category", "several kinds"),
        (pd.Series([datetime(2024, 1, 1)]), None, "cannot be compared"),
        (pd.Series([("a",), None], dtype=object), None, "cannot be compared"),
        (pd.Series([1j, 2j]), None, "cannot be compared"),
        (pd.Series([1.0, np.inf]), "number", "infinity"),
        (pd.Series([1.0, -np.inf]), "number", "infinity"),
        (pd.Series([2**53 + 1, 1]), "number", "2\\*\\*53"),
        (pd.Series([1e308, -1e308]), "number", "overflows"),
    ],
)
def test_what_is_not_of_its_kind_is_refused(
    column: pd.Series, kind: str | None, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        encode(pd.DataFrame({"a": column}), Spec((Field("a", kind),)))


def test_text_that_looks_like_numbers_is_a_category_when_the_spec_says_so() -> None:
    frame = pd.DataFrame({"version": ["4.31", "4.40", None]})
    table = encode(frame, Spec((Field("version", "category"),)))
    assert pairs(table, [0], [1])[0][0] == 1.0


def test_columns_must_be_there_once() -> None:
    frame = pd.DataFrame({"a": [1.0], "b": [2.0]})
    with pytest.raises(UserError, match="no such column"):
        encode(frame, Spec((Field("c"),)))
    with pytest.raises(UserError, match="stands there twice"):
        encode(frame.set_axis(["a", "a"], axis=1), Spec((Field("a"),)))
    with pytest.raises(UserError, match="no field to compare"):
        encode(pd.DataFrame(index=[0]))


def test_negative_numbers_have_no_logarithm() -> None:
    with pytest.raises(UserError, match="logarithm"):
        encode(pd.DataFrame({"a": [-1.0, 2.0]}), Spec(variant="log-range"))


def test_values_outside_given_ranges_are_refused() -> None:
    spec = encode(pd.DataFrame({"a": [1.0, 9.0], "b": [np.nan, np.nan]})).spec
    assert spec.ranges == {"a": (1.0, 9.0)}
    with pytest.raises(UserError, match="outside the given range 1 to 9"):
        encode(pd.DataFrame({"a": [10.0], "b": [np.nan]}), spec)
    with pytest.raises(UserError, match="do not know it"):
        encode(pd.DataFrame({"a": [2.0], "b": [1.0]}), spec)


def test_minus_zero_and_zero_are_one_value() -> None:
    table = encode(pd.DataFrame({"a": [0.0, -0.0, 1.0]}))
    assert table.n_configurations == 2


def test_the_key_must_tell_rows_apart() -> None:
    frame = pd.DataFrame({"id": ["a", "a"], "x": [1.0, 2.0]})
    with pytest.raises(UserError, match="Cannot tell rows apart - id"):
        encode(frame, Spec(key="id"))
    mixed = pd.DataFrame({"id": pd.Series(["a", 1], dtype=object), "x": [1.0, 2.0]})
    with pytest.raises(UserError, match="Cannot order rows - id"):
        encode(mixed, Spec(key="id"))
    assert encode(frame.set_index("id")).n == 2  # then content and position tell them apart


def test_the_key_is_not_compared() -> None:
    frame = pd.DataFrame({"id": ["b", "a"], "x": [1.0, 2.0]})
    table = encode(frame, Spec(key="id"))
    assert [f.name for f in table.spec.fields] == ["x"]
    assert list(table.order) == [1, 0]


def test_a_row_is_taken_once() -> None:
    with pytest.raises(UserError, match="named twice"):
        encode(pd.DataFrame({"x": [1.0, 2.0]})).take([0, 0])


def test_the_representative_is_the_first_in_priority() -> None:
    frame = pd.DataFrame({"x": [1.0, 1.0, 2.0, 1.0]}, index=list("dcba"))
    assert list(encode(frame).representative) == [3, 2]  # by key: "a", then "b"
    assert list(encode(frame, priority=[1, 0, 2, 3]).representative) == [2, 1]
    assert list(encode(frame, priority=[0, 0, 0, 0]).representative) == [3, 2]
    part = encode(frame, priority=[1, 0, 2, 3]).take([0, 3, 2])
    assert sorted(part.representative) == [0, 2]
    with pytest.raises(UserError, match="one number a row"):
        encode(frame, priority=[1, 2])


def test_rows_are_told_apart_even_if_all_share_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": rng.choice([1.0, 2.0, np.nan], 200), "y": rng.choice(["a", "b", None], 200)}
    )
    expected = encode(frame)
    monkeypatch.setattr(collapse, "_ODD", np.uint64(0))
    found = encode(frame)
    assert found.n_configurations == expected.n_configurations == 9
    np.testing.assert_array_equal(found.configuration, expected.configuration)
    np.testing.assert_array_equal(found.codes, expected.codes)


def test_columns_of_every_type_are_encoded_alike() -> None:
    text = ["b", "a", None, "a"]
    flags = [True, None, False, True]
    plain = pd.DataFrame({"t": pd.Series(text, dtype=object), "f": pd.Series(flags, dtype=object)})
    expected = encode(plain)
    for t, f in (
        (pd.array(text, dtype="string"), pd.array(flags, dtype="boolean")),
        (pd.Series(text), pd.Series(flags, dtype=object)),
        (pd.Categorical(text, categories=["unused", "b", "a"]), pd.array(flags, dtype="boolean")),
    ):
        table = encode(pd.DataFrame({"t": t, "f": f}))
        np.testing.assert_array_equal(table.codes, expected.codes)
        np.testing.assert_array_equal(table.configuration, expected.configuration)


def test_keys_go_by_code_points_whatever_holds_them() -> None:
    names = ["b", "B", "é", "a/Z", "a-z", "𝄞", "\uffff"]
    for index in (pd.Index(names, dtype=object), pd.Index(names)):
        table = encode(pd.DataFrame({"x": range(7)}, index=index))
        assert [names[row] for row in np.argsort(table.order)] == sorted(names)
