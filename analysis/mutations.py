"""Mutations: which fields differ from parent to child, how often, which way, to what.

A mutation is a field known at both ends with different values; what becomes known or unknown
is counted apart. Fields are those of the feature sets "default" and "training", aliases
resolved, numbers compared by value. Merges stand apart. Option: ``relations`` (filter).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csgraph

from modelkin.analysis.chance import false_discovery, family_wise
from modelkin.analysis.estimate import columns, spelled
from modelkin.analysis.inputs import BITS, Inputs
from modelkin.analysis.intervals import SIGNED, mean, paired, rate
from modelkin.analysis.mutation_figure import mutation_figure
from modelkin.analysis.mutation_moves import FIELDS, direction_table, transition_table
from modelkin.analysis.pairs import (
    APPEARED,
    CHANGED,
    SAME,
    UNKNOWN,
    VANISHED,
    Pairs,
    configured_pairs,
    field_states,
)
from modelkin.analysis.result import Coverage, Result, Table
from modelkin.errors import plural
from modelkin.schema.attributes import BY_NAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDELY_KNOWN = 0.8
"""Share of pairs that must know a field for it to be among the fields of complete pairs."""
TOGETHER = 0.8
"""Correlation of changes from which two fields count as one group."""
MIN_PAIRS = 30
"""Pairs that know both fields, for a correlation of their changes."""
ALL_BUT_MERGE = "all but merge"


def compute(inputs: Inputs) -> Result:
    """Compute mutation rates by field and relation, their direction and transitions.

    Parameters
    ----------
    inputs : Inputs
        The graph; for options see the module.

    Returns
    -------
    Result
        Tables ``config_mutation_rates``, ``mutations_by_relation``, ``mutation_contrasts``,
        ``mutation_direction``, ``mutation_transitions``; figure ``mutational_landscape``.

    Notes
    -----
    Rates of the typical component carry the intervals (`modelkin.analysis.intervals.rate`);
    ``mutation_rate`` is the reference's, over pairs. p values are adjusted within each
    table (Benjamini-Hochberg). The leading set is every field not significantly below the
    one with the highest rate (paired over components, Holm).
    """
    options = {"relations": ()} | inputs.options
    pairs = configured_pairs(inputs, options["relations"])
    frame = inputs.models.frame
    states = field_states(frame, FIELDS, pairs.parent, pairs.child)
    apart = ~pairs.is_merge
    known = apart & (states <= CHANGED).any(axis=1)
    coverage = pairs.coverage(known, ("a field known at both, no merge", int(known.sum())))
    rates = _rate_table(states[apart], pairs.component[apart])
    by_relation = _relation_table(states, pairs, bool(options["relations"]))
    contrasts = _contrast_table(states, pairs)
    direction = direction_table(frame, states, pairs)
    transitions = transition_table(frame, states, pairs)
    made = (
        ("config_mutation_rates", rates, "a field, on all pairs but merges"),
        ("mutations_by_relation", by_relation, "a field on the pairs that claim a relation"),
        ("mutation_contrasts", contrasts, "a field on two relations, paired inside components"),
        ("mutation_direction", direction, "a numeric field: which way its changes go"),
        ("mutation_transitions", transitions, "a change from one value to another"),
    )
    return Result(
        name="mutations",
        coverage=coverage,
        tables=tuple(
            Table(name, part, f"One row: {about}.", coverage, main=k == 0)
            for k, (name, part, about) in enumerate(made)
        ),
        figures=(mutation_figure(rates, by_relation, coverage),),
        findings=tuple(_findings(rates, direction, coverage)),
        parameters=options,
    )


def _rate_table(states: NDArray[np.int8], component: NDArray[np.int64]) -> pd.DataFrame:
    """Return a row for each field, by falling rate of the typical component, rare ones last.

    Columns: ``mutation_rate`` (share of pairs known at both ends), counts of every state,
    ``rate_*`` (typical component) and ``edge_rate_*`` (typical edge), ``rate_on_complete``
    (pairs that know all widely known fields), ``change_group`` (fields of one number change
    together; missing without changes), ``is_leading``.
    """
    widely = (states <= CHANGED).mean(axis=0) >= WIDELY_KNOWN if len(states) else ()
    complete = np.all(states[:, widely] <= CHANGED, axis=1) & bool(np.any(widely))
    rows = []
    for f, name in enumerate(FIELDS):
        counted = field_row(name, states[:, f], component)
        changed = happens(states[complete, f])
        repeated = mean(changed, component[complete])
        counted |= {"rate_on_complete": repeated.value, "n_complete": repeated.n}
        rows.append(counted)
    out = pd.DataFrame(rows)
    out["change_group"] = pd.array(change_groups(states), dtype="Int64")
    out["is_leading"] = _leading(states, component, out)
    out["is_estimate"] = _estimated(out)
    return out.sort_values(
        ["is_estimate", "rate_value", "n_changed", "feature"],
        ascending=[False, False, False, True],
        ignore_index=True,
    )


def field_row(name: str, state: NDArray[np.int8], component: NDArray[np.int64]) -> dict[str, Any]:
    """Return counts and rates of one field."""
    count = np.bincount(state, minlength=UNKNOWN + 1)
    n_known = int(count[SAME] + count[CHANGED])
    typical = rate(happens(state), component)
    edge = rate(happens(state), component, "edge")
    return {
        "feature": name,
        "feature_type": BY_NAME[name].kind,
        "mutation_rate": count[CHANGED] / n_known if n_known else math.nan,
        "n_changed": int(count[CHANGED]),
        "n_unchanged": int(count[SAME]),
        "n_missing": len(state) - n_known,
        "total_pairs": len(state),
        "n_appeared": int(count[APPEARED]),
        "n_vanished": int(count[VANISHED]),
        "n_components": typical.n_components,
        "n_effective": typical.n_effective,
        **{
            k: v[0]
            for k, v in (columns([typical], "rate_") | columns([edge], "edge_rate_")).items()
        },
    }


def happens(state: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return 1 for a mutation, 0 for none, NaN where the field is not known at both ends."""
    return np.where(state <= CHANGED, (state == CHANGED).astype(np.float64), np.nan)


