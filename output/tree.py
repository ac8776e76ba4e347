"""A lineage as a text tree: each model once, wide levels folded with their count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from modelkin.errors import printable

WIDE = 12
"""Children shown under one model; the rest are counted."""


def draw(
    root: str,
    below: Mapping[str, Sequence[tuple[str, str]]],
    *,
    wide: int = WIDE,
    size: Callable[[str], int] = lambda _model: 0,
) -> Iterator[str]:
    """Yield the lines of a tree.

    Parameters
    ----------
    root : str
        Model at the top.
    below : mapping
        Model -> (words about the edge, next model), in the order to show.
    wide : int
        Most children shown under one model (0: all); those with the largest `size` stay.
    size : callable
        How much hangs below a model.

    Yields
    ------
    str
        One line for each model. A model met again (merges, cycles) is named with an arrow
        and not opened twice; folded children are one line with their count.
    """
    yield printable(root)
    seen = {root}
    stack: list[tuple[str, str, str, bool]] = []
    _push(stack, below.get(root, ()), "", wide, size)
    while stack:
        words, model, indent, last = stack.pop()
        branch = "└─ " if last else "├─ "
        if not model:
            yield f"{indent}{branch}{words}"
            continue
        again = model in seen and bool(below.get(model))
        yield printable(f"{indent}{branch}{words} {model}{' ↑ shown above' if again else ''}")
        if not again:
            seen.add(model)
            _push(stack, below.get(model, ()), indent + ("   " if last else "│  "), wide, size)


def _push(
    stack: list[tuple[str, str, str, bool]],
    children: Sequence[tuple[str, str]],
    indent: str,
    wide: int,
    size: Callable[[str], int],
) -> None:
    """Put a model's children on the stack, the first one on top."""
    shown = list(children)
    if wide and len(shown) > wide:
        keep = {m for _, m in sorted(shown, key=lambda c: (-size(c[1]), c[1]))[: wide - 1]}
        shown = [c for c in shown if c[1] in keep]
        folded = len(children) - len(shown)
        stack.append((f"… and {folded:,} more", "", indent, True))
        ends = [False] * len(shown)
    else:
        ends = [False] * (len(shown) - 1) + [True] if shown else []
    for (words, model), last in reversed(list(zip(shown, ends, strict=True))):
        stack.append((words, model, indent, last))
