"""Columns of the expanded config CSV, and the ways in which its rows are misaligned.

The published file has about one row in six with values under wrong headers: its RoPE base
is True or False, its heads hold the context, its key and value heads a token id, its
width a count of layers, its "GQA ratio" the approximate size. `PATTERNS` holds exactly
that fault as one permutation of columns, and plain shifts beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

FAMILY_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "is_deepseek_family": "DeepSeek",
        "is_mistral_family": "Mistral",
        "is_llama_family": "LLaMA",
        "is_bert_family": "BERT",
        "is_gpt_family": "GPT",
        "is_t5_family": "T5",
        "is_whisper_family": "Whisper",
        "is_qwen_family": "Qwen",
    }
)
"""Flag column -> family that it says."""

_CONFIG: tuple[str, ...] = (
    "config_approx_params_billions",
    "config_architectures",
    "config_attention_dropout",
    "config_bos_token_id",
    "config_context_per_layer",
    "config_eos_token_id",
    "config_gqa_ratio",
    "config_head_dim",
    "config_head_dimension",
    "config_hidden_act",
    "config_hidden_size",
    "config_initializer_range",
    "config_intermediate_size",
    "config_max_position_embeddings",
    "config_model_type",
    "config_moe_enabled",
    "config_moe_expert_utilization",
    "config_moe_intermediate_size",
    "config_moe_layer_freq",
    "config_n_routed_experts",
    "config_n_shared_experts",
    "config_num_attention_heads",
    "config_num_experts_per_tok",
    "config_num_hidden_layers",
    "config_num_key_value_heads",
    "config_pad_token_id",
    "config_quant_bits",
    "config_quant_method",
    "config_rope_scaling_type",
    "config_rope_theta",
    "config_routed_scaling_factor",
    "config_sliding_window",
    "config_tie_word_embeddings",
    "config_torch_dtype",
    "config_transformers_version",
    "config_use_cache",
    "config_vocab_size",
    # Keys of types that are not made here: blank, so that a shift to the right loses nothing.
    "config_vocab_size_per_layer_input",
    "config_word_embed_proj_dim",
    "config_xla_device",
)
_FLAGS = ("uses_moe", "uses_gqa", "uses_rope", "uses_quantization", "uses_lora")

CSV_COLUMNS: tuple[str, ...] = (
    "modelId",
    *_FLAGS,
    *FAMILY_FLAGS,
    "size_category",
    "context_category",
    *_CONFIG,
)
"""Columns of model_configs_expanded.csv: the flags, then config_* in the alphabet's order."""

CSV_NAME: Mapping[str, str] = MappingProxyType(
    {
        "num_experts": "config_n_routed_experts",
        "quant_method": "config_quant_method",
        "quant_bits": "config_quant_bits",
    }
)
"""Field -> column, where it is not ``config_`` and the field's name."""


def column_of(name: str) -> str:
    """Return the CSV's column of a field.

    >>> column_of("num_experts"), column_of("vocab_size")
    ('config_n_routed_experts', 'config_vocab_size')
    """
    return CSV_NAME.get(name, f"config_{name}")


@dataclass(frozen=True)
class Pattern:
    """One way in which the values of a row stand under wrong headers.

    Attributes
    ----------
    name : str
        "block", or "shift BY from COLUMN".
    holds : Mapping
        Header -> the column whose value stands under it; headers that are not named hold
        their own. A bijection: a row can be repaired without loss.
    """

    name: str
    holds: Mapping[str, str]


def _cycle(*columns: str) -> dict[str, str]:
    """Return a permutation in which each column holds the next one's value."""
    return dict(zip(columns, (*columns[1:], columns[0]), strict=True))


def _block() -> Pattern:
    """Return the permutation that the published file's numbers betray."""
    holds = {
        **_cycle("config_rope_theta", "config_tie_word_embeddings"),
        **_cycle(
            "config_num_attention_heads",
            "config_max_position_embeddings",
            "config_routed_scaling_factor",
        ),
        **_cycle("config_num_key_value_heads", "config_bos_token_id", "config_pad_token_id"),
        **_cycle("config_hidden_size", "config_num_hidden_layers", "config_moe_layer_freq"),
        **_cycle("config_gqa_ratio", "config_approx_params_billions"),
        **_cycle("uses_moe", "uses_gqa"),
        **_cycle("is_mistral_family", "uses_rope"),
    }
    return Pattern("block", MappingProxyType(holds))


def _shift(by: int, first: str) -> Pattern:
    """Return the config_* columns from one on moved `by` places to the right.

    The blank columns at the end come to the front: as if blanks had been put in.
    """
    moved = _CONFIG[_CONFIG.index(first) :]
    holds = {header: moved[(i - by) % len(moved)] for i, header in enumerate(moved)}
    return Pattern(f"shift {by} from {first}", MappingProxyType(holds))


# A shift that begins behind the width could leave all cells believable.
_STARTS = _CONFIG[: _CONFIG.index("config_hidden_size") + 1]

BLOCK = 0

PATTERNS: tuple[Pattern, ...] = (
    _block(),
    *(_shift(by, first) for by in (1, 2, 3) for first in _STARTS),
)
"""All misalignments; the position is the pattern's number, `BLOCK` the first."""


def misplace(cells: Mapping[str, str], pattern: Pattern) -> dict[str, str]:
    """Return a row's cells as they stand under the headers of a misaligned row.

    >>> misplace({"a": "1", "b": "2"}, Pattern("swap", {"a": "b", "b": "a"}))
    {'a': '2', 'b': '1'}
    """
    return {header: cells[pattern.holds.get(header, header)] for header in cells}