def _estimated(rates: pd.DataFrame) -> pd.Series[bool]:
    """Say which rates are rates: neither "rare" nor counts only."""
    return rates["rate_value"].notna() & ~rates["rate_note"].str.startswith("rare")


def _relation_table(
    states: NDArray[np.int8], pairs: Pairs, is_filtered: bool = False
) -> pd.DataFrame:
    """Return a row for each relation and field, merges too; pairs count in all they claim.

    A filtered report has no rows of all relations: they would repeat those it asks for.
    """
    scopes = {} if is_filtered else {ALL_BUT_MERGE: ~pairs.is_merge}
    scopes |= {r: pairs.having(r) for r in BITS}
    return pd.DataFrame(
        [
            {"relation": relation} | field_row(name, states[scope, f], pairs.component[scope])
            for relation, scope in scopes.items()
            if scope.any()
            for f, name in enumerate(FIELDS)
        ]
    )


def _contrast_table(states: NDArray[np.int8], pairs: Pairs) -> pd.DataFrame:
    """Return each field on two relations, in the components that have both; no merges."""
    alone = {r: pairs.bits == bit for r, bit in BITS.items() if r != "merge"}
    rows = []
    for k, a in enumerate(alone):
        for b in list(alone)[k + 1 :]:
            for f, name in enumerate(FIELDS):
                first, second = (
                    (happens(states[alone[r], f]), pairs.component[alone[r]]) for r in (a, b)
                )
                estimate, p = paired(first, second, SIGNED)
                if estimate.n_components:
                    told = {key: v[0] for key, v in columns([estimate], "difference_").items()}
                    head = {"feature": name, "relation": a, "against": b}
                    counts = {"n": estimate.n, "n_components": estimate.n_components}
                    rows.append(head | counts | told | {"p": p})
    frame = pd.DataFrame(rows)
    return frame.assign(p_adjusted=false_discovery(frame["p"])) if len(frame) else frame


