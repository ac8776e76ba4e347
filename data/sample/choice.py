"""Choose a connected part of what the sources say.

Chosen are models with a rating, a published config.json or a row in litgpt's table, and
well-known roots; every edge between configured models that changes something; the most
downloaded children of every chosen parent, relation by relation; all declared parents of
whatever was chosen. It is an ecosystem to look at, not a random sample: drift is
over-represented.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelkin.data.sample.sources import COMPARED
from modelkin.data.sample.tables import Row, merged

UNLICENSED = "hub_textgen"
"""The source that states no licence: bare edges, and no model is known by it alone."""

CHILDREN = {"finetune": 4, "merge": 3, "untyped": 2, "quantized": 1, "adapter": 1}
"""Most children of one parent by relation; those that change something come on top."""

ROOTS = (
    "01-ai/Yi-34B",
    "01-ai/Yi-6B",
    "EleutherAI/gpt-j-6b",
    "EleutherAI/gpt-neo-1.3B",
    "EleutherAI/gpt-neo-2.7B",
    "EleutherAI/gpt-neox-20b",
    "HuggingFaceTB/SmolLM-1.7B",
    "NousResearch/Llama-2-7b-hf",
    "Qwen/Qwen1.5-0.5B",
    "Qwen/Qwen1.5-7B",
    "Qwen/Qwen2-0.5B",
    "Qwen/Qwen2-7B",
    "Qwen/Qwen2-VL-2B-Instruct",
    "bigcode/starcoder2-3b",
    "bigcode/starcoder2-7b",
    "bigscience/bloom-560m",
    "bigscience/bloom-7b1",
    "bigscience/bloomz-560m",
    "deepseek-ai/DeepSeek-V2-Lite",
    "deepseek-ai/deepseek-coder-6.7b-base",
    "deepseek-ai/deepseek-llm-7b-base",
    "distilbert/distilgpt2",
    "facebook/opt-1.3b",
    "facebook/opt-125m",
    "facebook/opt-6.7b",
    "google-bert/bert-base-uncased",
    "google/flan-t5-base",
    "huggyllama/llama-7b",
    "mistralai/Mistral-Nemo-Base-2407",
    "openai-community/gpt2",
    "openai-community/gpt2-large",
    "openai-community/gpt2-medium",
    "openai-community/gpt2-xl",
    "sentence-transformers/all-MiniLM-L6-v2",
    "stabilityai/stablelm-2-1_6b",
    "upstage/SOLAR-10.7B-v1.0",
)
"""Well-known models that the other criteria miss."""

GENERATIONS = 1
"""How often the chosen models' children are added."""

MOST_PARENTS = 6
"""Merges of more models are not sought (they come in where something is made of them)."""


@dataclass(frozen=True)
class Gathered:
    """Everything that the sources say, before anything is chosen."""

    facts: list[Row]
    configs: list[Row]
    edges: list[Row]
    ratings: list[Row]


@dataclass(frozen=True)
class Pool:
    """What there is to choose from."""

    known: frozenset[str]
    configs: Mapping[str, Row]
    downloads: Mapping[str, int]

    def shared(self, edge: Row) -> tuple[int, int]:
        """Return how many compared fields both ends have, and how many of them differ."""
        ends = self.configs.get(edge["parent_id"]), self.configs.get(edge["child_id"])
        if ends[0] is None or ends[1] is None:
            return 0, 0
        both = [(ends[0][n], ends[1][n]) for n in COMPARED if ends[0][n] and ends[1][n]]
        return len(both), sum(a != b for a, b in both)


def pool_of(g: Gathered) -> Pool:
    """Merge the configurations and find out which models a licensed source knows."""
    configs = merged(g.configs)
    licensed = {
        edge[end]
        for edge in g.edges
        if edge["source"] != UNLICENSED
        for end in ("parent_id", "child_id")
    }
    downloads: dict[str, int] = defaultdict(int)
    for row in g.facts:
        downloads[row["model_id"]] = max(downloads[row["model_id"]], int(row["downloads"] or 0))
    return Pool(
        known=frozenset(configs.keys() | downloads.keys() | licensed),
        configs={m: c for m, c in configs.items() if c["hidden_size"] or c["num_hidden_layers"]},
        downloads=downloads,
    )


def choose(g: Gathered, pool: Pool) -> tuple[set[str], list[Row]]:
    """Return the chosen models and all edges among them, stubs among parents included."""
    named = {"aiconfigurator", "vllm-spyre", "litgpt"}
    chosen = {row["model_id"] for row in g.ratings if row["model_id"] in pool.known}
    chosen |= {row["model_id"] for row in g.configs if row["source"] in named}
    chosen |= pool.known.intersection(ROOTS)
    parents: dict[str, list[str]] = defaultdict(list)
    for edge in g.edges:
        parents[edge["child_id"]].append(edge["parent_id"])
    sought = [e for e in g.edges if len(parents[e["child_id"]]) <= MOST_PARENTS]
    children: dict[str, list[Row]] = defaultdict(list)
    for edge in sought:
        children[edge["parent_id"]].append(edge)
        n, changed = pool.shared(edge)
        if (n >= 3 and changed) or (n and edge["parent_id"] == edge["child_id"]):
            chosen |= {edge["parent_id"], edge["child_id"]}
    for _ in range(GENERATIONS):
        for parent in sorted(chosen):
            chosen |= _favourites(children[parent], pool)
        _add_ancestors(chosen, parents, pool)
    edges = [e for e in g.edges if e["child_id"] in chosen]
    return chosen, edges


def _favourites(edges: Sequence[Row], pool: Pool) -> set[str]:
    """Return the children of one parent that are shown: configured first, most downloaded."""
    found: set[str] = set()
    for relation, most in CHILDREN.items():
        ids = [
            e["child_id"]
            for e in edges
            if e["relation"] == relation
            and (e["child_id"] in pool.configs or e["source"] != UNLICENSED)
        ]
        ids.sort(key=lambda m: (m not in pool.configs, -pool.downloads.get(m, 0), m))
        found |= set(ids[:most])
    return found


def _add_ancestors(chosen: set[str], parents: Mapping[str, Sequence[str]], pool: Pool) -> None:
    """Add every known declared parent, up to the roots."""
    waiting = sorted(chosen)
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent in pool.known and parent not in chosen:
                chosen.add(parent)
                waiting.append(parent)
