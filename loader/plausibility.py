"""Whether the values of a table's row can stand under their headers.

One row in six of the reference configuration table carries values under wrong headers:
blocks with another order of columns were appended to one file. The values are right and
their places are wrong, so no single cell shows it for certain; a row does. A cell of a
wrong *type* (a truth value as rotary base) sets its row aside alone; impossible *values*
(131,072 heads) do so from two upwards; a lone one is left out of its row.

The rules refuse what no model can have, not what few have: tiny test models, byte and
protein vocabularies, 232 heads, one key head, FFNs of 64 times the width are all real.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelkin.loader.columns import Cells
from modelkin.loader.values import is_missing
from modelkin.schema.derive import CONTEXT_CLASSES, SIZE_CLASSES, derived

BEGINNING_TOKENS = frozenset({151643, 151644, 128000, 50256, 50257, 100257})
"""Ids of beginning-of-text tokens that were met in the place of head counts."""

_WRONG_TYPE = {
    "is_boolean": "is_boolean",
    "is_a_number": "is_number",
    "not_a_boolean": "is_not_boolean",
    "not_a_version": "is_no_version",
    "not_a_number": "is_word",
}
_WRONG_VALUE = {"out_of_band": "out_of_band", "not_an_integer": "is_fraction"}
_DERIVED = {
    "approx_params_billions": "config_approx_params_billions",
    "gqa_ratio": "config_gqa_ratio",
    "head_dim_derived": "config_head_dimension",
    "context_per_layer": "config_context_per_layer",
}  # derived name -> column of the reference
_HONEST_WORDS = frozenset({"auto", "unknown", "-", "?", "varies", "mixed"})
_NUMBER = re.compile(r"[+-]?[0-9]+\.?[0-9]*(e[+-]?[0-9]+)?", re.IGNORECASE)
_BOOLEANS = frozenset({"true", "false"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One cell that cannot be what its header says.

    Attributes
    ----------
    code : str
        What is seen, in snake_case, the column first ("rope_theta_is_boolean").
    field : str
        Canonical name, or the column's own where it is not stored.
    wrong_type : bool
        Whether it alone shows that the row is shifted.
    """

    code: str
    field: str
    wrong_type: bool = False


def findings(row: Mapping[str, Any], cells: Cells) -> list[Finding]:
    """Return every impossible cell of a row.

    Parameters
    ----------
    row : Mapping
        The cells as they stand, by header.
    cells : Cells
        What `modelkin.loader.columns.Columns` made of them, bands applied.
    """
    return [
        *_of_dropped(cells),
        *_of_side_columns(row),
        *_of_shape(cells.values),
        *_of_derived(row, cells.values),
    ]


def is_shifted(found: list[Finding]) -> bool:
    """Tell whether findings set the row aside: one wrong type, or two impossible values."""
    return any(f.wrong_type for f in found) or len({f.field for f in found}) >= 2


def _of_dropped(cells: Cells) -> Iterator[Finding]:
    """Read what the attributes could not take."""
    context = cells.values.get("max_position_embeddings")
    for cell in cells.dropped:
        if cell.code in _WRONG_TYPE and cell.excerpt.strip().lower() not in _HONEST_WORDS:
            yield Finding(f"{cell.field}_{_WRONG_TYPE[cell.code]}", cell.field, True)
        elif cell.code in _WRONG_VALUE:
            number = _number(cell.excerpt)
            pattern = _WRONG_VALUE[cell.code]
            if cell.field in ("num_attention_heads", "num_key_value_heads"):
                if number in BEGINNING_TOKENS:
                    pattern = "is_token_id"
                elif number is not None and number == context:
                    pattern = "is_context"
            yield Finding(f"{cell.field}_{pattern}", cell.field)


