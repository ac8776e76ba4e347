"""The lineage page as one self-contained file: opens anywhere, asks nobody, under 3 MB."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from modelkin.explorer import answers, assets
from modelkin.explorer.filters import Filters
from modelkin.explorer.members import Walked
from modelkin.explorer.table import rows_of
from modelkin.graph.asking import Asking
from modelkin.schema.attributes import feature_set

LARGEST = 2_800_000
"""Characters of a file; over it the least downloaded leaves are left out."""

FACTS = (
    "family", "created_at", "downloads", "likes", "license", "pipeline_tag", "library_name",
    "n_params", "torch_dtype", "quant_method", "depth_min", "n_children", "n_descendants",
)  # fmt: skip
"""What a file knows of a model besides the compared attributes."""

Row = Mapping[str, Any]


def write(ask: Asking, members: Walked, filters: Filters) -> tuple[str, int]:
    """Return the file, and how many leaves were left out to keep it small.

    Parameters
    ----------
    ask : Asking
        Where attributes are read.
    members : Walked
        The lineage.
    filters : Filters
        What it is limited to; said on the page.
    """
    first = answers.lineage(ask, members, filters)
    first["cypher"] = []
    nodes, edges = rows_of(ask, members)
    kept = {m["id"] for m in first["members"]}
    inner = {str(e["parent"]) for e in edges}
    leaves = [n for n in nodes if n["model_id"] not in kept | inner]
    leaves.sort(key=lambda n: (n.get("downloads") or -1, str(n["model_id"])))
    n_left = _fewest(members, first, nodes, edges, leaves)
    return _page(members, first, nodes, edges, leaves[:n_left]), n_left


def _fewest(
    members: Walked, first: Row, nodes: Sequence[Row], edges: Sequence[Row], leaves: Sequence[Row]
) -> int:
    """Return the fewest leaves whose leaving out makes the file small enough."""
    if len(_page(members, first, nodes, edges, ())) <= LARGEST:
        return 0
    low, high = 1, len(leaves)
    while low < high:
        middle = (low + high) // 2
        if len(_page(members, first, nodes, edges, leaves[:middle])) <= LARGEST:
            high = middle
        else:
            low = middle + 1
    return low


def _page(
    members: Walked,
    first: Row,
    nodes: Sequence[Row],
    edges: Sequence[Row],
    left_out: Sequence[Row],
) -> str:
    """Put style, scripts and data into the markup."""
    gone = {str(n["model_id"]) for n in left_out}
    notes = list(first["notes"])
    if gone:
        notes.append(f"{len(gone):,} least downloaded leaves left out to keep this file small")
    data = {"lineage": {**first, "notes": notes}, **_columns(members, nodes, edges, gone)}
    packed = gzip.compress(json.dumps(data, separators=(",", ":")).encode(), 9, mtime=0)
    style = assets.text("static/app.css")
    libraries = "\n".join(assets.text(name) for name in assets.libraries())
    script = joined()
    policy = (
        f"default-src 'none'; script-src {_hash(libraries)} {_hash(script)}; "
        f"style-src {_hash(style)}; img-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    return assets.page(
        f"<style>{style}</style>",
        f'<script type="application/octet-stream" id="data">{base64.b64encode(packed).decode()}'
        f"</script>\n<script>{libraries}</script>\n"
        f'<script type="module">{script}</script>',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">',
    )


def joined() -> str:
    """Return all our modules as one, without imports and exports."""
    out = []
    for name in assets.scripts():
        text = re.sub(r"^import .*\n", "", assets.text(name), flags=re.M)
        out.append(re.sub(r"^export ", "", text, flags=re.M))
    return "\n".join(out)


def _hash(text: str) -> str:
    """Return what names an inline script or style in a policy."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _columns(
    members: Walked, nodes: Sequence[Row], edges: Sequence[Row], gone: Collection[str]
) -> dict[str, Any]:
    """Return members and edges column by column: equal names are packed away."""
    rows = [n for n in nodes if n["model_id"] not in gone]
    ids = [str(n["model_id"]) for n in rows]
    at = {model: k for k, model in enumerate(ids)}
    table: dict[str, list[Any]] = {"id": ids}
    for name in dict.fromkeys((*FACTS, *feature_set("default"))):
        table[name] = [n.get(name) for n in rows]
    table["below"] = [members.n_below(model) or None for model in ids]
    table["kids"] = [members.n_children(model) or None for model in ids]
    lines = [e for e in edges if e["parent"] in at and e["child"] in at]
    return {
        "members": {k: v for k, v in table.items() if any(x is not None for x in v)},
        "edges": {
            "p": [at[e["parent"]] for e in lines],
            "c": [at[e["child"]] for e in lines],
            "relation": [e.get("relation") for e in lines],
            "relations": [" ".join(e.get("relations") or ()) for e in lines],
            "drift": [_short(e.get("drift")) for e in lines],
            "n_compared": [e.get("n_compared") for e in lines],
            "changed": [" ".join(e.get("changed") or ()) or None for e in lines],
        },
    }


def _short(value: float | None) -> float | None:
    """Round a drift to what is shown of it."""
    return None if value is None else round(value, 6)