def change_groups(states: NDArray[np.int8]) -> list[int | None]:
    """Give each field the number of the group it changes with; None without changes.

    Two fields are linked if their changes correlate by 0.8 or more over at least 30 pairs
    that know both.
    """
    n = len(FIELDS)
    linked = np.eye(n, dtype=bool)
    for a in range(n):
        for b in range(a):
            both = (states[:, a] <= CHANGED) & (states[:, b] <= CHANGED)
            x, y = states[both, a] == CHANGED, states[both, b] == CHANGED
            if len(x) >= MIN_PAIRS and 0 < x.sum() < len(x) and 0 < y.sum() < len(y):
                linked[a, b] = np.corrcoef(x, y)[0, 1] >= TOGETHER
    label = csgraph.connected_components(linked, directed=False)[1]
    changes = (states == CHANGED).any(axis=0)
    numbers = {g: k for k, g in enumerate(dict.fromkeys(label[changes].tolist()))}
    return [numbers[g] if c else None for g, c in zip(label.tolist(), changes, strict=True)]


def _leading(
    states: NDArray[np.int8], component: NDArray[np.int64], rates: pd.DataFrame
) -> NDArray[np.bool_]:
    """Say which fields are not significantly below the one with the highest rate."""
    able = np.flatnonzero(_estimated(rates) & rates["rate_low"].notna())
    lead = np.zeros(len(FIELDS), dtype=bool)
    if not len(able):
        return lead
    top = able[np.argmax(rates["rate_value"].to_numpy()[able])]
    both = [(states[:, top] <= CHANGED) & (states[:, f] <= CHANGED) for f in able]
    sides = [
        [(happens(states[b, k]), component[b]) for k in (top, f)]
        for f, b in zip(able, both, strict=True)
    ]
    found = [paired(first, second, SIGNED) for first, second in sides]
    below = np.array([math.nan if f == top else p for f, (_, p) in zip(able, found, strict=True)])
    higher = np.array([e.value > 0 for e, _ in found])
    adjusted = family_wise(below)
    lead[able] = ~((adjusted < 0.05) & higher)
    return lead


def _findings(rates: pd.DataFrame, direction: pd.DataFrame, coverage: Coverage) -> Iterator[str]:
    """Yield what the tables say, each sentence with its n."""
    yield (
        f"Mutations are counted on {coverage.n_used:,} of "
        f"{plural(coverage.n_scope, 'declared pair')}."
    )
    lead = rates[rates["is_leading"]]
    if len(lead):
        named = ", ".join(
            f"{r['feature']} {spelled(r['rate_value'], r['rate_low'], r['rate_high'])} "
            f"(n = {r['n_changed'] + r['n_unchanged']:,}, G = {r['n_components']})"
            for _, r in lead.iterrows()
        )
        yield f"Fields that mutate most in the typical component (a set of {len(lead)}): {named}."
    else:
        yield "No field changes in enough components for a rate with an interval."
    rare = rates["rate_note"].str.startswith("rare")
    changing = rates["n_changed"] > 0
    yield (
        f"Of {len(rates)} fields, {int((rare & changing).sum())} change in fewer than 5 components "
        f"(rare), {int((rare & ~changing).sum())} are known and never change, and "
        f"{int(rates['rate_value'].isna().sum())} are known at both ends too seldom to tell."
    )
    if rates["change_group"].notna().any():
        yield (
            f"Fields that change: {int(changing.sum())}, in "
            f"{plural(int(rates['change_group'].nunique()), 'group')} that change together."
        )
    for _, r in direction[direction["p_adjusted"] < 0.05].iterrows():
        way = "up" if r["increase_value"] > 0.5 else "down"
        yield (
            f"{r['feature']} goes {way}: {r['n_increased']:,} increases in {r['n_changed']:,} "
            f"changes (G = {r['n_components']}, adjusted p = {r['p_adjusted']:.3g})."
        )
