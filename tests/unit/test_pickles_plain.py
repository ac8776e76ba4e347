"""The plain form of values: nothing is altered without a trace."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelkin.loader.pickles.child import packed
from modelkin.loader.pickles.plain import MAX_RECORD, Plain
from modelkin.loader.pickles.reader import refused


def plain(value: object) -> object:
    names, values = Plain().attributes({"value": value})
    assert names == ("value",)
    return values[0]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (2**63, "whole number beyond 64 bits"),
        (-(2**63) - 1, "whole number beyond 64 bits"),
        (math.inf, "infinite number"),
        ([1, -math.inf], "infinite number"),
        (b"raw", "bytes"),
        (object(), "object"),
        (date(2024, 1, 2), "date"),
        ([[[[[1]]]]], "containers nested more than 4 deep"),
        ({1: "one"}, "dictionary with keys that are no text"),
        ({"a": {"b": {2}}, "c": 1j}, "complex"),
        ({1, "a"}, "set whose members have no common order"),
        ({None, 1}, "set whose members have no common order"),
        ("x" * (MAX_RECORD + 1), f"more than {MAX_RECORD:,} characters and elements in one record"),
    ],
)
def test_what_cannot_be_stored_is_named(value, what):
    assert refused(plain(value)) == what


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([[[[1]]]], [[[[1]]]]),
        ((1, (2,)), [1, [2]]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({2, 1.5}), [1.5, 2]),
        ({"a": {1}}, {"a": [1]}),
        (math.nan, None),
        ([math.nan, 1], [None, 1]),
        (-0.0, -0.0),
        ("", ""),
        (False, False),
        (timedelta(0), "PT0S"),
        (timedelta(days=-1, microseconds=1), "-PT86399.999999S"),
    ],
)
def test_what_can_be_stored_is_kept(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_nan_is_counted_wherever_it_stands():
    convert = Plain()
    convert.attributes({"a": math.nan, "b": [math.nan, {"c": math.nan}], "d": "nan"})
    assert convert.notes == {"NaN": 3}


def test_a_value_that_is_refused_does_not_use_up_its_neighbours_room():
    _, values = Plain().attributes({"a": "x" * (MAX_RECORD - 10), "b": ["y"] * 100, "c": "z"})
    assert refused(values[1])
    assert values[2] == "z"


def test_unwanted_attributes_are_left_out_and_counted():
    convert = Plain(["card"])
    assert convert.attributes({"card": 1j, "likes": 3}) == (("likes",), [3])
    assert convert.attributes({"likes": 4}) == (("likes",), [4])
    assert convert.notes == {"left out: card": 1}


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (5, "int 5 where text is needed"),
        (2**70, "int where text is needed"),
        (None, "NoneType where text is needed"),
        (("a", "b"), "tuple where text is needed"),
        (b"a", "bytes where text is needed"),
        ("a" * 201, f"text of 201 characters ({'a' * 60}...)"),
    ],
)
def test_a_key_that_is_no_short_text_is_a_marker(key, what):
    assert refused(Plain().key(key)) == what


def test_any_short_text_is_a_key():
    for key in ("", "a" * 200, "\ud800", "a\0b", "\u202eb"):
        assert Plain().key(key) == key


def test_odd_attribute_names_refuse_the_record():
    assert Plain().attributes({1: 2}) == (("$refused",), ["attribute name that is no text"])
    convert = Plain()
    # The same names must not slip through because they compare equal to known ones.
    assert convert.attributes({"a": 1}) == (("a",), [1])
    assert convert.attributes({True: 1}) == (("$refused",), ["attribute name that is no text"])


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None, exclude_categories=())),
    st.binary(max_size=5),
    st.timedeltas(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3),
        st.sets(st.one_of(st.integers(), st.text(max_size=2)), max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_every_value_becomes_json_and_stays(value):
    """Plain is a fixed point, and survives the pipe to the last surrogate."""
    once = plain(value)
    assert plain(once) == once
    assert json.loads(packed({"value": once})[4:])["value"] == once
