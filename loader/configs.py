"""Configurations as tables: the reference's expanded CSV, and tables of canonical attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from modelkin.errors import UserError
from modelkin.loader.columns import ID_COLUMNS, Cells, Columns, parameters, read_id, read_snapshot
from modelkin.loader.columns import snapshot_parameter as _snapshot
from modelkin.loader.plausibility import findings, is_shifted
from modelkin.loader.records import (
    Dropped,
    Ledger,
    ModelRow,
    Outcome,
    RawRow,
    Reject,
    SetAside,
)
from modelkin.loader.relations import HINT_KEYS, hinted
from modelkin.loader.repair import repaired
from modelkin.loader.tables import broken, open_table
from modelkin.loader.values import excerpt
from modelkin.schema.attributes import CONFIG_NAMES, EVIDENCE

RECOMPUTED = (
    "config_approx_params_billions",
    "config_head_dimension",
    "config_gqa_ratio",
    "config_context_per_layer",
    "config_moe_expert_utilization",
    "uses_moe",
    "uses_gqa",
    "uses_rope",
    "uses_quantization",
    "size_category",
    "context_category",
)
"""Columns of the reference that follow from others: `modelkin.schema.derive` computes them."""

REPAIRED = "row moved back under its headers (repaired)"
"""Note of the ledger for each row that `repair` brought back."""

_BOOKKEEPING = ("evidence", "snapshot", "source", "is_adapter")


def check_evidence(evidence: str) -> str:
    """Return a kind of evidence that the user gave; a `UserError` when there is none such."""
    if evidence and evidence not in EVIDENCE:
        raise UserError(
            f"{evidence!r} is no kind of evidence", fix=f"There are {', '.join(EVIDENCE)}."
        )
    return evidence


def _evidence_of(columns: Sequence[str]) -> str:
    """Return the evidence of a table's rows that state none."""
    if "is_adapter" in columns:
        return "weight-shapes"  # only measured weights cannot tell an adapter from its base
    is_reference = any(column.startswith("config_") for column in columns)
    return "config.json" if is_reference else "config.json-subset"


class ConfigTableSource:
    """Configurations under headers: ``config_*`` of the reference, or canonical names.

    Kept: the attributes of the table in `modelkin.schema.attributes`. Changed: aliases and
    spellings; derived columns and flags are left out, to be recomputed. Set aside: rows
    whose values stand under wrong headers (`modelkin.loader.plausibility`); a lone
    impossible cell is left out of its row. Rejected: rows without a model id, and rows
    that cannot be stored.

    Parameters
    ----------
    path : Path
        CSV, JSON lines or Parquet with an id column.
    raw : bool
        Load every cell that can be stored, as the reference did: no bands, nothing set aside.
    repair : bool
        Bring rows back whose order of columns is recognised (`modelkin.loader.repair`);
        they carry ``repaired = True``.
    hints : bool
        Whether ``name_or_path`` gives an edge.
    evidence, snapshot : str
        Of rows that name none in columns of these names. Evidence is "config.json" for the
        reference's headers, else "config.json-subset", since a table that leaves a key out
        does not say that there is none.
    """

    kind: ClassVar[str] = "configs"

    def __init__(
        self,
        path: Path,
        *,
        raw: bool = False,
        repair: bool = False,
        hints: bool = False,
        evidence: str = "",
        snapshot: str = "",
    ) -> None:
        self.path, self.raw, self.repair, self.hints = path, raw, repair, hints
        self.snapshot = _snapshot(snapshot)
        self.parameters = parameters(
            raw=raw, repair=repair, hints=hints, evidence=evidence, snapshot=snapshot
        )
        self.ledger = Ledger()
        self._table = open_table(path, ID_COLUMNS)
        self.evidence = check_evidence(evidence) or _evidence_of(self._table.columns)
        used = (self._table.key, *_BOOKKEEPING, *HINT_KEYS)
        self._columns = Columns(
            CONFIG_NAMES, self.ledger, used=used, recomputed=RECOMPUTED, bands=not raw
        )
        self._quiet = Columns(CONFIG_NAMES, Ledger(), used=used)

    def read(self) -> Iterator[RawRow]:
        """Yield the rows in file order."""
        return self._table.rows()

    def normalise(self, row: RawRow) -> Iterator[Outcome]:
        """Yield the model's row and what was left out of it, or its reject, or why it is aside."""
        if reject := broken(row):
            yield reject
            return
        model_id = read_id(row, self._table.key)
        if isinstance(model_id, Reject):
            yield model_id
            return
        cells = self._columns.read(row)
        if cells.reject:
            yield cells.reject
        elif self.raw:
            yield from self._stored(row, model_id, cells)
        else:
            yield from self._judged(row, model_id, cells)

    def _judged(self, row: RawRow, model_id: str, cells: Cells) -> Iterator[Outcome]:
        """Set a shifted row aside; leave a lone impossible cell out."""
        found = findings(row.values, cells)
        if is_shifted(found):
            if self.repair and (moved := repaired(row, self._quiet, self._table.key)):
                self.ledger.notes[REPAIRED] += 1
                moved.values["repaired"] = True
                yield from self._stored(row, model_id, moved)
                return
            codes = tuple(dict.fromkeys(f.code for f in found))
            text = ", ".join(f"{k}={v}" for k, v in row.values.items() if v not in (None, ""))
            yield SetAside(row.where, codes, excerpt(text))
            return
        for finding in found:
            # What is not stored, or was left out already, needs no second leaving out.
            if finding.field in cells.values:
                value = cells.values.pop(finding.field)
                yield Dropped(row.where, finding.field, finding.code, excerpt(str(value)))
        yield from self._stored(row, model_id, cells)

    def _stored(self, row: RawRow, model_id: str, cells: Cells) -> Iterator[Outcome]:
        """Yield what is stored of a believed row."""
        yield from cells.dropped
        evidence = str(row.values.get("evidence") or self.evidence)
        if evidence not in EVIDENCE:
            yield Dropped(row.where, "evidence", "unknown_evidence", excerpt(evidence))
            evidence = EVIDENCE[-1]
        if str(row.values.get("is_adapter")).lower() == "true" and evidence == "weight-shapes":
            self.ledger.notes["adapter: its weight shapes are its base's, not stored"] += 1
            cells.values.clear()
        yield ModelRow(model_id, cells.values, evidence, read_snapshot(row, self.snapshot))
        yield from hinted(row.where, row.values, model_id, self.ledger, hints=self.hints)
