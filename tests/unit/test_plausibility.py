"""Shifted rows are set aside, honest unusual ones are not.

The rows are those of the reference table as its public notebooks show it: config columns in
alphabetical order, flags as text, derived columns beside what they come from.
"""

from __future__ import annotations

import csv
import random
from collections import Counter

import pytest

from modelkin.loader.configs import ConfigTableSource
from modelkin.loader.plausibility import findings
from modelkin.loader.records import Dropped, ModelRow, Reject, SetAside

COLUMNS = (
    "attention_bias attention_dropout bos_token_id eos_token_id pad_token_id hidden_act "
    "hidden_size initializer_range intermediate_size max_position_embeddings model_type "
    "num_attention_heads num_hidden_layers num_key_value_heads rms_norm_eps "
    "rope_scaling_type rope_theta tie_word_embeddings torch_dtype transformers_version "
    "use_cache vocab_size approx_params_billions head_dimension gqa_ratio context_per_layer "
    "n_routed_experts num_experts_per_tok sliding_window"
)
CONFIG = sorted(COLUMNS.split())
HEADER = [
    "modelId",
    *(f"config_{c}" for c in CONFIG),
    "uses_moe",
    "uses_gqa",
    "uses_rope",
    "uses_quantization",
    "is_llama_family",
    "is_mistral_family",
    "size_category",
    "context_category",
]
SHAPES = [  # type, hidden, layers, heads, kv, inner, vocab, context, theta, bos
    ("llama", 4096, 32, 32, 32, 11008, 32000, 4096, 10000.0, 1),
    ("llama", 4096, 32, 32, 8, 14336, 128256, 131072, 500000.0, 128000),
    ("llama", 8192, 80, 64, 8, 28672, 128256, 8192, 500000.0, 128000),
    ("mistral", 4096, 32, 32, 8, 14336, 32000, 32768, 10000.0, 1),
    ("qwen2", 3584, 28, 28, 4, 18944, 152064, 32768, 1000000.0, 151643),
    ("qwen2", 5120, 64, 40, 8, 27648, 152064, 131072, 1000000.0, 151643),
    ("gpt2", 768, 12, 12, None, 3072, 50257, 1024, None, 50256),
    ("gemma", 2048, 18, 8, 1, 16384, 256000, 8192, 10000.0, 2),
    ("bert", 1024, 24, 16, None, 4096, 30522, 512, None, None),
    ("phi3", 3072, 32, 32, 32, 8192, 32064, 131072, 10000.0, 1),
    ("mixtral", 4096, 32, 32, 8, 14336, 32000, 32768, 1000000.0, 1),
]
UNUSUAL = [  # all of real models: tiny tests, proteins, bytes, one key head, 232 heads, wide FFN
    ("gpt2", 2, 2, 2, None, None, 50257, 1024, None, 50256),
    ("llama", 16, 2, 4, 4, 64, 32000, 2048, 10000.0, 1),
    ("mt5", 16, 2, 4, None, 1024, 250112, None, None, None),
    ("gpt2", 32, 5, 4, None, 37, 1024, 512, None, 98),
    ("gpt2", 768, 12, 12, None, 3072, 25, 1024, None, 1),
    ("t5", 1536, 36, 16, None, 3840, 384, None, None, None),
    ("t5", 1024, 24, 128, None, 65536, 32128, 512, None, None),
    ("falcon", 14848, 80, 232, 8, None, 65024, 2048, 10000.0, 11),
    ("falcon", 4544, 32, 71, 1, None, 65024, 2048, 10000.0, 11),
    ("gpt_neox", 960, 5, 15, None, 9, 50304, 2048, 10000.0, 0),
    ("llama", 4096, 32, 32, 8, 14336, 32000, 10_240_000, 3.58e9, 1),
    ("llama", 64, 8, 16, 16, 256, 32000, 2048, 10000.0, 1),
    ("esm", 5120, 48, 40, None, 20480, 33, 1026, None, None),
    ("bert", 128, 2, 2, None, 512, 30522, 512, None, None),
    ("llama", 16384, 126, 128, 16, 53248, 128256, 131072, 500000.0, 128000),
    ("gpt2", 1, 1, 1, None, 4, 50257, 40, None, 50256),
    ("whisper", 384, 4, 6, None, 1536, 51865, 1500, None, 50257),
    ("deepseek_v3", 7168, 61, 128, 128, 18432, 129280, 163840, 10000, 0),
]


