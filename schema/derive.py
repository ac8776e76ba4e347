"""What follows from a model's attributes: derived numbers, classes, flags, the config hash.

Derived values are recomputed here and nowhere read from a file. Each is None where its
inputs are not known: unknown is never "no", and "no" needs a reason of its own.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from modelkin.schema.attributes import feature_set

SIZE_BOUNDS = (3.0, 13.0, 70.0)
"""Upper ends of the size classes in billions of parameters, each included in its class."""

SIZE_CLASSES = ("small", "medium", "large", "xlarge")

CONTEXT_BOUNDS = (4_096, 32_768, 131_072)
"""Upper ends of the context classes in tokens, each included in its class."""

CONTEXT_CLASSES = ("short", "medium", "long", "very_long")

DERIVED: tuple[str, ...] = (
    "head_dim_derived",
    "gqa_ratio",
    "approx_params_billions",
    "context_per_layer",
    "size_class",
    "context_class",
    "uses_moe",
    "uses_gqa",
    "uses_rope",
    "uses_quantization",
)
"""Names that `derived` gives."""

FIXED = (
    (False, False, False, "gpt2 gpt_neo openai-gpt imagegpt bert roberta distilbert albert electra "
     "deberta deberta-v2 xlm-roberta xlm-roberta-xl camembert flaubert xlm mobilebert mpnet luke "
     "layoutlm big_bird longformer t5 mt5 umt5 bart mbart pegasus marian plbart blenderbot "
     "blenderbot-small m2m_100 led whisper opt bloom wav2vec2 hubert wavlm vit deit beit clip"),
    (False, False, True, "switch_transformers"),
    (False, None, False, "gpt_bigcode longt5 mamba mamba2 rwkv"),
    (True, False, False, "gpt_neox gptj codegen"),
    (True, None, False, "llama mistral ministral qwen qwen2 qwen2_vl qwen2_5_vl qwen3 qwen3_vl "
     "gemma gemma2 gemma3 gemma3_text phi phi3 stablelm stablelm_epoch starcoder2 olmo olmo2 "
     "cohere cohere2 internlm internlm2 chatglm glm glm4 nemotron exaone yi modernbert"),
    (True, None, True, "mixtral qwen2_moe qwen3_moe qwen3_vl_moe phimoe olmoe glm4_moe gpt_oss "
     "dbrx deepseek_v2 deepseek_v3 deepseek_v32 kimi_k2 qwen3_5_moe"),
    (True, None, None, "llama4 llama4_text mistral3 minicpm minicpm3 smollm3 exaone4 qwen3_next"),
    (None, None, False, "falcon mpt baichuan granite"),
    (None, None, True, "granitemoe granitemoeshared"),
)  # fmt: skip
"""uses_rope, uses_gqa, uses_moe as the code of these model types fixes them (None: it does not).

