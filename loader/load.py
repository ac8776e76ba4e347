"""The one way of every load: read → normalise → write → reconcile.

A source says what its rows are; this module stores them in batches whose checkpoint moves
in the same transaction, and ends in an identity that balances and is checked against the
database: rows in = created + matched + rejected + set aside + duplicates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from modelkin.cypher import catalogue
from modelkin.errors import UserError
from modelkin.graph import runs
from modelkin.graph.faults import TooBig
from modelkin.loader import merge, rejects
from modelkin.loader.labels import label, label_known
from modelkin.loader.reading import Reading, Report
from modelkin.loader.records import EdgeRow, ModelRow
from modelkin.loader.remove import take_back

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx
    from modelkin.loader.records import Source

BATCH = 5_000
"""Records in a transaction; measured: 14,000-23,000 models a second at this size."""

SMALLEST_BATCH = 50

T = TypeVar("T")
Progress = Callable[[str, int], None]


def load(
    graph: Graph,
    source: Source,
    sha256: str,
    *,
    reading: Reading | None = None,
    progress: Progress = lambda _phase, _n: None,
) -> Report:
    """Load one source into the graph.

    Safe to run twice, to kill and to run again: the graph ends the same.

    Parameters
    ----------
    graph : Graph
        Database to write to.
    source : Source
        The file, bound to its reader.
    sha256 : str
        Of the source: with kind and parameters it is the run.
    reading : Reading, optional
        The source, when its first rows were read already (`begin`).
    progress : callable, optional
        Called with (phase, records done).

    Returns
    -------
    Report
        Every count, checked against the database.

    Raises
    ------
    UserError
        Another run is live; more than half of the rows had to be set aside.
    AssertionError
        The counts do not balance: our bug.
    """
    reading = reading or begin(source)
    with graph.loading():
        return _store(graph, reading, sha256, progress)


def begin(source: Source) -> Reading:
    """Read a source's first rows, before a database is opened or anything is written.

    A hostile, damaged or wrong file ends here and leaves no trace.
    """
    reading = Reading(source)
    reading.peek(BATCH)
    return reading


def _store(graph: Graph, reading: Reading, sha256: str, progress: Progress) -> Report:
    """Write what is read, and hold the counts against the database."""
    source, report = reading.source, reading.report
    prepare(graph)
    run = runs.start(graph, source.kind, str(source.path), sha256, source.parameters)
    if run.is_complete:
        report = Report(run=run, counts=Counter(run.counts), already_complete=True)
        _verify(graph, run, report)
        return report
    writer = _Writer(graph, run, source.kind, progress)
    writer.write("models", reading.models(), writer.models, writer.label_configured)
    try:
        reading.check_share()
    except UserError:
        take_back(graph, writer.run)  # it turned out late: a wrong file leaves no trace
        raise
    writer.write("edges", reading.edges(), writer.edges)
    label(graph)
    reading.close()
    report.run = writer.run
    report.counts.update(writer.run.counts)
    _verify(graph, writer.run, report)
    report.kept = rejects.keep(report)  # before the run is complete: then it is not read again
    report.run = runs.finish(graph, writer.run, report.counts)
    return report


def rehearse(source: Source) -> Report:
    """Read and normalise without a database (``--dry-run``): what would be stored.

    ``created`` counts the models and claims that the source itself holds; whether the
    graph knows them already cannot be said without it.
    """
    reading = Reading(source)
    report = reading.report
    models = {row.model_id for row in reading.models()}
    edges = list(reading.edges())
    pairs = {(edge.parent_id, edge.child_id) for edge in edges}
    report.counts["created"] = len(models)
    report.counts["edges_created"] = len(edges)
    report.counts["pairs_created"] = len(pairs)
    report.counts["stubs_created"] = len({end for pair in pairs for end in pair} - models)
    reading.check_share()
    reading.close()
    return report


def prepare(graph: Graph) -> None:
    """Create constraints and indexes where they are missing, and wait for them."""
    graph.schema(*catalogue.every("schema"))


class _Writer:
    """Writes batches of one run, moving its checkpoint with each."""

    def __init__(self, graph: Graph, run: runs.Run, kind: str, progress: Progress) -> None:
        self.graph, self.run, self.kind, self.progress = graph, run, kind, progress

    def write(
        self,
        phase: str,
        records: Iterable[T],
        store: Callable[[Tx, list[T]], Counter[str]],
        then: Callable[[list[T]], None] = lambda _batch: None,
    ) -> None:
        """Store all records of a phase in batches, going on after the checkpoint."""
        at = 0
        stream = iter(records)
        already = self.run.done.get(phase, 0)
        while batch := list(islice(stream, BATCH)):
            skip = min(max(already - at, 0), len(batch))
            self._batch(phase, batch[skip:], at + skip, store)
            then(batch[skip:])
            at += len(batch)
            self.progress(phase, at)

    def _batch(
        self,
        phase: str,
        batch: list[T],
        at: int,
        store: Callable[[Tx, list[T]], Counter[str]],
    ) -> None:
        """Store one batch, halved while the server finds it too big."""
        if not batch:
            return

        def work(tx: Tx) -> runs.Run | None:
            stored = runs.checkpoint(tx, self.run, phase, at, at + len(batch))
            if stored is None:
                return None
            return runs.advance(tx, stored, phase, at + len(batch), store(tx, batch))

        try:
            moved = self.graph.write(work, about=f"{self.kind} {phase} {at}")
        except TooBig:
            if len(batch) <= SMALLEST_BATCH:
                raise
            half = len(batch) // 2
            self._batch(phase, batch[:half], at, store)
            self._batch(phase, batch[half:], at + half, store)
            return
        if moved is None:
            moved = runs.get(self.graph, self.run.id)
        self.run = moved

    def label_configured(self, batch: list[ModelRow]) -> None:
        """Label the models of a batch whose rows bring a shape."""
        shaped = {row.model_id for row in batch if any(n in row.properties for n in merge.SHAPE)}
        label_known(self.graph, "label_configured_of", sorted(shaped))

    def models(self, tx: Tx, batch: list[ModelRow]) -> Counter[str]:
        """Merge one batch of model rows into what the database holds of them."""
        ids = sorted({row.model_id for row in batch})
        held = _held(tx, ids)
        claims = {i: merge.Claims.of(held.get(i, {})) for i in ids}
        mine = {i for i in ids if any(s.split("|")[1] == self.run.id for s in claims[i].sources)}
        counts: Counter[str] = Counter()
        for row in batch:
            key = merge.ClaimKey(self.run.id, row.evidence, row.snapshot)
            counts["differing"] += claims[row.model_id].add(self.kind, key, row.properties)
        values = {i: merge.values(i, claims[i]) for i in ids}
        shaped = {i for i in ids if any(values[i][n] is not None for n in merge.SHAPE)}
        kinds: tuple[tuple[str, list[str]], ...] = (
            ("create_configured", [i for i in ids if i not in held and i in shaped]),
            ("create_models", [i for i in ids if i not in held and i not in shaped]),
            ("merge_models", [i for i in ids if i in held]),
        )
        for name, chosen in kinds:
            if chosen:
                tx.run(catalogue.get(f"load/{name}"), rows=_rows(values, chosen, held))
        fresh = [i for i in ids if i not in mine]
        counts["created"] = sum(1 for i in fresh if i not in held)
        counts["matched"] = len(fresh) - counts["created"]
        return counts

    def edges(self, tx: Tx, batch: list[EdgeRow]) -> Counter[str]:
        """Merge one batch of claims into the edges, making stubs of ends that are not there."""
        batch = sorted(batch, key=lambda e: (e.child_id, e.parent_id, e.relation, e.word))
        ends = sorted({e.child_id for e in batch} | {e.parent_id for e in batch})
        known = {r["model_id"] for r in tx.run(catalogue.get("load/known_models"), ids=ends)}
        stubs = [i for i in ends if i not in known]
        if stubs:
            bare = {i: merge.values(i, merge.Claims()) for i in stubs}
            tx.run(catalogue.get("load/create_stubs"), rows=_rows(bare, stubs, {}))
        pairs = sorted({(e.parent_id, e.child_id) for e in batch})
        claims = _claims(tx, pairs)
        counts: Counter[str] = Counter(
            stubs_created=len(stubs), pairs_created=len(pairs) - len(claims)
        )
        before = set(claims)
        for edge in batch:
            pair = (edge.parent_id, edge.child_id)
            counts["edges_matched" if pair in before else "edges_created"] += 1
            claim = f"{edge.relation}|{self.run.id}" + (f"|{edge.word}" if edge.word else "")
            claims.setdefault(pair, set()).add(claim)
        fresh = [merge.edge_row(*pair, claims[pair]) for pair in pairs if pair not in before]
        if fresh:
            tx.run(catalogue.get("load/create_edges"), rows=fresh)
        if before:
            rows = merge.by_child(merge.edge_row(*pair, claims[pair]) for pair in sorted(before))
            tx.run(catalogue.get("load/update_edges"), rows=rows)
        return counts


def _rows(
    values: dict[str, dict[str, Any]], ids: list[str], held: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what a statement that writes models is sent.

    Nulls go along only where there is something to take away: most of a model's properties are
    missing, and each null costs the engine as much as a value.
    """
    return [
        {
            "model_id": i,
            "properties": {
                name: value
                for name, value in values[i].items()
                if value is not None or name in held.get(i, ())
            },
        }
        for i in ids
    ]


