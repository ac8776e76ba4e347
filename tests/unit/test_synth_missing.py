"""Planted missingness: cells, rows, what hides and what quantization brings."""

from __future__ import annotations

import numpy as np
import pytest

from modelkin.data import synth
from modelkin.data.synth.prototypes import LEVELS

TREES = {
    "isolated_share": 0.0,
    "merge_share": 0.0,
    "mixed_share": 0.0,
    "n_cycles": 0,
    "n_loops": 0,
    "stub_share": 0.0,
    "multi_share": 0.0,
}
# Many components of one size: shares are not ruled by what one hub's root happens to be.
EVEN = {"n_components": 1_500, "size_pareto": 10.0}
F = {name: i for i, name in enumerate(synth.FIELDS)}


def test_cells_are_unknown_as_often_as_planted() -> None:
    w = synth.make(
        **TREES, unknown={"*": 0.0, "hidden_act": 0.3, "vocab_size": 0.1}, n_models=6_000, **EVEN
    )
    for field, p in (("hidden_act", 0.3), ("vocab_size", 0.1)):
        known = w.known[:, F[field]]
        assert 1 - known.mean() == pytest.approx(p, abs=0.03)
        told = w.truth["mutations"][field]["no_merge"]
        unknown_parents = int((~known[w.source[w.source >= 0]]).sum())
        assert told["unknown_to_known"] / unknown_parents == pytest.approx(0.2, abs=0.05)
    assert w.known[:, F["num_hidden_layers"]].all()


def test_quantized_children_know_their_quantization() -> None:
    w = synth.make(**TREES)
    child = np.flatnonzero((w.source >= 0) & (w.made_by == synth.RELATIONS.index("quantized")))
    method, bits = w.known[:, F["quant_method"]], w.known[:, F["quant_bits"]]
    assert np.array_equal(method, bits)
    gained = method[child][~method[w.source[child]]]
    assert gained.mean() == pytest.approx(0.9, abs=0.06)
    assert method[w.source < 0].mean() < 0.12


def test_high_values_hide_by_their_odds() -> None:
    w = synth.make(
        **TREES,
        unknown={"tie_word_embeddings": 0.2},
        mnar_odds={"tie_word_embeddings": 4.0},
        n_models=9_000,
        **EVEN,
    )
    f = F["tie_word_embeddings"]
    true, known = w.codes[:, f] == LEVELS["tie_word_embeddings"].index(True), w.known[:, f]
    assert 1 - known[~true].mean() == pytest.approx(0.2, abs=0.025)
    assert 1 - known[true].mean() == pytest.approx(4 * 0.25 / (1 + 4 * 0.25), abs=0.025)


def test_rows_are_drawn_by_share_and_gather_in_components() -> None:
    w = synth.make(n_models=20_000, row_share=0.1, n_components=2_000)
    assert w.has_row[~w.stub].mean() == pytest.approx(0.1, abs=0.01)
    edges = w.parent != w.child
    both = w.has_row[w.parent[edges]] & w.has_row[w.child[edges]]
    gathered = synth.make(n_models=20_000, row_share=0.1, n_components=2_000, row_rho=0.5)
    assert gathered.has_row[gathered.source < 0].mean() == pytest.approx(0.1, abs=0.015)
    together = gathered.has_row[gathered.parent[edges]] & gathered.has_row[gathered.child[edges]]
    assert together.sum() > 2 * both.sum()
