"""A lineage for programs that draw graphs and trees: DOT, Newick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelkin.errors import UserError, printable
from modelkin.schema.graph import MAIN_PARENT_ORDER, UNTYPED

Row = Mapping[str, Any]
Rows = Sequence[Row]

STYLES: Mapping[str, str] = {
    "finetune": "solid", "quantized": "dashed", "adapter": "dotted", "merge": "bold",
    UNTYPED: "solid",
}  # fmt: skip
"""Relation -> how Graphviz draws its line."""


def dot(nodes: Rows, edges: Rows, raw: bool = False) -> str:
    """Return DOT for Graphviz, parents above children; `raw` changes nothing.

    Drift makes a line thicker, and stands in its tooltip where it is known.
    """
    lines = ["digraph lineage {", "  rankdir=TB;", '  node [shape=box, style="rounded"];']
    for node in nodes:
        about = [str(node[k]) for k in ("family", "license", "created_at") if node.get(k)]
        lines.append(f"  {_quoted(node['model_id'])} [tooltip={_quoted(', '.join(about))}];")
    for edge in edges:
        relation, drift = str(edge.get("relation") or UNTYPED), edge.get("drift")
        said = relation if drift is None else f"{relation}, drift {drift:.4f}"
        width = 1.0 if drift is None else 1.0 + 5.0 * drift
        lines.append(
            f"  {_quoted(edge['parent'])} -> {_quoted(edge['child'])} "
            f"[label={_quoted(relation)}, style={STYLES.get(relation, 'solid')}, "
            f"penwidth={width:.2f}, tooltip={_quoted(said)}];"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: object) -> str:
    r"""Quote a DOT string: only the quote ends it, and a backslash would begin an escape.

    >>> _quoted('a"b\\')
    '"a\\"b\\\\"'
    """
    shown = printable(str(text)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'


def newick(nodes: Rows, edges: Rows, raw: bool = False) -> str:
    """Return Newick: the tree of main parents, drift as the length of a branch.

    A branch of unknown drift has no length. Ids stand in quotes; `raw` changes nothing.

    Raises
    ------
    UserError
        When main parents make no single tree: Newick has no way to write anything else.
    """
    up = main_parents(nodes, edges)
    tops = [str(n["model_id"]) for n in nodes if str(n["model_id"]) not in up]
    if len(tops) != 1:
        raise UserError(
            "This lineage is no tree",
            why=f"by main parents it has {len(tops)} roots" if tops else "it goes in a circle",
            fix="Export the lineage of one root, or take --as graphml or dot.",
        )
    kids: dict[str, list[str]] = {}
    for child, edge in sorted(up.items()):
        kids.setdefault(str(edge["parent"]), []).append(child)
    text, n_written = _written(tops[0], kids, up)
    if n_written < len(nodes):
        raise UserError(
            "This lineage is no tree",
            why=f"{len(nodes) - n_written} models stand in a circle of main parents",
            fix="Take --as graphml or dot.",
        )
    return text + ";\n"


def _written(top: str, kids: Mapping[str, Sequence[str]], up: Mapping[str, Row]) -> tuple[str, int]:
    """Write the tree below a model without recursion, and count its models."""
    out: list[str] = []
    n = 0
    stack: list[tuple[str, bool]] = [(top, False)]  # a model, and whether its children are done
    while stack:
        model, is_done = stack.pop()
        if not is_done:
            if out and not out[-1].endswith("("):
                out.append(",")
            stack.append((model, True))
            if model in kids:
                out.append("(")
                stack += [(kid, False) for kid in reversed(kids[model])]
            continue
        n += 1
        drift = up[model].get("drift") if model in up else None
        close = ")" if model in kids else ""
        name = printable(model).replace("'", "''")
        out.append(f"{close}'{name}'" + ("" if drift is None else f":{drift:.6g}"))
    return "".join(out), n


def main_parents(nodes: Rows, edges: Rows) -> dict[str, Row]:
    """Return the edge from the main parent of each model that has a parent among these.

    By relation, then the parent made earliest, most downloaded, with the smallest id; unknown
    dates and downloads come last.
    """
    facts = {str(n["model_id"]): n for n in nodes}

    def order(edge: Row) -> tuple[int, str, float, str]:
        said = edge.get("relations") or [edge.get("relation")]
        rank = min((MAIN_PARENT_ORDER.index(r) for r in said if r in MAIN_PARENT_ORDER), default=9)
        parent = facts.get(str(edge["parent"]), {})
        downloads = parent.get("downloads")
        return (rank, str(parent.get("created_at") or "~"),
                1.0 if downloads is None else -downloads, str(edge["parent"]))  # fmt: skip

    best: dict[str, Row] = {}
    for edge in sorted(edges, key=order):
        if edge["parent"] != edge["child"]:
            best.setdefault(str(edge["child"]), edge)
    return best
