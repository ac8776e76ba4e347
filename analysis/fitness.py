"""Fitness: which shapes have more downloads, likes and descendants, other things held equal.

Options: ``seed`` (0). The unit is a model, the witness an organization. Fitness is no quality:
popular models are popular, and ancestors have descendants because they are old.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.attention import CLASSES, context_class
from modelkin.analysis.chance import stream
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.family_time import LONG
from modelkin.analysis.fitness_effects import OUTCOMES, effect_table, explained, sweet_spots
from modelkin.analysis.fitness_figures import fitness_figures
from modelkin.analysis.intervals import effective
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.traits import configured, year_of
from modelkin.schema.families import OTHER, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {"seed": 0}
"""Options, each overridden by `Inputs.options`."""
OLD_ENOUGH = 90
"""Days that a model must be old for its descendants to count."""
SIZE_BOUNDS = (1.0, 3.0, 7.0, 13.0, 30.0, 70.0, 200.0)
"""Upper ends of the size bins in billions of parameters, each included."""
SIZE_BINS = ("up to 1 B", "1 to 3 B", "3 to 7 B", "7 to 13 B", "13 to 30 B", "30 to 70 B",
             "70 to 200 B", "above 200 B")  # fmt: skip
IN_CONTEXT = ("LLaMA", "Mistral", "Qwen")
MIN_ROWS = 10
"""Models of a group for its quartiles."""


def compute(inputs: Inputs) -> Result:
    """Describe popularity by group, and estimate what goes with it at equal covariates.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``fitness_effects``, ``fitness_by_size``, ``fitness_by_family``,
        ``fitness_context_by_family``, ``fitness_sweet_spots``, ``fitness_explained``; five
        figures named as in the reference.
    """
    options = DEFAULTS | inputs.options
    frame = prepared(inputs)
    coverage = coverage_of(inputs, frame, "organization")
    usable = frame[(frame["age"] > 0) & (frame["size"] > 0)].reset_index(drop=True)
    steps = (*coverage.steps, ("age and size known", len(usable)))
    held = Coverage(steps, *effective(usable["organization"]))
    effects, even = effect_table(usable), explained(usable)
    spots = sweet_spots(usable, stream(options["seed"], "fitness", "spots"))
    by_size, by_family = groups(frame, "size_bin", SIZE_BINS), groups(frame, "family", None)
    named = frame[frame["family"].isin(IN_CONTEXT)].copy()
    named["group"] = named["family"] + " / " + named["context"].fillna("unknown")
    order = tuple(f"{f} / {c}" for f in IN_CONTEXT for c in CLASSES)
    by_context = groups(named, "group", order)
    made = (
        ("fitness_effects", effects, "an outcome and a feature, at equal covariates", held),
        ("fitness_by_size", by_size, "an outcome in a bin of sizes", coverage),
        ("fitness_by_family", by_family, "an outcome in a family", coverage),
        ("fitness_context_by_family", by_context, "an outcome in a family's class of context",
         coverage),
        ("fitness_sweet_spots", spots, "an outcome at one size, along the fitted curve", held),
        ("fitness_explained", even, "an outcome: R² on organizations not fitted on", held),
    )  # fmt: skip
    return Result(
        name="fitness",
        coverage=held,
        tables=tuple(
            Table(name, part, f"One row: {about}.", cover, main=k == 0)
            for k, (name, part, about, cover) in enumerate(made)
        ),
        figures=fitness_figures(effects, by_size, by_family, by_context, spots, coverage, held),
        findings=tuple(_findings(effects, spots, even)),
        parameters=options,
        missing=tuple(
            f"{r['outcome']} and {r['feature']}: {r['note']}."
            for r in effects.to_dict("records")
            if r["note"]
        ),
    )


def prepared(inputs: Inputs) -> pd.DataFrame:
    """Return the configured models with outcomes, age, size and relation.

    Returns
    -------
    DataFrame
        `modelkin.analysis.traits.configured` and: ``age`` in days at the newest date of the
        graph (NaN where the date is not known or 2022-03-02), ``year``, ``size`` in billions
        (counted parameters, else the estimate; mixtures only counted), ``size_bin``,
        ``relation`` to the main parent ("base" without one), ``context`` (class),
        ``long_context``, ``descendants`` (NaN below 90 days of age).
    """
    frame = configured(inputs)
    newest = inputs.models.frame["created_at"].max()
    days = (newest - frame["created_at"]).dt.total_seconds() / 86_400
    frame["age"] = days.where(frame["month"] >= 0).clip(lower=0.5)
    frame["year"] = year_of(frame["month"].to_numpy())
    counted = frame["n_params"] / 1e9
    estimate = frame["approx_params_billions"].where(frame["uses_moe"] != 1)
    frame["size"] = counted.fillna(estimate)
    frame["size_bin"] = size_bin(frame["size"].to_numpy(dtype=np.float64))
    frame["relation"] = _relation(inputs)[frame["row"]]
    context = frame["max_position_embeddings"]
    frame["context"] = context_class(context.to_numpy(dtype=np.float64))
    frame["long_context"] = (context >= LONG).astype(float).where(context.notna())
    below = pd.Series(inputs.forest.n_descendants[frame["row"]].astype(np.float64))
    frame["descendants"] = below.where(frame["age"] >= OLD_ENOUGH)
    return frame


def size_bin(billions: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the bin of each size, upper ends included; None where it is not known.

    >>> size_bin(np.array([7.0, 7.1, 250.0])).tolist()
    ['3 to 7 B', '7 to 13 B', 'above 200 B']
    """
    known = ~np.isnan(billions)
    out = np.full(len(billions), None, dtype=object)
    place = np.digitize(billions[known], SIZE_BOUNDS, right=True)
    out[known] = np.array(SIZE_BINS, dtype=object)[place]
    return out