A config.json leaves out what its architecture has no choice about: GPT-2 has learned
positions and a key head for each query head although no key says so."""

_FIXED = {
    model_type: {"uses_rope": rope, "uses_gqa": gqa, "uses_moe": moe}
    for rope, gqa, moe, types in FIXED
    for model_type in types.split()
}


def derived(values: Mapping[str, Any]) -> dict[str, Any]:
    """Compute everything that follows from a model's attributes.

    Parameters
    ----------
    values : Mapping
        Canonical attribute names to values; a missing key and None are the same.
        ``config_source`` (the evidence of its shape) is read too: only a whole config.json
        can say that there is no quantization.

    Returns
    -------
    dict
        All of `DERIVED`; None where not known.

        - head_dim_derived: hidden_size / num_attention_heads.
        - gqa_ratio: num_attention_heads / num_key_value_heads (or 1 / kv_ratio).
        - approx_params_billions: 12 · layers · hidden² / 1e9 (the reference's estimate), an
          order of magnitude. It takes attention for 4 hidden² and the MLP for 8 hidden², as
          two plain matrices of width 4 or three gated ones of 8/3 have: wider gated MLPs make
          it too low (Gemma 7B: 3.2 of 8.5), narrower ones too high. Embeddings, grouped heads
          and experts are not seen.
        - context_per_layer: max_position_embeddings / layers.
        - size_class: by approx_params_billions, by n_params where it is not known or the
          model is a mixture of experts, which the estimate does not see (None without it).
        - context_class: by max_position_embeddings.
        - uses_moe: experts ≥ 2; where no count is known, what `model_type` fixes.
        - uses_gqa: fewer key than query heads; else what `model_type` fixes.
        - uses_rope: a rotary base or scaling is known; else what `model_type` fixes.
        - uses_quantization: a method or a bit width is known; False only where a whole
          config.json has neither.

    Examples
    --------
    >>> derived({"hidden_size": 4096, "num_hidden_layers": 32})["approx_params_billions"]
    6.442450944
    """
    hidden, layers = values.get("hidden_size"), values.get("num_hidden_layers")
    heads, context = values.get("num_attention_heads"), values.get("max_position_embeddings")
    billions = 12 * layers * hidden**2 / 1e9 if hidden and layers else None
    out = {
        "head_dim_derived": _ratio(hidden, heads),
        "gqa_ratio": _gqa_ratio(values),
        "approx_params_billions": billions,
        "context_per_layer": _ratio(context, layers),
        "context_class": _class(context, CONTEXT_BOUNDS, CONTEXT_CLASSES),
        "uses_moe": _uses_moe(values),
        "uses_gqa": _uses_gqa(values),
        "uses_rope": _uses_rope(values),
        "uses_quantization": _uses_quantization(values),
    }
    counted = values["n_params"] / 1e9 if values.get("n_params") else None
    size = counted if out["uses_moe"] or billions is None else billions
    out["size_class"] = _class(size, SIZE_BOUNDS, SIZE_CLASSES)
    return {name: out[name] for name in DERIVED}


def config_hash(values: Mapping[str, Any]) -> str | None:
    """Return the hash of a configuration: equal hashes compare at distance 0.

    Parameters
    ----------
    values : Mapping
        Canonical attribute names to values.

    Returns
    -------
    str or None
        16 hex digits of sha256 over the feature set "default", missing values included
        (32 and 32.0 are one value); None for a model that is not configured (neither
        hidden_size nor num_hidden_layers).
    """
    if values.get("hidden_size") is None and values.get("num_hidden_layers") is None:
        return None
    text = "\n".join(f"{name}={_canonical(values.get(name))}" for name in feature_set("default"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _canonical(value: Any) -> str:
    """Spell a typed value in one way."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _ratio(above: float | None, below: float | None) -> float | None:
    """Divide, None where either is not known or the divisor is 0."""
    return above / below if above is not None and below else None


def _class(value: float | None, bounds: tuple[float, ...], names: tuple[str, ...]) -> str | None:
    """Return the right-closed class of a number."""
    return None if value is None else names[bisect_left(bounds, value)]


def _gqa_ratio(values: Mapping[str, Any]) -> float | None:
    """Return query heads per key head."""
    ratio = _ratio(values.get("num_attention_heads"), values.get("num_key_value_heads"))
    return _ratio(1, values.get("kv_ratio")) if ratio is None else ratio


def _fixed(values: Mapping[str, Any], flag: str) -> bool | None:
    """Return what the model's type fixes."""
    return _FIXED.get(str(values.get("model_type") or "").lower(), {}).get(flag)


def _uses_moe(values: Mapping[str, Any]) -> bool | None:
    experts = values.get("num_experts")
    return experts >= 2 if experts is not None else _fixed(values, "uses_moe")


def _uses_gqa(values: Mapping[str, Any]) -> bool | None:
    ratio = _gqa_ratio(values)
    # kv_ratio has six digits: 1.000001 would be one key head per query head.
    return ratio > 1.00001 if ratio is not None else _fixed(values, "uses_gqa")


def _uses_rope(values: Mapping[str, Any]) -> bool | None:
    if values.get("rope_theta") is not None or values.get("rope_scaling_type") is not None:
        return True
    return _fixed(values, "uses_rope")


def _uses_quantization(values: Mapping[str, Any]) -> bool | None:
    if values.get("quant_method") is not None or values.get("quant_bits") is not None:
        return True
    return False if values.get("config_source") == "config.json" else None
