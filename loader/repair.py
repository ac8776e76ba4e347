"""Bring a shifted row back under its headers, where its own numbers prove the way back.

Tried are every move of a row's tail by up to three columns, and the exchange of columns
that the published file's numbers betray (`EXCHANGE`). A way back counts only if it leaves
no impossible cell and at least two of the derived columns then agree with the numbers
that they come from (parameters = 12·layers·width², ratio = heads / key heads, …), and if
every way that does so gives the same values. Cells that fell off the end stay unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modelkin.loader.columns import Cells, Columns
from modelkin.loader.plausibility import agreements, findings
from modelkin.loader.records import RawRow
from modelkin.loader.values import is_missing

MAX_SHIFT = 3
"""Most columns that a tail is moved by."""

MIN_AGREEMENTS = 2
"""Derived columns that must confirm a move: one may agree by chance."""

EXCHANGE = (
    ("rope_theta", "tie_word_embeddings"),
    ("num_attention_heads", "max_position_embeddings", "routed_scaling_factor"),
    ("num_key_value_heads", "bos_token_id", "pad_token_id"),
    ("hidden_size", "num_hidden_layers", "moe_layer_freq"),
    ("gqa_ratio", "approx_params_billions"),
)
"""Cycles of config_* columns in which each holds the next one's value: booleans as rotary
base, contexts as heads, token ids as key heads, depths as width, sizes as ratio."""


def repaired(row: RawRow, columns: Columns, key: str) -> Cells | None:
    """Return the cells of a row moved back, None where no way back is proven.

    Parameters
    ----------
    row : RawRow
        A row that was set aside; its cells stand in the order of the file.
    columns : Columns
        Reads the candidate rows; it must not count (give it a ledger of its own).
    key : str
        Column of the id, which stays where it is.
    """
    found: Cells | None = None
    for values in _moves(row.values, key):
        cells = columns.read(RawRow(row.kind, row.where, values))
        if cells.reject or cells.dropped or not cells.values:
            continue
        if agreements(values, cells.values) < MIN_AGREEMENTS or findings(values, cells):
            continue
        if found is not None and found.values != cells.values:
            return None
        found = cells
    return found


def _moves(values: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Yield the row with columns exchanged back, then with its tail moved back from each column."""
    if exchanged := _exchanged(values):
        yield exchanged
    header = [name for name in values if name != key]
    cells = [values[name] for name in header]
    for at in range(len(cells)):
        for by in range(1, MAX_SHIFT + 1):
            for moved in (_left(cells, at, by), _right(cells, at, by)):
                if moved is not None:
                    yield {key: values[key], **dict(zip(header, moved, strict=True))}


def _exchanged(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Undo `EXCHANGE`; None for a table that lacks one of its columns."""
    out = dict(values)
    for cycle in EXCHANGE:
        columns = [f"config_{name}" for name in cycle]
        if any(column not in values for column in columns):
            return None
        for at, column in enumerate(columns):
            out[column] = values[columns[at - 1]]
    return out


def _left(cells: Sequence[Any], at: int, by: int) -> list[Any] | None:
    """Take out blanks that pushed the tail to the right."""
    if at + by > len(cells) or not all(is_missing(cell) for cell in cells[at : at + by]):
        return None
    return [*cells[:at], *cells[at + by :], *[None] * by]


def _right(cells: Sequence[Any], at: int, by: int) -> list[Any] | None:
    """Put blanks where cells were lost and the tail moved to the left."""
    if at + by > len(cells) or not all(is_missing(cell) for cell in cells[-by:]):
        return None
    return [*cells[:at], *[None] * by, *cells[at : len(cells) - by]]
