"""Adoption: whether a feature spread among new models, how fast, and how far.

Options: none. A month's share is among models that tell; the primary series is of new
architectures (a configuration counts once, when it first appears), so that copies do not
vote; all uploads stand beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelkin.analysis.adoption_figures import adoption_figures
from modelkin.analysis.adoption_series import (
    SERIES,
    Series,
    count,
    features,
    first_of_each,
    standardised,
)
from modelkin.analysis.chance import false_discovery
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.curves import (
    MIN_MONTHS,
    MIN_PER_MONTH,
    MIN_SIDE,
    NARROW,
    Curve,
    describe,
    gate,
)
from modelkin.analysis.months import axis, label, left_out
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.traits import configured

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {}
"""Options, each overridden by `Inputs.options`."""


def compute(inputs: Inputs) -> Result:
    """Follow features through time and fit logistic curves where the data show one.

    Parameters
    ----------
    inputs : Inputs
        The graph; there are no options.

    Returns
    -------
    Result
        Tables ``adoption_curves``, ``adoption_by_month``, ``adoption_standardised``,
        ``adoption_differences``; seven figures, six named as in the reference.

    Notes
    -----
    Gates in their order: too few, not an S, no trend; then ceiling, midpoint and slope only
    where the data bend below the ceiling (`modelkin.analysis.curves`).
    """
    frame = configured(inputs)
    months = axis(frame)
    scopes = dict(zip(SERIES, (first_of_each(frame), frame), strict=True))
    counted = [(series, s) for series, part in scopes.items() for s in count(part, months)]
    found = curves([s for _, s in counted])
    table = curve_table(counted, found, months)
    monthly = month_table(counted, found, months)
    even = standard_table(scopes[SERIES[0]], months)
    differences = difference_table(table)
    inside = frame["month"].isin(months)
    coverage = coverage_of(inputs, frame, "component")
    dated = Coverage((*coverage.steps, ("dated", int(inside.sum()))))
    made = (
        ("adoption_curves", table, "a feature in one series"),
        ("adoption_by_month", monthly, "a month of one feature and series"),
        ("adoption_standardised", even, "a month of one feature, at the tasks of all months"),
        ("adoption_differences", differences, "two tasks whose midpoints are both known"),
    )
    out = left_out(frame, months)
    return Result(
        name="adoption",
        coverage=dated,
        tables=tuple(
            Table(name, part, f"One row: {about}.", dated, main=k == 0)
            for k, (name, part, about) in enumerate(made)
        ),
        figures=adoption_figures(monthly, table, dated, out),
        findings=tuple(_findings(table, out)),
        parameters=DEFAULTS | inputs.options,
        missing=tuple(_missing(table)),
    )


def curves(series: list[Series]) -> list[Curve]:
    """Judge and fit every series; the trend's p is adjusted over all that reach it."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it has no stubs

    # hundreds of tiny fits: threads of the linear algebra would only wait for each other
    with threadpool_limits(1):
        gated = [gate(s.yes, s.n) for s in series]
        open_ = [c.p_trend if c.verdict == "" else np.nan for c in gated]
        adjusted = false_discovery(open_)
        found = []
        for s, curve, p in zip(series, gated, adjusted, strict=True):
            if curve.verdict == "":
                rises = p < 0.05
                curve = describe(s.yes, s.n, curve) if rises else replace(curve, verdict="no trend")
            found.append(curve)
    return found


def curve_table(
    counted: list[tuple[str, Series]], found: list[Curve], months: NDArray[np.int64]
) -> pd.DataFrame:
    """Return a row for each curve: verdict first, numbers only where the verdict gives them."""
    gated = [c.p_trend if c.verdict not in ("too few", "not an S") else np.nan for c in found]
    adjusted = false_discovery(gated)
    rows = []
    for (series, s), c, p in zip(counted, found, adjusted, strict=True):
        row: dict[str, Any] = {
            "group": s.group, "feature": s.name, "series": series, "verdict": c.verdict,
            "direction": "" if c.verdict == "too few" else "falls" if c.is_decline else "rises",
            "n_yes": c.n_yes, "n_known": c.n_yes + c.n_no, "n_months": c.n_months,
            "n_thick_months": c.n_thick, "recent_share": c.recent,
        }  # fmt: skip
        for name, (value, low, high) in (("ceiling", c.ceiling), ("slope", c.slope)):
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        first = int(months[0]) if len(months) else 0
        for end, value in zip(("", "_low", "_high"), c.midpoint, strict=True):
            row[f"midpoint_month{end}"] = None if np.isnan(value) else label(first + round(value))
            row[f"midpoint_at{end}"] = value
        row |= {
            "months_10_to_90": 2 * np.log(9.0) / c.slope[0],
            "ceiling_at_least": c.at_least,
            "p_trend": c.p_trend, "p_adjusted": p, "aicc_s": c.aicc_s,
            "aicc_spline": c.aicc_spline, "month_correlation": c.rho,
            "autocorrelation": c.autocorrelation, "note": _note(c),
        }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def _note(c: Curve) -> str:
    """Return why there is less than a whole curve, or that its intervals are too narrow."""
    if c.verdict == "too few":
        return (
            f"too few: {c.n_thick} months with ≥ {MIN_PER_MONTH} models, {c.n_yes} with and "
            f"{c.n_no} without ({MIN_MONTHS}, {MIN_SIDE} and {MIN_SIDE} are needed)"
        )
    said = {
        "not an S": "not an S: a free curve fits better; shares by month only",
        "no trend": "no trend beyond chance",
        "still rising": "the ceiling is not reached: no midpoint",
    }.get(c.verdict, "")
    narrow = "intervals too narrow: neighbouring months are alike"
    return "; ".join(filter(None, (said, narrow if c.autocorrelation > NARROW else "")))