def _held(tx: Tx, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Read what the database holds of these models."""
    rows = tx.run(catalogue.get("load/read_models"), ids=ids)
    return {row["model_id"]: row["properties"] for row in rows}


def _claims(tx: Tx, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """Read the claims of those of these edges that the database holds."""
    wanted = set(pairs)
    children = sorted({child for _parent, child in pairs})
    rows = tx.run(catalogue.get("load/edges_of_children"), children=children)
    held = {(row["parent"], row["child"]): set(row["claims"] or ()) for row in rows}
    return {pair: claims for pair, claims in held.items() if pair in wanted}


def _verify(graph: Graph, run: runs.Run, report: Report) -> None:
    """Hold the counts against each other and against the database."""
    problem = report.imbalance()
    counts = report.counts
    models = graph.fetch(catalogue.get("load/count_run_models"), run=run.id)[0]["n"]
    claims = graph.fetch(catalogue.get("load/count_run_claims"), run=run.id)[0]["n"]
    if models != counts["created"] + counts["matched"]:
        problem = (
            f"models: {models} carry this run, {counts['created'] + counts['matched']} counted"
        )
    elif claims != counts["edges_created"] + counts["edges_matched"]:
        said = counts["edges_created"] + counts["edges_matched"]
        problem = f"edges: {claims} claims carry this run, {said} counted"
    if problem and not report.already_complete:
        raise AssertionError(f"the counts of run {run.id} do not balance: {problem}")
    if problem:
        raise UserError(
            f"The graph no longer holds what run {run.id} stored",
            where=run.source,
            why=problem,
            fix=f"`modelkin runs remove {run.id}` and load it again.",
        )
