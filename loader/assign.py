"""Ratings onto the models that their names mean without doubt."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from modelkin.cypher import catalogue
from modelkin.graph import runs
from modelkin.loader import merge, names, rejects
from modelkin.loader.load import prepare
from modelkin.loader.reading import Report
from modelkin.loader.records import SetAside
from modelkin.loader.remove import remove

if TYPE_CHECKING:
    from modelkin.graph.client import Graph, Tx
    from modelkin.loader.arena import ArenaSource
    from modelkin.loader.names import Matches
    from modelkin.loader.ratings import RatingRow, Ratings


def assign(graph: Graph, source: ArenaSource, sha256: str) -> Report:
    """Load one ranking: each model of the graph gets the one rating that is surely its own.

    Names that could mean several models, or none that is there, are reported and not
    assigned. The ratings of an earlier ranking are replaced.

    Parameters
    ----------
    graph : Graph
        Database to write to; the models must be loaded before.
    source : ArenaSource
        The file, with the category and snapshot that were chosen.
    sha256 : str
        Of the source.

    Returns
    -------
    Report
        ``rows`` = ``matched`` (rated models) + ``duplicates`` + ``rejected`` + ``set_aside``
        (ambiguous or unknown names) + ``not_chosen`` (other categories and snapshots).
    """
    ratings = source.ratings()
    with graph.loading():
        prepare(graph)
        known = [row["model_id"] for row in graph.fetch(catalogue.get("fetch/ids"))]
        matches = names.match(ratings.chosen, known)
        report = _report(ratings, matches)
        older = [run for run in runs.every(graph) if run.kind == "arena"]
        # Which names match depends on the models that are there: so does the run's id.
        parameters = {**source.parameters, "matched": str(len(matches.assigned))}
        run = runs.start(graph, "arena", str(source.path), sha256, parameters)
        report.run, report.already_complete = run, run.is_complete
        if not run.is_complete:
            graph.write(lambda tx: _store(tx, run, matches.assigned), about="arena ratings")
            report.kept = rejects.keep(report)
            report.run = runs.finish(graph, run, report.counts)
    for other in older:
        if other.id != run.id:
            remove(graph, other)
    return report


def rehearse_ratings(source: ArenaSource) -> Report:
    """Read a ranking without a database (``--dry-run``): every name is still to be matched."""
    ratings = source.ratings()
    return _report(ratings, names.Matches((), (), tuple(ratings.chosen)))


def _report(ratings: Ratings, matches: Matches) -> Report:
    """Account for every row of the file."""
    report = Report()
    report.rejects.extend(ratings.rejects)
    for row, code in [
        *((row, "ambiguous_name") for row in matches.ambiguous),
        *((row, "unknown_name") for row in matches.unknown),
    ]:
        named = ", ".join(row.candidates) or "no candidate"
        report.rejects.append(
            SetAside(f"arena name {row.arena_name}", (code,), f"{row.why}: {named}"[:200])
        )
    report.dropped.update((cell.field, cell.code) for cell in ratings.dropped)
    report.counts = Counter(
        rows=ratings.rows,
        matched=len(matches.assigned),
        duplicates=ratings.duplicates,
        rejected=len(ratings.rejects),
        set_aside=len(matches.ambiguous) + len(matches.unknown),
        not_chosen=ratings.other_rows,
    )
    report.notes["names that could mean several models"] = len(matches.ambiguous)
    report.notes["names of no model in the graph"] = len(matches.unknown)
    if problem := report.imbalance():
        raise AssertionError(f"the counts of the ratings do not balance: {problem}")
    return report


def _store(tx: Tx, run: runs.Run, assigned: tuple[RatingRow, ...]) -> None:
    """Write the ratings and their run; a few hundred fit one transaction."""
    by_id = {str(row.model_id): row for row in assigned}
    held = tx.run(catalogue.get("load/read_models"), ids=sorted(by_id))
    rows = []
    for row in held:
        claims = merge.Claims.of(row["properties"])
        claims.sources.add(f"arena|{run.id}")
        rating = by_id[row["model_id"]].properties()
        properties = {"sources": sorted(claims.sources)} | dict.fromkeys(runs.ARENA) | rating
        rows.append({"model_id": row["model_id"], "properties": properties})
    if rows:
        tx.run(catalogue.get("load/merge_models"), rows=rows)
