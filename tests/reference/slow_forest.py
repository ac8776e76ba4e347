"""Lineage by networkx and plain loops: what `analysis.forest` must equal."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np

from modelkin.analysis.inputs import BITS, Edges, Forest

ORDER = ["finetune", "adapter", "quantized", "merge", "untyped"]


def slow_forest(n, edges: Edges, created_at, downloads, configured) -> Forest:
    full = nx.DiGraph()
    full.add_nodes_from(range(n))
    unmerged = full.copy()
    parents = {v: [] for v in range(n)}
    for p, c, bits in zip(edges.parent, edges.child, edges.bits, strict=True):
        if p != c:
            full.add_edge(int(p), int(c))
            parents[int(c)].append((int(p), int(bits)))
            if not bits & BITS["merge"]:
                unmerged.add_edge(int(p), int(c))

    component = {}
    for members in nx.weakly_connected_components(unmerged):
        component.update(dict.fromkeys(members, min(members)))

    def rank(candidate):
        p, bits = candidate
        relation = min(ORDER.index(r) for r in ORDER if bits & BITS[r])
        undated = np.isnat(created_at[p])
        unknown = np.isnan(downloads[p])
        return (
            relation,
            (undated, 0 if undated else int(created_at[p].astype(np.int64))),
            (unknown, 0.0 if unknown else -downloads[p]),
            p,
        )

    main = [min(parents[v], key=rank)[0] if parents[v] else -1 for v in range(n)]
    roots = {v for v in range(n) if full.in_degree(v) == 0 and full.out_degree(v) > 0}
    condensed = nx.condensation(full)
    place = condensed.graph["mapping"]
    longest = {}
    for knot in nx.topological_sort(condensed):
        above = [longest[q] for q in condensed.predecessors(knot) if longest[q] >= 0]
        starts = condensed.nodes[knot]["members"] & roots
        longest[knot] = 0 if starts else 1 + max(above, default=-2)

    root, hops, n_roots, depth_min = [], [], [], []
    for v in range(n):
        path = [v]
        while main[path[-1]] >= 0 and main[path[-1]] not in path:
            path.append(main[path[-1]])
        end = path[-1]
        if main[end] >= 0:
            end = min(path[path.index(main[end]) :])
            path = path[: path.index(end) + 1]
        linked = full.degree(v) > 0
        root.append(end if linked else -1)
        hops.append(sum(configured[a] and configured[b] for a, b in pairwise(path)))
        above = (nx.ancestors(full, v) | {v}) & roots
        n_roots.append(len(above))
        depth_min.append(min((nx.shortest_path_length(full, r, v) for r in above), default=-1))
    as_array = lambda values: np.array(values, dtype=np.int64)  # noqa: E731 - one short rule
    return Forest(
        component=as_array([component[v] for v in range(n)]),
        main_parent=as_array(main),
        root=as_array(root),
        n_roots=as_array(n_roots),
        depth_min=as_array(depth_min),
        depth_max=as_array([longest[place[v]] for v in range(n)]),
        configured_hops=as_array(hops),
        n_children=as_array([full.out_degree(v) for v in range(n)]),
        n_descendants=as_array([len(nx.descendants(full, v)) for v in range(n)]),
        is_root=np.array([v in roots for v in range(n)], dtype=bool),
    )
