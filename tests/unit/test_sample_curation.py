"""The readers of the sample's sources take what is stated and leave out what is not."""

from __future__ import annotations

import csv
import gzip
import json

import pytest

from modelkin.data.sample import packages, sources
from modelkin.data.sample.choice import Gathered, choose, pool_of
from modelkin.data.sample.curate import one_claim, one_fact
from modelkin.data.sample.sources import CONFIGS, EDGES, FACTS

KEY = {"key": "k", "date": "2026-01-01"}


def stated(row):
    return {name: cell for name, cell in row.items() if cell}


def edge(parent, child, relation, source):
    return dict(zip(EDGES, (parent, child, relation, "2026-01-01", source), strict=True))


def fact(**cells):
    return dict.fromkeys(FACTS, "") | cells


def config(model_id, **cells):
    origin = {"evidence": "catalog", "snapshot": "2026-01-01", "source": "k"}
    return dict.fromkeys(CONFIGS, "") | {"model_id": model_id} | origin | cells


def model(**values):
    base = {"name": "a/b", "architecture": "llama", "hidden_size": 64, "num_attention_heads": 4}
    return base | {"num_key_value_heads": 4, "head_dim": 16} | values


LITGPT = """
from dataclasses import dataclass, field
@dataclass
class Config:
    hf_config: dict = field(default_factory=dict)
    block_size: int = 4096
    n_layer: int = 2
    n_embd: int = 64
    n_head: int = 4
    n_query_groups: int = 4
    intermediate_size: int = 128
    padded_vocab_size: int = 512
    rope_base: int = 10000
    rope_adjustments: dict | None = None
    rope_condense_ratio: int = 1
    mlp_class_name: str = "GptNeoxMLP"
    gelu_approximate: str = "none"
    sliding_window_size: int | None = None
    n_expert: int = 0
    n_expert_per_token: int = 0
    moe_intermediate_size: int | None = None
configs = [
    dict(hf_config={"org": "a", "name": "plain"}),
    dict(hf_config={"org": "a", "name": "long"}, block_size=8192,
         rope_adjustments={"factor": 8, "low_freq_factor": 1}, mlp_class_name="LLaMAMoE",
         n_expert=8, n_expert_per_token=2),
    dict(hf_config={"org": "a", "name": "doubted"}, block_size=8192),
    dict(hf_config={"org": "m", "name": "Phi-9"}, sliding_window_size=2048,
         mlp_class_name="GemmaMLP"),
]
"""


@pytest.fixture
def litgpt(tmp_path):
    path = tmp_path / "config.py"
    path.write_text(LITGPT)
    rows = packages.litgpt_configs(path, KEY, {"a/doubted": 4096, "a/long": 8192})
    return {row["model_id"]: row for row in rows}


def test_a_default_context_is_no_statement(litgpt):
    assert litgpt["a/plain"]["max_position_embeddings"] == ""
    assert litgpt["a/plain"]["hidden_act"] == "gelu"


def test_a_context_that_a_second_source_contradicts_stays_empty(litgpt):
    assert litgpt["a/long"]["max_position_embeddings"] == "8192"
    assert litgpt["a/doubted"]["max_position_embeddings"] == ""


def test_experts_rope_scaling_and_activation_are_translated(litgpt):
    row = litgpt["a/long"]
    assert (row["num_experts"], row["num_experts_per_tok"]) == ("8", "2")
    assert (row["rope_scaling_type"], row["hidden_act"]) == ("llama3", "silu")
    assert litgpt["m/Phi-9"]["sliding_window"] == ""
    assert litgpt["m/Phi-9"]["hidden_act"] == ""


def test_derived_head_width_is_left_out_and_a_stated_one_kept():
    derived, explicit = packages.llmfit_configs([model(), model(head_dim=32)], KEY)
    assert derived["head_dim"] == ""
    assert explicit["head_dim"] == "32"


def test_key_heads_are_taken_only_for_types_that_state_them():
    falcon = model(architecture="falcon")
    grouped = model(name="c/d", num_key_value_heads=2)
    rows = packages.llmfit_configs([falcon, model(), grouped], KEY)
    assert [row["num_key_value_heads"] for row in rows] == ["", "4", "2"]


def test_the_width_of_an_expert_is_not_the_width_of_a_block():
    moe = model(architecture="qwen3_moe", is_moe=True, moe_intermediate_size=9, num_experts=8)
    mixtral = moe | {"architecture": "mixtral"}
    dense = model(moe_intermediate_size=9)
    rows = packages.llmfit_configs([moe, mixtral, dense], KEY)
    assert [row["intermediate_size"] for row in rows] == ["", "9", "9"]
    assert [row["moe_intermediate_size"] for row in rows] == ["9", "", ""]
    assert [row["num_experts"] for row in rows] == ["8", "", ""]


def test_a_model_that_the_catalogue_knows_by_name_only_has_no_configuration():
    assert packages.llmfit_configs([{"name": "a/b", "architecture": "llama"}], KEY) == []


def test_zero_downloads_and_likes_are_not_known():
    (row,) = packages.llmfit_facts(
        [{"name": "a/b", "pipeline_tag": "unknown", "hf_downloads": 0, "hf_likes": 0}], KEY
    )
    assert stated(row) == {"model_id": "a/b", "snapshot": "2026-01-01", "source": "k"}