def text(value) -> str:
    return "" if value is None else str(value)


def honest(rng: random.Random, shape: tuple, number: int) -> list[str]:
    """One row under its own headers."""
    kind, hidden, layers, heads, kv, inner, vocab, context, theta, bos = shape
    row = {
        "modelId": f"org{number % 97}/model-{number}",
        "model_type": kind,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv,
        "intermediate_size": inner,
        "vocab_size": vocab,
        "max_position_embeddings": context,
        "rope_theta": rng.choice([theta, int(theta)]) if theta else None,
        "bos_token_id": bos,
        "eos_token_id": rng.choice([bos, 2, "[128001, 128008, 128009]"]),
        "pad_token_id": rng.choice([None, 0, bos]),
        "attention_bias": rng.choice([None, False, True]),
        "attention_dropout": rng.choice([None, 0.0, 0.1]),
        "hidden_act": rng.choice(["silu", "gelu", "gelu_new"]),
        "initializer_range": rng.choice([0.02, 0.01, 1.0]),
        "rms_norm_eps": rng.choice([None, 1e-05, 1e-06]),
        "rope_scaling_type": rng.choice([None, None, "linear", "llama3", "yarn"])
        if theta
        else None,
        "tie_word_embeddings": rng.choice([False, True]),
        "torch_dtype": rng.choice(["bfloat16", "float16", "float32"]),
        "transformers_version": rng.choice(["4.31.0", "4.46.2", "4.37.0.dev0"]),
        "use_cache": rng.choice([True, False]),
        "approx_params_billions": round(12 * layers * hidden**2 / 1e9, rng.choice([1, 2, 6])),
        "head_dimension": hidden // heads,
        "gqa_ratio": heads / kv if kv else None,
        "context_per_layer": context / layers if context else None,
        "n_routed_experts": 8 if kind == "mixtral" else None,
        "num_experts_per_tok": 2 if kind == "mixtral" else None,
        "sliding_window": rng.choice([None, 4096]),
        "uses_moe": kind == "mixtral",
        "uses_gqa": bool(kv and kv < heads),
        "uses_rope": bool(theta),
        "uses_quantization": rng.choice([None, False, True]),
        "is_llama_family": kind == "llama",
        "is_mistral_family": kind in ("mistral", "mixtral"),
        "size_category": rng.choice(["small", "medium", "large", "xlarge"]),
        "context_category": rng.choice(["short", "medium", "long", "very_long"]),
    }
    return [text(row[c.removeprefix("config_")]) for c in HEADER]


def shifted(rng: random.Random, row: list[str]) -> list[str]:
    """The row with everything from a random column on 1 to 3 columns to the right or left."""
    at, by = rng.randrange(1, len(row)), rng.randint(1, 3)
    if rng.random() < 0.5:
        return [*row[:at], *[""] * by, *row[at:]][: len(row)]
    return [*row[:at], *row[at + by :], *[""] * by]


def outcomes(tmp_path, rows: list[list[str]], **options) -> list[list[object]]:
    path = tmp_path / "model_configs_expanded.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    source = ConfigTableSource(path, **options)
    return [list(source.normalise(row)) for row in source.read()]


def properties(outcome: list[object]) -> dict:
    return next((dict(o.properties) for o in outcome if isinstance(o, ModelRow)), {})


@pytest.mark.parametrize("seed", range(3))
def test_shifted_rows_are_caught_and_honest_ones_are_not(tmp_path, seed):
    rng = random.Random(seed)
    plain = [honest(rng, SHAPES[i % len(SHAPES)], i) for i in range(500)]
    moved = [shifted(rng, row) for row in plain]
    unusual = [honest(rng, UNUSUAL[i % len(UNUSUAL)], 1000 + i) for i in range(500)]

    wrong = aside = 0
    for row, truth in zip(outcomes(tmp_path, moved), outcomes(tmp_path, plain), strict=True):
        right = properties(truth)
        # A row counts as harmed when anything is stored that the true row does not say.
        aside += any(isinstance(o, SetAside) for o in row)
        wrong += any(right.get(name) != value for name, value in properties(row).items())
    assert wrong <= 5
    # What is left moved only blanks or the last labels: nothing in such a row is untrue.
    assert aside >= 450

    refused = [o for row in outcomes(tmp_path, unusual) for o in row if not isinstance(o, ModelRow)]
    assert refused == []
    for row, shape in zip(unusual, outcomes(tmp_path, unusual), strict=True):
        at = HEADER.index("config_hidden_size")
        assert properties(shape)["hidden_size"] == int(row[at])


