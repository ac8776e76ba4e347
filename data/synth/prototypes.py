"""Prototypes: what each model type looks like, and the values that each field can take.

A configuration is held as *codes*: the position of a value in its field's ladder
(numbers, by type) or list of levels (categories and booleans); -1 where the type has no
such field. Ladders are chosen so that every combination is plausible (key and value
heads divide heads, heads divide the width): an honest row is never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.params import FIELDS
from modelkin.schema.attributes import BY_NAME

Value = float | str | bool


@dataclass(frozen=True)
class Type:
    """One `model_type`.

    Attributes
    ----------
    name, architecture, task : str
        model_type, class in `architectures`, pipeline tag.
    era : float
        When it flourished: -1 the first month, 1 the last.
    weight : float
        Share of new roots where eras do not matter, relative.
    bos : int
        First token's id; with the context it is what the block permutation shows.
    values : Mapping
        Field -> value of the prototype; a field that is not named the type does not have.
    keys : Mapping
        Field -> key in config.json where it is another ("a.b" reaches into an object).
    narrow : bool
        Whether width and heads come from the small ladders.
    """

    name: str
    architecture: str
    task: str
    era: float
    weight: float
    bos: int
    values: Mapping[str, Value]
    keys: Mapping[str, str] = field(default_factory=dict)
    narrow: bool = False


def _shape(
    hidden: int, layers: int, heads: int, kv: int | None, inner: int, vocab: int, context: int
) -> dict[str, Value]:
    """Return the sizes of a prototype; kv None is a type without such a field."""
    shape: dict[str, Value] = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": vocab,
        "max_position_embeddings": context,
    }
    return shape if kv is None else {**shape, "num_key_value_heads": kv}


def _style(act: str, tie: bool, dtype: str, version: str) -> dict[str, Value]:
    """Return the rest of a prototype that every type has."""
    return {
        "hidden_act": act,
        "tie_word_embeddings": tie,
        "torch_dtype": dtype,
        "transformers_version": version,
        "quant_method": "gptq",
        "quant_bits": 4,
    }


def _rope(theta: float) -> dict[str, Value]:
    """Return the rotary fields of a prototype."""
    return {"rope_theta": theta, "rope_scaling_type": "linear"}


_SILU_16 = _style("silu", False, "bfloat16", "4.43")
_GPT2_KEYS = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "intermediate_size": "n_inner",
    "max_position_embeddings": "n_positions",
    "hidden_act": "activation_function",
}
_T5_KEYS = {
    "hidden_size": "d_model",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "intermediate_size": "d_ff",
    "head_dim": "d_kv",
    "max_position_embeddings": "n_positions",
    "hidden_act": "dense_act_fn",
}

TYPES: tuple[Type, ...] = (
    Type(
        "llama", "LlamaForCausalLM", "text-generation", 0.0, 5.0, 128_000,
        {**_shape(4096, 32, 32, 8, 14336, 128_256, 131_072), **_rope(5e5), **_SILU_16},
    ),
    Type(
        "mistral", "MistralForCausalLM", "text-generation", 0.1, 3.0, 1,
        {**_shape(4096, 32, 32, 8, 11008, 32_000, 32_768), **_rope(1e5), **_SILU_16,
         "sliding_window": 4096},
    ),
    Type(
        "qwen2", "Qwen2ForCausalLM", "text-generation", 0.5, 4.0, 151_643,
        {**_shape(3072, 28, 32, 4, 18432, 151_936, 32_768), **_rope(1e6), **_SILU_16},
    ),
    Type(
        "qwen3", "Qwen3ForCausalLM", "text-generation", 1.0, 2.0, 151_643,
        {**_shape(2048, 36, 32, 8, 8192, 151_936, 32_768), **_rope(1e6),
         **_style("silu", True, "bfloat16", "4.51"), "head_dim": 128},
        {"torch_dtype": "dtype"},
    ),
    Type(
        "gemma2", "Gemma2ForCausalLM", "text-generation", 0.5, 2.0, 2,
        {**_shape(3072, 40, 32, 4, 14336, 256_000, 8192), **_rope(1e4),
         **_style("gelu_pytorch_tanh", True, "float32", "4.43"), "head_dim": 128,
         "sliding_window": 4096},
    ),
    Type(
        "phi3", "Phi3ForCausalLM", "text-generation", 0.3, 1.0, 1,
        {**_shape(3072, 32, 32, None, 8192, 32_064, 4096), **_rope(1e4), **_SILU_16,
         "sliding_window": 2048},
    ),
    Type(
        "mixtral", "MixtralForCausalLM", "text-generation", 0.2, 1.0, 1,
        {**_shape(4096, 32, 32, 8, 14336, 32_000, 32_768), **_rope(1e6), **_SILU_16,
         "num_experts": 8, "num_experts_per_tok": 2},
        {"num_experts": "num_local_experts"},
    ),
    Type(
        "qwen3_moe", "Qwen3MoeForCausalLM", "text-generation", 1.0, 1.0, 151_643,
        {**_shape(2048, 48, 32, 4, 5632, 151_936, 32_768), **_rope(1e6),
         **_style("silu", False, "bfloat16", "4.51"), "head_dim": 128,
         "num_experts": 64, "num_experts_per_tok": 2},
        {"torch_dtype": "dtype"},
    ),
    Type(
        "gpt_neox", "GPTNeoXForCausalLM", "text-generation", -0.4, 1.0, 0,
        {**_shape(4096, 32, 32, None, 11008, 50_432, 2048), **_rope(1e4),
         **_style("gelu", False, "float16", "4.31")},
        {"rope_theta": "rotary_emb_base"},
    ),
    Type(
        "gpt2", "GPT2LMHeadModel", "text-generation", -0.9, 3.0, 50_256,
        {**_shape(768, 12, 12, None, 3072, 50_257, 1024),
         **_style("gelu_new", True, "float32", "4.31")},
        _GPT2_KEYS, narrow=True,
    ),
    Type(
        "bert", "BertForMaskedLM", "fill-mask", -0.8, 4.0, 101,
        {**_shape(768, 12, 12, None, 3072, 30_522, 512),
         **_style("gelu", True, "float32", "4.31")},
        narrow=True,
    ),
    Type(
        "t5", "T5ForConditionalGeneration", "text2text-generation", -0.6, 2.0, 0,
        {**_shape(768, 12, 12, None, 3072, 32_128, 512),
         **_style("relu", True, "float32", "4.31"), "head_dim": 64},
        _T5_KEYS, narrow=True,
    ),
)  # fmt: skip
"""All types; the position is the type's number."""

