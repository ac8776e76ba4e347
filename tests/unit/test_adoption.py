"""Adoption: months, first appearances, formats and versions, and mixes of tasks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from adoption_worlds import share
from lineage_worlds import tiny

from modelkin.analysis.adoption import compute
from modelkin.analysis.adoption_series import (
    DTYPES,
    count,
    first_of_each,
    number_format,
    release,
    standardised,
)
from modelkin.analysis.months import axis
from modelkin.analysis.traits import configured

SHAPE = {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 32}


def table(result, name):
    return next(t.frame for t in result.tables if t.name == name)


def day(month: int, n: int = 15) -> str:
    return f"{2022 + (3 + month) // 12}-{(3 + month) % 12 + 1:02d}-{n:02d}T00:00:00Z"


@pytest.fixture(scope="module")
def planted():
    """Forty months of new architectures; grouped heads follow the saturated curve.

    Every model has three copies of the last month, none of them with grouped heads of its own:
    they must not vote.
    """
    rng = np.random.default_rng(4)
    models, size = {}, 64
    for month, p in enumerate(share("saturated")):
        for k in range(14):
            size += 1
            own = {
                **SHAPE,
                "hidden_size": size,
                "num_key_value_heads": 8 if rng.random() < p else 32,
            }
            models[f"a/{month:02d}-{k:02d}"] = {**own, "created_at": day(month)}
            if month < 5:
                for copy in range(3):
                    models[f"z/{month:02d}-{k:02d}-{copy}"] = {**own, "created_at": day(39, 31)}
    return compute(tiny(models, []))


def test_a_planted_curve_comes_back_and_copies_do_not_vote(planted):
    rows = table(planted, "adoption_curves").set_index(["series", "feature"])
    new = rows.loc[("new architectures", "shared key heads (GQA, MQA)")]
    assert new["verdict"] == "S-curve"
    assert new["ceiling_low"] <= 0.8 <= new["ceiling_high"]
    assert new["midpoint_at_low"] - 1 <= 15 <= new["midpoint_at_high"] + 1
    assert new["n_known"] == 40 * 14
    everything = rows.loc[("all uploads", "shared key heads (GQA, MQA)")]
    assert everything["n_known"] == 40 * 14 + 3 * 5 * 14
    assert everything["recent_share"] < new["recent_share"]


def test_every_curve_has_a_verdict_and_what_is_thin_its_numbers(planted):
    rows = table(planted, "adoption_curves")
    assert set(rows["verdict"]) <= {"too few", "not an S", "no trend", "S-curve", "still rising"}
    thin = rows[rows["verdict"] == "too few"]
    assert thin["ceiling"].isna().all()
    assert thin["note"].str.match(r"too few: \d+ months with ≥ 10 models").all()
    assert len(planted.missing) == len(thin)


def test_months_without_models_stay_and_the_first_day_does_not():
    days = ["2022-03-02T23:29:04Z", "2023-01-31T00:00:00Z", "2023-04-30T00:00:00Z"]
    models = {f"a/{k}": {**SHAPE, "hidden_size": 8 + k, "created_at": d, "num_key_value_heads": 8}
              for k, d in enumerate(days)}  # fmt: skip
    monthly = table(compute(tiny(models, [])), "adoption_by_month")
    here = monthly[(monthly["feature"] == "shared key heads (GQA, MQA)")
                   & (monthly["series"] == "all uploads")]  # fmt: skip
    assert here["month"].tolist() == ["2023-01", "2023-02", "2023-03", "2023-04"]
    assert here["n_known"].tolist() == [1, 0, 0, 1]
    assert here["share"].isna().tolist() == [False, True, True, False]


def test_a_configuration_is_new_once_and_never_if_it_was_there_before():
    models = {
        "a/first": {**SHAPE, "hidden_size": 8, "created_at": "2023-01-01T00:00:00Z"},
        "a/copy": {**SHAPE, "hidden_size": 8, "created_at": "2023-05-01T00:00:00Z"},
        "b/old": {**SHAPE, "hidden_size": 9, "created_at": "2022-03-02T23:29:04Z"},
        "b/again": {**SHAPE, "hidden_size": 9, "created_at": "2023-05-01T00:00:00Z"},
        "c/undated": {**SHAPE, "hidden_size": 10},
    }
    found = first_of_each(configured(tiny(models, [])))
    assert found["model_id"].tolist() == ["a/first"]


def test_bits_are_read_where_they_stand_and_fp8_is_a_format():
    frame = pd.DataFrame(
        {
            "torch_dtype": ["bfloat16", "float16", "torch.float32", "float8_e4m3fn", "bfloat16",
                            "float16", None, "float16", "bfloat16"],
            "quant_method": [None, None, None, None, "fp8", "gptq", "gptq", "bitsandbytes", None],
            "quant_bits": [np.nan, np.nan, np.nan, np.nan, np.nan, 4, 4, 8, np.nan],
        }
    )  # fmt: skip
    want = [DTYPES[k] for k in (0, 1, 2, 3, 3, 5, 5, 4, 0)]
    assert number_format(frame).tolist() == want
    silent = pd.DataFrame({"torch_dtype": [None], "quant_method": [None], "quant_bits": [np.nan]})
    assert number_format(silent).tolist() == [None]


def test_versions_follow_their_numbers_and_counts_a_loop():
    assert sorted(["4.10", "4.9", "5.0"], key=release) == ["4.9", "4.10", "5.0"]
    models = {
        f"a/{k:02d}": {**SHAPE, "hidden_size": 8 + k, "created_at": day(k % 3, 28),
                       "transformers_version": ("4.9", "4.10")[k % 2]}
        for k in range(12)
    }  # fmt: skip
    frame = configured(tiny(models, []))
    months = axis(frame)
    series = {s.name: s for s in count(frame, months) if s.group == "library version"}
    assert list(series) == ["transformers 4.9", "transformers 4.10"]
    for name, version in (("transformers 4.9", "4.9"), ("transformers 4.10", "4.10")):
        want = [
            sum(r["month"] == m and r["transformers_version"] == version
                for r in frame.to_dict("records")) for m in months
        ]  # fmt: skip
        assert series[name].yes.tolist() == want


def test_a_shift_of_tasks_is_no_adoption():
    rows = []
    for month in range(640, 660):
        for k in range(40):
            task = "text" if k < 2 * (month - 640) + 1 else "image"
            rows.append((month, task, float(task == "text" and k % 2 == 0)))
    frame = pd.DataFrame(rows, columns=["month", "pipeline_tag", "state"])
    raw = frame.groupby("month")["state"].mean().to_numpy()
    even = standardised(frame, frame["state"].to_numpy(), np.arange(640, 660))
    assert raw[-1] - raw[0] > 0.35
    assert abs(even[-2] - even[2]) < 0.1
    alone = standardised(frame, frame["state"].to_numpy(), np.array([700]))
    assert np.isnan(alone).all()
