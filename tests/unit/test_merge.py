"""Several sources for one model: the stored state is a function of all claims, and of nothing else.

The oracle keeps every row of every load and asks, attribute by attribute, which row no other
beats. It shares no code with `modelkin.loader.merge`.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from listed_source import RELATIONS, ListedSource
from memory_graph import MemoryGraph

from modelkin.loader import load as loading
from modelkin.loader.assign import assign
from modelkin.loader.merge import ClaimKey, Claims, merge_relations, values
from modelkin.loader.ratings import RatingRow, Ratings
from modelkin.loader.records import EdgeRow, ModelRow
from modelkin.loader.remove import remove

PROVE = os.environ.get("MODELKIN_PROVE") == "1"
BY_STRENGTH = ["config.json", "config.json-subset", "weight-shapes", "catalog", "hub-api"]
ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "hidden_size": st.sampled_from([64, 128]),
    "num_hidden_layers": st.sampled_from([2, 2**62]),
    "model_type": st.sampled_from(["llama", "gpt2", "名前"]),
    "rope_theta": st.sampled_from([10000.0, -0.0, 1e-300]),
    "tie_word_embeddings": st.booleans(),
    "languages": st.sampled_from([["de"], ["en", 'a"b|c,d']]),
    "license": st.sampled_from(["mit", "a|b,c"]),
    "created_at": st.just("2024-05-01T00:00:00Z"),
    "downloads": st.sampled_from([0, 7]),
    "likes": st.sampled_from([0, 3]),
}
DAYS = ["", "2024-01-01", "2025-07-12"]


@dataclass(frozen=True)
class Said:
    """One row of one load."""

    run: str
    kind: str
    row: ModelRow


def rows(run: str) -> st.SearchStrategy[list[Said]]:
    """Some rows of one load about one model."""
    row = st.builds(
        ModelRow,
        st.just("a/m"),
        st.fixed_dictionaries({}, optional=ATTRIBUTES),
        st.sampled_from(BY_STRENGTH),
        st.sampled_from(DAYS),
    )
    kind = st.sampled_from(["graph", "configs"])
    return st.tuples(kind, st.lists(row, min_size=1, max_size=3)).map(
        lambda made: [Said(run, made[0], row) for row in made[1]]
    )


LOADS = st.tuples(*(rows(run) for run in ("aa11", "bb22", "cc33")))


def stored(before: dict[str, Any], batch: Iterable[Said]) -> dict[str, Any]:
    """What the database holds after a batch: nulls take properties away."""
    claims = Claims.of(before)
    for said in batch:
        key = ClaimKey(said.run, said.row.evidence, said.row.snapshot)
        claims.add(said.kind, key, said.row.properties)
    return {k: v for k, v in values("a/m", claims).items() if v is not None}


def after(batches: Iterable[Iterable[Said]]) -> dict[str, Any]:
    """What is stored after these batches."""
    held: dict[str, Any] = {}
    for batch in batches:
        held = stored(held, batch)
    return held


def beats(one: Said, other: Said, *, by_day: bool) -> bool:
    """Whether a row's value is preferred to that of a row of another claim."""
    if by_day and one.row.snapshot != other.row.snapshot:
        return one.row.snapshot > other.row.snapshot
    strengths = BY_STRENGTH.index(one.row.evidence), BY_STRENGTH.index(other.row.evidence)
    if strengths[0] != strengths[1]:
        return strengths[0] < strengths[1]
    if one.row.snapshot != other.row.snapshot:
        return one.row.snapshot > other.row.snapshot
    return one.run < other.run


def same_claim(one: Said, other: Said) -> bool:
    return (one.run, one.row.evidence, one.row.snapshot) == (
        other.run, other.row.evidence, other.row.snapshot,
    )  # fmt: skip


def believed(all_rows: Sequence[Said]) -> dict[str, Any]:
    """The oracle: attribute -> value."""
    out: dict[str, Any] = {}
    for name in ATTRIBUTES:
        by_day = name in ("downloads", "likes")
        names = ("downloads", "likes") if by_day else (name,)
        speak = [s for s in all_rows if any(n in s.row.properties for n in names)]
        best = [
            s for s in speak if all(same_claim(s, o) or beats(s, o, by_day=by_day) for o in speak)
        ]
        first = next((s for s in best if name in s.row.properties), None)
        if first is not None:
            out[name] = first.row.properties[name]
    return out


def exact(held: dict[str, Any]) -> dict[str, str]:
    """Values with their types, so that 1, 1.0 and True differ, and 0.0 and -0.0."""
    return {name: repr(value) for name, value in held.items()}


@given(LOADS)
@settings(max_examples=1_000 if PROVE else 60, deadline=None)
def test_stored_values_follow_the_rules(loads: tuple[list[Said], ...]) -> None:
    held = after(loads)
    got = {name: held[name] for name in ATTRIBUTES if name in held}
    assert exact(got) == exact(believed([s for load in loads for s in load]))


