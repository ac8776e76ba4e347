"""The words that sources use for "is made from", and the edges that they declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelkin.loader.literals import literal_list
from modelkin.loader.records import Dropped, EdgeRow, Ledger
from modelkin.loader.values import excerpt, is_missing
from modelkin.schema.graph import HINT_WORDS, RELATION_WORDS, UNTYPED, is_model_id, organization

RELATION_COLUMNS = ("edge_types", "relations", "relation", "edge_type", "type", "edge")
"""Columns that say the relation, the ones that can say several first."""

HINT_KEYS = ("name_or_path", "_name_or_path", "config__name_or_path", "config_name_or_path")
"""Keys and columns in which a config names what it was loaded from."""

_FOLDERS = frozenset(
    {"models", "model", "output", "outputs", "data", "checkpoints", "ckpt", "results", "tmp"}
)
HINT_NOTE = "hint of a parent, not loaded (--hints loads it)"
_MAX_WORD = 100


def words_of(cell: object) -> list[str]:
    """Return the relation words of one cell: a text, a list, or a list written as text.

    Raises
    ------
    CellError
        The cell begins like a list and is none.
    """
    if isinstance(cell, str) and cell.lstrip().startswith("["):
        cell = literal_list(cell.strip())
    items = cell if isinstance(cell, (list, tuple, set, frozenset)) else [cell]
    return [str(item).strip() for item in items if not is_missing(item)]


def declared(
    where: str,
    parent_id: str,
    child_id: str,
    words: Iterable[str],
    ledger: Ledger,
    *,
    hints: bool = False,
) -> Iterator[EdgeRow | Dropped]:
    """Yield the edges that one pair's words declare, one for each relation.

    Without any word the edge is untyped. A word that is not known makes it untyped too,
    and is counted and kept. Hints are no lineage: counted, and yielded only when asked for.
    """
    relations: dict[str, str] = {}
    unknown: list[str] = []
    hinted = False
    for word in words:
        folded = word.lower()
        if folded in HINT_WORDS:
            hinted = True
            ledger.notes["hint of a parent" if hints else HINT_NOTE] += 1
            if hints:
                relations.setdefault(UNTYPED, folded)
        elif folded in RELATION_WORDS:
            relations[RELATION_WORDS[folded]] = ""
        else:
            unknown.append(excerpt(word)[:_MAX_WORD])
    typed = [r for r in relations if r != UNTYPED]
    for word in unknown:
        yield Dropped(where, "relation", "unknown_relation", word)
        yield EdgeRow(parent_id, child_id, UNTYPED, word)
    if not typed and not unknown and not (hinted and not hints):
        relations.setdefault(UNTYPED, "")
    for relation in typed or relations:
        yield EdgeRow(parent_id, child_id, relation, relations[relation])


def hinted(
    where: str, values: Mapping[str, Any], model_id: str, ledger: Ledger, *, hints: bool
) -> Iterator[EdgeRow | Dropped]:
    """Yield the edge that a config's ``_name_or_path`` hints at.

    Only a full id of another model counts: a bare name there is as often a local folder.
    """
    name = next((values[key] for key in HINT_KEYS if values.get(key)), None)
    if not is_model_id(name) or "/" not in str(name) or name == model_id:
        return
    if organization(str(name)).lower() not in _FOLDERS:
        words = ["config_name_or_path"]
        yield from declared(where, str(name), model_id, words, ledger, hints=hints)
