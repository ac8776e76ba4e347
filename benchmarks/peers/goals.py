"""What the engine is to reach, beside what was measured in this run."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from peers.ladder import MAIN
from peers.mixed_table import N_FIELDS

GIB = 2**30
ALL_OURS, APART = "modelkin", "modelkin, copies not collapsed"
R, FAISS, PYPI = "R gower, 1 thread", "faiss METRIC_GOWER", "gower, codes"

Goal = tuple[str, str, float | None, float, bool]
"""Number, words, measured value, wanted value, whether more is better."""


def table(
    records: Sequence[dict[str, Any]], scale: Path, first: dict[str, Any], roof: float
) -> str:
    """Return the goals as Markdown.

    Parameters
    ----------
    records : sequence of dict
        Measures of `peers.ladder.climb`.
    scale : Path
        CSV that gower_scale.py wrote, if it did.
    first : dict
        Seconds of the first use (`peers.first_use.measured`).
    roof : float
        Fields of pairs that the cores compare in a second at best.
    """
    large = _large(scale)
    goals = [*_nearest(records, roof), *_scale(large), *_others(records, large), *_start(first)]
    lines = [
        "### Goals",
        "",
        "| | goal | wanted | measured | of the goal |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for number, words, value, wanted, more in goals:
        sign = "≥" if more else "≤"
        if value is None:
            lines.append(f"| {number} | {words} | {sign} {wanted:g} | not measured | |")
            continue
        ratio = value / wanted if more else wanted / max(value, 1e-9)
        shown = f"{ratio:.2g}×" if value > 0 else "met"
        met = "" if ratio >= 1 else " **missed**"
        lines.append(f"| {number} | {words} | {sign} {wanted:g} | {value:.3g} | {shown}{met} |")
    lines += ["", f"Limit of the cores in this run: {roof / 1e9:.0f} G fields of pairs a second."]
    return "\n".join(lines)


def _nearest(records: Sequence[dict[str, Any]], roof: float) -> Iterator[Goal]:
    """Ten nearest of the main table."""
    ours, apart = _of(records, "nearest", ALL_OURS), _of(records, "nearest", APART)
    words = "ten nearest, from the data frame"
    for peer, wanted in ((R, 400), (FAISS, 100), (PYPI, 200)):
        other = _of(records, "nearest", peer)
        yield "G1", f"{words}: times {_name(records, peer)}", _ratio(other, ours), wanted, True
    extra = _of(records, "nearest", ALL_OURS, "memory")
    yield "G1", f"{words}: extra MiB", None if extra is None else extra / 2**20, 50, False
    for peer, wanted in ((R, 80), (FAISS, 18)):
        other = _of(records, "nearest", peer)
        said = f"copies not collapsed: times {_name(records, peer)}"
        yield "G2", said, _ratio(other, apart), wanted, True
    share = None if apart is None else 100 * MAIN**2 * N_FIELDS / apart / roof
    yield "G3", "dense kernel, % of the cores' limit", share, 30, True


def _scale(large: dict[float, dict[str, str]]) -> Iterator[Goal]:
    """Two million rows."""
    for share, wanted in ((0.25, 75), (0.05, 10), (0.01, 5), (1.0, 600)):
        row = large.get(share)
        both = None if row is None else float(row["encode"]) + float(row["nearest"])
        yield "G4", f"two million models, {share:.0%} distinct, s", both, wanted, False
    for share in (0.25, 1.0):
        row = large.get(share)
        peak = None if row is None else float(row["peak_memory"]) / GIB
        yield "G4", f"two million models, {share:.0%} distinct, peak GiB", peak, 4, False
    row = large.get(0.25)
    avoided = None if row is None or not row["evaluated"] else 100 - 100 * float(row["evaluated"])
    yield "G5", "500,000 distinct rows: % of pairs left out", avoided, 85, True
    error = None if row is None else float(row["error"])
    yield "G5", "the same: largest error of a sample", error, 1e-12, False


def _others(
    records: Sequence[dict[str, Any]], large: dict[float, dict[str, str]]
) -> Iterator[Goal]:
    """Group means, full matrix, pairs."""
    row = large.get(0.25)
    mean = _of(records, "means", "modelkin, encoded")
    yield "G6", "mean distance in all families, s", mean, 0.1, False
    all_groups = None if row is None else float(row["group means"])
    yield "G6", "the same, two million models, s", all_groups, 10, False
    right = next((r["right"] for r in records if r["task"] == "means" and r["peer"] == ALL_OURS
                  and str(r.get("right")).startswith("yes")), None)  # fmt: skip
    error = None if right is None else float(right.rsplit(" ", 1)[1])
    yield "G6", "the same: largest error", error, 1e-12, False
    yield "G7", "full matrix, s", _of(records, "matrix", ALL_OURS), 1, False
    yield "G7", "two million pairs, s", None if row is None else float(row["pairs"]), 1, False


def _start(first: dict[str, Any]) -> Iterator[Goal]:
    """The first use."""
    yield "G8", "first use, nothing compiled, s", first["cold"], 12, False
    yield "G8", "first use, compiled before, s", first["cached"], 0.6, False
    yield "G8", "`modelkin --help` loads numba (1: yes)", float(first["help_loads_numba"]), 0, False


def _of(
    records: Sequence[dict[str, Any]], task: str, peer: str, measure: str = "seconds"
) -> float | None:
    """Return a measure on the main table, None when there is none."""
    for record in records:
        if (record["task"], record["peer"], record["n"]) == (task, peer, MAIN):
            value = record.get(measure)
            return None if value is None else float(value)
    return None


def _name(records: Sequence[dict[str, Any]], peer: str) -> str:
    """Return the name of a peer; one whose time was scaled up is marked."""
    measured_n = _of(records, "nearest", peer, "measured_n")
    return peer if measured_n in (None, MAIN) else f"~ {peer}"


def _ratio(other: float | None, ours: float | None) -> float | None:
    return None if other is None or ours is None else other / ours


def _large(path: Path) -> dict[float, dict[str, str]]:
    """Return the rows of two million models by their share of distinct rows."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["n"] == "2000000" and row["nearest"]]
    return {float(row["share"]): row for row in rows}