def test_a_class_name_means_the_type_it_begins_with(tmp_path):
    path = tmp_path / "auto.py"
    path.write_text(
        "CONFIG = OrderedDict([('x', 'y')])\n"
        "A_MAPPING_NAMES = OrderedDict([('llama', 'LlamaForCausalLM'), "
        "('exaone', 'LlamaForCausalLM'), ('qwen2', ('Qwen2ForCausalLM', 'Qwen2Model'))])\n"
        "B_MAPPING_NAMES = OrderedDict([('p', 'ZForA'), ('q', 'ZForA')])\n"
    )
    assert packages.class_types(path) == {
        "LlamaForCausalLM": "llama",
        "Qwen2ForCausalLM": "qwen2",
        "Qwen2Model": "qwen2",
    }


def test_a_four_bit_copy_points_at_the_published_model(tmp_path):
    path = tmp_path / "mapper.py"
    path.write_text(
        "__INT_TO_FLOAT_MAPPER = {'unsloth/a-bnb-4bit': ('unsloth/a', 'org/a'), "
        "'unsloth/b-bnb-4bit': {'8': ('q/b',), '16': ('unsloth/b', 'org/b')}, "
        "'unsloth/c-bnb-4bit': ('unsloth/c',), 'unsloth/d': ('org/d',)}\n"
    )
    pairs = [(e["parent_id"], e["child_id"]) for e in packages.unsloth_edges(path, KEY)]
    assert pairs == [("org/a", "unsloth/a-bnb-4bit"), ("org/b", "unsloth/b-bnb-4bit")]


def test_a_nested_text_model_is_read_and_marked(tmp_path):
    path = tmp_path / "configs.jsonl.gz"
    inner = {"model_type": "qwen3_vl_text", "hidden_size": 8, "rope_theta": 5e6}
    record = {"model_id": "a/b", "source": "k", "snapshot": "2026-01-01"}
    other = record | {"source": "other", "config": {}}
    record["config"] = {"model_type": "qwen3_vl", "architectures": ["Q"], "text_config": inner}
    with gzip.open(path, "wt") as out:
        out.write(json.dumps(record) + "\n" + json.dumps(other) + "\n")
    (row,) = sources.json_configs(path, ["k"])
    assert (row["model_type"], row["hidden_size"], row["rope_theta"]) == (
        "qwen3_vl",
        "8",
        "5000000",
    )
    assert (row["nested_in"], row["architecture"]) == ("text_config", "Q")


def test_shapes_of_adapters_are_left_out(tmp_path):
    path = tmp_path / "shapes.csv"
    columns = ("model_id", "is_adapter", "uniform_layers", "n_experts", "n_layers", "hidden_size")
    more = {"vocab_rows": "9", "intermediate_size": "7", "kv_ratio": ""}
    rows = [
        ("a/full", "False", "True", "", "2", "64"),
        ("a/lora", "True", "True", "", "2", "64"),
        ("a/moe", "False", "True", "8", "2", "64"),
        ("a/uneven", "False", "False", "", "2", "64"),
    ]
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, (*columns, *more))
        writer.writeheader()
        writer.writerows(dict(zip(columns, row, strict=True)) | more for row in rows)
    (row,) = sources.shape_configs(path, KEY)
    assert (row["model_id"], row["num_hidden_layers"], row["vocab_size"]) == ("a/full", "2", "9")


def test_untyped_gives_way_to_a_relation_and_leaves_its_source():
    edges = [
        edge("p", "c", "finetune", "x"),
        edge("p", "c", "untyped", "y"),
        edge("p", "c", "finetune", "z"),
        edge("p", "d", "untyped", "y"),
    ]
    assert [(e["child_id"], e["relation"], e["source"]) for e in one_claim(edges)] == [
        ("c", "finetune", "x;z;y"),
        ("d", "untyped", "y"),
    ]


def test_downloads_and_likes_come_from_one_day():
    newest = fact(model_id="m", snapshot="2026-02-01", source="new", license="mit")
    counted = fact(model_id="m", snapshot="2026-01-01", source="mid", downloads="5")
    oldest = fact(
        model_id="m", snapshot="2025-01-01", source="old", likes="9", created_at="2024-01-01"
    )
    (row,) = one_fact(Gathered([oldest, newest, counted], [], [], []), ["m"])
    assert stated(row) == {
        "model_id": "m",
        "downloads": "5",
        "license": "mit",
        "created_at": "2024-01-01",
        "snapshot": "2026-01-01",
        "source": "mid;new;old",
    }


def test_what_changes_is_chosen_with_its_ancestors_and_stubs_stay_out():
    shape = {"num_hidden_layers": "2", "vocab_size": "9", "model_type": "llama"}
    configs = [
        config("root", hidden_size="64", **shape),
        config("base", hidden_size="64", **shape),
        config("child", hidden_size="96", **shape),
    ]
    edges = [
        edge("base", "child", "finetune", "hub_textgen"),
        edge("ghost", "child", "merge", "hub_textgen"),
        edge("root", "base", "finetune", "hub_textgen"),
        edge("root", "lonely", "finetune", "hub_textgen"),
    ]
    gathered = Gathered([], configs, edges, [])
    chosen, kept = choose(gathered, pool_of(gathered))
    assert chosen == {"root", "base", "child"}
    assert [(e["parent_id"], e["child_id"]) for e in kept] == [
        ("base", "child"),
        ("ghost", "child"),
        ("root", "base"),
    ]
