"""What the files do not tell: rows that are absent, unknown cells, values under wrong headers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.columns import BLOCK, PATTERNS
from modelkin.data.synth.components import Layout
from modelkin.data.synth.lineage import Lineage
from modelkin.data.synth.params import FIELDS, RELATIONS, Params, rule
from modelkin.data.synth.prototypes import NUMERIC, PROTOTYPE, TYPES

# Fields that one key of config.json brings together are known or unknown together.
_WITH = {"quant_bits": "quant_method", "num_experts_per_tok": "num_experts"}


@dataclass(frozen=True, eq=False)
class Observed:
    """What is known of the true configurations, in birth order.

    Attributes
    ----------
    row : ndarray of bool, shape (n,)
        Has a configuration row.
    known : ndarray of bool, shape (n, fields)
        Known where the type has the field; only meaningful where there is a row.
    lost : ndarray of bool, shape (n, fields)
        Known, but absent from the expanded CSV: written under an alias.
    pattern : ndarray of int16, shape (n,)
        Misalignment of the CSV row, a position in `PATTERNS`; -1 for none.
    """

    row: NDArray[np.bool_]
    known: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    pattern: NDArray[np.int16]


def observe(
    p: Params, layout: Layout, lineage: Lineage, kind: NDArray[np.int64], codes: NDArray[np.int8]
) -> Observed:
    """Return what is known: rows, cells and misaligned rows have streams of their own."""
    row = _rows(p, layout) & ~lineage.stub
    known = np.empty(codes.shape, dtype=np.bool_)
    lost = np.zeros(codes.shape, dtype=np.bool_)
    levels = lineage.levels()
    for f, name in enumerate(FIELDS):
        known[:, f] = _chain(p, name, lineage, levels)
        known[:, f] &= ~_not_at_random(p, f, kind, codes[:, f])
        lossy = [t.name in p.alias_lost and "." not in t.keys.get(name, ".") for t in TYPES]
        lost[:, f] = np.array(lossy)[kind]
    known &= codes >= 0
    return Observed(row, known, lost & known, _misaligned(p, row))


def _rows(p: Params, layout: Layout) -> NDArray[np.bool_]:
    """Return who has a row; inside a component the chances go together by `row_rho`."""
    chance = np.full(layout.n, p.row_share)
    n_components = len(layout.roots)
    if p.row_rho and 0 < p.row_share < 1 and n_components:
        scale = (1.0 - p.row_rho) / p.row_rho
        drawn = p.stream("rows of component").beta(
            p.row_share * scale, (1.0 - p.row_share) * scale, n_components
        )
        chance[: layout.n_tree] = drawn[layout.component[: layout.n_tree]]
    return p.stream("rows").random(layout.n) < chance


def _chain(
    p: Params, name: str, lineage: Lineage, levels: list[NDArray[np.int64]]
) -> NDArray[np.bool_]:
    """Return where a field is known: drawn for roots, handed down with gains and losses."""
    u = p.stream("known", _WITH.get(name, name)).random(len(lineage.source))
    unknown = rule(p.unknown, name)
    known = u >= unknown
    if unknown == 0:
        return known  # nothing to gain, hence nothing to lose
    gain = np.array([rule(p.gain, name, r) for r in RELATIONS])
    loss = min(rule(p.gain, name) * unknown / (1.0 - unknown), 1.0) if unknown < 1 else 1.0
    for nodes in levels:
        of_parent = known[lineage.source[nodes]]
        known[nodes] = np.where(
            of_parent, u[nodes] >= loss, u[nodes] < gain[lineage.made_by[nodes]]
        )
    return known


def _not_at_random(
    p: Params, f: int, kind: NDArray[np.int64], code: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Return where a high value is hidden on top: its odds of unknown are multiplied."""
    name = FIELDS[f]
    odds = rule(p.mnar_odds, name)
    u = p.stream("hidden", name).random(len(code))
    if odds <= 1:
        return np.zeros(len(code), dtype=np.bool_)
    share = rule(p.unknown, name)
    hidden = odds * share / (1.0 - share + odds * share)
    proto = PROTOTYPE[kind, f]
    high = high_value(name, code, proto)
    return high & (u < (hidden - share) / max(1.0 - share, 1e-300))


def high_value(name: str, code: NDArray[np.int8], prototype: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return what `mnar_odds` calls high: True, above the prototype, another category."""
    if name == "tie_word_embeddings":
        return np.asarray(code == 1)
    return np.asarray(code > prototype if name in NUMERIC else code != prototype)


def _misaligned(p: Params, row: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the pattern of each misaligned row, -1 elsewhere."""
    u = p.stream("misaligned").random(len(row))
    rng = p.stream("pattern")
    block = rng.random(len(row)) < p.block_share
    shift = rng.integers(0, len(PATTERNS) - 1, len(row))
    pattern = np.where(block, BLOCK, shift + 1)
    return np.where(row & (u < p.misaligned_share), pattern, -1).astype(np.int16)