def _relation(inputs: Inputs) -> NDArray[np.object_]:
    """Return the relation of every model to its main parent, "base" without one."""
    out = np.full(inputs.models.n, "base", dtype=object)
    edges, main = inputs.edges, inputs.forest.main_parent
    own = (main[edges.child] == edges.parent) & ~edges.is_loop
    out[edges.child[own]] = edges.relation[own]
    return out


def groups(frame: pd.DataFrame, by: str, order: tuple[str, ...] | None) -> pd.DataFrame:
    """Describe every outcome in groups: quartiles, share of zeros, and the mean with care.

    The mean of such counts is that of the few largest: it stands beside, and is not drawn.
    """
    names = list(order or sorted(set(frame[by]) - {UNKNOWN, OTHER}))
    rows = []
    for outcome in OUTCOMES:
        for name in names:
            known = frame.loc[frame[by] == name, outcome].dropna().to_numpy(dtype=np.float64)
            if not len(known):
                continue
            quarters = np.quantile(known, (0.25, 0.5, 0.75))
            thin = len(known) < MIN_ROWS
            low, middle, high = (np.nan,) * 3 if thin else map(float, quarters)
            rows.append(
                {
                    "outcome": outcome, "group": name, "n": len(known), "median": middle,
                    "q25": low, "q75": high, "zero_share": float((known == 0).mean()),
                    "mean": float(known.mean()), "note": f"counts only (n = {len(known)})"
                    if thin else "",
                }
            )  # fmt: skip
    names = ["outcome", "group", "n", "median", "q25", "q75", "zero_share", "mean", "note"]
    return pd.DataFrame(rows, columns=names)


def _findings(effects: pd.DataFrame, spots: pd.DataFrame, even: pd.DataFrame) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    tested = int(effects["p"].notna().sum())
    yield f"{tested} of {len(effects)} pairs of outcome and feature have enough data."
    for row in effects[effects["p_adjusted"] < 0.05].to_dict("records"):
        yield (
            f"{row['feature']} goes with {row['ratio']:.2f} [{row['ratio_low']:.2f}, "
            f"{row['ratio_high']:.2f}] times the {row['outcome']} at equal age, size, task and "
            f"relation (n = {row['n']:,}, {row['n_organizations']:,} organizations; without "
            f"covariates {row['raw_ratio']:.2f}, inside organizations "
            f"{row['within_organization']:.2f})."
        )
    best = spots[spots["is_best"]]
    for row in best.to_dict("records"):
        yield f"Of the sizes compared, {row['billions']:g} B has most {row['outcome']}."
    if len(best) < spots["outcome"].nunique():
        yield "No size stands out for the other outcomes: their bands overlap."
    for row in even[even["note"] == ""].to_dict("records"):
        yield (
            f"On organizations not fitted on, age, size, task and relation explain "
            f"R² = {row['r2_covariates']:.2f} of {row['outcome']}, with features "
            f"{row['r2_with_features']:.2f} (n = {row['n']:,})."
        )
