"""Everything an ecosystem is made from: one frozen record, and worlds as named overrides.

Words are the glossary's: a *component* is a weakly connected component of the graph
without merge edges (the cluster of every interval); a *type* is a `model_type`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from modelkin.schema.attributes import feature_set
from modelkin.schema.graph import MAIN_PARENT_ORDER

FIELDS: tuple[str, ...] = feature_set("default") + feature_set("training")
"""Config fields that an ecosystem plants, in the order of every matrix."""

RELATIONS: tuple[str, ...] = MAIN_PARENT_ORDER
"""Relations in the order of their bits: finetune, adapter, quantized, merge, untyped."""

BITS: Mapping[str, int] = MappingProxyType({r: 1 << i for i, r in enumerate(RELATIONS)})
"""Bit of each relation in `World.bits`."""

Rules = Mapping[str, float]
"""A table of numbers by "field/relation", "field", "*/relation" or "*": the first that
stands in the table wins, in this order; nothing found is 0."""


def rule(rules: Rules, name: str, relation: str = "") -> float:
    """Return the number that a table of rules gives for a field (and a relation).

    >>> rule({"*": 0.02, "vocab_size": 0.1, "vocab_size/merge": 0.5}, "vocab_size", "merge")
    0.5
    """
    keys = (f"{name}/{relation}", name, f"*/{relation}", "*")
    return next((float(rules[k]) for k in keys if k in rules), 0.0)


_PLANTED: Mapping[str, dict[str, float]] = MappingProxyType(
    {
        "relation_mix": {"finetune": 0.45, "adapter": 0.25, "quantized": 0.25, "untyped": 0.05},
        "copy_prob": {},
        "rate": {
            "*": 0.02,
            "num_attention_heads": 0.0,
            "vocab_size": 0.1,
            "max_position_embeddings/finetune": 0.1,
            "torch_dtype": 0.1,
            "torch_dtype/quantized": 0.5,
            "transformers_version": 0.5,
        },
        "p_increase": {"*": 0.5, "vocab_size": 0.8, "max_position_embeddings": 0.8},
        "towards": {"torch_dtype/float16": 4.0},
        "unknown": {
            "rope_scaling_type": 0.8,
            "sliding_window": 0.5,
            "quant_method": 0.97,
            "quant_bits": 0.97,
        },
        "gain": {
            "*": 0.2,
            "quant_method": 0.0,
            "quant_method/quantized": 0.9,
            "quant_bits": 0.0,
            "quant_bits/quantized": 0.9,
        },
        "mnar_odds": {},
    }
)


@dataclass(frozen=True)
class Params:
    """Parameters of an ecosystem; the defaults are the world "planted".

    Attributes
    ----------
    seed : int
        Seed of all streams, ≥ 0. Each part has a stream of its own (`stream`).
    n_models : int
        Nodes of the graph, stubs included.
    n_components : int or None
        Components grown as trees; None is one for every 30 models.
    isolated_share, merge_share : float
        Share of models without edges; share whose parents are all merged (each such model
        begins a component of its own).
    size_pareto : float
        Tail exponent of component sizes (smaller: more unequal); sizes are at least 2.
    hub_share : float
        Share of all tree models in the first component; 0 leaves it to the tail.
    size_effect_cor, depth_effect_cor : float
        Correlation, in [-1, 1], of a component's mutation rates with its size or its depth
        (normal scores; one of the two): the typical component keeps the planted rate, the
        typical edge differs; with depth below 0 only what drifts little grows deep. Needs
        component_rho.
    relation_mix : Rules
        Weights of finetune, adapter, quantized and untyped among tree edges.
    pure_share : float
        Share of components whose edges all have one relation; a planted hub is one.
    multi_share, mixed_share : float
        Share of edges with a second relation; share of tree children that also name a
        merge parent.
    stub_share : float
        Share of component roots without a row of their own: missing parents.
    n_cycles, n_loops : int
        Edges from a model back to an ancestor; edges from a model to itself.
    alpha, k0, attractiveness_logsd : float
        A child chooses its parent i in its component with probability proportional to
        (k_i + k0)^alpha · a_i, where k counts children and ln a has this deviation.
        With n_components = 1 and isolated_share = 0 this is the law of the whole graph.
    age_decay, depth_decay : float
        The weight also falls by exp(-age_decay) for each month of age and by
        exp(-depth_decay) for each level of depth.
    tie_size : int
        Births of one moment: they share a timestamp and see the degrees before it.
    org_zipf : float
        Exponent of the organisations' sizes, > 1 (one model in 200 has a bare name).
    n_months, growth, month_logsd : int, float, float
        Calendar months from 2022-03; growth of their expected models (log per month);
        deviation of the log of each month's number.
    clamped_share : float
        Models at 2022-03-02T23:29:04Z, the Hub's "on or before".
    older_share : float
        Share of tree children created before their parent.
    type_trend, size_trend : float
        How strongly types follow their era; steps by which sizes of new roots grow over
        all months.
    n_types : int
        How many types there are (the first of `TYPES`); with little noise each is a block.
    noise, component_offset : float
        Probability, for each field, that an isolated model or merge root (noise) or the
        root of a component (offset) deviates from the prototype of its type.
    redraw : float
        Probability that a child is a fresh draw of its type instead of its parent's heir.
    copy_prob : Rules
        By relation: probability that nothing mutates; rates stay what `rate` says.
    co_change : tuple of tuple of str
        Fields of one group change together (as far as their rates allow).
    depth_process : {"walk", "stationary"}
        "walk": each change adds to the last. "stationary": half of the changes return to
        the root's value, so that the distance to it does not grow after the first step.
    n_outliers, outlier_factor : int, float
        Isolated models with one size multiplied by the factor.
    rate : Rules
        By field and relation: P(child differs from the parent it was made from).
        `model_type` changes only by a rule of its own, never by "*".
    component_rho, parent_rho : float
        Beta-binomial correlation, in [0, 1), of changes in one component (the quantile of
        a component is one for all relations of a field) and of one parent within it.
    p_increase : Rules
        By field: probability that a numeric change goes up (at the ends of a field's
        ladder the only direction left is taken).
    towards : Rules
        By "field/level": weight of a level as the target of a change of category; 1
        where nothing is said. P(a → b) = w_b / Σ_{c ≠ a} w_c.
    row_share, row_rho : float
        Share of models with a configuration row; correlation of having one in a component.
    unknown : Rules
        By field: share of roots where it is unknown (also what is absent by design).
    gain : Rules
        By field and relation: P(known in the child | unknown in the parent); the opposite
        is set so that the share of unknown stays, `gain` without relation taken.
    mnar_odds : Rules
        By field: factor, ≥ 1, on the odds of unknown where the value is high (True, above
        the prototype, another category than the prototype's).
    alias_lost : tuple of str
        Types whose fields under other names the reference's extractor lost (CSV only).
    misaligned_share, block_share : float
        Share of CSV rows with values under wrong headers; share of these with the block
        permutation, the others being shifted by 1 to 3 columns.
    """

    seed: int = 0
    n_models: int = 3_000
    n_components: int | None = None
    isolated_share: float = 0.6
    merge_share: float = 0.02
    size_pareto: float = 1.0
    hub_share: float = 0.0
    size_effect_cor: float = 0.0
    depth_effect_cor: float = 0.0
    relation_mix: Rules = field(default_factory=_PLANTED["relation_mix"].copy)
    pure_share: float = 0.2
    multi_share: float = 0.01
    mixed_share: float = 0.01
    stub_share: float = 0.1
    n_cycles: int = 4
    n_loops: int = 4
    alpha: float = 1.0
    k0: float = 1.0
    attractiveness_logsd: float = 0.0
    age_decay: float = 0.0
    depth_decay: float = 0.0
    tie_size: int = 1
    org_zipf: float = 1.9
    n_months: int = 40
    growth: float = 0.04
    month_logsd: float = 0.2
    clamped_share: float = 0.05
    older_share: float = 0.005
    type_trend: float = 1.0
    size_trend: float = 0.0
    n_types: int = 12
    noise: float = 0.3
    component_offset: float = 0.3
    redraw: float = 0.0
    copy_prob: Rules = field(default_factory=_PLANTED["copy_prob"].copy)
    co_change: tuple[tuple[str, ...], ...] = (("hidden_size", "intermediate_size"),)
    depth_process: str = "walk"
    n_outliers: int = 0
    outlier_factor: float = 20.0
    rate: Rules = field(default_factory=_PLANTED["rate"].copy)
    component_rho: float = 0.1
    parent_rho: float = 0.0
    p_increase: Rules = field(default_factory=_PLANTED["p_increase"].copy)
    towards: Rules = field(default_factory=_PLANTED["towards"].copy)
    row_share: float = 1.0
    row_rho: float = 0.0
    unknown: Rules = field(default_factory=_PLANTED["unknown"].copy)
    gain: Rules = field(default_factory=_PLANTED["gain"].copy)
    mnar_odds: Rules = field(default_factory=_PLANTED["mnar_odds"].copy)
    alias_lost: tuple[str, ...] = ()
    misaligned_share: float = 0.0
    block_share: float = 0.6

    def stream(self, *name: str) -> np.random.Generator:
        """Return the random stream of one part: no part can disturb another."""
        key = zlib.crc32("/".join(name).encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))

    def rate_of(self, name: str, relation: str) -> float:
        """Return the planted mutation rate of a field on edges of a relation."""
        if name == "model_type":
            return rule({k: v for k, v in self.rate.items() if k.startswith(name)}, name, relation)
        return rule(self.rate, name, relation)

    def copies_of(self, relation: str) -> float:
        """Return the probability that nothing mutates on an edge of a relation."""
        return float(self.copy_prob.get(relation, self.copy_prob.get("*", 0.0)))

    def as_json(self) -> dict[str, Any]:
        """Return the parameters as plain values, in the order of the class."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: dict(v) if isinstance(v, Mapping) else v for k, v in plain.items()}
