"""Which members are drawn, and how many are said to be below: against plain counting."""

from __future__ import annotations

import random
from typing import Any

import pytest
from asked_graph import AskedGraph

from modelkin.explorer import answers
from modelkin.explorer.filters import Filters, read
from modelkin.explorer.fold import BUDGET, LEAST, OPENED, ROWS_LEAVES, Fold, fold
from modelkin.explorer.members import Stored, Walked, _below_many, below

NONE = Filters()


def tree(n: int, seed: int, *, merges: bool = True) -> AskedGraph:
    """A random lineage below "m0"; with merges, a tenth have a second parent."""
    rng = random.Random(seed)
    edges = []
    for k in range(1, n):
        parent = (
            rng.randrange(max(0, k - 40), k) if rng.random() < 0.3 else rng.randrange(min(k, 12))
        )
        edges.append((f"m{parent}", f"m{k}", rng.choice(["finetune", "adapter"])))
        if merges and k > 2 and rng.random() < 0.1:
            edges.append((f"m{rng.randrange(k)}", f"m{k}", "merge"))
    facts = {f"m{k}": {"downloads": rng.randrange(1000)} for k in range(n) if rng.random() < 0.8}
    return AskedGraph(dict.fromkeys((p, c, r) for p, c, r in edges if p != c), facts)


def drawn(chosen: Fold, members: Any) -> list[str]:
    found = chosen.drawn(members)
    assert len(found) == len(set(found))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_counts_below_are_those_of_plain_counting_also_in_circles(seed: int) -> None:
    rng = random.Random(seed)
    ids = [f"m{k}" for k in range(25)]
    pairs = {(rng.choice(ids), rng.choice(ids)) for _ in range(40)}
    graph = AskedGraph([(a, b, "merge") for a, b in pairs if a != b])
    kids: dict[str, list[str]] = {}
    for parent, child, _ in graph.edges:
        kids.setdefault(parent, []).append(child)
    order = sorted(graph.ids)
    expected = {model: len(graph.below(model)) for model in kids}
    assert below(kids, order) == expected
    assert _below_many(kids, order) == expected


def test_a_small_lineage_is_drawn_whole() -> None:
    graph = tree(80, 1)
    members = Walked(graph, "m0", NONE)  # type: ignore[arg-type] # stands for an Asking
    chosen = fold(members)
    assert set(drawn(chosen, members)) == {"m0"} | graph.below("m0")
    assert all(len(kids) == chosen.totals[p] for p, kids in chosen.children.items())


@pytest.mark.parametrize("seed", range(4))
def test_a_large_lineage_stays_within_the_budget(seed: int) -> None:
    graph = tree(900, seed, merges=False)
    members = Walked(graph, "m0", NONE)  # type: ignore[arg-type] # stands for an Asking
    chosen = fold(members)
    more = sum(len(kids) < chosen.totals[p] for p, kids in chosen.children.items())
    assert 30 < len(drawn(chosen, members)) + more <= BUDGET
    for parent in chosen.children:
        opened = [k for k in chosen.children[parent] if k in chosen.children]
        assert len(opened) <= OPENED
        assert all(len({c for p, c, _ in graph.edges if p == k}) >= LEAST for k in opened)
    by_size = sorted(graph.ids, key=lambda m: -len(graph.below(m)))
    assert by_size[0] in chosen.children
    assert fold(members).children == chosen.children


def test_rows_are_the_most_downloaded_and_the_rest_is_counted() -> None:
    edges = [("hub", f"c{k}", "finetune") for k in range(400)]
    facts = {f"c{k}": {"downloads": k} for k in range(300)}
    members = Walked(AskedGraph(edges, facts), "hub", NONE)  # type: ignore[arg-type] # an Asking
    chosen = fold(members)
    assert chosen.children["hub"] == [f"c{k}" for k in range(299, 299 - ROWS_LEAVES, -1)]
    assert chosen.totals["hub"] == 400


def test_ancestors_are_always_drawn() -> None:
    up = [(f"a{k}", f"a{k + 1}", "finetune") for k in range(30)] + [("a30", "hub", "finetune")]
    edges = up + [("hub", f"c{k}", "adapter") for k in range(200)] + [("a3", "aunt", "finetune")]
    members = Walked(AskedGraph(edges), "hub", NONE)  # type: ignore[arg-type] # an Asking
    found = drawn(fold(members, budget=5), members)
    assert {f"a{k}" for k in range(31)} <= set(found)
    assert "aunt" not in found


