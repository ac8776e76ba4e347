"""Why no neighbours are stored for a model, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkin.cypher import catalogue
from modelkin.graph import runs
from modelkin.schema.attributes import feature_set

if TYPE_CHECKING:
    from modelkin.graph.client import Graph


def why_none(graph: Graph, model_id: str) -> str:
    """Return one sentence about a model that has no `SIMILAR_TO` edge.

    Parameters
    ----------
    graph : Graph
        Any engine.
    model_id : str
        A model that is in the graph.

    Returns
    -------
    str
        The first reason that holds: it is not configured, nothing was written, it was left
        out as a copy, it knows too few fields, no other knows enough of the same ones.
    """
    found = graph.fetch(catalogue.get("fetch/model"), model_id=model_id)[0]
    held = found["properties"]
    if "Configured" not in found["labels"]:
        return (
            f"no neighbours: the configuration of {model_id} is not known (neither hidden_size "
            "nor num_hidden_layers); `modelkin load configs FILE` adds it, then "
            "`modelkin similarity write`"
        )
    written = [r for r in runs.every(graph) if r.kind == "similarity" and r.is_complete]
    if not written:
        return "no neighbours: none are stored yet; `modelkin similarity write` stores them"
    asked = written[-1].parameters
    fields = feature_set("default")
    n_known = sum(held.get(name) is not None for name in fields)
    fewest = int(asked.get("min_shared") or 1)
    if n_known < fewest:
        return (
            f"no neighbours: {model_id} knows {n_known} of the {len(fields)} compared fields, and "
            f"at least {fewest} are asked for; `modelkin similarity write` compares on fewer with "
            f"--min-shared {n_known}"
        )
    if asked.get("representatives") and not held.get("is_representative"):
        return (
            "no neighbours: they are stored for one model of each configuration only; "
            f"`modelkin queries run copies -p model_id={model_id}` lists those of this one"
        )
    return (
        f"no neighbours: no other configuration shares at least {fewest} known fields with "
        f"{model_id}; `modelkin similarity write` compares on fewer with a smaller --min-shared"
    )
