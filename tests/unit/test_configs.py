"""Configurations: one config.json, lines and folders of them, tables of attributes."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from modelkin.errors import UserError
from modelkin.loader.config_files import ConfigFolderSource, ConfigLinesSource
from modelkin.loader.config_json import read_config
from modelkin.loader.configs import ConfigTableSource
from modelkin.loader.fingerprint import sha256_of, source_sha256
from modelkin.loader.records import Dropped, EdgeRow, Ledger, ModelRow, Reject


def values(config: dict) -> dict:
    return read_config("line 1", config, Ledger()).values


# One config per family whose keys differ, as their published config.json write them.
FAMILIES = {
    "gpt2": (
        {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024,
         "n_ctx": 1024, "n_inner": None, "activation_function": "gelu_new"},
        {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
         "max_position_embeddings": 1024, "hidden_act": "gelu_new"},
    ),
    "t5": (
        {"model_type": "t5", "d_model": 512, "num_layers": 8, "num_heads": 6, "d_ff": 1024,
         "d_kv": 64, "n_positions": 512},
        {"hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 6, "head_dim": 64,
         "intermediate_size": 1024, "max_position_embeddings": 512},
    ),
    "whisper": (
        {"model_type": "whisper", "d_model": 384, "encoder_layers": 4, "decoder_layers": 4,
         "encoder_attention_heads": 6, "encoder_ffn_dim": 1536, "max_source_positions": 1500},
        {"hidden_size": 384, "num_hidden_layers": 4, "num_attention_heads": 6,
         "intermediate_size": 1536, "max_position_embeddings": 1500},
    ),
    "distilbert": (
        {"model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072},
        {"hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12,
         "intermediate_size": 3072},
    ),
    "mixtral": (
        {"model_type": "mixtral", "hidden_size": 4096, "num_local_experts": 8,
         "num_experts_per_tok": 2, "num_key_value_heads": 8},
        {"hidden_size": 4096, "num_experts": 8, "num_experts_per_tok": 2, "num_key_value_heads": 8},
    ),
    "deepseek_v3": (
        {"model_type": "deepseek_v3", "n_routed_experts": 256, "n_shared_experts": 1,
         "kv_lora_rank": 512, "q_lora_rank": 1536,
         "rope_scaling": {"type": "yarn", "factor": 40}, "rope_theta": 10000},
        {"num_experts": 256, "n_shared_experts": 1, "kv_lora_rank": 512, "q_lora_rank": 1536,
         "rope_scaling_type": "yarn", "rope_theta": 10000.0},
    ),
    "rope_parameters": (
        {"model_type": "llama", "rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3"}},
        {"rope_theta": 500000.0, "rope_scaling_type": "llama3"},
    ),
    "rope_by_layer_kind": (
        {"model_type": "gemma4_text", "rope_parameters": {
            "full_attention": {"rope_theta": 1e6, "rope_type": "proportional"},
            "sliding_attention": {"rope_theta": 1e4, "rope_type": "default"}}},
        {"rope_theta": 1e6, "rope_scaling_type": "proportional"},
    ),
    "gptq": (
        {"model_type": "llama", "torch_dtype": "float16",
         "quantization_config": {"quant_method": "gptq", "bits": 4}},
        {"quant_method": "gptq", "quant_bits": 4, "torch_dtype": "float16"},
    ),
    "bitsandbytes": (
        {"model_type": "llama", "quantization_config": {"load_in_8bit": True}},
        {"quant_method": "bitsandbytes", "quant_bits": 8},
    ),
    "modelopt": (
        {"model_type": "qwen3", "dtype": "torch.bfloat16",
         "quantization_config": {"quant_algo": "FP8"}},
        {"quant_method": "fp8", "torch_dtype": "bfloat16"},
    ),
    "multimodal": (
        {"model_type": "qwen3_vl", "tie_word_embeddings": False, "transformers_version": "4.57.0",
         "text_config": {"model_type": "qwen3_vl_text", "hidden_size": 4096,
                         "num_hidden_layers": 36, "tie_word_embeddings": True,
                         "rope_theta": 5000000},
         "vision_config": {"hidden_size": 1152, "depth": 27}},
        {"hidden_size": 4096, "num_hidden_layers": 36, "rope_theta": 5e6,
         "tie_word_embeddings": False, "transformers_version": "4.57"},
    ),
    "per_layer": (
        {"model_type": "gemma3n_text", "hidden_size": 2048, "intermediate_size": [16384] * 35,
         "architectures": ["Gemma3nForCausalLM", "X"]},
        {"hidden_size": 2048, "intermediate_size": 16384, "architecture": "Gemma3nForCausalLM"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_fills_its_attributes(name):
    config, expected = FAMILIES[name]
    assert values(config) == {"model_type": config["model_type"], **expected}


def test_the_first_alias_with_a_value_wins():
    assert values({"hidden_size": None, "n_embd": 768, "d_model": 1})["hidden_size"] == 768
    assert values({"hidden_size": "wrong", "n_embd": 768})["hidden_size"] == 768


def test_a_text_part_is_read_only_where_the_top_has_no_width():
    config = {"hidden_size": 64, "text_config": {"hidden_size": 4096, "vocab_size": 9}}
    assert values(config) == {"hidden_size": 64}


def test_values_out_of_their_band_and_kind_are_left_out():
    config = {
        "hidden_size": 4096,
        "num_attention_heads": 131072,
        "num_hidden_layers": [1, 2],
        "vocab_size": {"a": 1},
    }
    cells = read_config("line 1", config, Ledger())
    assert cells.values == {"hidden_size": 4096}
    assert {(d.field, d.code, d.excerpt) for d in cells.dropped} == {
        ("num_attention_heads", "out_of_band", "131072"),
        ("num_hidden_layers", "not_one_value", "[1, 2]"),
        ("vocab_size", "not_one_value", "{'a': 1}"),
    }


def test_unknown_keys_are_counted_and_containers_are_not():
    ledger = Ledger()
    config = {"hidden_size": 8, "use_cache": True, "rope_scaling": None, "quantization_config": {},
              "text_config": {}, "architectures": [], "_name_or_path": "x"}  # fmt: skip
    read_config("line 1", config, ledger)
    assert ledger.ignored_columns == {"use_cache": 1}


@pytest.mark.parametrize(
    ("config", "evidence"),
    [
        ({"model_type": "llama", "hidden_size": 4096}, "config.json"),
        ({"model_type": "resnet", "transformers_version": "4.30.0"}, "config.json"),
        ({"architectures": ["X"], "hidden_size": 4096, "vocab_size": 9}, "config.json-subset"),
        ({"architectures": ["X"], "model_type": "llama"}, "config.json-subset"),
        ({}, "config.json-subset"),
    ],
)
def test_a_whole_config_is_told_from_a_subset(tmp_path, config, evidence):
    assert [o.evidence for o in lines(tmp_path, [{"model_id": "a/b", "config": config}])[0]] == [
        evidence
    ]


def lines(tmp_path, records: list, **options) -> list[list]:
    path = tmp_path / "configs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    source = ConfigLinesSource(path, **options)
    return [list(source.normalise(row)) for row in source.read()]


def test_lines_with_their_own_evidence_and_snapshot(tmp_path):
    config = {"model_type": "llama", "hidden_size": 8, "_name_or_path": "meta/base"}
    got = lines(tmp_path, [
        {"model_id": "a/b", "config": config, "evidence": "catalog", "snapshot": "2025-01-02"},
        {"model_id": "a/c", "config": config},
        {"model_id": "a/d", "config": config, "evidence": "hearsay"},
        {"model_id": "a/e", "config": "no"},
        {"model_id": "", "config": config},
        {"model_id": "a/f", "config": {"hidden_size": 1e999}},
    ], snapshot="2024-01-01", hints=True)  # fmt: skip
    assert (got[0][0].evidence, got[0][0].snapshot) == ("catalog", "2025-01-02")
    assert (got[1][0].evidence, got[1][0].snapshot) == ("config.json", "2024-01-01")
    assert got[1][1] == EdgeRow("meta/base", "a/c", "untyped", "config_name_or_path")
    assert [type(o) for o in got[2]] == [Dropped, ModelRow, EdgeRow]
    assert [o.code for row in got[3:] for o in row if isinstance(o, Reject)] == [
        "no_config", "bad_id", "infinite",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["gpt2", "./", "models/llama", "output/x", "a/b", "", 5, "a b/c"])
def test_only_full_ids_of_others_are_hints(tmp_path, name):
    config = {"model_type": "llama", "hidden_size": 8, "_name_or_path": name}
    [row] = lines(tmp_path, [{"model_id": "a/b", "config": config}], hints=True)
    assert [type(o) for o in row] == [ModelRow]


def put(folder, place: str, config: object) -> None:
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(config if isinstance(config, str) else json.dumps(config), encoding="utf-8")


def folder_rows(folder) -> tuple[dict, list, ConfigFolderSource]:
    source = ConfigFolderSource(folder)
    got = [o for row in source.read() for o in source.normalise(row)]
    models = {o.model_id: o.properties.get("hidden_size") for o in got if isinstance(o, ModelRow)}
    return models, [o for o in got if isinstance(o, Reject)], source


def test_checkouts_lie_by_organization_and_name(tmp_path):
    put(tmp_path, "org/one/config.json", {"hidden_size": 1})
    put(tmp_path, "gpt2/config.json", {"hidden_size": 2})
    put(tmp_path, "org--three_config.json", {"hidden_size": 3})
    put(tmp_path, "org/one/vae/config.json", {"hidden_size": 99})
    put(tmp_path, ".git/x/config.json", {"hidden_size": 99})
    put(tmp_path, "org/broken/config.json", "{")
    models, rejects, source = folder_rows(tmp_path)
    assert models == {"org/one": 1, "gpt2": 2, "org/three": 3}
    assert [(r.where, r.code) for r in rejects] == [("org/broken/config.json", "bad_json")]
    assert source.ledger.notes == {"config of a part of a model, not read": 1}


def test_the_hubs_cache_is_read_at_the_revision_that_main_names(tmp_path):
    for number, revision in enumerate(("aaa", "bbb", "ccc")):
        for name in ("models--org--name", "models--gpt2"):
            place = f"{name}/snapshots/{revision}/config.json"
            put(tmp_path, place, {"hidden_size": number})
            os.utime(tmp_path / place, (1000 + number, 1000 + number))
    put(tmp_path, "models--org--name/refs/main", "bbb\n")
    put(tmp_path, "models--org--name/snapshots/bbb/unet/config.json", {"hidden_size": 99})
    models, rejects, _source = folder_rows(tmp_path)
    assert models == {"org/name": 1, "gpt2": 2}
    assert rejects == []


def test_a_pipe_in_the_place_of_a_config_is_not_opened(tmp_path):
    put(tmp_path, "org/one/config.json", {"hidden_size": 1})
    (tmp_path / "org" / "two").mkdir()
    os.mkfifo(tmp_path / "org" / "two" / "config.json")
    assert folder_rows(tmp_path)[0] == {"org/one": 1}


def test_a_folder_without_configs_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"No config\.json found"):
        folder_rows(tmp_path)


def test_fingerprint_of_a_folder_is_of_the_files_that_are_read(tmp_path):
    put(tmp_path, "org/one/config.json", {"hidden_size": 1})
    before = source_sha256(ConfigFolderSource(tmp_path))
    put(tmp_path, "org/one/model.safetensors", "weights")
    assert source_sha256(ConfigFolderSource(tmp_path)) == before
    whole = sha256_of(tmp_path)
    put(tmp_path, "org/one/config.json", {"hidden_size": 2})
    assert source_sha256(ConfigFolderSource(tmp_path)) != before
    assert sha256_of(tmp_path) != whole
    file = tmp_path / "org/one/config.json"
    assert sha256_of(file) == source_sha256(ConfigLinesSource(file))


def table(tmp_path, text: str, **options) -> tuple[list[list], ConfigTableSource]:
    path = tmp_path / "attributes.csv"
    path.write_text(text, encoding="utf-8")
    source = ConfigTableSource(path, **options)
    return [list(source.normalise(row)) for row in source.read()], source


def test_attribute_table_with_evidence_and_snapshot_of_each_row(tmp_path):
    got, source = table(
        tmp_path,
        "model_id,source,evidence,snapshot,hidden_size,n_layer,torch_dtype,context_length\n"
        "a/b,x,catalog,2026-05-12,4096.0,32,torch.float16,4096\n"
        "a/b,y,,,4096,,,\n",
        snapshot="2025-01-01",
    )
    assert got[0] == [
        ModelRow(
            "a/b",
            {"hidden_size": 4096, "num_hidden_layers": 32, "torch_dtype": "float16"},
            "catalog",
            "2026-05-12",
        )
    ]
    assert got[1] == [ModelRow("a/b", {"hidden_size": 4096}, "config.json-subset", "2025-01-01")]
    assert source.ledger.ignored_columns == {"context_length": 1}


def test_weights_of_adapters_are_their_bases(tmp_path):
    got, source = table(
        tmp_path, "model_id,is_adapter,hidden_size,n_layers\na/lora,True,4096,32\na/m,False,8,2\n"
    )
    assert got[0] == [ModelRow("a/lora", {}, "weight-shapes", "")]
    assert got[1] == [
        ModelRow("a/m", {"hidden_size": 8, "num_hidden_layers": 2}, "weight-shapes", "")
    ]
    assert sum(source.ledger.notes.values()) == 1


def test_unknown_evidence_is_an_error_of_the_option_and_a_drop_of_the_cell(tmp_path):
    with pytest.raises(UserError, match="no kind of evidence"):
        table(tmp_path, "model_id,hidden_size\na/b,1\n", evidence="hearsay")
    got, _source = table(tmp_path, "model_id,evidence,hidden_size\na/b,hearsay,8\n")
    assert Counter(type(o) for o in got[0]) == {Dropped: 1, ModelRow: 1}
    assert got[0][-1].evidence == "hub-api"


def test_the_first_alias_column_with_a_value_wins(tmp_path):
    got, _source = table(tmp_path, "model_id,d_model,n_embd,hidden_size\na/b,3,2,\na/c,3,2,1\n")
    assert [row[0].properties["hidden_size"] for row in got] == [2, 1]