@given(LOADS, st.randoms(use_true_random=False))
@settings(max_examples=1_000 if PROVE else 40, deadline=None)
def test_order_of_loads_and_batches_does_not_matter(
    loads: tuple[list[Said], ...], chance: random.Random
) -> None:
    wanted = exact(after(loads))
    for order in itertools.permutations(loads):
        assert exact(after(order)) == wanted
    # Rows of several loads mixed at will, each load's own in their order, one row a batch.
    waiting = [list(load) for load in loads]
    mixed = []
    while any(waiting):
        mixed.append([chance.choice([w for w in waiting if w]).pop(0)])
    assert exact(after(mixed)) == wanted
    # A batch that is sent twice, as after a commit whose outcome was unknown.
    assert exact(after([*loads, *loads])) == wanted


@given(LOADS, st.integers(0, 2))
@settings(max_examples=1_000 if PROVE else 60, deadline=None)
def test_a_removed_load_was_never_there(loads: tuple[list[Said], ...], which: int) -> None:
    claims = Claims.of(after(loads)).without(loads[which][0].run)
    left = {k: v for k, v in values("a/m", claims).items() if v is not None}
    never = after([*loads[:which], *loads[which + 1 :]])
    assert exact(left) == exact(never)


@given(LOADS)
@settings(max_examples=1_000 if PROVE else 60, deadline=None)
def test_claims_are_read_back_exactly(loads: tuple[list[Said], ...]) -> None:
    claims = Claims()
    for said in itertools.chain(*loads):
        key = ClaimKey(said.run, said.row.evidence, said.row.snapshot)
        claims.add(said.kind, key, said.row.properties)
    held = {k: v for k, v in values("a/m", claims).items() if v is not None}
    back = Claims.of(held)
    assert back.sources == claims.sources
    assert back.by_key.keys() == claims.by_key.keys()
    for key, said_values in claims.by_key.items():
        assert exact(dict(sorted(back.by_key[key].items()))) == exact(
            dict(sorted(said_values.items()))
        )


def held_after(*said: Said) -> dict[str, Any]:
    return after([[s] for s in said])


def says(run: str, evidence: str, snapshot: str = "", /, **properties: Any) -> Said:
    return Said(run, "configs", ModelRow("a/m", properties, evidence, snapshot))


def test_missing_never_erases() -> None:
    held = held_after(
        says("aa", "hub-api", "2024-01-01", license="mit"), says("bb", "config.json", "2025-01-01")
    )
    assert held["license"] == "mit"


@pytest.mark.parametrize(
    ("strong", "weak"), list(itertools.pairwise(BY_STRENGTH)), ids=lambda word: str(word)
)
def test_stronger_evidence_beats_a_newer_snapshot(strong: str, weak: str) -> None:
    held = held_after(
        says("aa", weak, "2025-01-01", hidden_size=1),
        says("bb", strong, "2020-01-01", hidden_size=2),
    )
    assert held["hidden_size"] == 2


def test_equal_evidence_newer_snapshot_then_smaller_run() -> None:
    old, new = "2024-01-01", "2025-01-01"
    assert held_after(
        says("aa", "catalog", old, hidden_size=1), says("bb", "catalog", new, hidden_size=2)
    )["hidden_size"] == 2  # fmt: skip
    assert held_after(
        says("bb", "catalog", old, hidden_size=2), says("aa", "catalog", old, hidden_size=1)
    )["hidden_size"] == 1  # fmt: skip
    assert held_after(
        says("aa", "catalog", "", hidden_size=1), says("bb", "catalog", old, hidden_size=2)
    )["hidden_size"] == 2  # fmt: skip


def test_values_of_one_day_are_never_mixed() -> None:
    held = held_after(
        says("aa", "config.json", "2024-01-01", downloads=9, likes=9),
        says("bb", "hub-api", "2025-01-01", downloads=5),
    )
    assert held["downloads"] == 5
    assert "likes" not in held
    assert held["snapshot"] == "2025-01-01"


def test_weight_shapes_alone_stay_visible() -> None:
    alone = held_after(
        says("aa", "weight-shapes", hidden_size=8),
        says("bb", "config.json-subset", model_type="bert"),
    )
    assert alone["config_source"] == "weight-shapes"
    helped = held_after(
        says("aa", "weight-shapes", hidden_size=8), says("bb", "catalog", num_hidden_layers=2)
    )
    assert helped["config_source"] == "catalog"
    shapeless = held_after(says("aa", "catalog", model_type="bert"))
    assert shapeless["config_source"] == "catalog"
    assert "config_hash" not in shapeless


def test_the_earlier_row_of_a_claim_is_kept_and_the_contradiction_counted() -> None:
    claims, key = Claims(), ClaimKey("aa", "catalog", "")
    assert claims.add("models", key, {"license": "mit", "likes": 1}) == 0
    assert claims.add("models", key, {"license": "gpl", "likes": 1, "downloads": 2}) == 1
    assert claims.by_key[key] == {"license": "mit", "likes": 1, "downloads": 2}


def test_relations_of_claims() -> None:
    assert merge_relations({"finetune|aa", "merge|bb", "untyped|cc|odd word"}) == (
        ["finetune", "merge"],
        "merge",
    )
    assert merge_relations({"untyped|cc|merge"}) == (["untyped"], "untyped")


