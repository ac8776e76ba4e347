"""The picture: exact where the plane can hold the distances, honest where it cannot."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
from scipy.spatial.distance import cdist
from similarity_world import block_records, models_of, random_records

from modelkin.analysis import embedding
from modelkin.analysis.embedding import Embedding, complete_overlap, embed, sample
from modelkin.analysis.gower import encode, matrix
from modelkin.analysis.similarity import encoded
from modelkin.errors import UserError


def plane(seed: int, n: int, f: int = 2) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).random((n, f))).add_prefix("f")


def drawn(frame: pd.DataFrame) -> Embedding:
    return embed(encode(frame), 1, np.random.default_rng(0))


def test_points_of_a_line_come_back() -> None:
    frame = plane(0, 40, 1)
    distance, _ = matrix(encode(frame))
    found = drawn(frame)
    np.testing.assert_allclose(cdist(found.points, found.points), distance, atol=1e-9)
    assert found.share == pytest.approx(1.0, abs=1e-9)
    assert found.stress == pytest.approx(0.0, abs=1e-9)
    assert found.trustworthiness == pytest.approx(1.0)


def test_coordinates_equal_those_of_the_double_centred_matrix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = plane(1, 120, 5)
    distance, _ = matrix(encode(frame))
    centre = np.eye(120) - 1 / 120
    values, vectors = scipy.linalg.eigh(-centre @ distance**2 @ centre / 2)
    expected = vectors[:, -2:][:, ::-1] * np.sqrt(values[-2:][::-1])
    for small in (200, 10):  # the full decomposition, then the iteration
        monkeypatch.setattr(embedding, "SMALL", small)
        found = drawn(frame)
        np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=1e-6)
        assert found.share == pytest.approx(values[-2:].sum() / np.abs(values).sum(), abs=1e-8)


def test_the_sign_of_axes_is_fixed() -> None:
    found = drawn(plane(2, 30, 3)).points
    largest = found[np.abs(found).argmax(axis=0), [0, 1]]
    assert (largest > 0).all()


def test_six_blocks_are_seen_and_lie_apart() -> None:
    rows, table = encoded(models_of(block_records(1)))
    found = embed(table, 6, np.random.default_rng(0))
    assert found.share > 1.5 * found.permuted_share
    assert found.stress < 0.9 * found.permuted_stress
    assert found.trustworthiness > 0.9
    block = np.repeat(np.arange(6), 20)[np.argsort([r["id"] for r in block_records(1)])]
    gaps = cdist(found.points, found.points) + np.diag(np.full(len(rows), np.inf))
    assert np.mean(block[gaps.argmin(axis=1)] == block) > 0.95


def test_without_structure_the_picture_is_as_bad_as_permuted() -> None:
    _, table = encoded(models_of(random_records(3, 400)))
    found = embed(table, 6, np.random.default_rng(0))
    assert found.stress == pytest.approx(found.permuted_stress, rel=0.02)
    assert found.share == pytest.approx(found.permuted_share, abs=0.02)


def test_dealing_keeps_values_and_gaps() -> None:
    frame = plane(4, 50, 3).mask(plane(5, 50, 3) < 0.3)
    table = encode(frame.assign(kind=["a", "b"] * 25))
    dealt = embedding._dealt(table, np.random.default_rng(0))
    np.testing.assert_array_equal(np.isnan(dealt.numbers), np.isnan(table.numbers))
    np.testing.assert_array_equal(np.sort(dealt.numbers, axis=1), np.sort(table.numbers, axis=1))
    assert (dealt.numbers != table.numbers).any()


def test_identical_and_few_rows() -> None:
    for frame in (pd.DataFrame({"a": [1.0] * 30}), plane(0, 0), plane(0, 2)):
        found = drawn(frame)
        assert found.points.shape == (len(frame), 2)
        assert math.isnan(found.share)


def test_rows_that_share_too_little_are_refused() -> None:
    table = encode(pd.DataFrame({"a": [1.0, None], "b": [None, 1.0]}))
    with pytest.raises(UserError, match="share fewer than 1 fields"):
        embed(table, 1, np.random.default_rng(0))


def test_complete_overlap_leaves_no_pair_without_enough_fields() -> None:
    rng = np.random.default_rng(5)
    known = rng.random((9, 200)) < rng.uniform(0.4, 0.9, (9, 1))
    rows = complete_overlap(known, 4)
    part = known[:, rows].astype(int)
    assert len(rows) > 10
    assert (part.T @ part >= 4).all()
    assert len(complete_overlap(known, 10)) == 0
    assert complete_overlap(np.ones((3, 5), dtype=bool), 3).tolist() == [0, 1, 2, 3, 4]


def test_a_sample_is_of_the_rows_in_order_and_repeatable() -> None:
    rows = np.arange(100) * 2
    one = sample(rows, 10, np.random.default_rng(1))
    assert one.tolist() == sample(rows, 10, np.random.default_rng(1)).tolist()
    assert len(set(one.tolist())) == 10
    assert (np.diff(one) > 0).all()
    assert set(one.tolist()) <= set(rows.tolist())
    assert sample(rows, 100, np.random.default_rng(1)) is rows