def test_opened_and_shown_models_are_drawn_whatever_the_budget() -> None:
    graph = tree(900, 3, merges=False)
    members = Walked(graph, "m0", NONE)  # type: ignore[arg-type] # stands for an Asking
    first = set(drawn(fold(members), members))
    hidden = sorted(graph.ids - first)[0]
    way, here = [], hidden
    while here != "m0":
        parent = next(p for p, c, _ in graph.edges if c == here)
        way.insert(0, (parent, here))
        here = parent
    assert hidden in drawn(fold(members, shown=way), members)
    closed = next(m for m in first if graph.below(m) and m not in fold(members).children)
    assert closed in fold(members, opened=[closed]).children


def test_a_stored_lineage_is_folded_as_a_walked_one_is() -> None:
    graph = tree(700, 5, merges=False)
    walked = Walked(graph, "m0", NONE)  # type: ignore[arg-type] # stands for an Asking
    stored = Stored(graph, "m0", len(graph.below("m0")))  # type: ignore[arg-type] # the same
    assert fold(stored).children == fold(walked).children
    assert stored.n == walked.n


def test_a_circle_ends() -> None:
    graph = AskedGraph([("a", "b", "merge"), ("b", "c", "merge"), ("c", "a", "merge")])
    members = Walked(graph, "a", NONE)  # type: ignore[arg-type] # stands for an Asking
    assert set(drawn(fold(members), members)) == {"a", "b", "c"}
    assert members.n_below("a") == 2


def test_filters_leave_out_what_is_reached_through_what_they_leave_out() -> None:
    edges = [("a", "b", "finetune"), ("b", "c", "finetune"), ("a", "d", "adapter"),
             ("d", "c", "merge"), ("b", "e", "finetune")]  # fmt: skip
    facts = {
        "a": {"created_at": "2024-01-01T00:00:00Z", "license": "mit"},
        "b": {"created_at": "2025-01-01T00:00:00Z", "license": "mit"},
        "c": {"created_at": "2023-01-01T00:00:00Z"},
        "d": {"license": "mit"},
    }
    graph = AskedGraph(edges, facts)

    def left(**given: list[str]) -> set[str]:
        return set(Walked(graph, "a", read({k.rstrip("_"): v for k, v in given.items()})).ids)  # type: ignore[arg-type] # an Asking

    assert left() == {"a", "b", "c", "d", "e"}
    assert left(asof=["2024-06"]) == {"a", "c", "d"}  # d has no date: unknown is not "later"
    assert left(from_=["2024-06-30"]) == {"a", "b", "d", "e"}  # the focus always passes
    assert left(relation=["finetune"]) == {"a", "b", "c", "e"}
    assert left(license=["mit"]) == {"a", "b", "d"}
    assert left(license=["mit", "(unknown)"]) == {"a", "b", "c", "d", "e"}


def test_what_is_drawn_and_folded_is_said_in_words() -> None:
    graph = tree(900, 2, merges=False)
    filters = Filters(asof="2025-06-30")
    members = Walked(graph, "m0", filters)  # type: ignore[arg-type] # stands for an Asking
    said = answers.lineage(graph, members, filters)  # type: ignore[arg-type] # the same
    n = len(said["members"])
    assert said["scope"] == (
        f"{n} of 900 members drawn; {900 - n} folded; relation: all; as of 2025-06-30"
    )
    assert said["notes"] == ["900 models of unknown date kept"]
    ids = {member["id"] for member in said["members"]}
    assert {end for e in said["edges"] for end in (e["parent"], e["child"])} <= ids


@pytest.mark.parametrize(
    ("given", "words"),
    [({"asof": ["2024-02"]}, "2024-02-29"), ({"asof": ["2025-06"]}, "2025-06-30"),
     ({"asof": ["2025-12-01"]}, "2025-12-01")],
)  # fmt: skip
def test_a_month_means_its_last_day(given: dict[str, list[str]], words: str) -> None:
    assert read(given).asof == words


@pytest.mark.parametrize("text", ["2025", "yesterday", "2025-13", "2025-02-30", "2025-00-01", "=1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="is no date"):
        read({"asof": [text]})