def month_table(
    counted: list[tuple[str, Series]], found: list[Curve], months: NDArray[np.int64]
) -> pd.DataFrame:
    """Return a row for each month and curve; months without models stay, without a share."""
    parts = [
        pd.DataFrame(
            {
                "group": s.group, "feature": s.name, "series": series,
                "month": [label(int(m)) for m in months], "n_known": s.n, "n_yes": s.yes,
                "share": np.where(s.n > 0, s.yes / np.where(s.n > 0, s.n, 1.0), np.nan),
                "fitted_share": c.fitted if c.fitted else np.full(len(months), np.nan),
            }
        )
        for (series, s), c in zip(counted, found, strict=True)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype({"n_known": "Int64", "n_yes": "Int64"})


def standard_table(frame: pd.DataFrame, months: NDArray[np.int64]) -> pd.DataFrame:
    """Return monthly shares of new architectures at the mix of tasks of the whole period."""
    parts = [
        pd.DataFrame(
            {"feature": name, "month": [label(int(m)) for m in months],
             "standardised_share": standardised(frame, state, months)}
        )
        for group, name, state in features(frame)
        if group in ("context", "attention", "other")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def difference_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return differences of midpoints between tasks, where both are known, in months.

    The interval adds the two halves' squares.
    """
    names = ["first", "second", "difference", "difference_low", "difference_high"]
    here = table[
        (table["group"] == "attention by task")
        & (table["series"] == SERIES[0])
        & (table["verdict"] == "S-curve")
    ].to_dict("records")
    rows = []
    for k, a in enumerate(here):
        for b in here[k + 1 :]:
            gap = a["midpoint_at"] - b["midpoint_at"]
            up = np.hypot(a["midpoint_at_high"] - a["midpoint_at"],
                          b["midpoint_at"] - b["midpoint_at_low"])  # fmt: skip
            down = np.hypot(a["midpoint_at"] - a["midpoint_at_low"],
                            b["midpoint_at_high"] - b["midpoint_at"])  # fmt: skip
            rows.append((a["feature"], b["feature"], gap, gap - down, gap + up))
    return pd.DataFrame(rows, columns=names)


def _findings(table: pd.DataFrame, out: str) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    first = table[table["series"] == SERIES[0]]
    counts = first["verdict"].value_counts()
    said = ", ".join(f"{counts[v]} {v}" for v in sorted(counts.index))
    yield f"{len(first)} curves of new architectures: {said}. {out}"
    for row in first.to_dict("records"):
        what = f"{row['feature']} ({row['group']})"
        n = f"{row['n_yes']:,} of {row['n_known']:,} known"
        if row["verdict"] == "S-curve":
            of = "those without it reach" if row["direction"] == "falls" else "it reaches"
            yield (
                f"{what}: an S-curve; {of} {100 * row['ceiling']:.0f} % "
                f"[{100 * row['ceiling_low']:.0f}, {100 * row['ceiling_high']:.0f}], half of it in "
                f"{row['midpoint_month']} [{row['midpoint_month_low']}, "
                f"{row['midpoint_month_high']}], from 10 to 90 % in {row['months_10_to_90']:.0f} "
                f"months ({n})."
            )
        elif row["verdict"] == "still rising":
            way = "still falling" if row["direction"] == "falls" else "still rising"
            yield (
                f"{what}: {way}; {100 * row['recent_share']:.0f} % in the last six months, "
                f"{'the rest' if row['direction'] == 'falls' else 'ceiling'} at least "
                f"{100 * row['ceiling_at_least']:.0f} % ({n})."
            )


def _missing(table: pd.DataFrame) -> Iterator[str]:
    """Yield which curves could not be fitted, and why."""
    for row in table[table["verdict"] == "too few"].to_dict("records"):
        yield f"{row['feature']} ({row['group']}, {row['series']}): {row['note']}."
