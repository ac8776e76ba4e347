"""The picture of mutations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkin.analysis.intervals import NEEDED, counts_only
from modelkin.analysis.result import Coverage, Figure, Panel

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20
RATE_DOT, RARE_DOT = "rate", "rare: components"
CELL = ["relation", "feature", "mutation_rate", "n_changed", "n_unchanged", "rate_note"]


def mutation_figure(rates: pd.DataFrame, by_relation: pd.DataFrame, coverage: Coverage) -> Figure:
    """Draw rates as a map of field by relation, as intervals, and by type of field.

    Parameters
    ----------
    rates, by_relation : DataFrame
        Tables of `modelkin.analysis.mutations`.
    coverage : Coverage
        Funnel of the pairs.

    Returns
    -------
    Figure
        ``mutational_landscape``.
    """
    known = rates[rates["n_changed"] + rates["n_unchanged"] > 0]
    never = [name for name in rates["feature"] if name not in set(known["feature"])]
    note = f"not known at both ends of any pair: {', '.join(never)}" if never else ""
    return Figure(
        name="mutational_landscape",
        title="Which fields change from parent to child",
        panels=(
            _map(by_relation, known["feature"].tolist(), note),
            _intervals(known.head(SHOWN)),
            _types(known),
        ),
        caption=(
            f"{coverage.line()}; G = {coverage.n_components}, effective "
            f"{coverage.n_effective or 0:.1f}. Left: share of pairs known at both ends that "
            "differ, how many know the field in small; hatched: counts only, fewer than 5 "
            "components or 10 pairs. Middle: rate with 95 % interval; a field that changes in "
            "fewer than 5 components is rare and shows the share of components instead. Unknown "
            "is no change. Fields have domains of very different size, so a higher rate is not a "
            "more mutable design; relations differ in which fields are known."
        ),
        columns=3,
    )


def _map(by_relation: pd.DataFrame, order: list[str], note: str) -> Panel:
    """Field by relation; cells with too few pairs are hatched, unknown fields only named."""
    cells = by_relation.reindex(columns=CELL)
    cells = cells[cells["feature"].isin(order)]
    n = cells["n_changed"] + cells["n_unchanged"]
    is_thin = cells["rate_note"].astype(str).str.startswith("counts only")
    text = [
        f"{changed} of {known}" if thin and known else f"{rate:.1%}" if known else ""
        for changed, known, thin, rate in zip(
            cells["n_changed"], n, is_thin, cells["mutation_rate"], strict=True
        )
    ]
    small = [f"{known:,}" if not thin else "" for known, thin in zip(n, is_thin, strict=True)]
    data = cells[["relation", "feature"]].assign(
        value=cells["mutation_rate"].where(~is_thin),
        n=n,
        n_changed=cells["n_changed"],
        is_thin=is_thin & (n > 0),
        text=text,
        small=small,
    )
    return Panel(
        "heatmap",
        data,
        x="relation",
        y="feature",
        title="share of pairs that differ, and pairs that know the field",
        xlabel="relation",
        ylabel="field",
        options={"order": order, "note": note, "low": 0.0, "needs": NEEDED},
        name="rates_by_relation",
    )


def _intervals(rates: pd.DataFrame) -> Panel:
    """Rates of the typical component; of rare fields the share of components, marked apart."""
    names = {"rate_value": "value", "rate_low": "low", "rate_high": "high", "rate_note": "note"}
    data = rates[["feature", *names]].rename(columns=names)
    is_rare = data["note"].astype(str).str.startswith("rare")
    return Panel(
        "intervals",
        data.assign(
            n=rates["n_changed"] + rates["n_unchanged"],
            shows=is_rare.map({True: RARE_DOT, False: RATE_DOT}),
        ),
        x="value",
        y="feature",
        group="shows",
        title="in the typical component",
        xlabel="share of its pairs; of rare fields: share of components (0 to 1)",
        ylabel="field",
        options={"order": [*rates["feature"], RATE_DOT, RARE_DOT], "needs": NEEDED},
        name="rates",
    )


def _types(rates: pd.DataFrame) -> Panel:
    """Pooled rate by type of field."""
    known = rates.assign(n=rates["n_changed"] + rates["n_unchanged"])
    found = known.groupby("feature_type").agg(
        n_changed=("n_changed", "sum"), n=("n", "sum"), groups=("n_components", "max")
    )
    note = [counts_only(int(g), int(n)) for g, n in zip(found["groups"], found["n"], strict=True)]
    found = found.assign(value=found["n_changed"] / found["n"], note=note)
    found["value"] = found["value"].where(found["note"] == "")
    return Panel(
        "intervals",
        found.reset_index()[["feature_type", "value", "n", "note"]],
        x="value",
        y="feature_type",
        title="by type of field, all its pairs together",
        xlabel="mutation rate (0 to 1)",
        ylabel="type of field",
        options={
            "note": "n: field × pair; over pairs, so without interval",
            "from_zero": True,
            "needs": NEEDED,
        },
        name="by_type",
    )
