"""Drift and mutation counts by loops over dicts: what the analyses must equal."""

from __future__ import annotations

import math

from modelkin.analysis.inputs import Inputs
from modelkin.schema.attributes import BY_NAME, feature_set


def records(inputs: Inputs) -> list[dict]:
    frame = inputs.models.frame
    known = frame.astype(object).where(frame.notna(), None)
    return known.to_dict("records")


def slow_drift(inputs: Inputs, min_shared: int = 3) -> list[tuple]:
    """(drift, n_compared, changed) of every edge; (None, None, None) where not configured."""
    models, names = records(inputs), feature_set("default")
    ranges = {}
    for name in names:
        if BY_NAME[name].kind in ("integer", "number"):
            values = [m[name] for m in models if m[name] is not None]
            ranges[name] = (max(values) - min(values) if values else 0) or 1.0
    out = []
    for p, c in zip(inputs.edges.parent, inputs.edges.child, strict=True):
        a, b = models[p], models[c]
        if p == c or not (a["configured"] and b["configured"]):
            out.append((None, None, None))
            continue
        terms, changed = [], set()
        for name in names:
            if a[name] is None or b[name] is None:
                continue
            if a[name] != b[name]:
                changed.add(name)
            far = abs(a[name] - b[name]) / ranges[name] if name in ranges else a[name] != b[name]
            terms.append(float(far))
        drift = math.fsum(terms) / len(terms) if len(terms) >= min_shared else None
        out.append((drift, len(terms), changed))
    return out


def slow_mutations(inputs: Inputs, name: str, wanted) -> dict[str, int]:
    """Counts of one field over the configured pairs for which ``wanted(bits)`` holds."""
    models, edges = records(inputs), inputs.edges
    counts = dict.fromkeys(("same", "changed", "appeared", "vanished", "unknown", "increased"), 0)
    for p, c, bits in zip(edges.parent, edges.child, edges.bits, strict=True):
        a, b = models[p], models[c]
        if p == c or not wanted(bits) or not (a["configured"] and b["configured"]):
            continue
        before, after = a[name], b[name]
        if before is None and after is None:
            counts["unknown"] += 1
        elif before is None:
            counts["appeared"] += 1
        elif after is None:
            counts["vanished"] += 1
        elif before == after:
            counts["same"] += 1
        else:
            counts["changed"] += 1
            if BY_NAME[name].kind in ("integer", "number"):
                counts["increased"] += after > before
    return counts