# Whole loads, on a graph in memory.


def chance_source(seed: int, kind: str) -> ListedSource:
    """A small source that speaks of few models, so that sources overlap in everything."""
    chance = random.Random(seed)
    ids = [f"a/m{n}" for n in range(6)]
    out: list[ModelRow | EdgeRow] = []
    for _ in range(chance.randrange(2, 8)):
        properties = {
            name: value
            for name, value in (
                ("hidden_size", chance.choice([8, 16])),
                ("model_type", chance.choice(["bert", "llama"])),
                ("downloads", chance.randrange(3)),
                ("likes", chance.randrange(3)),
            )
            if chance.random() < 0.5
        }
        out.append(
            ModelRow(
                chance.choice(ids), properties, chance.choice(BY_STRENGTH), chance.choice(DAYS)
            )
        )
    for _ in range(chance.randrange(2, 8)):
        word = chance.choice(["", "distilled|odd"])
        relation = "untyped" if word else chance.choice(RELATIONS)
        out.append(EdgeRow(chance.choice(ids), chance.choice(ids), relation, word))
    return ListedSource.of(*out, kind=kind, seed=seed)


def loaded(*sources: ListedSource) -> MemoryGraph:
    graph = MemoryGraph()
    for source in sources:
        loading.load(graph, source, str(source.parameters["seed"]))  # type: ignore[arg-type]
    return graph


def models_and_edges(graph: MemoryGraph) -> str:
    dump = graph.store.dump()
    return repr({part: dump[part] for part in ("models", "edges")})


@pytest.mark.parametrize("case", range(300 if PROVE else 25))
def test_graph_does_not_depend_on_the_order_and_forgets_what_is_removed(
    case: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", random.Random(case).randrange(1, 6))
    kinds = ("graph", "configs", "ecosystem")
    sources = [chance_source(3 * case + n, kind) for n, kind in enumerate(kinds)]
    whole = {models_and_edges(loaded(*order)) for order in itertools.permutations(sources)}
    assert len(whole) == 1
    for gone in sources:
        graph = loaded(*sources)
        run = next(r for r in graph.store.runs.values() if r["kind"] == gone.kind)
        take_back(graph, run["id"])
        left = [source for source in sources if source is not gone]
        assert models_and_edges(graph) == models_and_edges(loaded(*left))
    graph = loaded(*sources)
    for run_id in list(graph.store.runs):
        take_back(graph, run_id)
    assert graph.store.dump() == MemoryGraph().store.dump()


def take_back(graph: MemoryGraph, run_id: str) -> None:
    from modelkin.graph import runs

    remove(graph, runs.get(graph, run_id))  # type: ignore[arg-type]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_adapters_known_by_weight_shapes_are_not_configured(order: tuple[int, ...]) -> None:
    sources = [
        ListedSource.of(
            ModelRow("a/lora", {"hidden_size": 8}, "weight-shapes"), kind="configs", seed=1
        ),
        ListedSource.of(EdgeRow("a/base", "a/lora", "adapter"), kind="graph", seed=2),
        ListedSource.of(
            ModelRow("a/base", {"hidden_size": 8}, "weight-shapes"), kind="models", seed=3
        ),
    ]
    graph = loaded(*(sources[n] for n in order))
    assert graph.store.models["a/lora"].labels == {"Model"}
    assert graph.store.models["a/base"].labels == {"Model", "Configured"}
    run = next(r for r in graph.store.runs.values() if r["kind"] == "graph")
    take_back(graph, run["id"])
    assert graph.store.models["a/lora"].labels == {"Model", "Configured"}


class Ranking:
    """A source of ratings, given as rows."""

    def __init__(self, **by_model: float) -> None:
        self.path, self.kind = Path("arena.csv"), "arena"
        self.parameters = {"ranking": str(sorted(by_model.items()))}
        self.rows = [RatingRow(i, elo, links=(f"a/{i}",)) for i, elo in by_model.items()]

    def ratings(self) -> Ratings:
        return Ratings(rows=len(self.rows), chosen=self.rows)


def test_a_later_ranking_replaces_the_earlier_and_only_that() -> None:
    graph: Any = MemoryGraph()
    rows = [ModelRow(f"a/m{n}", {"likes": n}, "hub-api") for n in range(3)]
    loading.load(graph, ListedSource.of(*rows), "s")
    before = models_and_edges(graph)
    assign(graph, Ranking(m0=1000.0, m1=1100.0), "first")  # type: ignore[arg-type]
    assign(graph, Ranking(m1=1200.0, m2=1300.0), "second")  # type: ignore[arg-type]
    rated = {i: m.properties.get("arena_rating") for i, m in graph.store.models.items()}
    assert rated == {"a/m0": None, "a/m1": 1200.0, "a/m2": 1300.0}
    (run,) = [r for r in graph.store.runs.values() if r["kind"] == "arena"]
    take_back(graph, run["id"])
    assert models_and_edges(graph) == before
