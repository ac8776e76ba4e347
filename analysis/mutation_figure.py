"""The picture of mutations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkin.analysis.result import Coverage, Figure, Panel

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 20


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
            f"{coverage.n_effective or 0:.1f}. Colour: share of pairs known at both ends that "
            "differ; numbers: how many pairs those are. Dots: rate of the typical component with "
            "95 % interval; a field that changes in fewer than 5 components is rare and shows the "
            "share of components instead. Unknown is no change. Fields have domains of very "
            "different size, so a higher rate is not a more mutable design; relations differ in "
            "which fields are known."
        ),
        columns=3,
    )


def _map(by_relation: pd.DataFrame, order: list[str], note: str) -> Panel:
    """Field by relation; fields that no pair knows are only named."""
    names = ["relation", "feature", "mutation_rate", "n_changed", "n_unchanged"]
    cells = by_relation.reindex(columns=names)
    cells = cells[cells["feature"].isin(order)]
    known = cells["n_changed"] + cells["n_unchanged"]
    text = [f"{n:,.0f}" for n in known]
    data = cells.rename(columns={"mutation_rate": "value"}).assign(n=known, text=text)
    return Panel(
        "heatmap",
        data[["relation", "feature", "value", "n", "text"]],
        x="relation",
        y="feature",
        title="share of pairs that differ",
        xlabel="relation",
        ylabel="field",
        options={"order": order, "note": note},
        name="rates_by_relation",
    )


def _intervals(rates: pd.DataFrame) -> Panel:
    """Rates of the typical component."""
    names = {"rate_value": "value", "rate_low": "low", "rate_high": "high", "rate_note": "note"}
    data = rates[["feature", *names]].rename(columns=names)
    return Panel(
        "intervals",
        data.assign(n=rates["n_changed"] + rates["n_unchanged"]),
        x="value",
        y="feature",
        title="rate in the typical component",
        xlabel="mutation rate (0 to 1)",
        ylabel="field",
        name="rates",
    )


def _types(rates: pd.DataFrame) -> Panel:
    """Pooled rate by type of field."""
    counts = rates.groupby("feature_type")[["n_changed", "n_unchanged"]].sum()
    n = counts.sum(axis=1)
    data = (counts["n_changed"] / n).rename("value").to_frame().assign(n=n)
    return Panel(
        "intervals",
        data.reset_index(),
        x="value",
        y="feature_type",
        title="by type of field, all its pairs together",
        xlabel="mutation rate (0 to 1)",
        ylabel="type of field",
        options={"note": "n: field × pair; over pairs, so without interval", "from_zero": True},
        name="by_type",
    )
