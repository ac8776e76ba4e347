"""Pictures of mixtures of experts."""

from __future__ import annotations

import pandas as pd

from modelkin.analysis import panels
from modelkin.analysis.result import Coverage, Figure, Panel
from modelkin.analysis.traits import SIZES, distinct

COUNTED = (
    "Bars: the values that most mixtures have, by their number; copies vote. A mixture whose "
    "number is not told is left out."
)
WORDS = {"num_experts": "experts of a block", "num_experts_per_tok": "experts that a token visits"}


def experts_figures(
    frame: pd.DataFrame,
    moe: pd.DataFrame,
    adoption: pd.DataFrame,
    values: pd.DataFrame,
    pairs: pd.DataFrame,
    versus: pd.DataFrame,
    known: Coverage,
    among: Coverage,
) -> tuple[Figure, ...]:
    """Draw the eight pictures of `modelkin.analysis.experts`.

    Parameters
    ----------
    frame, moe : DataFrame
        Configured models, and the mixtures among them with their ``utilization``.
    adoption, values, pairs, versus : DataFrame
        Its tables.
    known, among : Coverage
        Funnels to the models of known status, and to the mixtures.
    """
    return (
        _adoption(frame, adoption, known),
        _counted("most_common_expert_counts", "num_experts", values, among),
        panels.figure(
            "routed_experts_histogram",
            "How many experts mixtures have",
            {
                "experts": panels.distribution(
                    moe["num_experts"],
                    WORDS["num_experts"],
                    "experts",
                    log_x=True,
                    bins=30,
                    ylabel="mixtures of experts",
                ),
            },
            among.caption("Logarithmic bins; copies vote."),
            1,
        ),
        _counted("experts_per_token", "num_experts_per_tok", values, among),
        panels.figure(
            "expert_utilization",
            "Which share of the experts a token visits",
            {
                "share_visited": panels.distribution(
                    moe["utilization"],
                    "experts visited / experts",
                    "share visited",
                    bins=30,
                    ylabel="mixtures of experts",
                ),
            },
            among.caption("Only mixtures that tell both numbers; copies vote."),
            1,
        ),
        _organizations(frame, known),
        _versus(frame, versus, known),
        _pairs(pairs, among),
    )


def _adoption(frame: pd.DataFrame, adoption: pd.DataFrame, known: Coverage) -> Figure:
    """Draw the three states, and the share by year."""
    status = frame["uses_moe"].map({1.0: "mixture of experts", 0.0: "dense"}).fillna("unknown")
    counts = status.value_counts().reindex(["dense", "mixture of experts", "unknown"]).fillna(0)
    bars = counts.rename_axis("status").reset_index(name="n")
    return panels.figure(
        "moe_adoption",
        "Mixtures of experts among configured models",
        {
            "status": panels.counts(bars, "status", "n", "models by status"),
            "by_year": panels.shares(adoption, "models", "share of mixtures of experts"),
        },
        known.caption(
            "Dots: share among models of known status with 95 % intervals over components; "
            "unknown is not dense. The table has the bounds if all unknown were either."
        ),
    )


def _counted(name: str, attribute: str, values: pd.DataFrame, among: Coverage) -> Figure:
    """Draw the most frequent values by their number."""
    here = values[values["attribute"] == attribute].head(15)
    bars = here.assign(label=[f"{v:g}" for v in here["value"]])
    panel = panels.counts(
        bars, "label", "n_models", "", xlabel=WORDS[attribute], ylabel="mixtures of experts"
    )
    title = f"Most frequent: {WORDS[attribute]}"
    return panels.figure(name, title, {"mixtures": panel}, among.caption(COUNTED), 1)


def _organizations(frame: pd.DataFrame, known: Coverage) -> Figure:
    """Draw the organizations with most mixtures."""
    moe = frame[frame["uses_moe"] == 1]
    counts = moe.groupby("organization")["config_hash"].agg(["size", "nunique"])
    counts = counts.sort_values("size", ascending=False, kind="stable").head(15).reset_index()
    long = counts.melt(["organization"], var_name="counted", value_name="n").replace(
        {"size": "models", "nunique": "configurations"}
    )
    panel = Panel(
        "bars",
        long,
        x="organization",
        y="n",
        group="counted",
        xlabel="organization",
        ylabel="mixtures of experts",
    )
    return panels.figure(
        "moe_by_organization",
        "The organizations with most mixtures of experts",
        {"organizations": panel},
        known.caption("Models, and different configurations beside them."),
        1,
    )


def _versus(frame: pd.DataFrame, versus: pd.DataFrame, known: Coverage) -> Figure:
    """Draw mixtures and dense models side by side, and the difference inside strata."""
    once = distinct(frame)
    kind = once["uses_moe"].map({1.0: "mixture", 0.0: "dense"})
    once = once.assign(status=kind)
    boxes = {
        name: panels.boxes(
            once,
            "status",
            name,
            SIZES[name],
            ["mixture", "dense"],
            ylabel=SIZES[name],
            log_y=name in ("max_position_embeddings", "gqa_ratio"),
        )
        for name in versus["attribute"]
    }
    data = versus.rename(
        columns={
            "within_value": "value",
            "within_low": "low",
            "within_high": "high",
            "within_note": "note",
        }
    ).assign(label=[SIZES[name] for name in versus["attribute"]])
    inside = Panel(
        "intervals",
        data[["label", "value", "low", "high", "note", "n"]],
        x="value",
        y="label",
        title="inside one family and year",
        xlabel="Cliff's delta (mixtures larger: above 0)",
        options={"marks": [(0.0, "")]},
    )
    return panels.figure(
        "moe_vs_dense_comparison",
        "Mixtures of experts and dense models",
        {**boxes, "inside_strata": inside},
        known.caption(
            "Boxes over different configurations: mixtures are newer and larger, so they differ "
            "anyway. The last panel compares them inside one family and year (components drawn "
            "anew); it says nothing of causes."
        ),
        3,
    )


def _pairs(pairs: pd.DataFrame, among: Coverage) -> Figure:
    """Draw the most frequent pairs of experts in all and visited."""
    top = pairs.head(10)
    labels = [
        f"{a:g} of {n:g}"
        for n, a in zip(top["num_experts"], top["num_experts_per_tok"], strict=True)
    ]
    panel = panels.counts(
        top.assign(label=labels),
        "label",
        "n_models",
        "",
        xlabel="experts visited of all",
        ylabel="mixtures of experts",
    )
    return panels.figure(
        "moe_configurations",
        "The most frequent configurations of experts",
        {"mixtures": panel},
        among.caption(COUNTED),
        1,
    )