def _number(text: object) -> float | None:
    """Return the number that a cell is, None when it is none."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text)
    return float(text) if isinstance(text, str) and _NUMBER.fullmatch(text.strip()) else None


def _is_boolean(cell: object) -> bool:
    return isinstance(cell, bool) or str(cell).strip().lower() in {
        *_BOOLEANS,
        "0",
        "1",
        "0.0",
        "1.0",
    }


def _is_token(cell: object) -> bool:
    return _number(cell) is not None or str(cell).lstrip().startswith("[")


def _is_number(cell: object) -> bool:
    return _number(cell) is not None


def _is_share(cell: object) -> bool:
    number = _number(cell)
    return number is not None and 0 <= number <= 1


def _is_size(cell: object) -> bool:
    return str(cell).strip().lower() in SIZE_CLASSES


def _is_context(cell: object) -> bool:
    return str(cell).strip().lower() in CONTEXT_CLASSES


# Columns that are not stored and yet tell a shifted row, by the names config.json gives.
_SIDE: tuple[tuple[re.Pattern[str], Callable[[object], bool], str], ...] = tuple(
    (re.compile(pattern), check, complaint)
    for pattern, check, complaint in (
        (r"(uses|is|use|has|output|return)_\w+|(attention|mlp|qkv)_bias", _is_boolean,
         "is_not_boolean"),
        (r"\w+_token_id", _is_token, "is_no_token_id"),
        (r"\w*dropout(_prob|_rate)?|\w+_pdrop|moe_expert_utilization", _is_share, "is_no_share"),
        (r"\w+_eps|\w*epsilon|initializer_\w+|approx_params_billions|head_dimension|gqa_ratio|"
         r"context_per_layer|routed_scaling_factor", _is_number, "is_not_number"),
        (r"size_category", _is_size, "is_no_size"),
        (r"context_category", _is_context, "is_no_context"),
    )
)  # fmt: skip
_CHECKS: dict[str, tuple[Callable[[object], bool], str] | None] = {}


def _check_of(column: str) -> tuple[Callable[[object], bool], str] | None:
    """Return what a column of this name must hold, None when its name says nothing."""
    if column not in _CHECKS:
        name = column.lower().removeprefix("config_")
        hits = ((check, what) for pattern, check, what in _SIDE if pattern.fullmatch(name))
        _CHECKS[column] = next(hits, None)
    return _CHECKS[column]


def _of_side_columns(row: Mapping[str, Any]) -> Iterator[Finding]:
    """Read the columns that are not stored: flags, token ids, dropouts, derived numbers."""
    for column, cell in row.items():
        rule = _check_of(column)
        if rule is None or is_missing(cell):
            continue
        check, complaint = rule
        if not check(cell):
            name = column.removeprefix("config_")
            yield Finding(f"{name}_{complaint}", column, True)


def _of_shape(v: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold the numbers of a shape against each other."""
    hidden, layers = v.get("hidden_size"), v.get("num_hidden_layers")
    heads, kv = v.get("num_attention_heads"), v.get("num_key_value_heads")
    inner, vocab = v.get("intermediate_size"), v.get("vocab_size")
    if heads and kv and kv > heads:
        yield Finding("num_key_value_heads_above_heads", "num_key_value_heads")
    elif heads and kv and heads % kv:
        yield Finding("num_key_value_heads_divides_no_heads", "num_key_value_heads")
    if hidden and layers and hidden == layers >= 6:
        yield Finding("hidden_size_is_layer_count", "hidden_size")
    elif hidden and heads and hidden == heads >= 8 and not v.get("head_dim"):
        yield Finding("hidden_size_is_head_count", "hidden_size")
    elif hidden and heads and hidden < heads and not v.get("head_dim"):
        yield Finding("hidden_size_below_heads", "hidden_size")
    elif hidden and layers and vocab and hidden < 64 and layers >= 10 and vocab >= 20_000:
        yield Finding("hidden_size_tiny_for_depth_and_vocab", "hidden_size")
    elif hidden and inner and inner > 128 * hidden:
        yield Finding("hidden_size_tiny_for_intermediate_size", "hidden_size")
    if layers and layers > 256:
        yield Finding("num_hidden_layers_out_of_band", "num_hidden_layers")
    if hidden and hidden >= 256:
        if vocab and vocab < 8:
            yield Finding("vocab_size_is_a_count", "vocab_size")
        if inner and inner < hidden / 128:
            yield Finding("intermediate_size_is_a_count", "intermediate_size")
        context = v.get("max_position_embeddings")
        if context and context < 16:
            yield Finding("max_position_embeddings_is_a_count", "max_position_embeddings")


def _of_derived(row: Mapping[str, Any], v: Mapping[str, Any]) -> Iterator[Finding]:
    """Hold the derived columns, where a table has them, against the numbers they come from."""
    for name, stated, right in _pairs(row, v):
        if not _close(stated, right, name):
            yield Finding(f"{name}_is_not_of_this_shape", name)
    ratio = _number(row.get("config_gqa_ratio"))
    if ratio is not None and (ratio < 1 or ratio != int(ratio)):
        yield Finding("gqa_ratio_is_model_size", "gqa_ratio")


def agreements(row: Mapping[str, Any], values: Mapping[str, Any]) -> int:
    """Count the derived columns of a row that agree with the numbers they come from."""
    return sum(_close(stated, right, name) for name, stated, right in _pairs(row, values))


def _pairs(row: Mapping[str, Any], v: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield derived columns whose inputs are known: name, what is stated, what is right."""
    right = derived(v)
    if v.get("head_dim"):
        right["head_dim_derived"] = None  # the column may show the stated width then
    for name, column in _DERIVED.items():
        stated = _number(row.get(column))
        if stated is not None and right[name] is not None:
            yield column.removeprefix("config_"), stated, right[name]


def _close(stated: float, right: float, name: str) -> bool:
    """Tell whether two numbers agree but for rounding (whole numbers for widths)."""
    slack = 1.0 if name in ("head_dimension", "context_per_layer") else 0.06
    return abs(stated - right) <= max(slack, 0.02 * abs(right))
