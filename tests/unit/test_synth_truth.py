"""The truth that is told beside the files, counted again by plain loops over dictionaries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from modelkin.data import synth
from modelkin.data.synth.prototypes import NUMERIC


def rows(world: synth.World) -> dict[int, dict[str, Any]]:
    """Known configurations as plain dictionaries; what is unknown is absent."""
    records = world.configs.to_dict("records")
    return {
        int(i): {k: v for k, v in r.items() if v is not None and v == v}
        for i, r in zip(world.configs.index, records, strict=True)
    }


def recount(world: synth.World) -> dict[tuple[str, str], list[int]]:
    """(field, relation) -> [known at both ends, changed, increased, gained, lost]."""
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    known = rows(world)
    for parent, child, bits in zip(
        world.parent.tolist(), world.child.tolist(), world.bits.tolist(), strict=True
    ):
        if parent == child or parent not in known or child not in known:
            continue
        words = [r for r in synth.RELATIONS if bits & synth.BITS[r]]
        if "merge" not in words:
            words.append("no_merge")
        before, after = known[parent], known[child]
        for field in synth.FIELDS:
            a, b = before.get(field), after.get(field)
            for word in words:
                count = found[field, word]
                if a is not None and b is not None:
                    count[0] += 1
                    count[1] += a != b
                    count[2] += field in NUMERIC and b > a
                else:
                    count[3] += a is None and b is not None
                    count[4] += a is not None and b is None
    return found


@pytest.mark.parametrize("name", ["planted", "dirty", "copies"])
def test_the_truth_is_what_a_plain_loop_counts(name: str) -> None:
    world = synth.make(name, n_models=1_500, seed=4, multi_share=0.1)
    found = recount(world)
    for field, relations in world.truth["mutations"].items():
        for relation, told in relations.items():
            n, changed, increased, gained, lost = found[field, relation]
            assert (told["n"], told["n_changed"]) == (n, changed), (field, relation)
            assert (told["unknown_to_known"], told["known_to_unknown"]) == (gained, lost)
            assert told.get("n_increased", 0) == increased
            assert told["typical_edge"] == (pytest.approx(changed / n) if n else None)
            assert told["planted"] == (
                None if relation == "no_merge" else world.params.rate_of(field, relation)
            )


def test_the_typical_component_is_the_mean_of_component_means() -> None:
    world = synth.make("dirty", seed=4)
    known, told = rows(world), world.truth["mutations"]["vocab_size"]["no_merge"]
    by_component: dict[int, list[bool]] = defaultdict(list)
    some = {"any": [0, 0]}
    for parent, child, bits in zip(
        world.parent.tolist(), world.child.tolist(), world.bits.tolist(), strict=True
    ):
        if parent == child or bits & synth.BITS["merge"]:
            continue
        before, after = known.get(parent, {}), known.get(child, {})
        if "vocab_size" in before and "vocab_size" in after:
            by_component[int(world.component[child])].append(
                before["vocab_size"] != after["vocab_size"]
            )
        default = [f for f in synth.FIELDS[:16] if f in before and f in after]
        if len(default) >= 3:
            some["any"][0] += 1
            some["any"][1] += any(before[f] != after[f] for f in default)
    means = [sum(v) / len(v) for v in by_component.values()]
    assert told["n_components"] == len(means)
    assert told["typical_component"] == pytest.approx(sum(means) / len(means), abs=1e-12)
    drifted = world.truth["drifted"]["no_merge"]
    assert [drifted["n"], drifted["n_changed"]] == some["any"]


def test_transitions_are_what_a_plain_loop_counts() -> None:
    world = synth.make("dirty", n_models=1_500, seed=6)
    known = rows(world)
    for field, told in world.truth["transitions"].items():
        edges: dict[tuple[Any, Any], int] = defaultdict(int)
        components: dict[tuple[Any, Any], set[int]] = defaultdict(set)
        for parent, child, bits in zip(
            world.parent.tolist(), world.child.tolist(), world.bits.tolist(), strict=True
        ):
            before, after = known.get(parent, {}), known.get(child, {})
            if (
                parent != child
                and not bits & synth.BITS["merge"]
                and field in before
                and field in after
            ):
                edges[before[field], after[field]] += 1
                components[before[field], after[field]].add(int(world.component[child]))
        for i, a in enumerate(told["levels"]):
            for j, b in enumerate(told["levels"]):
                assert told["n_edges"][i][j] == edges[a, b]
                assert told["n_components"][i][j] == len(components[a, b])
