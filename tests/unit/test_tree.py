"""The text tree: every model once, wide levels folded with their count."""

from __future__ import annotations

from modelkin.output.tree import draw


def test_a_small_tree() -> None:
    below = {"a": [("[finetune]", "b"), ("[merge]", "c")], "b": [("[adapter]", "d")]}
    assert list(draw("a", below)) == [
        "a",
        "├─ [finetune] b",
        "│  └─ [adapter] d",
        "└─ [merge] c",
    ]


def test_a_merge_is_opened_once() -> None:
    below = {"a": [("", "b"), ("", "c")], "b": [("", "d")], "c": [("", "d")], "d": [("", "e")]}
    lines = list(draw("a", below))
    assert sum(line.endswith(" e") for line in lines) == 1
    assert sum("shown above" in line for line in lines) == 1


def test_a_cycle_ends() -> None:
    below = {"a": [("", "b")], "b": [("", "a")]}
    assert list(draw("a", below)) == ["a", "└─  b", "   └─  a ↑ shown above"]


def test_a_hub_is_folded_and_counted() -> None:
    below = {"hub": [("", f"m{i:05}") for i in range(30_000)], "m29999": [("", "x")]}
    lines = list(draw("hub", below, wide=12, size=lambda m: len(below.get(m, ()))))
    assert lines[-1] == "└─ … and 29,989 more"
    assert any("m29999" in line for line in lines), "the one with children stays"
    assert len(lines) == 1 + 11 + 1 + 1


def test_a_lattice_of_merges_stays_polynomial() -> None:
    below: dict[str, list[tuple[str, str]]] = {}
    for level in range(24):
        for side in "ab":
            below[f"{side}{level}"] = [("", f"{s}{level + 1}") for s in "ab"]
    assert len(list(draw("a0", below))) < 120


def test_control_characters_are_escaped() -> None:
    assert list(draw("\x1b[31m", {})) == ["\\x1b[31m"]
