"""Parameters: common sizes, what goes together, and what stands out.

Options: ``seed`` (0), ``resamples`` (2,000 draws of components for each standard error).

Everything is told twice: over models, and over different configurations, where copies do not
vote; intervals and tests are of the latter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.bootstrap import RESAMPLES, median
from modelkin.analysis.chance import stream
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.correlations import correlations
from modelkin.analysis.outliers import outliers
from modelkin.analysis.parameter_figures import parameter_figures
from modelkin.analysis.result import Result, Table
from modelkin.analysis.traits import SIZES, configured, distinct

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {"seed": 0, "resamples": RESAMPLES}
"""Options, each overridden by `Inputs.options`."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
TOP = 10
BASES = ("models", "configurations")


def compute(inputs: Inputs) -> Result:
    """Describe the numeric attributes, their correlations and their outliers.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``parameter_quantiles``, ``parameter_top_values``, ``parameter_correlations``,
        ``parameter_outliers``; ten figures named as in the reference.
    """
    options = DEFAULTS | inputs.options
    frame = configured(inputs)
    coverage = coverage_of(inputs, frame, "component")
    quantiles = quantile_table(frame, options["seed"], options["resamples"])
    top = top_values(frame)
    related = correlations(frame, options["seed"], options["resamples"])
    odd = outliers(frame)
    made = (
        ("parameter_quantiles", quantiles, "an attribute over models or different configurations"),
        ("parameter_top_values", top, "one of the most frequent values, by number of models"),
        ("parameter_correlations", related, "two attributes over different configurations"),
        ("parameter_outliers", odd, "a value far from those of its model_type, or seldom in it"),
    )
    return Result(
        name="parameters",
        coverage=coverage,
        tables=tuple(
            Table(name, part, f"One row: {about}.", coverage, main=k == 0)
            for k, (name, part, about) in enumerate(made)
        ),
        figures=parameter_figures(frame, top, related, coverage),
        findings=tuple(_findings(quantiles, top, related, odd)),
        parameters=options,
        missing=tuple(_missing(frame, related)),
    )


def quantile_table(frame: pd.DataFrame, seed: int, resamples: int) -> pd.DataFrame:
    """Return quantiles of every attribute over models and over different configurations.

    Only the median of different configurations has an interval: of other components made
    by the same process.
    """
    rows = []
    for name, words in SIZES.items():
        for basis, part in zip(BASES, (frame, distinct(frame)), strict=True):
            values = part[name].dropna().to_numpy(dtype=np.float64)
            row: dict[str, Any] = {
                "attribute": name, "about": words, "basis": basis, "n_known": len(values),
                "n_scope": len(part),
            }  # fmt: skip
            found = np.quantile(values, QUANTILES) if len(values) else [np.nan] * len(QUANTILES)
            names = ("min", "q05", "q25", "median", "q75", "q95", "max")
            row |= dict(zip(names, map(float, found), strict=True))
            row["mean"] = values.mean() if len(values) else np.nan
            if basis == "configurations":
                rng = stream(seed, "parameters", name)
                estimate = median(part[name], part["component"], rng, resamples)
                row |= {
                    "median_low": estimate.low,
                    "median_high": estimate.high,
                    "median_note": estimate.note,
                    "n_components": estimate.n_components,
                    "n_effective": estimate.n_effective,
                }
            rows.append(row)
    return pd.DataFrame(rows).astype({"n_components": "Int64"})


def top_values(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the most frequent values of every attribute, by number of models.

    The derived ones are rounded to one decimal, as their sources are whole numbers.
    """
    rows = []
    for name in SIZES:
        known = frame.loc[frame[name].notna(), [name, "config_hash"]]
        places = 1 if name in ("approx_params_billions", "gqa_ratio", "head_dimension") else 6
        value = known[name].round(places)
        groups = known.groupby(value)["config_hash"]
        found = pd.DataFrame({"n_models": groups.size(), "n_distinct": groups.nunique()})
        found = found.rename_axis("value").reset_index()
        found = found.sort_values(["n_models", "value"], ascending=[False, True]).head(TOP)
        found.insert(0, "attribute", name)
        found["share"] = found["n_models"] / max(len(known), 1)
        found["n_known"] = len(known)
        rows.append(found)
    return pd.concat(rows, ignore_index=True)


def _missing(frame: pd.DataFrame, related: pd.DataFrame) -> Iterator[str]:
    """Yield what could not be computed."""
    for name, words in SIZES.items():
        if frame[name].isna().all():
            yield f"{words}: known of none of {len(frame):,} models."
    thin = related["note"].str.startswith("not enough").sum() if len(related) else 0
    if thin:
        yield f"{thin} of {len(related)} correlations: too few configurations know both attributes."


def _findings(
    quantiles: pd.DataFrame, top: pd.DataFrame, related: pd.DataFrame, odd: pd.DataFrame
) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    told: dict[Any, dict[Any, Any]] = {}
    for row in quantiles.to_dict("records"):
        told.setdefault(row["attribute"], {})[row["basis"]] = row
    for name in ("hidden_size", "num_hidden_layers", "vocab_size", "max_position_embeddings"):
        here, every = told[name]["configurations"], told[name]["models"]
        if not here["n_known"]:
            continue
        first = top[top["attribute"] == name].to_dict("records")[0]
        ends = (
            f" [{here['median_low']:,.4g}, {here['median_high']:,.4g}]"
            if here["median_low"] == here["median_low"]
            else ""
        )
        yield (
            f"{SIZES[name]}: median {here['median']:,.6g}{ends} over {here['n_known']:,} different "
            f"configurations, {every['median']:,.6g} over {every['n_known']:,} models; most "
            f"frequent {first['value']:,.6g} ({100 * first['share']:.1f} % of models)."
        )
    sure = related[related["p_adjusted"] < 0.05]
    if len(sure):
        best = max(sure.to_dict("records"), key=lambda row: abs(row["spearman_value"]))
        yield (
            f"{len(sure)} of {int(related['p'].notna().sum())} rank correlations differ from 0 "
            f"(Benjamini-Hochberg, 0.05); the strongest: {SIZES[best['first']]} and "
            f"{SIZES[best['second']]}, {best['spearman_value']:.2f} (n = {int(best['n']):,})."
        )
    far = odd[odd["kind"] == "outlier"]
    yield (
        f"{len(far)} values lie far from those of their model_type; they are listed and nothing "
        "is changed: an outlier is no error."
    )
