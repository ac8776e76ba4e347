"""Worlds: named sets of overrides, and the check that parameters make sense together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from modelkin.data.synth.params import FIELDS, RELATIONS, Params
from modelkin.data.synth.prototypes import LEVELS, TYPE_NAMES
from modelkin.errors import UserError

_NULL: Mapping[str, Any] = MappingProxyType(
    {
        # With the fields that a type has and the parents' clustering, one of the default
        # fields then differs on 5 % of the edges (mean of 60 seeds: 0.050).
        "rate": 0.006,
        "p_increase": 0.5,
        "towards": {"torch_dtype/float16": 1.0},
        "component_rho": 0.0,
        "parent_rho": 0.2,
        "component_offset": 0.0,
    }
)

WORLDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "planted": {},
        "null": _NULL,
        "hub": {**_NULL, "hub_share": 0.4},
        # Most children repeat their parent, the rest are fresh draws: families in which
        # nothing but copies makes the members alike.
        "copies": {**_NULL, "rate": 0.0, "redraw": 0.05, "component_offset": 0.3},
        "dirty": {
            "row_share": 0.9,
            "unknown": {"*": 0.15},
            "mnar_odds": {"tie_word_embeddings": 3.0},
            "alias_lost": ("gpt2", "t5"),
            "misaligned_share": 0.17,
        },
        # The Hub of July 2025: 1,860,411 models, about 574,000 edges, a hub of 32,000
        # children, 15,000 configured.
        "census": {
            "n_models": 1_860_411,
            "n_components": 27_000,
            "isolated_share": 0.69,
            "merge_share": 0.0075,
            "hub_share": 0.075,
            "depth_decay": 1.5,
            "row_share": 0.0078,
            "row_rho": 0.3,
        },
    }
)
"""World -> overrides of the defaults of `Params`."""


def worlds() -> tuple[str, ...]:
    """Return the names of the worlds.

    >>> worlds()
    ('planted', 'null', 'hub', 'copies', 'dirty', 'census')
    """
    return tuple(WORLDS)


def resolve(world: str, n_models: int | None, seed: int, overrides: Mapping[str, Any]) -> Params:
    """Return the checked parameters of a world.

    Parameters
    ----------
    world : str
        One of `worlds()`.
    n_models : int or None
        Size; None is the world's own.
    seed : int
        Seed, ≥ 0.
    overrides : Mapping
        Parameter -> value. For a table of rules a number replaces the whole table by
        {"*": number}; a mapping is merged into the world's table, key by key.

    Raises
    ------
    UserError
        For an unknown world, parameter, field, relation or type, or a value out of range.
    """
    if world not in WORLDS:
        raise UserError("No such world", where=world, fix=f"Choose one of: {', '.join(WORLDS)}.")
    params = Params()
    sizes = {} if n_models is None else {"n_models": n_models}
    for changes in (WORLDS[world], overrides, {"seed": seed, **sizes}):
        params = _override(params, changes)
    if params.n_components is None:
        params = replace(params, n_components=min(_room(params) // 2, _default_components(params)))
    _check(params)
    return params


def _default_components(p: Params) -> int:
    """Return one component for every 30 models, at least one."""
    return max(p.n_models // 30, 1)


def _room(p: Params) -> int:
    """Return how many models are left for the trees."""
    return p.n_models - round(p.isolated_share * p.n_models) - round(p.merge_share * p.n_models)


def _override(params: Params, changes: Mapping[str, Any]) -> Params:
    """Return parameters with changes: tables merge, numbers replace whole tables."""
    known = {f.name for f in fields(Params)}
    new: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise UserError(
                "No such parameter", where=name, fix=f"Choose one of: {', '.join(sorted(known))}."
            )
        old = getattr(params, name)
        if isinstance(old, Mapping):
            merged = {**old, **value} if isinstance(value, Mapping) else {"*": float(value)}
            value = MappingProxyType(merged)
        new[name] = value
    return replace(params, **new)


def _check(p: Params) -> None:
    """Raise where a value is out of range or names something that does not exist."""
    shares = [f.name for f in fields(Params) if f.name.endswith("_share")]
    for name in (*shares, "noise", "component_offset", "redraw"):
        _within(name, getattr(p, name), 0.0, 1.0)
    for name in ("component_rho", "parent_rho", "row_rho"):
        _within(name, getattr(p, name), 0.0, 0.999)
    for name in ("size_effect_cor", "depth_effect_cor"):
        _within(name, getattr(p, name), -1.0, 1.0)
    if p.size_effect_cor and p.depth_effect_cor:
        raise UserError(
            "Rates cannot follow two things",
            where="size_effect_cor, depth_effect_cor",
            fix="Set one of them to 0.",
        )
    _within("n_types", p.n_types, 1, len(TYPE_NAMES))
    _within("outlier_factor", p.outlier_factor, 1e-3, 20.0)  # 20 keeps the sizes plausible
    _within("n_models", p.n_models, 1, 9_999_999)  # ids have seven digits
    for name in ("n_months", "tie_size"):
        _within(name, getattr(p, name), 1, 10**6)
    for name in ("seed", "n_cycles", "n_loops", "n_outliers"):
        _within(name, getattr(p, name), 0, 2**63)
    for name in ("alpha", "attractiveness_logsd", "age_decay", "depth_decay"):
        _within(name, getattr(p, name), 0.0, 10.0)
    _within("k0", p.k0, 1e-9, 1e9)
    _within("org_zipf", p.org_zipf, 1.01, 100.0)
    _within("size_pareto", p.size_pareto, 0.1, 100.0)
    _check_rules(p)
    if p.n_components is not None and 2 * p.n_components > max(_room(p), 0):
        raise UserError(
            "Too many components",
            where=f"n_components = {p.n_components}",
            why=f"{_room(p)} models are left for trees of at least two",
            fix="Ask for fewer components, more models, or smaller isolated and merge shares.",
        )
    if p.depth_process not in ("walk", "stationary"):
        raise UserError("No such process", where=p.depth_process, fix="Use walk or stationary.")


def _within(name: str, value: Any, low: float, high: float) -> None:
    """Raise unless a number lies in a closed interval."""
    if not isinstance(value, (int, float)) or not low <= value <= high:
        raise UserError(
            "Parameter out of range", where=f"{name} = {value}", why=f"must be {low} to {high}"
        )


def _check_rules(p: Params) -> None:
    """Raise for keys that no rule can mean, and for numbers that are no probabilities."""
    levels = {f"{f}/{level}" for f in LEVELS for level in LEVELS[f]}
    by_relation = {"*", *RELATIONS}
    by_field = {"*", *FIELDS}
    both = by_field | {f"{f}/{r}" for f in by_field for r in RELATIONS}
    allowed = {
        "relation_mix": set(RELATIONS) - {"merge"},
        "copy_prob": by_relation,
        "rate": both,
        "gain": both,
        "p_increase": by_field,
        "unknown": by_field,
        "mnar_odds": by_field,
        "towards": levels,
    }
    for name, keys in allowed.items():
        for key, value in getattr(p, name).items():
            if key not in keys:
                raise UserError("No such rule", where=f"{name}: {key}")
            high = 1.0 if name not in ("towards", "mnar_odds", "relation_mix") else 1e9
            _within(f"{name}: {key}", value, 1.0 if name == "mnar_odds" else 0.0, high)
    if sum(p.relation_mix.values()) <= 0:
        raise UserError("No relation to draw", where="relation_mix")
    strangers = [t for t in p.alias_lost if t not in TYPE_NAMES]
    strangers += [f for group in p.co_change for f in group if f not in FIELDS]
    if strangers:
        raise UserError("No such field or type", where=", ".join(strangers))
    _check_rates(p)


def _check_rates(p: Params) -> None:
    """Raise where a rate cannot be reached beside the copies."""
    for relation in RELATIONS:
        room = 1.0 - p.copies_of(relation)
        for name in FIELDS:
            if p.rate_of(name, relation) > room:
                raise UserError(
                    "Mutation rate cannot be reached",
                    where=f"{name} on {relation} edges",
                    why=f"the rate {p.rate_of(name, relation)} exceeds 1 - copy_prob",
                )
