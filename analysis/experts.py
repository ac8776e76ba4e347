"""Mixtures of experts: how many there are, of which shape, and how they differ from dense models.

Options: ``seed`` (0), ``resamples`` (2,000 draws of components for each standard error).

A model is a mixture with two experts or more under any name of their number; dense where the
number is 0 or 1 or its type has none; else its status is unknown and in no share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from modelkin.analysis.bootstrap import RESAMPLES
from modelkin.analysis.chance import stream
from modelkin.analysis.contributors import coverage_of
from modelkin.analysis.estimate import columns
from modelkin.analysis.experts_figures import experts_figures
from modelkin.analysis.family_contrasts import cliffs_delta
from modelkin.analysis.intervals import effective
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.analysis.shares import share, told
from modelkin.analysis.stratified import stratified_delta
from modelkin.analysis.traits import SIZES, UNDATED, configured, distinct, year_of
from modelkin.schema.families import UNKNOWN

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs

DEFAULTS: dict[str, Any] = {"seed": 0, "resamples": RESAMPLES}
"""Options, each overridden by `Inputs.options`."""
COMPARED = ("hidden_size", "num_hidden_layers", "max_position_embeddings", "gqa_ratio")


def compute(inputs: Inputs) -> Result:
    """Count mixtures of experts, describe their shapes, and compare them with dense models.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``moe_summary``, ``moe_adoption``, ``moe_models``, ``moe_values``,
        ``moe_configurations``, ``moe_by_organization``, ``moe_vs_dense``; eight figures
        named as in the reference.
    """
    options = DEFAULTS | inputs.options
    frame = configured(inputs)
    coverage = coverage_of(inputs, frame, "component")
    moe = frame[frame["uses_moe"] == 1].copy()
    moe["utilization"] = moe["num_experts_per_tok"] / moe["num_experts"]
    steps = (*coverage.steps, ("status known", int(frame["uses_moe"].notna().sum())))
    among = Coverage((*steps, ("mixtures of experts", len(moe))), *effective(moe["component"]))
    known = Coverage(steps, *effective(frame.loc[frame["uses_moe"].notna(), "component"]))
    adoption, versus = adoption_table(frame), against_dense(frame, options)
    values, pairs = value_table(moe), pair_table(moe)
    made = (
        ("moe_summary", summary(frame, moe, values), "one number of the whole", known),
        ("moe_adoption", adoption, "a scope of models", known),
        ("moe_models", model_table(moe), "a mixture of experts", among),
        ("moe_values", values, "a number of experts, by how many mixtures have it", among),
        ("moe_configurations", pairs, "experts in all and visited", among),
        ("moe_by_organization", by_organization(frame), "an organization", known),
        ("moe_vs_dense", versus, "an attribute, mixtures against dense models", known),
    )
    return Result(
        name="experts",
        coverage=known,
        tables=tuple(
            Table(name, part, f"One row: {about}.", cover, main=k == 0)
            for k, (name, part, about, cover) in enumerate(made)
        ),
        figures=experts_figures(frame, moe, adoption, values, pairs, versus, known, among),
        findings=tuple(_findings(adoption, values, versus)),
        parameters=options,
        missing=tuple(
            f"Mixtures against dense models, {SIZES[r['attribute']]}: {r['within_note']}."
            for r in versus.to_dict("records")
            if r["within_note"]
        ),
    )


def adoption_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the share of mixtures among all models and in each year, unknown apart."""
    year = pd.Series(year_of(frame["month"].to_numpy()), index=frame.index)
    scopes = {"all": frame} | {
        str(y): frame[year == y] for y in sorted(year.unique()) if y != UNDATED
    }
    scopes["date not known or 2022-03-02"] = frame[year == UNDATED]
    rows = [
        {
            "models": f"made in {name}" if name.isdigit() else name,
            **share(part["uses_moe"], part["component"], part["is_representative"]),
        }
        for name, part in scopes.items()
    ]
    return pd.DataFrame(rows)


def value_table(moe: pd.DataFrame) -> pd.DataFrame:
    """Count the values of every number of experts, the most frequent first."""
    rows = []
    for name in ("num_experts", "num_experts_per_tok", "n_shared_experts"):
        known = moe[moe[name].notna()]
        groups = known.groupby(name)["config_hash"]
        found = pd.DataFrame({"n_models": groups.size(), "n_distinct": groups.nunique()})
        found = found.rename_axis("value").reset_index()
        found.insert(0, "attribute", name)
        found["share"] = found["n_models"] / max(len(known), 1)
        found["n_known"], found["n_scope"] = len(known), len(moe)
        rows.append(found.sort_values(["n_models", "value"], ascending=[False, True]))
    return pd.concat(rows, ignore_index=True)


def pair_table(moe: pd.DataFrame) -> pd.DataFrame:
    """Count (experts in all, experts visited), the most frequent first."""
    known = moe.dropna(subset=["num_experts", "num_experts_per_tok"])
    groups = known.groupby(["num_experts", "num_experts_per_tok"])["config_hash"]
    found = pd.DataFrame({"n_models": groups.size(), "n_distinct": groups.nunique()}).reset_index()
    found["utilization"] = found["num_experts_per_tok"] / found["num_experts"]
    found["n_known"], found["n_scope"] = len(known), len(moe)
    return found.sort_values(
        ["n_models", "num_experts", "num_experts_per_tok"],
        ascending=[False, True, True],
        ignore_index=True,
    )


