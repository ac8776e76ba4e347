"""One task over many chunks: on threads, processes, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from modelkin.analysis.gower.effort import Effort
from modelkin.errors import UserError

Shared = TypeVar("Shared")
Chunk = TypeVar("Chunk")
Found = TypeVar("Found")

CONNECT_S = 10
"""Seconds until a Dask scheduler that does not answer is given up."""


def over_chunks(
    task: Callable[[Shared, Chunk], Found],
    shared: Shared,
    chunks: Sequence[Chunk],
    effort: Effort,
) -> Iterator[tuple[Chunk, Found]]:
    """Do a task for every chunk, and yield each with what was found, in any order.

    Parameters
    ----------
    task : callable(shared, chunk)
        A function of a module, which changes neither argument.
    shared : object
        What every chunk needs: sent once to each worker.
    chunks : sequence
        Independent pieces of work.
    effort : Effort
        Who works.

    Raises
    ------
    UserError
        If the Dask cluster or its client library is not there.

    Notes
    -----
    An interruption is met between chunks: those not begun are dropped.
    """
    ways = {"threads": _on_threads, "loky": _on_processes, "dask": _on_dask}
    if effort.backend == "threads" and min(effort.workers, len(chunks)) <= 1:
        return ((chunk, task(shared, chunk)) for chunk in chunks)
    return ways[effort.backend](task, shared, chunks, effort)


def _on_threads(
    task: Callable[[Any, Any], Any], shared: Any, chunks: Sequence[Any], effort: Effort
) -> Iterator[tuple[Any, Any]]:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(min(effort.workers, len(chunks)))
    try:
        futures = {pool.submit(task, shared, chunk): chunk for chunk in chunks}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _on_processes(
    task: Callable[[Any, Any], Any], shared: Any, chunks: Sequence[Any], effort: Effort
) -> Iterator[tuple[Any, Any]]:
    from joblib import Parallel, delayed

    # large arrays reach the processes as one memory-mapped file
    parallel = Parallel(effort.workers, backend="loky", return_as="generator_unordered")
    yield from parallel(delayed(_with_chunk)(task, shared, chunk) for chunk in chunks)


def _with_chunk(task: Callable[[Any, Any], Any], shared: Any, chunk: Any) -> tuple[Any, Any]:
    return chunk, task(shared, chunk)


def _on_dask(
    task: Callable[[Any, Any], Any], shared: Any, chunks: Sequence[Any], effort: Effort
) -> Iterator[tuple[Any, Any]]:
    dask = _dask()
    with _connected(dask, effort.scheduler) as client:
        if not client.scheduler_info()["workers"]:
            raise UserError("Cannot compute on a Dask cluster", why="it has no workers")
        everywhere = client.scatter(shared, broadcast=True, hash=False)
        futures = client.map(_on_worker, chunks, task=task, shared=everywhere, pure=False)
        waiting = dict(zip(futures, chunks, strict=True))
        try:
            for future in dask.as_completed(futures):
                yield waiting.pop(future), future.result()
                future.release()
        finally:
            client.cancel(list(waiting))


def _on_worker(chunk: Any, task: Callable[[Any, Any], Any], shared: Any) -> Any:
    return task(shared, chunk)


def _dask() -> Any:
    """Return the client library, which is optional."""
    try:
        import distributed
    except ImportError:
        raise UserError(
            "Cannot reach a Dask cluster",
            why="the package distributed is not installed",
            fix='Install it: pip install "modelkin[dask]".',
        ) from None
    return distributed


def _connected(dask: Any, scheduler: str) -> Any:
    """Return a client of a scheduler."""
    try:
        return dask.Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise UserError(
            "Cannot reach a Dask cluster", where=scheduler, why=str(error), fix="Is it running?"
        ) from error
