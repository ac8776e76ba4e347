"""A look into a file without a database: what a load would make of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from modelkin.loader.open import source_of
from modelkin.loader.pickles.reader import Scan, scan
from modelkin.loader.ratings import RatingRow
from modelkin.loader.records import Dropped, EdgeRow, ModelRow, Outcome, Reject, SetAside

MAX_EXAMPLES = 3
"""Examples kept for each reason."""

Example = tuple[str, str]  # where, excerpt


@dataclass
class Inspection:
    """What a file holds, and what a load would do with it.

    Attributes
    ----------
    path : Path
    command : str
        The load command that it is made for.
    reader : str
        The source that reads it.
    rows : int
        As read; of a graph, nodes and edges.
    models, edges, ratings : int
        Records of models, claims of edges and ratings that would be stored, repetitions
        included: what a load counts. A child that only an edge list names has one record.
    stubs : int
        Models that edges name and nothing else.
    coverage : Counter
        Attribute -> models with a value of it.
    evidence, relations : Counter
        Kinds of evidence -> models; relations (with unknown words after a colon) -> edges.
    rankings : Counter
        (category, snapshot) -> ratings.
    rejected, set_aside : Counter
        Reason code -> rows. A row set aside for several reasons counts for each.
    n_set_aside : int
        Rows set aside.
    dropped : Counter
        (field, code) -> cells left out.
    examples : dict
        Reason -> up to three (where, excerpt).
    ignored_columns, notes : Counter
        From the source's ledger.
    names : Scan or None
        What a pickle asks for.
    """

    path: Path
    command: str
    reader: str
    rows: int = 0
    models: int = 0
    edges: int = 0
    stubs: int = 0
    ratings: int = 0
    n_set_aside: int = 0
    coverage: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    rankings: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    set_aside: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    ignored_columns: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    names: Scan | None = None


def inspect(path: Path, *, names: bool = True) -> Inspection:
    """Read a whole file and count what is in it.

    Parameters
    ----------
    path : Path
        File or folder of any kind that a load command reads.
    names : bool
        Whether the names that a pickle asks for are listed (about 6 MB a second).

    Raises
    ------
    UserError
        The file cannot be read, or nothing about it is recognised.
    """
    path = Path(path)
    source = source_of(path)
    out = Inspection(path, source.kind, type(source).__name__)
    if names and out.reader == "PickleGraphSource":
        out.names = scan(path)
    declared: set[str] = set()
    named: dict[str, ModelRow] = {}
    ends: set[str] = set()
    for row in source.read():
        out.rows += 1
        for outcome in source.normalise(row):
            match outcome:
                case ModelRow() if row.kind == "edge":
                    named.setdefault(outcome.model_id, outcome)
                    continue
                case ModelRow():
                    declared.add(outcome.model_id)
                case EdgeRow():
                    ends |= {outcome.parent_id, outcome.child_id}
            _count(out, outcome)
    for model_id in named.keys() - declared:
        _count(out, named[model_id])
    out.stubs = len(ends - declared - named.keys())
    out.ignored_columns.update(source.ledger.ignored_columns)
    out.notes.update(source.ledger.notes)
    return out


def _count(out: Inspection, outcome: Outcome | RatingRow) -> None:
    """Count one outcome."""
    match outcome:
        case ModelRow():
            out.models += 1
            out.coverage.update(outcome.properties.keys())
            out.evidence[outcome.evidence] += 1
        case EdgeRow():
            out.edges += 1
            word = f"{outcome.relation}: {outcome.word}" if outcome.word else outcome.relation
            out.relations[word] += 1
        case RatingRow():
            out.ratings += 1
            out.rankings[outcome.category, outcome.snapshot] += 1
        case Reject():
            out.rejected[outcome.code] += 1
            _example(out, outcome.code, outcome.where, outcome.excerpt)
        case SetAside():
            out.n_set_aside += 1
            out.set_aside.update(outcome.codes)
            for code in outcome.codes:
                _example(out, code, outcome.where, outcome.excerpt)
        case Dropped():
            out.dropped[outcome.field, outcome.code] += 1
            _example(out, f"{outcome.field}: {outcome.code}", outcome.where, outcome.excerpt)


def _example(out: Inspection, reason: str, where: str, excerpt: str) -> None:
    """Keep the first few examples of a reason."""
    held = out.examples.setdefault(reason, [])
    if len(held) < MAX_EXAMPLES:
        held.append((where, excerpt))
