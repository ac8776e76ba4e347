"""The quick summary: every count against a loop, on one basis."""

from __future__ import annotations

from collections import Counter

import pandas as pd
from lineage_worlds import from_synth, tiny

from modelkin.analysis.summary import compute
from modelkin.analysis.traits import configured
from modelkin.data.synth.world import make


def test_counts_are_those_of_a_loop():
    inputs = from_synth(make("dirty", n_models=800, seed=8))
    frame = configured(inputs)
    page = compute(inputs).tables[0].frame
    sections = {name: part.set_index("item") for name, part in page.groupby("section")}
    families = Counter(frame["family"])
    assert sections["families"]["n"].to_dict() == families
    assert (sections["families"]["of"] == len(frame)).all()
    moe = frame[frame["uses_moe"] == 1]
    counts = Counter(f"{v:g} experts" for v in moe["num_experts"] if v == v)
    assert sections["experts in a block"]["n"].to_dict() == dict(
        sorted(counts.items(), key=lambda vn: (-vn[1], float(vn[0].split()[0])))[:5]
    )
    assert sections["features"].loc["mixture of experts", "of"] == frame["uses_moe"].notna().sum()
    assert sections["numbers"].loc["layers", "median"] == frame["num_hidden_layers"].median()
    counted = page.dropna(subset=["share"])
    pd.testing.assert_series_equal(
        counted["share"], (counted["n"] / counted["of"]).astype(float), check_names=False
    )


def test_an_empty_graph_gives_a_page_without_shares():
    page = compute(tiny({"a/x": {"has_row": False}}, []))
    assert page.findings == ("0 of 1 models are configured.",)
    assert page.tables[0].frame["share"].dropna().tolist() == [1.0, 0.0]
