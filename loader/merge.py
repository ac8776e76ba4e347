"""Several sources for one model: claims, and the values that follow from them.

Every load leaves on a model what it claims. The stored values are a pure function of all
claims, so the order of loads does not matter, and taking one load's claims away gives
the graph that the others alone would have made.

A claim is known by its run, evidence and snapshot. Attribute by attribute the best claim
wins: stronger evidence (`modelkin.schema.attributes.EVIDENCE`), then the newer snapshot,
then the smaller run id. Values of one day (`TOGETHER`) come from one claim, the newest.
On the node: ``attribute_sources`` says who won what, ``other_claims`` keeps what lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelkin.schema.attributes import BY_NAME, CONFIG_NAMES, EVIDENCE, TOGETHER
from modelkin.schema.derive import config_hash
from modelkin.schema.families import family_of
from modelkin.schema.graph import HINT, HINT_WORDS, UNTYPED, organization, primary_relation

KEYS = ("attribute_sources", "other_claims", "sources")
"""List properties of a model that hold its claims."""

DERIVED = ("family", "n_attributes", "config_hash", "config_source", "snapshot")
"""Properties that `values` computes from the claims, beside the attributes themselves."""

RANK = {str(evidence): rank for rank, evidence in enumerate(EVIDENCE)}

MEASURED = ("drift", "n_compared", "n_changed", "changed", "drift_run", "created_delta_days")
"""Properties of an edge that measures write back; a hint has none of them."""

SHAPE = ("hidden_size", "num_hidden_layers")
"""Attributes either of which makes a model configured."""


@dataclass(frozen=True, order=True, slots=True)
class ClaimKey:
    """Who claims: run, evidence and snapshot of one load's rows."""

    run: str
    evidence: str
    snapshot: str


@dataclass
class Claims:
    """All that is claimed of one model.

    Attributes
    ----------
    by_key : dict
        Claim -> attribute -> value.
    sources : set of str
        ``kind|run`` or ``kind|run|evidence``: one entry for each load that has a row of it.
    """

    by_key: dict[ClaimKey, dict[str, Any]] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Claims:
        """Read the claims back from a stored model."""
        claims = cls(sources=set(properties.get("sources") or ()))
        for entry in properties.get("attribute_sources") or ():
            run, evidence, snapshot, names = entry.split("|", 3)
            claims.by_key[ClaimKey(run, evidence, snapshot)] = {
                name: properties[name] for name in names.split(",") if name in properties
            }
        for entry in properties.get("other_claims") or ():
            run, evidence, snapshot, values = entry.split("|", 3)
            claims.by_key.setdefault(ClaimKey(run, evidence, snapshot), {}).update(
                json.loads(values)
            )
        return claims

    def add(self, kind: str, key: ClaimKey, values: Mapping[str, Any]) -> int:
        """Add one row's values; return how many differ from an earlier row of the same claim.

        The earlier row keeps its value: a file that contradicts itself is counted, not
        decided by its order of attributes.
        """
        self.sources.add(f"config|{key.run}|{key.evidence}" if kind == "configs" else
                         f"{kind}|{key.run}")  # fmt: skip
        held = self.by_key.setdefault(key, {})
        differing = sum(1 for name, value in values.items() if held.get(name, value) != value)
        for name, value in values.items():
            held.setdefault(name, value)
        if not held:
            del self.by_key[key]
        return differing

    def without(self, run: str) -> Claims:
        """Return the claims that the other runs make."""
        return Claims(
            {key: values for key, values in self.by_key.items() if key.run != run},
            {source for source in self.sources if source.split("|")[1] != run},
        )

    def winners(self) -> dict[str, ClaimKey]:
        """Return attribute -> the claim whose value is stored."""
        best: dict[str, ClaimKey] = {}
        for key in sorted(self.by_key, key=_strength):
            for name in self.by_key[key]:
                if name not in TOGETHER:
                    best.setdefault(name, key)
        of_a_day = [k for k, values in self.by_key.items() if any(n in values for n in TOGETHER)]
        if of_a_day:
            newest = min(of_a_day, key=_freshness)
            best.update({name: newest for name in TOGETHER if name in self.by_key[newest]})
        return best


def _strength(key: ClaimKey) -> tuple[int, list[int], str]:
    """Order claims: stronger evidence, newer snapshot, smaller run id first."""
    return RANK[key.evidence], _newest_first(key.snapshot), key.run


