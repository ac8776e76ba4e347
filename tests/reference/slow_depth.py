"""Depth, displacement and accumulated drift by walking every path: what `depth` must equal."""

from __future__ import annotations

import math
from itertools import pairwise

from slow_drift import records

from modelkin.analysis.inputs import Inputs
from modelkin.schema.attributes import BY_NAME, feature_set


class SlowDepth:
    """Walks the main parents of one model at a time."""

    def __init__(self, inputs: Inputs, min_shared: int = 3) -> None:
        self.inputs, self.min_shared = inputs, min_shared
        self.models, self.names = records(inputs), feature_set("default")
        self.ranges = {}
        for name in self.names:
            if BY_NAME[name].kind in ("integer", "number"):
                values = [m[name] for m in self.models if m[name] is not None]
                self.ranges[name] = (max(values) - min(values) if values else 0) or 1.0
        edges = zip(inputs.edges.parent, inputs.edges.child, strict=True)
        self.edge = {pair: k for k, pair in enumerate(edges)}

    def distance(self, i: int, j: int) -> float | None:
        a, b = self.models[i], self.models[j]
        if not (a["configured"] and b["configured"]):
            return None
        if i == j:
            return 0.0
        terms = []
        for name in self.names:
            if a[name] is not None and b[name] is not None:
                far = (
                    abs(a[name] - b[name]) / self.ranges[name]
                    if name in self.ranges
                    else float(a[name] != b[name])
                )
                terms.append(far)
        return math.fsum(terms) / len(terms) if len(terms) >= self.min_shared else None

    def path(self, v: int) -> list[int]:
        """The model, its main parent, … , its root."""
        out, root = [v], self.inputs.forest.root[v]
        while out[-1] != root and root >= 0:
            out.append(int(self.inputs.forest.main_parent[out[-1]]))
        return out

    def accumulated(self, path: list[int]) -> float | None:
        if not self.models[path[-1]]["configured"]:
            return None
        steps = [self.distance(path[k + 1], path[k]) for k in range(len(path) - 1)]
        return None if None in steps else math.fsum(steps)

    def run(self, v: int) -> list[int]:
        """The path as far as it is configured and no edge claims a merge."""
        path = self.path(v)
        out = path[:1]
        for child, parent in pairwise(path):
            edge = self.edge[(parent, child)]
            merged = self.inputs.edges.bits[edge] & 8
            if merged or not (
                self.models[child]["configured"] and self.models[parent]["configured"]
            ):
                break
            out.append(parent)
        return out
