"""The scikit-learn transformer keeps the conventions of KNeighborsTransformer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from gower_frames import FIELDS, frame_of, random_rows
from sklearn.base import clone
from sklearn.cluster import DBSCAN
from sklearn.neighbors import KNeighborsClassifier, KNeighborsTransformer
from sklearn.pipeline import make_pipeline

from modelkin.analysis.gower import Effort, Field, Spec, encode, matrix
from modelkin.analysis.gower.transformer import GowerNeighborsTransformer
from modelkin.errors import UserError

SPEC = Spec(tuple(Field(n, k) for n, k, _ in FIELDS))


def frame(n: int = 60, copies: float = 0.3) -> pd.DataFrame:
    return frame_of(random_rows(3, n, missing=0.2, copies=copies))


def complete(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.random(n), "y": rng.random(n)})


@pytest.mark.parametrize("mode", ["distance", "connectivity"])
def test_the_graph_is_that_of_scikit_learn_on_the_same_distances(mode: str) -> None:
    data = complete()
    ours = GowerNeighborsTransformer(mode=mode, n_neighbors=4).fit(data)
    distance, _ = matrix(data)
    theirs = KNeighborsTransformer(mode=mode, n_neighbors=4, metric="precomputed").fit(distance)
    for one, other in (
        (ours.fit_transform(data), theirs.transform(distance)),
        (ours.transform(data), theirs.transform(distance)),
    ):
        assert one.format == "csr"
        assert one.nnz == other.nnz
        np.testing.assert_array_equal(one.indptr, other.indptr)
        np.testing.assert_array_equal(one.toarray(), other.toarray())


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_other_rows_find_their_nearest_fitted_rows(engine: str) -> None:
    whole = frame(90)
    fitted, others = whole.iloc[:60], whole.iloc[60:]
    spec = encode(whole, SPEC).spec  # its ranges hold all rows
    graph = (
        GowerNeighborsTransformer(n_neighbors=3, spec=spec, effort=Effort(engine=engine))
        .fit(fitted)
        .transform(others)
    )
    distance = matrix(encode(whole, spec))[0][60:, :60]
    assert graph.shape == (30, 60)
    for row in range(30):
        found = graph[row]
        np.testing.assert_array_equal(found.data, np.sort(distance[row])[:4])
        np.testing.assert_array_equal(found.data, distance[row, found.indices])


def test_zeros_are_stored_and_missing_distances_are_not() -> None:
    data = pd.DataFrame({"x": [1.0, 1.0, 5.0, np.nan]})
    graph = GowerNeighborsTransformer(n_neighbors=3).fit_transform(data)
    assert graph.indptr.tolist() == [0, 3, 6, 9, 10]
    assert graph.data.tolist() == [0, 0, 1, 0, 0, 1, 0, 1, 1, 0]


def test_estimators_take_the_graph() -> None:
    data = frame(80, copies=0.6)
    labels = make_pipeline(
        GowerNeighborsTransformer(n_neighbors=79, spec=SPEC),
        DBSCAN(metric="precomputed", eps=0.05, min_samples=2),
    ).fit_predict(data)
    same = encode(data, SPEC).configuration
    assert all(len(set(labels[same == c])) == 1 for c in np.unique(same))
    assert labels.max() > 0
    wide = complete()
    guess = make_pipeline(
        GowerNeighborsTransformer(n_neighbors=1), KNeighborsClassifier(1, metric="precomputed")
    ).fit(wide, wide["x"] > 0.5)
    assert guess.score(wide, wide["x"] > 0.5) == 1.0


def test_names_and_parameters() -> None:
    ours = GowerNeighborsTransformer(n_neighbors=2, min_shared=3)
    again = clone(ours).fit(frame(20))
    assert again.get_params()["min_shared"] == 3
    names = again.get_feature_names_out()
    assert list(names[:2]) == ["gowerneighborstransformer0", "gowerneighborstransformer1"]
    assert len(names) == again.n_samples_fit_ == 20
    assert again.n_features_in_ == len(FIELDS)


def test_what_is_no_frame_or_no_mode_is_refused() -> None:
    with pytest.raises(UserError, match="they come as ndarray"):
        GowerNeighborsTransformer().fit(np.zeros((3, 2)))
    with pytest.raises(UserError, match="no graph of 'both'"):
        GowerNeighborsTransformer(mode="both").fit(complete())
