"""Gower distance as plain loops over dictionaries: slow, obvious, independent of the engine.

Rows are dictionaries of field to value, None for missing. Fields are (name, kind, weight).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
FieldTuple = tuple[str, str, float]


def ranges_of(
    rows: Sequence[Row], fields: Sequence[FieldTuple], variant: str
) -> dict[str, tuple[float, float]]:
    """Lowest and highest known value of each numeric field (positive ones for logs)."""
    found = {}
    for name, kind, _ in fields:
        values = [row[name] for row in rows if row[name] is not None] if kind == "number" else []
        if variant == "log-range":
            values = [value for value in values if value > 0]
        if values:
            found[name] = (min(values), max(values))
    return found


def term(a: Any, b: Any, kind: str, variant: str, bounds: tuple[float, float] | None) -> float:
    """Distance of two known values of one field."""
    if a == b:
        return 0.0
    if kind != "number":
        return 1.0
    if variant == "pairwise-max":
        return abs(a - b) / max(abs(a), abs(b))
    assert bounds is not None
    low, high = bounds
    if variant == "range":
        return abs(a - b) / (high - low)
    if a == 0 or b == 0:
        return 1.0
    return abs(math.log(a) - math.log(b)) / (math.log(high) - math.log(low))


def distance(
    one: Row,
    other: Row,
    fields: Sequence[FieldTuple],
    variant: str,
    ranges: dict[str, tuple[float, float]],
) -> tuple[float, int]:
    """Weighted mean over the fields known in both, and how many those are."""
    total = weight = 0.0
    shared = 0
    for name, kind, w in sorted(fields, key=lambda f: (f[1] == "number", f[0])):
        if one[name] is None or other[name] is None:
            continue
        total += w * term(one[name], other[name], kind, variant, ranges.get(name))
        weight += w
        shared += 1
    return (total / weight if shared else math.nan), shared


def content(row: Row, fields: Sequence[FieldTuple]) -> tuple[Any, ...]:
    """What makes two rows the same configuration: the same values, missing included."""
    return tuple(row[name] for name, _, _ in fields)


def nearest(
    rows: Sequence[Row],
    keys: Sequence[Any],
    fields: Sequence[FieldTuple],
    variant: str,
    k: int,
    min_shared: int,
    copies: bool,
    priority: Sequence[float] | None = None,
) -> list[list[tuple[int, float, int]]]:
    """The k nearest of each row as (row, distance, shared), ties by shared, then by key."""
    ranges = ranges_of(rows, fields, variant)
    rank = list(range(len(rows))) if priority is None else list(priority)
    best = {}
    for i in sorted(range(len(rows)), key=lambda i: (0 if priority is None else rank[i], keys[i])):
        best.setdefault(content(rows[i], fields), i)
    found = []
    for i, row in enumerate(rows):
        candidates = []
        for j, other in enumerate(rows):
            same = content(row, fields) == content(other, fields)
            stands_for_other = best[content(other, fields)] == j and not same
            if not (j != i if copies else stands_for_other):
                continue
            d, shared = distance(row, other, fields, variant, ranges)
            if shared >= min_shared:
                candidates.append((d, -shared, keys[j], j))
        found.append([(j, d, -minus) for d, minus, _, j in sorted(candidates)[:k]])
    return found


def group_mean(
    rows: Sequence[Row],
    group: Sequence[int],
    fields: Sequence[FieldTuple],
    variant: str,
    min_shared: int,
) -> tuple[float, int, int]:
    """Mean distance over all pairs in a group, pairs with and pairs without a distance."""
    ranges = ranges_of(rows, fields, variant)
    known = []
    n_null = 0
    for a in range(len(group)):
        for b in range(a):
            d, shared = distance(rows[group[a]], rows[group[b]], fields, variant, ranges)
            if shared >= min_shared:
                known.append(d)
            else:
                n_null += 1
    return (math.fsum(known) / len(known) if known else math.nan), len(known), n_null