# The symptoms that the notebooks print, as rows: 2,436 booleans as rotary base, contexts and
# token ids as head counts, layer counts as width, model sizes as ratios of heads.
SYMPTOMS = [
    ({"rope_theta": "False"}, "rope_theta_is_boolean"),
    ({"rope_theta": "True"}, "rope_theta_is_boolean"),
    ({"num_attention_heads": "131072", "hidden_size": "32"}, "hidden_size_is_layer_count"),
    ({"num_attention_heads": "131072", "num_key_value_heads": "128000"},
     "num_key_value_heads_is_token_id"),
    ({"num_attention_heads": "131072", "num_key_value_heads": "0"},
     "num_attention_heads_is_context"),
    ({"gqa_ratio": "6.4", "num_key_value_heads": "", "hidden_size": "32"},
     "gqa_ratio_is_model_size"),
    ({"uses_moe": "large"}, "uses_moe_is_not_boolean"),
    ({"model_type": "4096"}, "model_type_is_number"),
]  # fmt: skip


# Each rule on the smallest shape that breaks it: one finding, so the cell goes and the row stays.
LONE = [
    ({"num_attention_heads": 32, "num_key_value_heads": 64}, "num_key_value_heads_above_heads"),
    ({"num_attention_heads": 32, "num_key_value_heads": 5},
     "num_key_value_heads_divides_no_heads"),
    ({"hidden_size": 28, "num_hidden_layers": 28}, "hidden_size_is_layer_count"),
    ({"hidden_size": 12, "num_attention_heads": 12}, "hidden_size_is_head_count"),
    ({"hidden_size": 3, "num_attention_heads": 4}, "hidden_size_below_heads"),
    ({"hidden_size": 32, "num_hidden_layers": 12, "vocab_size": 32000},
     "hidden_size_tiny_for_depth_and_vocab"),
    ({"hidden_size": 80, "intermediate_size": 11008}, "hidden_size_tiny_for_intermediate_size"),
    ({"num_hidden_layers": 300}, "num_hidden_layers_out_of_band"),
    ({"hidden_size": 768, "vocab_size": 2}, "vocab_size_is_a_count"),
    ({"hidden_size": 4096, "intermediate_size": 12}, "intermediate_size_is_a_count"),
    ({"hidden_size": 768, "max_position_embeddings": 12}, "max_position_embeddings_is_a_count"),
    ({"num_key_value_heads": 151643}, "num_key_value_heads_is_token_id"),
    ({"num_attention_heads": 32768, "max_position_embeddings": 32768},
     "num_attention_heads_is_context"),
    ({"num_attention_heads": 4.5}, "num_attention_heads_is_fraction"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "code"), LONE)
def test_every_rule_alone_leaves_its_cell_out(tmp_path, cells, code):
    path = tmp_path / "c.csv"
    names = [f"config_{name}" for name in cells]
    path.write_text(f"modelId,{','.join(names)}\na/b,{','.join(map(str, cells.values()))}\n")
    source = ConfigTableSource(path)
    [row] = source.read()
    found = findings(row.values, source._columns.read(row))
    assert [f.code for f in found] == [code]
    got = list(source.normalise(row))
    assert [o.field for o in got if isinstance(o, Dropped)] == [found[0].field]
    assert set(got[-1].properties) == set(cells) - {found[0].field}


def test_a_stated_head_width_excuses_a_narrow_model(tmp_path):
    """tiny-random/qwen3-next-moe has 16 heads of 32 on a width of 8."""
    path = tmp_path / "c.csv"
    path.write_text("model_id,hidden_size,num_attention_heads,head_dim\na/b,8,16,32\n")
    [[model]] = [list(ConfigTableSource(path).normalise(r)) for r in ConfigTableSource(path).read()]
    assert model.properties == {"hidden_size": 8, "num_attention_heads": 16, "head_dim": 32}


@pytest.mark.parametrize("word", ["auto", "?"])
def test_words_that_people_write_for_unknown_do_not_condemn_a_row(tmp_path, word):
    path = tmp_path / "c.csv"
    path.write_text(f"model_id,hidden_size,vocab_size\na/b,4096,{word}\n")
    source = ConfigTableSource(path)
    [[dropped, model]] = [list(source.normalise(r)) for r in source.read()]
    assert (dropped.field, dropped.code) == ("vocab_size", "not_a_number")
    assert model.properties == {"hidden_size": 4096}