TYPE_NAMES: tuple[str, ...] = tuple(t.name for t in TYPES)

_WIDE: Mapping[str, tuple[float, ...]] = {
    "hidden_size": (1024, 1536, 2048, 3072, 4096, 5120, 6144, 7168, 8192),
    "num_hidden_layers": (12, 16, 20, 24, 28, 32, 36, 40, 48, 64, 80),
    "num_attention_heads": (16, 32, 64),
    "intermediate_size": (
        2048, 3072, 4096, 5632, 8192, 11008, 14336, 18432, 22016, 28672, 36864,
    ),
    "num_key_value_heads": (1, 2, 4, 8, 16),
    "head_dim": (32, 64, 96, 128, 192, 256),
    "max_position_embeddings": tuple(2**k for k in range(7, 21)),
    "rope_theta": (1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7),
    "sliding_window": (512, 1024, 2048, 4096, 8192, 16384, 32768),
    "num_experts": (4, 8, 16, 32, 64, 128, 256),
    "num_experts_per_tok": (1, 2, 4),
    "quant_bits": (2, 3, 4, 5, 6, 8),
}  # fmt: skip
_NARROW: Mapping[str, tuple[float, ...]] = {
    "hidden_size": (384, 768, 1152, 1536, 1920),
    "num_hidden_layers": (4, 6, 8, 10, 12, 16, 20, 24),
    "num_attention_heads": (6, 12, 24),
    "intermediate_size": (768, 1536, 2304, 3072, 4608, 6144, 7680),
}
# A vocabulary changes by added tokens: steps of 64 round the prototype's.
_VOCAB_STEPS = tuple(64 * k for k in range(-4, 5))

LEVELS: Mapping[str, tuple[Value, ...]] = MappingProxyType(
    {
        "model_type": TYPE_NAMES,
        "rope_scaling_type": ("linear", "dynamic", "yarn", "llama3"),
        "hidden_act": ("silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu"),
        "tie_word_embeddings": (False, True),
        "torch_dtype": ("float32", "float16", "bfloat16"),
        "transformers_version": ("4.31", "4.38", "4.43", "4.46", "4.51", "4.53"),
        "quant_method": ("gptq", "awq", "bitsandbytes", "compressed-tensors", "fp8"),
    }
)
"""Levels of the categories and booleans; a code is a position here."""

NUMERIC: tuple[str, ...] = tuple(f for f in FIELDS if BY_NAME[f].kind in ("integer", "number"))
"""Fields whose codes are positions on a ladder."""


def ladder(kind: Type, name: str) -> tuple[float, ...]:
    """Return the values of a numeric field that a type can take, ascending; () if none."""
    if name not in kind.values:
        return ()
    if name == "vocab_size":
        return tuple(float(kind.values[name]) + step for step in _VOCAB_STEPS)
    return _NARROW[name] if kind.narrow and name in _NARROW else _WIDE[name]


def _codes() -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return the prototypes' codes and the number of values, both (types, fields)."""
    proto = np.full((len(TYPES), len(FIELDS)), -1, dtype=np.int8)
    length = np.zeros((len(TYPES), len(FIELDS)), dtype=np.int8)
    for t, kind in enumerate(TYPES):
        values: dict[str, Any] = {"model_type": kind.name, **kind.values}
        for f, name in enumerate(FIELDS):
            if name in values:
                choice = ladder(kind, name) if name in NUMERIC else LEVELS[name]
                proto[t, f] = list(choice).index(values[name])
                length[t, f] = len(choice)
    return proto, length


def _numbers() -> dict[str, NDArray[np.float64]]:
    """Return the values of the numeric codes, (types, longest + 1).

    The last column is NaN, so that code -1 reads as missing.
    """
    tables = {}
    for name in NUMERIC:
        rows = [ladder(kind, name) for kind in TYPES]
        table = np.full((len(TYPES), max(map(len, rows)) + 1), np.nan)
        for t, row in enumerate(rows):
            table[t, : len(row)] = row
        tables[name] = table
    return tables


PROTOTYPE, LENGTH = _codes()
"""Codes of the prototypes (-1: no such field) and numbers of values; (types, fields)."""

NUMBERS: Mapping[str, NDArray[np.float64]] = MappingProxyType(_numbers())
"""Numeric field -> values by type and code; NaN in the last column."""
