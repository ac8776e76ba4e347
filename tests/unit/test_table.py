"""Tables in any width: never wider than the terminal, numbers whole, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelkin.output.show import render

MODEL = "some-organization/a-model-with-a-rather-long-name-7B"
WIDE = {
    "model_id": MODEL, "n_children": 1_234_567, "distance": 0.25, "parent": MODEL[::-1],
    "related": True, "n_organizations": 12, "created_at": "2023-09-20T00:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60, 40])
def test_no_line_of_a_table_is_wider_than_the_terminal(width: int) -> None:
    text = render(list(WIDE), [WIDE, WIDE], "table", width=width)
    if not text.startswith("── 1"):
        assert max(map(len, text.splitlines())) <= width
    assert "1,234,567" in text, "a number is never folded"
    assert "0.25" in text


def test_what_is_too_narrow_for_a_table_is_written_row_by_row() -> None:
    text = render(list(WIDE), [WIDE, WIDE], "table", width=50)
    lines = text.splitlines()
    assert len(lines) == 2 * (1 + len(WIDE))
    assert lines[0].startswith("── 1 ")
    assert lines[1].split() == ["model_id", MODEL]
    assert sum(line.startswith("── ") for line in lines) == 2


@given(
    st.lists(st.text("abc/-", max_size=40), min_size=1, max_size=5),
    st.integers(20, 200),
)
def test_every_letter_is_shown(words: list[str], width: int) -> None:
    row = {f"c{at}": word for at, word in enumerate(words)}
    heads = dict.fromkeys(row, "X")
    shown = render(list(row), [row], "table", width=width, headings=heads)
    assert sorted(c for c in shown if c in "abc/-") == sorted("".join(words))


def test_a_heading_is_the_name_of_its_column() -> None:
    assert render(list(WIDE), [WIDE], "table").splitlines()[0].split() == list(WIDE)


def test_headings_stand_in_tables_only() -> None:
    row = {"first": 1, "second": 2}
    heads = {"first": "org/a_model", "second": "org/another"}
    table = render(list(row), [row], "table", headings=heads)
    assert table.splitlines()[0].split() == ["org/a_model", "org/another"]
    assert render(list(row), [row], "csv", headings=heads).splitlines()[0] == "first,second"
    hostile = render(["first"], [row], "table", headings={"first": "\x1b[31mred"})
    assert "\x1b" not in hostile


def test_unknown_among_yes_and_no_is_said() -> None:
    rows = [{"related": True}, {"related": None}, {"related": False}]
    lines = render(["related"], rows, "table").splitlines()
    assert [line.strip() for line in lines[2:]] == ["yes", "unknown", "no"]
    assert render(["related"], rows, "csv").split() == ["related", "true", '""', "false"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.9999999, ">0.9999"), (1.0, "1"), (0.9999, "0.9999"), (0.0, "0"), (1e-6, "1e-06"),
        (12_345, "12,345"), (1_000_000.0, "1,000,000"), (True, "yes"), (4096, "4,096"),
    ],
)  # fmt: skip
def test_numbers_as_people_read_them(value: object, shown: str) -> None:
    assert render(["x"], [{"x": value}], "table").splitlines()[-1].strip() == shown