@pytest.mark.parametrize(("cells", "code"), SYMPTOMS)
def test_symptoms_of_the_reference_file(tmp_path, cells, code):
    row = honest(random.Random(1), SHAPES[1], 1)
    for name, value in cells.items():
        at = HEADER.index(name if name in HEADER else f"config_{name}")
        row[at] = value
    [[aside]] = outcomes(tmp_path, [row])
    assert isinstance(aside, SetAside)
    assert code in aside.codes
    assert aside.where == "row 2"


def test_a_lone_impossible_cell_is_left_out_of_its_row(tmp_path):
    row = honest(random.Random(1), SHAPES[1], 1)
    row[HEADER.index("config_num_key_value_heads")] = "7"
    row[HEADER.index("config_gqa_ratio")] = ""
    [outcome] = outcomes(tmp_path, [row])
    [dropped] = [o for o in outcome if isinstance(o, Dropped)]
    assert (dropped.field, dropped.code) == (
        "num_key_value_heads",
        "num_key_value_heads_divides_no_heads",
    )
    assert dropped.excerpt == "7"
    assert "num_key_value_heads" not in properties(outcome)
    assert properties(outcome)["hidden_size"] == 4096


def test_raw_reproduces_the_old_behaviour(tmp_path):
    row = honest(random.Random(1), SHAPES[1], 1)
    row[HEADER.index("config_num_attention_heads")] = "131072"
    row[HEADER.index("config_num_key_value_heads")] = "151643"
    row[HEADER.index("config_rope_theta")] = "False"
    [outcome] = outcomes(tmp_path, [row], raw=True)
    got = properties(outcome)
    assert got["num_attention_heads"] == 131072
    assert got["num_key_value_heads"] == 151643
    assert "rope_theta" not in got
    assert Counter(type(o) for o in outcome)[Reject] == 0


def test_repair_brings_back_only_what_is_proven(tmp_path):
    rng = random.Random(7)
    plain = [honest(rng, SHAPES[i % len(SHAPES)], i) for i in range(150)]
    moved = [shifted(rng, row) for row in plain]
    truth = [properties(row) for row in outcomes(tmp_path, plain)]
    back = 0
    for row, right in zip(outcomes(tmp_path, moved, repair=True), truth, strict=True):
        got = properties(row)
        back += got.pop("repaired", False)
        assert {name: right.get(name) for name in got} == got
    assert back > 75


def test_repair_leaves_an_unproven_row_aside(tmp_path):
    row = honest(random.Random(1), SHAPES[1], 1)
    for name in ("approx_params_billions", "gqa_ratio", "head_dimension", "context_per_layer"):
        row[HEADER.index(f"config_{name}")] = ""
    at = HEADER.index("config_hidden_size")
    [[outcome]] = outcomes(tmp_path, [[*row[:at], "", *row[at:-1]]], repair=True)
    assert isinstance(outcome, SetAside)


def test_exchanged_columns_of_the_published_file_are_brought_back(tmp_path):
    cells = {
        "modelId": "a/b",
        "config_rope_theta": "False",
        "config_tie_word_embeddings": "500000.0",
        "config_num_attention_heads": "131072",
        "config_max_position_embeddings": "",
        "config_routed_scaling_factor": "32",
        "config_num_key_value_heads": "128000",
        "config_bos_token_id": "",
        "config_pad_token_id": "8",
        "config_hidden_size": "32",
        "config_num_hidden_layers": "",
        "config_moe_layer_freq": "4096",
        "config_gqa_ratio": "6.4",
        "config_approx_params_billions": "4.0",
        "config_head_dimension": "128.0",
    }
    path = tmp_path / "c.csv"
    path.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n", encoding="utf-8")
    [row] = list(ConfigTableSource(path).read())
    [aside] = ConfigTableSource(path).normalise(row)
    assert isinstance(aside, SetAside)
    [model] = ConfigTableSource(path, repair=True).normalise(row)
    assert isinstance(model, ModelRow)
    assert model.properties == {
        "rope_theta": 500000.0,
        "tie_word_embeddings": False,
        "num_attention_heads": 32,
        "max_position_embeddings": 131072,
        "num_key_value_heads": 8,
        "hidden_size": 4096,
        "num_hidden_layers": 32,
        "repaired": True,
    }
