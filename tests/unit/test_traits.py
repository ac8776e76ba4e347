"""One frame of the configured models: what follows from attributes, dates, copies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lineage_worlds import from_synth, tiny

from modelkin.analysis.traits import FEATURES, UNDATED, configured, distinct, year_of
from modelkin.data.synth.world import make
from modelkin.schema.attributes import CONFIG_NAMES
from modelkin.schema.derive import DERIVED, derived

LLAMA = {"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4, "vocab_size": 100}


def test_derived_columns_are_those_of_the_schema_row_by_row():
    frame = configured(from_synth(make("dirty", n_models=300, seed=2)))
    assert len(frame) > 200
    for _, row in frame.iterrows():
        values = {n: row[n] for n in CONFIG_NAMES if not pd.isna(row[n])}
        for name, want in derived({**values, "config_source": "config.json"}).items():
            got = row[name]
            assert pd.isna(got) if want is None else got == want, name
    assert set(DERIVED) < set(frame.columns)


def test_flags_have_three_states():
    models = {
        "a/heads": {**LLAMA, "num_attention_heads": 32, "num_key_value_heads": 8},
        "a/none": {**LLAMA, "model_type": "no-such-type"},
        "a/bert": {**LLAMA, "model_type": "bert"},
        "a/mla": {**LLAMA, "model_type": "strange", "kv_lora_rank": 512},
    }
    frame = configured(tiny(models, [])).set_index("model_id")
    assert frame.loc["a/heads", ["uses_gqa", "uses_mla", "uses_moe"]].tolist() == [1, 0, 0]
    assert frame.loc["a/none", list(FEATURES)].isna().tolist() == [True, True, True, False, True]
    assert frame.loc["a/bert", ["uses_gqa", "uses_rope", "uses_mla"]].tolist() == [0, 0, 0]
    assert frame.loc["a/mla", "uses_mla"] == 1


def test_the_first_day_of_the_hub_is_no_month():
    days = {"a/0": "2022-03-02T23:29:04Z", "a/1": "2022-03-03T00:00:00Z", "a/2": None,
            "a/3": "2024-12-31T23:59:59Z"}  # fmt: skip
    frame = configured(tiny({k: {**LLAMA, "created_at": v} for k, v in days.items()}, []))
    assert frame["month"].tolist() == [UNDATED, 12 * 52 + 2, UNDATED, 12 * 54 + 11]
    assert frame["is_early"].tolist() == [True, False, False, False]
    assert year_of(frame["month"].to_numpy()).tolist() == [UNDATED, 2022, UNDATED, 2024]


def test_one_model_stands_for_each_configuration():
    models = {
        "a/few": {**LLAMA, "downloads": 5},
        "b/many": {**LLAMA, "downloads": 9},
        "c/other": {**LLAMA, "vocab_size": 200},
        "d/bare": {"model_type": "llama"},
    }
    frame = configured(tiny(models, []))
    assert frame["model_id"].tolist() == ["a/few", "b/many", "c/other"], "a bare type is no shape"
    assert distinct(frame)["model_id"].tolist() == ["b/many", "c/other"]


def test_a_graph_without_configurations_gives_an_empty_frame():
    frame = configured(tiny({"a/x": {"has_row": False}, "a/y": {}}, [("a/x", "a/y")]))
    assert len(frame) == 0
    assert len(distinct(frame)) == 0
    assert frame["month"].dtype == np.int64
