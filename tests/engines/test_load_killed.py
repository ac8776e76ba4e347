"""Loads that are killed, interrupted, or meet another: the next one ends as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from graph_dump import dump, statement, wipe, without_runs
from listed_source import ListedSource, wood

from modelkin.errors import ExitCode, UserError
from modelkin.graph import runs
from modelkin.graph.client import Graph
from modelkin.loader.load import load
from modelkin.loader.remove import remove

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
# 25 batches either way: how many there are decides what can be met, not how big they are.
MODELS, EDGES, BATCH = (6_000, 4_000, 400) if PROVE else (1_200, 800, 80)
KILLS, INTERRUPTS = (10, 3) if PROVE else (4, 1)
FEW, FEWER = 400, 360
"""Models of a load of five batches and a little; it has half as many edges."""

REFERENCE = Path(__file__).parents[1] / "reference"
CHILD = "import killed_load; killed_load.main()"


@pytest.fixture(autouse=True)
def clean(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # As the children: which claims are called created and which matched follows from the batches.
    monkeypatch.setattr("modelkin.loader.load.BATCH", BATCH)
    wipe(graph)


@pytest.fixture(scope="module")
def environ(engine_environ: Mapping[str, str]) -> dict[str, str]:
    """What a child needs to reach the same database, and the helpers of the tests."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("NEO4J", "MODELKIN"))}
    paths = [str(REFERENCE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**inherited, **engine_environ, "PYTHONPATH": os.pathsep.join(paths)}


@contextmanager
def child(
    environ: dict[str, str], *arguments: int, models: int = FEW, edges: int = FEW // 2
) -> Iterator[subprocess.Popen[str]]:
    """A process that loads the source; ended with the test."""
    command = [sys.executable, "-c", CHILD, *map(str, (models, edges, BATCH, *arguments))]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], word: str, times: int = 1) -> bool:
    """Wait until the process says that many lines that begin so; False when it ends before."""
    assert process.stdout is not None
    lines = (line for line in process.stdout if line.startswith(word))
    return all(next(lines, None) is not None for _ in range(times))


