"""What the ``:param`` line spells is the value that it was made of, as both engines read it."""

from __future__ import annotations

from typing import Any

import pytest

from modelkin.cypher.query import Query
from modelkin.cypher.values import literal
from modelkin.graph.client import Graph

VALUES: tuple[Any, ...] = (
    "a'b", "a\\", "\\u0027 OR 1 = 1", "\\\\u0060", 'x`y"z', "a\nb\r\t\x00", "\x85\x7f", "\u202egnp",
    "\u2028", "🙂 模型", "\U000e0001", "$p // c /* d */ { }", {"k": 1.5, "odd `key`": ["'", None]},
    [], None, True, 2**63 - 1, 1 - 2**63, 1e300, 1e-7,
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_literal_is_read_back(graph: Graph, value: Any) -> None:
    text = f"RETURN {literal(value)} AS v"
    assert graph.fetch(Query("tests/literal", "?", (), "read", ("v",), text)) == [{"v": value}]
