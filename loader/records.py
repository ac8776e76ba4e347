"""What a source gives: rows as read, and what normalising makes of them.

Every source gives ``read`` (rows as they stand in the file) and ``normalise`` (one row
to outcomes); `modelkin.loader.load` runs read, normalise, write, reconcile for all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands in the source.

    Attributes
    ----------
    kind : str
        "model" or "edge": what the row speaks of first.
    where : str
        Place a person can find: "row 12", "node 7", "edge 3", a path inside a folder.
    values : Mapping[str, Any]
        The cells by their names in the source.
    """

    kind: str
    where: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model's own row: what one source says of it.

    Attributes
    ----------
    model_id : str
        Hub id, valid by `modelkin.schema.graph.is_model_id`.
    properties : Mapping[str, Any]
        Canonical property names to storable values; a missing value is an absent key.
    evidence : str
        One of `modelkin.schema.attributes.EVIDENCE`.
    snapshot : str
        ISO date of the source's state, "" when unknown.
    """

    model_id: str
    properties: Mapping[str, Any]
    evidence: str
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A declared parent of a model.

    Attributes
    ----------
    parent_id, child_id : str
        Hub ids; equal for a self-loop.
    relation : str
        "finetune", "adapter", "quantized", "merge", or "untyped".
    word : str
        The word of the source where it is not a known relation, else "".
    """

    parent_id: str
    child_id: str
    relation: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be stored.

    Attributes
    ----------
    where : str
        Place in the source.
    code : str
        Reason code in snake_case ("bad_id", "unpackable_value").
    message : str
        One sentence for a person.
    excerpt : str
        At most 200 characters of the row, escaped.
    """

    where: str
    code: str
    message: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that could be stored but is not believed (values under wrong headers).

    Attributes
    ----------
    where : str
        Place in the source.
    codes : tuple of str
        Reason codes, each naming the impossible cell ("rope_theta_is_boolean").
    excerpt : str
        At most 200 characters of the row, escaped.
    """

    where: str
    codes: tuple[str, ...]
    excerpt: str = ""

    @property
    def message(self) -> str:
        """One sentence for a person.

        >>> SetAside("row 2", ("rope_theta_is_boolean", "gqa_ratio_is_model_size")).message
        'not believed: rope_theta is boolean; gqa_ratio is model size'
        """
        said = (code.partition("_is_") for code in self.codes)
        return "not believed: " + "; ".join(
            f"{name} is {what.replace('_', ' ')}" if what else name.replace("_", " ")
            for name, _, what in said
        )


@dataclass(frozen=True, slots=True)
class Dropped:
    """One impossible or unknown cell left out of a row that is otherwise stored.

    Attributes
    ----------
    where : str
        Place in the source.
    field : str
        Canonical name, or the column's own name.
    code : str
        Reason code ("not_a_number", "out_of_band", "unknown_relation").
    excerpt : str
        The cell, at most 200 characters, escaped.
    """

    where: str
    field: str
    code: str
    excerpt: str = ""


Outcome = ModelRow | EdgeRow | Reject | SetAside | Dropped


@dataclass
class Ledger:
    """What a source noticed beside its rows, filled while it is read.

    Attributes
    ----------
    ignored_columns : Counter
        Column or key that the schema does not know -> rows where it had a value.
    notes : Counter
        Any other counted observation, by a sentence ("empty value", "bare model name").
    """

    ignored_columns: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


class Source(Protocol):
    """A kind of source file, bound to one path.

    Attributes
    ----------
    kind : str
        "graph", "configs", "models", "ecosystem" or "arena": the load command.
    path : Path
        File or folder.
    parameters : Mapping
        What else decides the result (raw, hints, snapshot, ...): part of the run's id.
    ledger : Ledger
        Filled by ``read`` and ``normalise``.
    """

    kind: ClassVar[str]
    path: Path
    parameters: Mapping[str, str | int | bool]
    ledger: Ledger

    def read(self) -> Iterator[RawRow]:
        """Yield the rows in file order; model rows before edge rows."""
        ...

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield what one row becomes.

        At most one of ModelRow, Reject or SetAside for the whole, any number of EdgeRow and
        Dropped beside it.
        """
        ...
