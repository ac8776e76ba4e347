"""What the engine is to reach, beside what was measured in this run."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from distance.ladder import MAIN
from distance.mixed_table import N_FIELDS

GIB, MIB = 2**30, 2**20
ALL_OURS, ENCODED, APART = "modelkin", "modelkin, encoded", "modelkin, not collapsed"
R, FAISS, PYPI = "R gower, 1 thread", "faiss METRIC_GOWER", "gower, codes"

Records = Sequence[dict[str, Any]]
Large = dict[float, dict[str, str]]


class Goal(NamedTuple):
    """One goal.

    Attributes
    ----------
    number, words : str
        What is to be reached.
    value : float or None
        What was measured.
    wanted, stretch : float
        The goal, and what would be better still.
    more : bool
        Whether more is better.
    """

    number: str
    words: str
    value: float | None
    wanted: float
    stretch: float | None = None
    more: bool = False

    def line(self) -> str:
        """Return the goal as a row of a Markdown table."""
        sign = "≥" if self.more else "≤"
        stretch = "" if self.stretch is None else f"{sign} {self.stretch:g}"
        head = f"| {self.number} | {self.words} | {sign} {self.wanted:g} | {stretch} |"
        if self.value is None:
            return f"{head} not measured | |"
        met = self.value >= self.wanted if self.more else self.value <= self.wanted
        said = "met" if met else "**missed**"
        if self.value and self.wanted:
            times = self.value / self.wanted if self.more else self.wanted / self.value
            said += f", {times:.2g}×"
        return f"{head} {self.value:.3g} | {said} |"


def table(records: Records, scale: Path, first: dict[str, Any], roof: float) -> str:
    """Return the goals as Markdown.

    Parameters
    ----------
    records : sequence of dict
        Measures of `distance.ladder.climb`.
    scale : Path
        CSV that gower_scale.py wrote, if it did.
    first : dict
        Seconds of the first use (`distance.first_use.measured`).
    roof : float
        Fields of pairs that the cores compare in a second at best.
    """
    large = _large(scale)
    goals = [*_nearest(records, roof), *_scale(large), *_others(records, large), *_start(first)]
    lines = [
        "### Goals",
        "",
        "| | what | goal | stretch | measured | |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        *(goal.line() for goal in goals),
        "",
        f"Limit of the cores in this run: {roof / 1e9:.0f} G fields of pairs a second.",
    ]
    return "\n".join(lines)


def _nearest(records: Records, roof: float) -> Iterator[Goal]:
    """Ten nearest of the main table."""
    ours, apart = _of(records, "nearest", ALL_OURS), _of(records, "nearest", APART)
    for peer, wanted, stretch in ((R, 400, 1367), (FAISS, 100, 299), (PYPI, 200, 630)):
        ratio = _ratio(_of(records, "nearest", peer), ours)
        words = f"ten nearest, from the data frame: times {_name(records, peer)}"
        yield Goal("G1", words, ratio, wanted, stretch, more=True)
    extra = _of(records, "nearest", ALL_OURS, "memory")
    yield Goal("G1", "the same: extra MiB", None if extra is None else extra / MIB, 50)
    for peer, wanted, stretch in ((R, 80, 200), (FAISS, 18, 45)):
        ratio = _ratio(_of(records, "nearest", peer), apart)
        words = f"copies not collapsed: times {_name(records, peer)}"
        yield Goal("G2", words, ratio, wanted, stretch, more=True)
    share = None if apart is None else 100 * MAIN**2 * N_FIELDS / apart / roof
    yield Goal("G3", "dense kernel, % of the cores' limit", share, 30, 60, more=True)


def _scale(large: Large) -> Iterator[Goal]:
    """Two million rows."""
    for share, wanted, stretch in ((0.25, 75, 30), (0.05, 10, None), (0.01, 5, None),
                                   (1.0, 600, None)):  # fmt: skip
        row = large.get(share)
        both = None if row is None else float(row["encode"]) + float(row["nearest"])
        yield Goal("G4", f"two million models, {share:.0%} distinct, s", both, wanted, stretch)
    for share in (0.25, 1.0):
        row = large.get(share)
        peak = None if row is None else float(row["peak_memory"]) / GIB
        yield Goal("G4", f"two million models, {share:.0%} distinct, peak GiB", peak, 4)
    row = large.get(0.25)
    avoided = None if row is None else 100 - 100 * float(row["evaluated"])
    words = "two million models, 25% distinct: % of pairs left out"
    yield Goal("G5", words, avoided, 85, 97, more=True)
    different = None if row is None else float(row["different"])
    yield Goal("G5", "the same: neighbours unlike brute force", different, 0)


def _others(records: Records, large: Large) -> Iterator[Goal]:
    """Group means, full matrix, pairs."""
    row = large.get(0.25)
    mean = _of(records, "means", ENCODED)
    yield Goal("G6", "mean distance in all families, s", mean, 0.1)
    all_groups = None if row is None else float(row["group means"])
    yield Goal("G6", "the same, two million models, s", all_groups, 10)
    yield Goal("G6", "the same: largest error", _error(records), 1e-12)
    yield Goal("G7", "full matrix, s", _of(records, "matrix", ALL_OURS), 1)
    yield Goal("G7", "two million pairs, s", None if row is None else float(row["pairs"]), 1)


def _start(first: dict[str, Any]) -> Iterator[Goal]:
    """The first use."""
    yield Goal("G8", "first use, nothing compiled, s", first["cold"], 12)
    yield Goal("G8", "first use, compiled before, s", first["cached"], 0.6)
    yield Goal("G8", "`modelkin --help` loads numba (1: yes)", float(first["help_loads_numba"]), 0)


def _error(records: Records) -> float | None:
    """Return the largest error of our group means, as `distance.agreement.verdict` said it."""
    for record in records:
        if record["task"] == "means" and record["peer"] == ALL_OURS and "right" in record:
            return float(record["right"].rsplit(" ", 1)[1])
    return None


def _of(records: Records, task: str, peer: str, measure: str = "seconds") -> float | None:
    """Return a measure on the main table, None when there is none."""
    for record in records:
        if (record["task"], record["peer"], record["n"]) == (task, peer, MAIN):
            value = record.get(measure)
            return None if value is None else float(value)
    return None


def _name(records: Records, peer: str) -> str:
    """Return the name of a peer; one whose time was scaled up is marked."""
    measured_n = _of(records, "nearest", peer, "measured_n")
    return peer if measured_n in (None, MAIN) else f"~ {peer}"


def _ratio(other: float | None, ours: float | None) -> float | None:
    return None if other is None or ours is None else other / ours


def _large(path: Path) -> Large:
    """Return the rows of two million models by their share of distinct rows."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["n"] == "2000000" and row["nearest"]]
    return {float(row["share"]): row for row in rows}
