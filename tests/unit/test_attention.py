"""Attention and context: classes at their exact ends, kinds from heads, ratios of unknown."""

from __future__ import annotations

import numpy as np
import pytest
from lineage_worlds import from_synth, tiny

from modelkin.analysis.attention import BOUNDS, CLASSES, KINDS, compute, context_class
from modelkin.analysis.traits import configured
from modelkin.data.synth.world import make

SHAPE = {"model_type": "strange", "hidden_size": 64, "num_hidden_layers": 2}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def by_hand(tokens: float) -> str | None:
    if tokens != tokens:
        return None
    for bound, name in zip(BOUNDS, CLASSES, strict=False):
        if tokens <= bound:
            return name
    return CLASSES[-1]


def test_classes_equal_a_chain_of_ifs():
    tokens = np.array([*BOUNDS, *(b + 1 for b in BOUNDS), *(b - 1 for b in BOUNDS), 1, np.nan])
    assert context_class(tokens).tolist() == [by_hand(t) for t in tokens]


@pytest.mark.parametrize(
    ("tokens", "long", "very"),
    [(32_767, 0, 0), (32_768, 1, 0), (131_071, 1, 0), (131_072, 1, 1)],
)
def test_exactly_32768_is_long_and_131072_very_long(tokens, long, very):
    result = compute(tiny({"a/x": {**SHAPE, "max_position_embeddings": tokens}}, []))
    rows = table(result, "attention_summary").set_index("trait")["n_yes"]
    assert rows["context of 32,768 tokens or more"] == long
    assert rows["context of 131,072 tokens or more"] == very


def test_kinds_of_attention_follow_from_heads_or_type():
    heads = {"num_attention_heads": 32}
    models = {
        "a/own": {**SHAPE, **heads, "num_key_value_heads": 32},
        "a/grouped": {**SHAPE, **heads, "num_key_value_heads": 8},
        "a/one": {**SHAPE, **heads, "num_key_value_heads": 1},
        "a/latent": {**SHAPE, **heads, "num_key_value_heads": 32, "kv_lora_rank": 512},
        "a/silent": {**SHAPE, **heads},
        "a/bert": {**SHAPE, "model_type": "bert"},
        "a/ratio": {**SHAPE, "kv_ratio": 0.25},
    }
    result = compute(tiny(models, []))
    rows = table(result, "attention_kinds").set_index("kind")
    assert rows["n_yes"].to_dict() == dict(zip(KINDS, (2, 2, 1, 1), strict=True))
    assert set(rows["n_known"]) == {6}, "silence is in no share"
    ratios = table(result, "gqa_ratios")
    assert sorted(ratios["value"]) == [1.0, 4.0, 32.0]
    assert set(ratios["n_known"]) == {5}


def test_shares_are_of_known_models_and_sum_to_one():
    inputs = from_synth(make("dirty", n_models=1_200, seed=1))
    result, frame = compute(inputs), configured(inputs)
    for name in ("attention_kinds", "context_classes"):
        rows = table(result, name)
        assert rows["share"].sum() == pytest.approx(1)
        assert rows["n_yes"].sum() == rows["n_known"].iloc[0]
    assert rows["n_known"].iloc[0] == frame["max_position_embeddings"].notna().sum()
    scaling = table(result, "rope_scaling_types")
    want = frame["rope_scaling_type"].value_counts().to_dict()
    got = dict(zip(scaling["rope_scaling_type"], scaling["n_models"], strict=True))
    assert got == want
    wide = table(result, "head_dimensions")
    assert wide["n_models"].min() >= 5
    assert wide["n_models"].is_monotonic_decreasing
    per = table(result, "context_per_layer").set_index("basis").loc["models"]
    ratio = frame["max_position_embeddings"] / frame["num_hidden_layers"]
    assert per["median"] == ratio.median()
