"""Reading a source once: every row accounted for, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from modelkin.errors import ExitCode, UserError
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Reject, SetAside

if TYPE_CHECKING:
    from pathlib import Path

    from modelkin.graph.runs import Run
    from modelkin.loader.records import RawRow, Source

MAX_REJECTED = 0.01
"""Share of rejected rows above which a load ends with exit code 4."""

MAX_SET_ASIDE = 0.5
"""Share of rows set aside above which this is taken for the wrong file."""

MODEL_ENDS = ("created", "matched", "duplicates", "rejected", "set_aside", "not_chosen")
"""What becomes of a row: each ends in exactly one of these counts."""

EDGE_ENDS = ("edges_created", "edges_matched", "edge_duplicates", "edges_rejected")
"""What becomes of the claim of an edge."""


@dataclass
class Report:
    """What became of every row of a load.

    Attributes
    ----------
    run : Run or None
        The run; None for a dry run.
    counts : dict
        Models: ``rows``, ``created``, ``matched``, ``duplicates``, ``rejected``,
        ``set_aside``. Claims of edges: ``edge_rows``, ``edges_created`` (claims),
        ``edges_matched``, ``edge_duplicates``, ``edges_rejected``. Beside them
        ``pairs_created``, ``stubs_created``, ``differing`` (rows that contradict an
        earlier row of the same claim).
    rejects : list of Reject or SetAside
        Every row that was not stored.
    dropped : Counter
        (field, code) -> cells left out of rows that were stored.
    ignored_columns, notes : Counter
        From the source's ledger.
    already_complete : bool
        The same load was complete before: verified, nothing written.
    kept : Path or None
        Where the rows that were not stored are kept; None when there are none.
    """

    run: Run | None = None
    counts: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject | SetAside] = field(default_factory=list)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    ignored_columns: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    already_complete: bool = False
    kept: Path | None = None

    @property
    def exit_code(self) -> ExitCode:
        """`ExitCode.REJECTS` when more than `MAX_REJECTED` of the rows were rejected."""
        rows = self.counts["rows"] + self.counts["edge_rows"]
        bad = self.counts["rejected"] + self.counts["edges_rejected"]
        return ExitCode.REJECTS if bad > MAX_REJECTED * rows else ExitCode.DONE

    def imbalance(self) -> str:
        """Return the identity that does not hold, "" when both do."""
        c = self.counts
        models = sum(c[name] for name in MODEL_ENDS)
        edges = sum(c[name] for name in EDGE_ENDS)
        if models != c["rows"]:
            return f"models: {c['rows']} rows in, {models} accounted for"
        if edges != c["edge_rows"]:
            return f"edges: {c['edge_rows']} claims in, {edges} accounted for"
        return ""


class Reading:
    """Reads a source once: model rows as they come, edges kept until the models stand."""

    def __init__(self, source: Source) -> None:
        self.source, self.report = source, Report()
        self._edges: list[EdgeRow] = []
        self._named: set[str] = set()
        self._stream = self._rows()
        self._ahead: list[ModelRow] = []

    def peek(self, number: int) -> None:
        """Read the first rows, before a database is opened or anything is written.

        Raises
        ------
        UserError
            The file cannot be read, is hostile, or holds mostly impossible values.
        """
        self._ahead += islice(self._stream, number)
        self.check_share()

    def models(self) -> Iterator[ModelRow]:
        """Yield model rows: the first of each id counts, later ones are duplicates of it."""
        return chain(self._ahead, self._stream)

    def _rows(self) -> Iterator[ModelRow]:
        """Read the source through: models come out, the rest is counted or kept."""
        seen: set[str] = set()
        for raw in self.source.read():
            for outcome in self.source.normalise(raw):
                if isinstance(outcome, ModelRow):
                    if raw.kind == "edge":
                        self._named.add(outcome.model_id)
                        continue
                    self.report.counts["rows"] += 1
                    if outcome.model_id in seen:
                        self.report.counts["duplicates"] += 1
                    seen.add(outcome.model_id)
                    yield outcome
                else:
                    self._note(raw, outcome)
        # Children that only edge rows name have a row of their own: the edge declares them.
        for model_id in sorted(self._named - seen):
            self.report.counts["rows"] += 1
            yield ModelRow(model_id, {}, "hub-api", "")

    def edges(self) -> Iterator[EdgeRow]:
        """Yield the claims of edges that `models` met, without repetitions."""
        seen: set[EdgeRow] = set()
        for edge in self._edges:
            if edge in seen:
                self.report.counts["edge_duplicates"] += 1
            else:
                seen.add(edge)
                yield edge

    def _note(self, raw: RawRow, outcome: EdgeRow | Reject | SetAside | Dropped) -> None:
        """Keep an edge, or count what was not stored."""
        counts = self.report.counts
        if isinstance(outcome, EdgeRow):
            counts["edge_rows"] += 1
            self._edges.append(outcome)
        elif isinstance(outcome, Dropped):
            self.report.dropped[outcome.field, outcome.code] += 1
        else:
            self.report.rejects.append(outcome)
            if isinstance(outcome, SetAside):
                counts["rows"] += 1
                counts["set_aside"] += 1
            elif raw.kind == "edge":
                counts["edge_rows"] += 1
                counts["edges_rejected"] += 1
            else:
                counts["rows"] += 1
                counts["rejected"] += 1

    def close(self) -> None:
        """Take over what the source noticed beside its rows."""
        self.report.ignored_columns.update(self.source.ledger.ignored_columns)
        self.report.notes.update(self.source.ledger.notes)

    def check_share(self) -> None:
        """Raise when most rows so far had to be set aside."""
        counts = self.report.counts
        if counts["set_aside"] > MAX_SET_ASIDE * max(counts["rows"], 1):
            codes = Counter(
                code for r in self.report.rejects if isinstance(r, SetAside) for code in r.codes
            )
            common = ", ".join(f"{code} ({n:,})" for code, n in codes.most_common(3))
            raise UserError(
                f"{counts['set_aside']:,} of {counts['rows']:,} rows hold impossible values",
                where=self.source.path.name,
                why=f"most often {common}",
                fix="Is this the right file? `--raw` loads it as it stands.",
            )