def _freshness(key: ClaimKey) -> tuple[list[int], int, str]:
    """Order claims of values of one day: newer snapshot first."""
    return _newest_first(key.snapshot), RANK[key.evidence], key.run


def _newest_first(snapshot: str) -> list[int]:
    """Turn ISO text into a key that sorts later dates first and unknown ones last."""
    return [-ord(c) for c in snapshot] or [0]


def values(model_id: str, claims: Claims) -> dict[str, Any]:
    """Return every property that the claims decide.

    Parameters
    ----------
    model_id : str
        The model.
    claims : Claims
        All that is claimed of it.

    Returns
    -------
    dict
        Property -> value, with None for each property that the table knows and no claim
        gives, so that ``SET m += …`` also takes old values away.
    """
    winners = claims.winners()
    chosen = {name: claims.by_key[key][name] for name, key in winners.items()}
    out: dict[str, Any] = dict.fromkeys(BY_NAME)
    out.update(chosen)
    shape = [winners[name].evidence for name in SHAPE if name in winners]
    known = [name for name in CONFIG_NAMES if name in chosen]
    evidence = shape or [winners[name].evidence for name in known]
    day = next((winners[name].snapshot for name in TOGETHER if name in winners), "")
    out |= {
        "model_id_lower": model_id.lower(),
        "organization": organization(model_id),
        "family": family_of(chosen.get("model_type"), chosen.get("architecture")),
        "n_attributes": len(known) or None,
        "config_hash": config_hash(chosen) if shape else None,
        # Weight shapes alone must stay visible as such: an adapter's are its base's.
        "config_source": min(
            (e for e in evidence if e != "weight-shapes"),
            key=RANK.__getitem__,
            default=evidence[0] if evidence else None,
        ),
        "snapshot": day or None,
        "sources": sorted(claims.sources) or None,
        "attribute_sources": _won(winners) or None,
        "other_claims": _lost(claims, winners) or None,
    }
    return out


def _won(winners: Mapping[str, ClaimKey]) -> list[str]:
    """Spell who won what, one entry for each winning claim."""
    by_key: dict[ClaimKey, list[str]] = {}
    for name, key in winners.items():
        by_key.setdefault(key, []).append(name)
    return [
        f"{k.run}|{k.evidence}|{k.snapshot}|{','.join(sorted(by_key[k]))}" for k in sorted(by_key)
    ]


def _lost(claims: Claims, winners: Mapping[str, ClaimKey]) -> list[str]:
    """Spell the values that lost, as JSON, one entry for each claim."""
    out = []
    for key in sorted(claims.by_key):
        lost = {n: v for n, v in claims.by_key[key].items() if winners.get(n) != key}
        if lost:
            text = json.dumps(lost, sort_keys=True, ensure_ascii=False)
            out.append(f"{key.run}|{key.evidence}|{key.snapshot}|{text}")
    return out


def merge_relations(claims: Iterable[str]) -> tuple[list[str], str]:
    """Return the relations and the primary relation that an edge's claims give.

    Parameters
    ----------
    claims : iterable of str
        ``relation|run``, or ``untyped|run|word`` where the source's word was not known.

    Returns
    -------
    relations : list of str
        Typed relations, sorted; ``["untyped"]`` where no claim is typed, ``["hint"]`` where
        every claim is a hint.
    relation : str
        The primary one (merge > adapter > quantized > finetune > untyped).
    """
    split = [claim.split("|") for claim in claims]
    typed = sorted({parts[0] for parts in split} - {UNTYPED})
    if not typed and all(parts[-1] in HINT_WORDS for parts in split):
        return [HINT], HINT
    return typed or [UNTYPED], primary_relation(typed)


def edge_row(parent: str, child: str, claims: set[str]) -> dict[str, Any]:
    """Return what is stored on an edge that carries these claims."""
    relations, relation = merge_relations(claims)
    properties: dict[str, Any] = {
        "claims": sorted(claims),
        "relations": relations,
        "relation": relation,
    }
    if relation == HINT:  # no measure reads the edge any more, and none would renew its values
        properties |= dict.fromkeys(MEASURED)
    return {"parent": parent, "child": child, "properties": properties}


def by_child(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Gather rows of `edge_row` by their children: ``child``, and ``parents`` with properties."""
    gathered: dict[str, dict[str, Any]] = {}
    for row in rows:
        gathered.setdefault(row["child"], {})[row["parent"]] = row["properties"]
    return [{"child": child, "parents": parents} for child, parents in gathered.items()]
