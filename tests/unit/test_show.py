"""Rows to people and programs: nothing lost, nothing run by a spreadsheet or a terminal."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkin.errors import UserError, printable
from modelkin.output.show import FORMULA_STARTS, guard, render, to_csv, unguard

HOSTILE = [
    "=1+1", "+1", "-1", "@x", "\tx", "\rx", "\x1b[31mred", "\x07", "a\nb", "‮txt.exe", "[bold]x",
    "<script>", '"quoted"', "a,b", "\ud800", "\x00", "'=x", "''=x", "'tis", "", "é", "模型", "🙂",
]  # fmt: skip


@given(st.text(max_size=40))
def test_the_guard_of_spreadsheets_is_exact_when_read_back(text: str) -> None:
    guarded = guard(text)
    assert unguard(guarded) == text
    assert not guarded.startswith(FORMULA_STARTS)


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_holds_hostile_text_without_running_it(text: str) -> None:
    out = to_csv(["a", "b"], [{"a": text, "b": 1}])
    row = list(csv.reader(io.StringIO(out, newline="")))[1]
    assert not row[0].startswith(FORMULA_STARTS)
    encoded = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    assert unguard(row[0]) == encoded


def test_numbers_are_never_touched() -> None:
    out = to_csv(["a"], [{"a": -1}, {"a": -0.5}, {"a": 1e-300}, {"a": math.nan}, {"a": None}])
    assert out.splitlines() == ["a", "-1", "-0.5", "1e-300", '""', '""']


def test_raw_csv_is_as_it_stands() -> None:
    assert to_csv(["a"], [{"a": "=1"}], raw=True) == "a\n=1\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_the_terminal_gets_no_control_character(text: str) -> None:
    shown = render(["model_id"], [{"model_id": text}], "table")
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert printable(text).isprintable() or text == ""


def test_markup_in_a_model_id_is_shown_not_obeyed() -> None:
    assert "[bold]x[/bold]" in render(["m"], [{"m": "[bold]x[/bold]"}], "table")


def test_json_and_jsonl_parse_and_keep_null() -> None:
    rows = [{"a": 1, "b": math.nan}, {"a": [1, None], "b": {"c": True}}]
    assert json.loads(render(["a", "b"], rows, "json")) == [
        {"a": 1, "b": None},
        {"a": [1, None], "b": {"c": True}},
    ]
    lines = render(["a"], rows, "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [{"a": 1}, {"a": [1, None]}]


def test_unknown_is_empty_in_a_table_never_no() -> None:
    line = render(["known", "unknown"], [{"known": False, "unknown": None}], "table")
    assert line.splitlines()[-1].split() == ["no"]


def test_an_error_is_one_line_with_its_parts() -> None:
    error = UserError("Cannot read x", where="row 3\n", why="it is\x1b[31m odd.", fix="Do that.")
    assert str(error) == "Cannot read x - row 3: it is\\x1b[31m odd. Do that."
    assert error.exit_code == 2