def few(models: int = FEW) -> tuple[ListedSource, str]:
    """The source that a child loads, and its checksum."""
    return wood(models, FEW // 2), f"{models}-{FEW // 2}"


def undisturbed(graph: Graph, models: int = FEW, edges: int = FEW // 2) -> dict[str, list[Any]]:
    """What a load of the source stores that nothing disturbs."""
    load(graph, wood(models, edges), f"{models}-{edges}")
    stored = dump(graph)
    wipe(graph)
    return stored


def whole_batches(graph: Graph) -> int:
    """Check that what is stored is what the checkpoint says; return the records stored."""
    (run,) = runs.every(graph)
    counted = statement(
        "MATCH (m:Model) WITH count(m) AS n, count(DISTINCT m.model_id) AS ids RETURN n, ids"
    )
    (row,) = graph.fetch(counted)
    assert row["n"] == row["ids"], "a model is doubled"
    created = run.counts.get("created", 0) + run.counts.get("stubs_created", 0)
    assert row["n"] == created, "what is stored is not what was counted"
    return sum(run.done.values())


@pytest.mark.parametrize("seed", range(5 if PROVE else 1))
def test_a_load_killed_several_times_ends_as_if_it_had_not_been(
    graph: Graph, environ: dict[str, str], seed: int
) -> None:
    wanted = undisturbed(graph, MODELS, EDGES)
    chance = random.Random(seed)
    done = 0
    for _ in range(KILLS):
        with child(environ, models=MODELS, edges=EDGES) as process:
            # Batches that are stored already are said too.
            assert said(process, "", done // BATCH + chance.randrange(4)), "it has ended"
            time.sleep(chance.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
            process.wait()
        before, done = done, whole_batches(graph)
        assert done >= before, "a stored batch is lost"
    assert not runs.every(graph)[0].is_complete
    with child(environ, models=MODELS, edges=EDGES) as process:
        _out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert dump(graph) == wanted


def test_a_second_load_is_refused_while_one_is_running(
    graph: Graph, environ: dict[str, str]
) -> None:
    mine = wood(20, 10, seed=9)
    load(graph, mine, "mine")
    (complete,) = runs.every(graph)
    with child(environ, FEW // 2) as process:
        assert said(process, "paused")
        before = dump(graph, leave_out=())
        for attempt in (
            lambda: load(graph, wood(30, 10, seed=8), "another"),
            lambda: load(graph, *few()),
            lambda: remove(graph, complete),
        ):
            with pytest.raises(UserError, match=r"running|writing") as caught:
                attempt()
            assert caught.value.exit_code is ExitCode.USER
        with child(environ, models=30, edges=10) as other:
            _out, err = other.communicate(timeout=60)
        assert other.returncode == ExitCode.USER, err
        assert dump(graph, leave_out=()) == before, "a refused load left something"
        _out, err = process.communicate("go on\n", timeout=60)
    assert process.returncode == 0, err
    remove(graph, complete)
    together = dump(graph)
    wipe(graph)
    load(graph, mine, "mine")
    load(graph, *few())
    remove(graph, complete)
    assert dump(graph) == together


def test_a_dead_load_is_in_nobodys_way_and_goes_on(graph: Graph, environ: dict[str, str]) -> None:
    wanted = undisturbed(graph)["models"]
    with child(environ, FEW // 2) as process:
        assert said(process, "paused")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert whole_batches(graph) >= FEW // 2
    load(graph, wood(20, 10, seed=9), "another")
    report = load(graph, *few())
    remove(graph, next(run for run in runs.every(graph) if run.sha256 == "another"))
    assert not report.already_complete
    assert dump(graph)["models"] == wanted


@pytest.mark.parametrize("seed", range(10 if PROVE else 2))
def test_two_loads_started_at_once_end_as_one_after_the_other(
    graph: Graph, environ: dict[str, str], seed: int
) -> None:
    sizes = (FEW, FEW if seed % 2 else FEWER)
    first, second = (child(environ, models=models) for models in sizes)
    with first as one, second as two:
        errors = [process.communicate(timeout=120)[1] for process in (one, two)]
    codes = [process.returncode for process in (one, two)]
    assert 0 in codes, errors
    assert set(codes) <= {0, ExitCode.USER}, errors
    for models in sizes:
        load(graph, *few(models))
    together = without_runs(graph)
    wipe(graph)
    for models in sizes:
        load(graph, *few(models))
    assert without_runs(graph) == together


@pytest.mark.parametrize("seed", range(5 if PROVE else 1))
def test_two_writers_of_one_run_store_each_batch_once(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    # Nothing keeps two loads of one process apart on Neo4j but the run's own checkpoint.
    monkeypatch.setattr("modelkin.loader.load.BATCH", 40 + seed)
    wanted = undisturbed(graph)
    ends: list[int] = []

    def write() -> None:
        try:
            ends.append(load(graph, *few()).exit_code)
        except UserError as error:
            ends.append(error.exit_code)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The embedded engine's lock file lets one of them load; on Neo4j the run's node makes them
    # take turns, batch by batch.
    allowed = [[0, 0], [0, ExitCode.USER]] if graph.engine == "embedded" else [[0, 0]]
    assert sorted(ends) in allowed
    assert dump(graph) == wanted


CLI = "from modelkin.loader import load; load.BATCH = 50; from modelkin.cli import main; main()"


def test_ctrl_c_is_exit_130_and_the_same_command_goes_on(
    graph: Graph, environ: dict[str, str], tmp_path: Path
) -> None:
    table = tmp_path / "models.csv"
    rows = (f"org/m{n},{n},{n % 7}\n" for n in range(3_000))
    table.write_text("model_id,downloads,likes\n" + "".join(rows))
    command = [sys.executable, "-c", CLI, "load", "models", str(table)]
    for _ in range(INTERRUPTS):
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
            assert wait_for_batches(graph), "no batch was stored"
            process.send_signal(signal.SIGINT)
            _out, err = process.communicate(timeout=60)
        assert process.returncode == ExitCode.INTERRUPTED, err
        assert "Traceback" not in err
        if runs.every(graph)[0].is_complete:  # it came between the last batch and the end
            break
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    stored = dump(graph)["models"]
    assert len(stored) == 3_000
    assert {dict(properties)["downloads"] for _id, _labels, properties in stored} == set(
        range(3_000)
    )


def wait_for_batches(graph: Graph) -> bool:
    """Wait until the load has stored one batch more than now."""
    before = stored_records(graph)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if stored_records(graph) > before:
            return True
        time.sleep(0.01)
    return False


def stored_records(graph: Graph) -> int:
    return sum(sum(run.done.values()) for run in runs.every(graph))