def model_table(moe: pd.DataFrame) -> pd.DataFrame:
    """Return the mixtures by id with their shapes."""
    names = ["model_id", "model_type", "family", "hidden_size", "num_hidden_layers", "num_experts",
             "num_experts_per_tok", "n_shared_experts", "moe_intermediate_size", "utilization",
             "is_representative"]  # fmt: skip
    return moe[names].reset_index(drop=True)


def by_organization(frame: pd.DataFrame) -> pd.DataFrame:
    """Count mixtures by organization, those with most first; their share is of known status."""
    groups = frame.groupby("organization")
    out = pd.DataFrame(
        {
            "n_moe": groups["uses_moe"].sum().astype(int),
            "n_known": groups["uses_moe"].count(),
            "n_models": groups.size(),
        }
    )
    out = out[out["n_moe"] > 0].reset_index()
    out["share"] = out["n_moe"] / out["n_known"]
    return out.sort_values(["n_moe", "organization"], ascending=[False, True], ignore_index=True)


def against_dense(frame: pd.DataFrame, options: dict[str, Any]) -> pd.DataFrame:
    """Compare mixtures with dense models: all of them, and inside family and year.

    Returns
    -------
    DataFrame
        For each attribute ``overall`` (Cliff's delta over different configurations, no
        test: mixtures are new and large) and ``within_*`` (mean delta of the strata family
        × year that hold both), ``n_strata``, ``n_moe``, ``n_dense``.
    """
    once = distinct(frame)
    once = once[once["uses_moe"].notna()]
    dated = once[(once["month"] != UNDATED) & (once["family"] != UNKNOWN)]
    stratum = dated["family"] + " " + year_of(dated["month"].to_numpy()).astype(str)
    rows = []
    for name in COMPARED:
        known = once[once[name].notna()]
        code = np.unique(known[name], return_inverse=True)[1]
        counts = [
            np.bincount(code[(known["uses_moe"] == k).to_numpy()], minlength=len(known))
            for k in (1, 0)
        ]
        found, n_strata = stratified_delta(
            dated[name], dated["uses_moe"], stratum, dated["component"],
            stream(options["seed"], "experts", name), options["resamples"],
        )  # fmt: skip
        within = {key: v[0] for key, v in columns([found], "within_").items()}
        rows.append(
            {
                "attribute": name,
                "n_moe": int(counts[0].sum()),
                "n_dense": int(counts[1].sum()),
                "overall": cliffs_delta(counts[0].astype(float), counts[1].astype(float)),
                **within,
                "n": found.n,
                "n_strata": n_strata,
                "n_components": found.n_components,
                "n_effective": found.n_effective,
            }
        )
    return pd.DataFrame(rows)


def summary(frame: pd.DataFrame, moe: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of the whole; shares are numbers between 0 and 1."""
    known = int(frame["uses_moe"].notna().sum())
    use = moe["utilization"].dropna()
    rows: list[tuple[str, float, int]] = [
        ("total_moe", len(moe), known),
        ("dense", known - len(moe), known),
        ("unknown", len(frame) - known, len(frame)),
        ("adoption_rate", len(moe) / known if known else np.nan, known),
    ]
    for metric, name in (("most_common_experts", "num_experts"),
                         ("most_common_per_tok", "num_experts_per_tok")):  # fmt: skip
        here = values[values["attribute"] == name]
        first = float(here["value"].iloc[0]) if len(here) else np.nan
        rows.append((metric, first, int(moe[name].notna().sum())))
    for metric, value in (("median", use.median()), ("mean", use.mean()), ("min", use.min()),
                          ("max", use.max())):  # fmt: skip
        rows.append((f"{metric}_utilization", float(value), len(use)))
    return pd.DataFrame(rows, columns=["metric", "value", "n_known"])


def _findings(adoption: pd.DataFrame, values: pd.DataFrame, versus: pd.DataFrame) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    whole = adoption.to_dict("records")[0]
    yield f"Mixtures of experts: {told(whole)}."
    if whole["if_unknown_yes"] == whole["if_unknown_yes"]:
        yield (
            f"Were all unknown dense, {100 * whole['if_unknown_no']:.1f} %; were they all "
            f"mixtures, {100 * whole['if_unknown_yes']:.1f} %."
        )
    for name, words in (("num_experts", "experts"), ("num_experts_per_tok", "experts visited")):
        for row in values[values["attribute"] == name].to_dict("records")[:1]:
            yield (
                f"Most frequent number of {words}: {row['value']:g} ({row['n_models']} of "
                f"{row['n_known']} mixtures that tell it)."
            )
    for row in versus.to_dict("records"):
        if row["within_value"] == row["within_value"]:
            yield (
                f"{SIZES[row['attribute']]}, mixtures against dense models of one family and year: "
                f"Cliff's delta {row['within_value']:.2f} [{row['within_low']:.2f}, "
                f"{row['within_high']:.2f}] ({row['n_strata']} strata, n = {row['n']}); over all "
                f"{row['overall']:.2f}, which age and size explain in part."
            )
