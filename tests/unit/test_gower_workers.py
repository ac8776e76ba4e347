"""Processes, a Dask cluster, bounded memory and interruptions change no result."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gower_frames import FIELDS, frame_of, random_rows

from modelkin.analysis.gower import (
    Effort,
    Field,
    Neighbours,
    Spec,
    compiling,
    encode,
    estimate,
    group_means,
    matrix,
    nearest,
    neighbours,
    pairwise,
    searching,
    workers,
)
from modelkin.errors import UserError

SPEC = Spec(tuple(Field(n, k) for n, k, _ in FIELDS))
TABLE = encode(frame_of(random_rows(1, 700, missing=0.4)), SPEC)


def columns_of(found: Neighbours) -> tuple[Any, ...]:
    return found.index, found.distance, found.n_compared


def same_as_numpy(effort: Effort) -> None:
    expected = nearest(TABLE, 6, 2, effort=Effort(engine="numpy"))
    for one, other in zip(
        columns_of(nearest(TABLE, 6, 2, effort=effort)), columns_of(expected), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_processes_find_the_same() -> None:
    same_as_numpy(Effort(engine="numba", backend="loky", threads=2))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster on loopback, whose workers are processes of their own."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_finds_the_same(scheduler: str) -> None:
    told: list[tuple[str, int, int]] = []
    same_as_numpy(
        Effort(
            engine="numba",
            backend="dask",
            scheduler=scheduler,
            progress=lambda *step: told.append(step),
        )
    )
    assert told[-1] == ("finding neighbours", TABLE.n_configurations, TABLE.n_configurations)


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "CONNECT_S", 0.3)
    with pytest.raises(UserError, match="Cannot reach a Dask cluster"):
        nearest(
            TABLE,
            effort=Effort(engine="numba", backend="dask", scheduler="tcp://127.0.0.1:1"),
        )


def test_without_the_client_library_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"pip install \"modelkin\[dask\]\""):
        nearest(TABLE, effort=Effort(engine="numba", backend="dask", scheduler="tcp://x:1"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"memory": 0}, "memory = 0"),
        ({"threads": -1}, "threads = -1"),
        ({"backend": "spark"}, "with 'spark'"),
        ({"engine": "gpu"}, "with 'gpu'"),
        ({"backend": "dask"}, "belong together"),
        ({"scheduler": "tcp://127.0.0.1:8786"}, "belong together"),
    ],
)
def test_an_effort_that_cannot_be(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Effort(**settings)


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_memory_bounds_blocks_and_refuses_what_does_not_fit(engine: str) -> None:
    whole = Effort(engine=engine)
    small = Effort(engine=engine, memory=TABLE.n**2 * 20)
    np.testing.assert_array_equal(matrix(TABLE, effort=small)[0], matrix(TABLE, effort=whole)[0])
    groups = [np.arange(TABLE.n)]
    assert group_means(TABLE, groups, effort=Effort(engine=engine, memory=10_000))[0] == (
        pytest.approx(group_means(TABLE, groups, effort=whole)[0], abs=1e-14)
    )
    with pytest.raises(UserError, match="Cannot list 10 neighbours of 700 rows"):
        nearest(TABLE, effort=Effort(engine=engine, memory=1000))
    blocks = list(pairwise.blocks(TABLE, effort=Effort(engine=engine, memory=100_000)))
    assert len(blocks) > 5


def test_progress_ends_at_the_whole() -> None:
    for engine in ("numpy", "numba"):
        told: list[tuple[str, int, int]] = []
        effort = Effort(engine=engine, threads=2, progress=lambda *step, to=told: to.append(step))
        nearest(TABLE, effort=effort)
        assert told[-1][1:] == (TABLE.n_configurations,) * 2
        for what in {step[0] for step in told}:
            steps = [done for name, done, _ in told if name == what]
            assert steps == sorted(steps)


def test_an_interruption_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if done > 0:
            raise KeyboardInterrupt

    begun = []
    task = searching.search_tiles
    monkeypatch.setattr(searching, "search_tiles", lambda *job: begun.append(job) or task(*job))
    monkeypatch.setattr(searching, "CHUNKS", 10**6)
    with pytest.raises(KeyboardInterrupt):
        nearest(TABLE, effort=Effort(engine="numba", threads=2, progress=stop))
    assert len(begun) < searching.build(TABLE, np.arange(TABLE.n_configurations), 1).n_tiles


def test_an_estimate_counts_pairs() -> None:
    found = estimate(TABLE, 10)
    u = TABLE.n_configurations
    assert (found.configurations, found.pairs) == (u, u * (u - 1) // 2)
    assert found.neighbours == 7000
    assert found.seconds > 0
    assert found.bytes >= TABLE.n * 10 * neighbours.FOUND_BYTES


def test_kernels_are_compiled_without_a_folder(tmp_path: Path) -> None:
    """A cache folder that cannot be made is told, and nothing fails."""
    (tmp_path / "file").write_text("")
    script = (
        "from modelkin.analysis.gower import Effort, pairs\n"
        "import pandas as pd\n"
        "told = []\n"
        "effort = Effort(engine='numba', progress=lambda *step: told.append(step[0]))\n"
        "frame = pd.DataFrame({'a': [1.0, 2.0]})\n"
        "print(pairs(frame, [0], [1], effort=effort)[0][0], told[0])\n"
    )
    environ = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "file" / "below")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1.0 compiling kernels: the cache folder cannot be written\n"


def test_neither_numba_nor_scikit_learn_is_loaded_before_it_is_needed() -> None:
    script = (
        "import sys, pandas as pd\n"
        "from modelkin.analysis import gower\n"
        "gower.nearest(pd.DataFrame({'a': [1.0, 2.0]}))\n"
        "print({'numba', 'llvmlite', 'sklearn', 'joblib', 'distributed'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_the_folder_of_kernels_is_named_by_what_they_say() -> None:
    folder = compiling.folder()
    assert folder is not None
    assert folder.name.startswith("modelkin-")
