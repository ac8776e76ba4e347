"""What is known of one model, and what sets two apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelkin.cypher import catalogue
from modelkin.schema.attributes import ATTRIBUTES, feature_set
from modelkin.schema.derive import derived

if TYPE_CHECKING:
    from modelkin.graph.asking import Reads

LINEAGE = (
    "root_id", "n_roots", "depth_min", "depth_max", "configured_hops", "n_children",
    "n_descendants", "component_id", "drift_to_root", "accumulated_drift",
)  # fmt: skip
ARENA = ("arena_name", "arena_rating", "arena_low", "arena_high", "arena_category",
         "arena_snapshot")  # fmt: skip


def properties(graph: Reads, model_id: str) -> dict[str, Any]:
    """Return every stored property of a model that is in the graph."""
    rows = graph.fetch(catalogue.get("load/read_models"), ids=[model_id])
    return dict(rows[0]["properties"])


def card(graph: Reads, model_id: str) -> list[dict[str, Any]]:
    """Return a model's attributes as rows.

    Returns
    -------
    list of dict
        ``attribute``, ``value``, and of the claim that won ``evidence``, ``snapshot``, ``run``
        ("derived" and "whole graph" for what was computed). Unknown attributes are left out.
    """
    held = properties(graph, model_id)
    won: dict[str, tuple[str, str, str]] = {}
    for entry in held.get("attribute_sources") or ():
        run, evidence, snapshot, names = entry.split("|", 3)
        won.update(dict.fromkeys(names.split(","), (evidence, snapshot, run)))
    rows = [
        _row(a.name, held[a.name], *won.get(a.name, ("", "", "")))
        for a in ATTRIBUTES
        if held.get(a.name) is not None
    ]
    rows.append(_row("family", held.get("family"), "derived"))
    rows += [_row(k, v, "derived") for k, v in derived(held).items() if v is not None]
    rows += [_row(k, held[k], "whole graph") for k in LINEAGE if held.get(k) is not None]
    rows += [_row(k, held[k], "arena") for k in ARENA if held.get(k) is not None]
    return rows


def _row(
    name: str, value: Any, evidence: str = "", snapshot: str = "", run: str = ""
) -> dict[str, Any]:
    """Make one row of a card."""
    return {
        "attribute": name,
        "value": value,
        "evidence": evidence,
        "snapshot": snapshot or None,
        "run": run or None,
    }


def compare(graph: Reads, one: str, other: str) -> list[dict[str, Any]]:
    """Return two models side by side.

    Returns
    -------
    list of dict
        ``attribute``, ``first``, ``second``, ``state`` ("changed", "equal", or "unknown" where
        one side is not known) and ``compared`` (whether the feature set "default", which
        decides drift, holds it). Attributes that neither side knows are left out.
    """
    first, second = properties(graph, one), properties(graph, other)
    default = feature_set("default")
    rows = []
    for attribute in ATTRIBUTES:
        if not attribute.config:
            continue
        a, b = first.get(attribute.name), second.get(attribute.name)
        if a is None and b is None:
            continue
        state = "unknown" if a is None or b is None else "equal" if a == b else "changed"
        rows.append(
            {
                "attribute": attribute.name,
                "first": a,
                "second": b,
                "state": state,
                "compared": attribute.name in default,
            }
        )
    return rows
