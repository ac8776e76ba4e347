"""The one table of model attributes: names, aliases, kinds, feature sets, weights, bands.

Loaders, constraints, feature sets, plausibility and docs/schema.md derive from it. To
add an attribute, add one line to `ATTRIBUTES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["integer", "number", "category", "boolean", "text", "list", "time"]
Evidence = Literal["config.json", "config.json-subset", "weight-shapes", "catalog", "hub-api"]

EVIDENCE: tuple[Evidence, ...] = (
    "config.json",
    "config.json-subset",
    "weight-shapes",
    "catalog",
    "hub-api",
)
"""Kinds of evidence, strongest first: where two sources differ, the earlier one wins."""

TEXT_OF_MISSING = frozenset({"", "none", "null", "nan", "na", "n/a", "<na>", "nat", "unknown"})
"""Cells that mean "not known" in every column, compared in lower case."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One property of a model.

    Attributes
    ----------
    name : str
        Canonical name: the key of config.json where there is one.
    kind : Kind
        How it is stored and compared: integer and number by distance, category and
        boolean by mismatch; text, list and time are never compared.
    about : str
        Meaning, one clause, with the unit.
    aliases : tuple of str
        Other keys in config.json and other column names; "a.b" reaches into an object.
        The first that has a value wins.
    sets : tuple of str
        Feature sets that compare it: "default", "reference", "training".
    weight : float
        Weight in a distance when weights are asked for (1 otherwise).
    low, high : float or None
        Plausible band, both ends included; None is no bound.
    config : bool
        Whether it comes from a configuration (True) or from the Hub's listing.
    """

    name: str
    kind: Kind
    about: str
    aliases: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    weight: float = 1.0
    low: float | None = None
    high: float | None = None
    config: bool = True


_D, _R, _T = "default", "reference", "training"

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "model_type", "category", "architecture name of config.json", (), (_D, _R), weight=2.0
    ),
    Attribute("architecture", "text", "first class in `architectures`", ("architectures",)),
    Attribute(
        "hidden_size",
        "integer",
        "width of the residual stream",
        ("n_embd", "d_model", "dim", "model_dim", "encoder_hidden_size"),
        (_D, _R),
        weight=2.0,
        low=1,
        high=65_536,
    ),
    Attribute(
        "num_hidden_layers",
        "integer",
        "depth in blocks",
        ("n_layer", "num_layers", "n_layers", "encoder_layers", "num_encoder_layers"),
        (_D, _R),
        weight=2.0,
        low=1,
        high=1_000,
    ),
    Attribute(
        "num_attention_heads",
        "integer",
        "query heads of a block",
        ("n_head", "num_heads", "n_heads", "encoder_attention_heads"),
        (_D, _R),
        weight=2.0,
        low=1,
        high=512,
    ),
    Attribute(
        "num_key_value_heads",
        "integer",
        "key and value heads of a block",
        ("num_kv_heads", "n_head_kv", "n_kv_heads", "num_query_groups", "attn_config.kv_n_heads"),
        (_D, _R),
        low=1,
        high=512,
    ),
    Attribute(
        "head_dim",
        "integer",
        "width of a head where config.json states it",
        ("d_kv", "attention_head_dim"),
        (_D,),
        low=1,
        high=2_048,
    ),
    Attribute(
        "intermediate_size",
        "integer",
        "width of the feed-forward layer",
        ("n_inner", "d_ff", "ffn_dim", "encoder_ffn_dim", "ffn_hidden_size", "hidden_dim"),
        (_D, _R),
        weight=2.0,
        low=1,
        high=1_048_576,
    ),
    Attribute(
        "vocab_size",
        "integer",
        "rows of the token embedding",
        ("padded_vocab_size", "n_vocab"),
        (_D, _R),
        low=1,
        high=2_000_000,
    ),
    Attribute(
        "max_position_embeddings",
        "integer",
        "longest context in tokens",
        (
            "n_positions",
            "n_ctx",
            "max_seq_len",
            "max_sequence_length",
            "seq_length",
            "max_source_positions",
        ),
        (_D, _R),
        low=1,
        high=100_000_000,
    ),
    Attribute(
        "rope_theta",
        "number",
        "base of the rotary position code",
        ("rope_parameters.rope_theta", "rotary_emb_base", "rotary_base", "rope_base"),
        (_D, _R),
        low=1,
        high=1e12,
    ),
    Attribute(
        "rope_scaling_type",
        "category",
        "how the rotary code is stretched: linear, dynamic, yarn, llama3",
        (
            "rope_scaling.rope_type",
            "rope_scaling.type",
            "rope_parameters.rope_type",
            "rope_parameters.type",
        ),
        (_D, _R),
    ),
    Attribute(
        "hidden_act",
        "category",
        "activation function",
        ("activation_function", "hidden_activation", "activation", "dense_act_fn"),
        (_D,),
    ),
    Attribute(
        "tie_word_embeddings",
        "boolean",
        "whether input and output embeddings are one matrix",
        ("tie_embeddings", "embd_tie"),
        (_D,),
    ),
    Attribute(
        "sliding_window",
        "integer",
        "tokens that local attention sees",
        ("sliding_window_size", "attention_window_size"),
        (_D,),
        low=1,
        high=100_000_000,
    ),
    Attribute(
        "num_experts",
        "integer",
        "routed experts of a block (0 or 1: dense)",
        ("num_local_experts", "n_routed_experts", "moe_num_experts", "n_experts"),
        (_D,),
        low=0,
        high=4_096,
    ),
    Attribute(
        "num_experts_per_tok",
        "integer",
        "experts that a token visits",
        ("num_experts_per_token", "moe_top_k", "moe_topk", "num_selected_experts", "top_k_experts"),
        (_D,),
        low=0,
        high=4_096,
    ),
    Attribute(
        "n_shared_experts",
        "integer",
        "experts that every token visits",
        ("num_shared_experts",),
        low=0,
        high=4_096,
    ),
    Attribute(
        "moe_intermediate_size",
        "integer",
        "width of one expert",
        ("expert_intermediate_size", "moe_ffn_hidden_size"),
        low=1,
        high=1_048_576,
    ),
    Attribute(
        "kv_lora_rank",
        "integer",
        "rank of latent attention's keys and values",
        (),
        low=1,
        high=65_536,
    ),
    Attribute(
        "q_lora_rank", "integer", "rank of latent attention's queries", (), low=1, high=65_536
    ),
    Attribute("torch_dtype", "category", "number format of the weights", ("dtype",), (_R, _T)),
    Attribute(
        "transformers_version",
        "category",
        "library version that wrote config.json, as major.minor",
        ("transformers_major_minor",),
        (_T,),
    ),
    Attribute(
        "quant_method",
        "category",
        "quantization method of config.json",
        ("quantization_config.quant_method", "quantization.quant_method"),
        (_T,),
    ),
    Attribute(
        "quant_bits",
        "integer",
        "bits of a quantized weight",
        ("quantization_config.bits", "quantization_config.w_bit"),
        (_T,),
        low=1,
        high=32,
    ),
    Attribute(
        "kv_ratio",
        "number",
        "key and value heads per query head, where only the ratio is known",
        (),
        low=0,
        high=1,
    ),
    Attribute("n_params", "integer", "parameters, counted", ("num_parameters", "params"), low=1),
    Attribute(
        "created_at", "time", "when the repository was made, UTC", ("createdAt",), config=False
    ),
    Attribute("downloads", "integer", "downloads of 30 days", (), low=0, config=False),
    Attribute("likes", "integer", "likes", (), low=0, config=False),
    Attribute("pipeline_tag", "category", "task of the Hub", ("task",), config=False),
    Attribute("library_name", "category", "library of the Hub", ("library",), config=False),
    Attribute("license", "category", "licence tag", ("licenses",), config=False),
    Attribute("languages", "list", "languages named", ("language",), config=False),
    Attribute("datasets", "list", "training data named", ("dataset",), config=False),
    Attribute(
        "repaired", "boolean", "its row's columns were put back in place on loading", config=False
    ),
)

BY_NAME = MappingProxyType({a.name: a for a in ATTRIBUTES})
CONFIG_NAMES: tuple[str, ...] = tuple(a.name for a in ATTRIBUTES if a.config)
HUB_NAMES: tuple[str, ...] = tuple(a.name for a in ATTRIBUTES if not a.config)
TOGETHER: tuple[str, ...] = ("downloads", "likes")
"""Values of one day: they are taken from one snapshot together, never mixed."""

REFERENCE_FLAGS: tuple[str, ...] = ("uses_moe", "uses_gqa", "uses_rope", "uses_quantization")
"""Flags that the feature set "reference" adds to its columns (15 features with them)."""

_ALIASES = MappingProxyType(
    {
        alias.lower(): a.name
        for a in reversed(ATTRIBUTES)
        for alias in (*reversed(a.aliases), a.name)
    }
)


def feature_set(name: str) -> tuple[str, ...]:
    """Return the canonical names that a feature set compares, in the table's order.

    Parameters
    ----------
    name : {"default", "reference", "training"}
        "default" decides drift and similarity, "reference" is the notebooks' choice
        (flags of `REFERENCE_FLAGS` included), "training" is how weights were made.

    Raises
    ------
    KeyError
        If there is no such set.
    """
    names = tuple(a.name for a in ATTRIBUTES if name in a.sets)
    if not names:
        raise KeyError(name)
    return names + REFERENCE_FLAGS if name == "reference" else names


def canonical(column: str) -> str | None:
    """Return the canonical name of a column, or None when the table does not know it.

    The prefix ``config_`` of the reference files is taken off; case does not matter.

    >>> canonical("config_n_embd")
    'hidden_size'
    """
    key = column.strip().lower().removeprefix("config_")
    return _ALIASES.get(key)
