"""Derived fields: formulas, classes at their bounds, three-state flags, the config hash."""

from __future__ import annotations

import pytest

from modelkin.schema.attributes import feature_set
from modelkin.schema.derive import DERIVED, config_hash, derived

LLAMA_7B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "rope_theta": 10000.0,
}


def test_known_shape_gives_every_derived_number():
    got = derived(LLAMA_7B)
    assert set(got) == set(DERIVED)
    assert got["head_dim_derived"] == 128
    assert got["gqa_ratio"] == 4
    assert got["context_per_layer"] == 256
    # Published sizes of the reference files: 6.44 for 4096x32, 64.42 for 8192x80.
    assert got["approx_params_billions"] == pytest.approx(6.442450944)
    big = derived({"hidden_size": 8192, "num_hidden_layers": 80})
    assert big["approx_params_billions"] == pytest.approx(64.42, abs=0.005)


def test_nothing_known_gives_nothing():
    assert set(derived({}).values()) == {None}
    assert set(derived(dict.fromkeys(LLAMA_7B)).values()) == {None}


@pytest.mark.parametrize(
    ("billions", "name"),
    [
        (3.0, "small"),
        (3.000001, "medium"),
        (13, "medium"),
        (13.1, "large"),
        (70, "large"),
        (70.5, "xlarge"),
    ],
)
def test_size_classes_are_right_closed(billions, name):
    assert derived({"n_params": round(billions * 1e9)})["size_class"] == name


@pytest.mark.parametrize(
    ("tokens", "name"),
    [
        (4096, "short"),
        (4097, "medium"),
        (32768, "medium"),
        (32769, "long"),
        (131072, "long"),
        (131073, "very_long"),
    ],
)
def test_context_classes_are_right_closed(tokens, name):
    assert derived({"max_position_embeddings": tokens})["context_class"] == name


def test_size_of_a_mixture_is_counted_not_estimated():
    mixtral = {"num_experts": 8, "hidden_size": 4096, "num_hidden_layers": 32}
    assert derived(mixtral)["size_class"] is None
    assert derived({**mixtral, "n_params": 46_700_000_000})["size_class"] == "large"


@pytest.mark.parametrize(
    ("values", "flag", "expected"),
    [
        ({"num_experts": 2}, "uses_moe", True),
        ({"num_experts": 1}, "uses_moe", False),
        ({"num_experts": 0}, "uses_moe", False),
        ({"num_experts_per_tok": 2}, "uses_moe", None),
        ({"model_type": "Mixtral"}, "uses_moe", True),
        ({"model_type": "gpt2"}, "uses_moe", False),
        ({"model_type": "never-heard-of"}, "uses_moe", None),
        ({"num_attention_heads": 32, "num_key_value_heads": 8}, "uses_gqa", True),
        ({"num_attention_heads": 32, "num_key_value_heads": 32}, "uses_gqa", False),
        ({"num_attention_heads": 32}, "uses_gqa", None),
        ({"kv_ratio": 0.25}, "uses_gqa", True),
        ({"kv_ratio": 1.0}, "uses_gqa", False),
        ({"model_type": "bert"}, "uses_gqa", False),
        ({"model_type": "llama"}, "uses_gqa", None),
        ({"rope_theta": 500000.0}, "uses_rope", True),
        ({"model_type": "gpt_neox"}, "uses_rope", True),
        ({"model_type": "opt"}, "uses_rope", False),
        ({"model_type": "falcon"}, "uses_rope", None),
        ({"quant_bits": 4}, "uses_quantization", True),
        ({"quant_method": "gptq"}, "uses_quantization", True),
        ({"config_source": "config.json"}, "uses_quantization", False),
        ({"config_source": "catalog"}, "uses_quantization", None),
    ],
)
def test_flags_have_three_states(values, flag, expected):
    assert derived(values)[flag] is expected


def test_config_hash_needs_a_configured_model():
    assert config_hash({"model_type": "llama"}) is None
    assert config_hash({"hidden_size": 768}) is not None
    assert config_hash({"num_hidden_layers": 12}) is not None


def test_config_hash_sees_values_not_spellings():
    base = config_hash(LLAMA_7B)
    assert base is not None
    assert len(base) == 16
    assert int(base, 16) >= 0
    assert config_hash({**LLAMA_7B, "hidden_size": 4096.0, "rope_theta": 10000}) == base
    assert config_hash({**LLAMA_7B, "head_dim": None, "downloads": 7}) == base


@pytest.mark.parametrize("name", feature_set("default"))
def test_config_hash_sees_every_default_feature(name):
    assert config_hash({**LLAMA_7B, name: "other"}) != config_hash(LLAMA_7B)
