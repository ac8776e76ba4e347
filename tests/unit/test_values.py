"""One cell to one storable value: every kind, every refusal, and the round trip."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelkin.loader.literals import literal_list
from modelkin.loader.values import (
    CellError,
    UnstorableError,
    excerpt,
    in_band,
    is_missing,
    normalise,
    reader,
)
from modelkin.schema.attributes import ATTRIBUTES, BY_NAME, Attribute

INTEGER = BY_NAME["hidden_size"]
NUMBER = BY_NAME["rope_theta"]
BOOLEAN = BY_NAME["tie_word_embeddings"]
CATEGORY = BY_NAME["model_type"]
TIME = BY_NAME["created_at"]
LIST = BY_NAME["languages"]
TEXT = BY_NAME["architecture"]
EXAMPLES = 10_000 if os.environ.get("MODELKIN_PROVE") else 400


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [
        (INTEGER, "32", 32),
        (INTEGER, "32.0", 32),
        (INTEGER, " 32 ", 32),
        (INTEGER, 32.0, 32),
        (INTEGER, "1e4", 10_000),
        (INTEGER, np.int64(7), 7),
        (INTEGER, np.float32(8), 8),
        (INTEGER, [16384] * 35, 16384),
        (NUMBER, "10000", 10000.0),
        (NUMBER, "10000.0", 10000.0),
        (NUMBER, 10000, 10000.0),
        (NUMBER, np.float16(2.5), 2.5),
        (BOOLEAN, "False", False),
        (BOOLEAN, "true", True),
        (BOOLEAN, "0", False),
        (BOOLEAN, 1, True),
        (BOOLEAN, "1.0", True),
        (BOOLEAN, np.bool_(False), False),
        (CATEGORY, " llama ", "llama"),
        (CATEGORY, np.str_("gpt2"), "gpt2"),
        (BY_NAME["torch_dtype"], "torch.BFloat16", "bfloat16"),
        (BY_NAME["quant_method"], "FP8", "fp8"),
        (BY_NAME["transformers_version"], "4.31.0.dev0", "4.31"),
        (BY_NAME["transformers_version"], "4.4", "4.4"),
        (BY_NAME["license"], "['mit', 'apache-2.0']", "apache-2.0, mit"),
        (BY_NAME["license"], ["other"], "other"),
        (TEXT, ["LlamaForCausalLM", "X"], "LlamaForCausalLM"),
        (TEXT, "['T5Model']", "T5Model"),
        (TEXT, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (LIST, "['English', 'French', 'English']", ["English", "French"]),
        (LIST, '["en", null, 3]', ["en", "3"]),
        (LIST, "en", ["en"]),
        (LIST, {"b", "a"}, ["a", "b"]),
        (LIST, np.array(["a", "b"]), ["a", "b"]),
        (TIME, "2025-07-11T00:55:12.000Z", "2025-07-11T00:55:12Z"),
        (TIME, "2024-02-08 22:36:43+00:00", "2024-02-08T22:36:43Z"),
        (TIME, "2024-02-08T22:36:43+02:00", "2024-02-08T20:36:43Z"),
        (TIME, "2024-04-13", "2024-04-13T00:00:00Z"),
        (TIME, 1_752_195_312, "2025-07-11T00:55:12Z"),
        (TIME, "1752195312000", "2025-07-11T00:55:12Z"),
        (TIME, dt.date(2025, 7, 11), "2025-07-11T00:00:00Z"),
        (TIME, dt.datetime(2025, 7, 11, 0, 55, 12), "2025-07-11T00:55:12Z"),
        (TIME, pd.Timestamp("2025-07-11T00:55:12.5Z"), "2025-07-11T00:55:12Z"),
        (TIME, np.datetime64("2025-07-11T00:55:12", "ns"), "2025-07-11T00:55:12Z"),
    ],
)
def test_value_becomes(attribute, value, expected):
    got = normalise(value, attribute)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda a: a.name)
@pytest.mark.parametrize(
    "value",
    [None, "", "  ", "None", "nan", "NULL", "n/a", float("nan"), np.float64("nan"), pd.NA, pd.NaT,
     np.datetime64("NaT")],
)  # fmt: skip
def test_missing_is_absent(attribute, value):
    assert normalise(value, attribute) is None


@pytest.mark.parametrize("attribute", [LIST, BY_NAME["license"], TEXT, INTEGER])
def test_empty_list_names_nothing(attribute):
    assert normalise([], attribute) is None


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        (INTEGER, "abc", "not_a_number"),
        (INTEGER, "1,024", "not_a_number"),
        (INTEGER, "1_024", "not_a_number"),
        (INTEGER, "١٢", "not_a_number"),
        (INTEGER, "32.5", "not_an_integer"),
        (INTEGER, "True", "is_boolean"),
        (NUMBER, False, "is_boolean"),
        (NUMBER, np.bool_(True), "is_boolean"),
        (INTEGER, {"a": 1}, "not_one_value"),
        (INTEGER, [1, 2], "not_one_value"),
        (INTEGER, {"$refused": "numpy array"}, "refused_value"),
        (BOOLEAN, "4096", "not_a_boolean"),
        (CATEGORY, "True", "is_boolean"),
        (CATEGORY, "131072", "is_a_number"),
        (CATEGORY, 12, "is_a_number"),
        (CATEGORY, "x" * 1001, "too_long"),
        (BY_NAME["transformers_version"], "0.02", "not_a_version"),
        (BY_NAME["transformers_version"], "32000", "not_a_version"),
        (LIST, "['a' 'b']", "bad_list"),
        (LIST, "[['a']]", "nested_list"),
        (LIST, [["a"]], "nested_list"),
        (LIST, {"a": 1}, "not_one_value"),
        (TIME, "11/07/2025", "not_a_date"),
        (TIME, "2025-13-01", "not_a_date"),
        (TIME, 12, "not_a_date"),
        (TIME, "1e300", "not_a_date"),
        (TIME, True, "not_a_date"),
    ],
)
def test_wrong_cell_is_left_out_with_its_reason(attribute, value, code):
    with pytest.raises(CellError) as caught:
        normalise(value, attribute)
    assert caught.value.code == code
    assert not isinstance(caught.value, UnstorableError)


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        (NUMBER, float("inf"), "infinite"),
        (NUMBER, "-Infinity", "infinite"),
        (INTEGER, 2**63, "beyond_64_bits"),
        (INTEGER, np.uint64(2**64 - 1), "beyond_64_bits"),
        (INTEGER, "9" * 5000, "beyond_64_bits"),
        (INTEGER, "1e30", "beyond_64_bits"),
        (CATEGORY, "a\ud800", "lone_surrogate"),
        (LIST, ["a", "\udfff"], "lone_surrogate"),
        (NUMBER, Decimal("1.5"), "unstorable_type"),
        (NUMBER, 1 + 2j, "unstorable_type"),
        (TEXT, b"bytes", "unstorable_type"),
        (TEXT, object(), "unstorable_type"),
    ],
)
def test_unstorable_value_refuses_its_row(attribute, value, code):
    with pytest.raises(UnstorableError) as caught:
        normalise(value, attribute)
    assert caught.value.code == code


def test_smallest_and_largest_integer_are_kept():
    wide = Attribute("n", "integer", "any integer")
    assert normalise(str(-(2**63)), wide) == -(2**63)
    assert normalise(2**63 - 1, wide) == 2**63 - 1


def test_band_includes_its_ends():
    heads = BY_NAME["num_attention_heads"]
    assert in_band(1, heads)
    assert in_band(512, heads)
    assert not in_band(513, heads)
    assert not in_band(0, heads)
    assert in_band("gpt2", CATEGORY)
    assert in_band(True, BOOLEAN)


def test_control_characters_are_data_and_escaped_only_for_display():
    assert normalise("a\x00\x1b[31m\u202eb", TEXT) == "a\x00\x1b[31m\u202eb"
    assert "\x1b" not in excerpt("a\x1b[31m")
    assert len(excerpt("x" * 1000)) == 200
    assert excerpt("\ud800") == "\\ud800"


def test_reader_gives_the_same_and_a_list_of_its_own():
    read = reader(LIST)
    first = read("['a', 'b']")
    first.append("spoilt")
    assert read("['a', 'b']") == ["a", "b"]
    for value in ("7", 7, "7.0"):
        assert reader(INTEGER)(value) == 7
    with pytest.raises(CellError):
        reader(INTEGER)("x")


def test_reader_of_times_keeps_the_calendar():
    read = reader(TIME)
    assert read("2024-02-29T23:59:59.123Z") == "2024-02-29T23:59:59Z"
    for text in ("2023-02-29T00:00:00.000Z", "1970-01-01T00:00:00.000Z", "2024-01-01T24:00:61Z"):
        with pytest.raises(CellError):
            read(text)


@pytest.mark.parametrize("attribute", [INTEGER, BOOLEAN, CATEGORY, TEXT])
def test_a_list_of_nothing_known_is_absent(attribute):
    assert normalise([None], attribute) is None


def test_dates_as_numbers_of_a_table_are_no_numbers():
    with pytest.raises(CellError):
        normalise(dt.date(2025, 1, 1), INTEGER)
    with pytest.raises(CellError):
        normalise({"a": 1}, TEXT)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
numeric_text = st.from_regex(r"\A\s?[+-]?[0-9]{1,25}(\.[0-9]{0,3})?(e[0-9]{1,2})?\Z")
times = st.datetimes().map(str) | st.datetimes().map(lambda d: d.isoformat() + "Z")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ATTRIBUTES), json_values | numeric_text | times)
def test_normalised_values_are_storable_and_fixed_points(attribute, value):
    """The rule table of storable values, spelled here a second time."""
    try:
        got = normalise(value, attribute)
    except CellError:
        return
    if got is None:
        return
    match attribute.kind:
        case "integer":
            assert type(got) is int
            assert -(2**63) <= got < 2**63
        case "number":
            assert type(got) is float
            assert got == got
            assert abs(got) != float("inf")
        case "boolean":
            assert type(got) is bool
        case "list":
            assert got
            assert all(type(item) is str and item for item in got)
        case _:
            assert type(got) is str
            assert got
    json.dumps(got, ensure_ascii=False).encode("utf-8")  # UTF-8 refuses lone surrogates
    assert normalise(got, attribute) == got
    assert not is_missing(got)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ("[ ]", []),
        ("['a']", ["a"]),
        ('["a", "b\'c"]', ["a", "b'c"]),
        (r"['it\'s', 'A\n', '\u00e9']", ["it's", "A\n", "é"]),
        (r'["\ud83d\ude00"]', ["😀"]),
        ("[1, -2, 2.5, None, null, true, False]", [1, -2, 2.5, None, None, True, False]),
        ("[['a'], []]", [["a"], []]),
        ("['a',]", ["a"]),
        ("\n['a'\n,'b']  ", ["a", "b"]),
    ],
)
def test_literal_list_reads(text, expected):
    assert literal_list(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "a", "['a'", "'a']", "['a' 'b']", "['a',,'b']", "[,]", "[a]", "[__import__('os')]",
     "[1+2]", "['a']['b']", "['a'], ['b']", "[[[[[1]]]]]", "[b'a']", "[f'{1}']", r"['\q']",
     "[{'a': 1}]", "['a'] ;", "[(1)]", "[1e99999]", "[" * 30_000, r"['\U00110000']",
     "[0x10]", "[1_0]"],
)  # fmt: skip
def test_literal_list_refuses(text):
    with pytest.raises(CellError):
        literal_list(text)


def test_literal_list_has_a_length_limit():
    with pytest.raises(CellError) as caught:
        literal_list("['" + "a" * 70_000 + "', 'b']")
    assert caught.value.code == "too_long"


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.none() | st.booleans() | st.integers(-(10**12), 10**12)
                | st.text(st.characters(exclude_categories=("Cs",))), max_size=5))  # fmt: skip
def test_literal_list_reads_what_python_and_json_write(items):
    assert literal_list(repr(items)) == items
    assert literal_list(json.dumps(items)) == items
