"""The null of coherence: what a component's distances would be among models of its kind and time.

An *entry* is one configuration in one component: copies inside a component count once, also
those that only know less (distance 0); the same configuration in two components counts twice,
as two lineages came upon it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from modelkin.analysis.chance import permutation_p
from modelkin.analysis.distances import LARGEST, Distances
from modelkin.analysis.reach import compiled
from modelkin.analysis.strata import UNDATED, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_MEMBERS = 5
"""Distinct configurations that a comparison needs."""
MIN_OTHERS = 10
"""Entries of other components and configurations that a stratum needs."""


@dataclass(frozen=True, eq=False)
class Entries:
    """Configurations by component, shape (e,) each.

    Attributes
    ----------
    component : ndarray of int64
        Component (row of its smallest id).
    configuration : ndarray of int64
        Number of the configuration.
    kind : ndarray of int64
        Its model_type as a number, -1 unknown.
    period : ndarray of int64
        Half-year of its first copy in the component, -1 unknown.
    """

    component: NDArray[np.int64]
    configuration: NDArray[np.int64]
    kind: NDArray[np.int64]
    period: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stratum:
    """Where some members of a component may be replaced from.

    Attributes
    ----------
    members : ndarray of int64
        Configurations of the component.
    pool : ndarray of int64
        Configurations of all entries of the stratum, the component's own included.
    is_dated : bool
        Type and half-years; type alone otherwise.
    """

    members: NDArray[np.int64]
    pool: NDArray[np.int64]
    is_dated: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """One component against the null.

    Attributes
    ----------
    n_members, n_without_partner : int
        Different configurations compared, and left out for want of a stratum.
    strata : str
        "type × half-year", "type" (dates not known) or "mixed"; "" without comparison.
    mean_distance, null_mean, null_low, null_high : float
        Mean distance of the members; mean and 95 % range of that of the replaced sets.
    excess : float
        null_mean - mean_distance: how much more alike the members are than chance.
    p : float
        Two-sided permutation p.
    note : str
        "" or why there is no comparison.
    """

    n_members: int
    n_without_partner: int
    strata: str = ""
    mean_distance: float = math.nan
    null_mean: float = math.nan
    null_low: float = math.nan
    null_high: float = math.nan
    excess: float = math.nan
    p: float = math.nan
    note: str = ""


def entries(
    component: NDArray[np.int64],
    configuration: NDArray[np.int64],
    kind: NDArray[np.int64],
    period: NDArray[np.int64],
    distances: Distances,
) -> Entries:
    """Collapse configured models, one value for each, to entries; the first date stays."""
    frame = pd.DataFrame(
        {
            "component": component,
            "configuration": configuration,
            "kind": kind,
            "period": np.where(period == UNDATED, np.iinfo(np.int64).max, period),
        }
    )
    first = frame.groupby(["component", "configuration"], as_index=False).min()
    first["stays"] = True
    several = first.groupby("component")["configuration"].transform("size") > 1
    for _, part in first[several].groupby("component"):
        names = part["configuration"].to_numpy(np.int64)
        first.loc[part.index, "stays"] = np.isin(names, distances.different(names))
    first = first[first["stays"]]
    dated = first["period"] < np.iinfo(np.int64).max
    return Entries(
        component=first["component"].to_numpy(np.int64),
        configuration=first["configuration"].to_numpy(np.int64),
        kind=first["kind"].to_numpy(np.int64),
        period=first["period"].where(dated, UNDATED).to_numpy(np.int64),
    )


def strata(found: Entries, component: int) -> tuple[list[Stratum], int]:
    """Return the strata of a component's members, and how many members have none.

    Parameters
    ----------
    found : Entries
        All entries.
    component : int
        The component.

    Returns
    -------
    list of Stratum
        By type; dated members by half-years, joined with their neighbours in time until 10
        entries of other components with other configurations are there; undated members
        in a stratum of the whole type.
    n_without : int
        Members of unknown type, or of types with too few others.
    """
    own = found.component == component
    held = np.isin(found.configuration, found.configuration[own])
    out = []
    for kind in np.unique(found.kind[own & (found.kind >= 0)]):
        here = found.kind == kind
        others = here & ~held
        mine = here & own
        undated = mine & (found.period == UNDATED)
        if undated.any() and others.sum() >= MIN_OTHERS:
            out.append(Stratum(found.configuration[undated], found.configuration[here], False))
        dated = here & (found.period != UNDATED)
        periods, place = np.unique(found.period[dated], return_inverse=True)
        if not len(periods):
            continue
        n_others, n_mine = (
            np.bincount(place, mask[dated], len(periods)).astype(np.int64)
            for mask in (others, mine)
        )
        joined = windows(periods, n_others, n_mine, MIN_OTHERS)[place]
        for window in np.unique(joined[mine[dated] & (joined >= 0)]):
            inside = np.flatnonzero(dated)[joined == window]
            chosen = inside[mine[inside]]
            out.append(Stratum(found.configuration[chosen], found.configuration[inside], True))
    placed = sum(len(s.members) for s in out)
    return out, int(own.sum()) - placed


def compare(
    found: Entries,
    component: int,
    distances: Distances,
    permutations: int,
    rng: np.random.Generator,
) -> Comparison:
    """Compare a component's mean distance with that of sets drawn from its strata.

    Parameters
    ----------
    found : Entries
        All entries.
    component : int
        The component.
    distances : Distances
        Distances among configurations.
    permutations : int
        Sets drawn.
    rng : Generator
        Random numbers of this component.

    Returns
    -------
    Comparison

    Notes
    -----
    A set replaces every member by an entry of its stratum, drawn without replacement; an
    entry at distance 0 from one that the set already holds is drawn again, so that sets
    are different configurations as the members are.
    """
    parts, without = strata(found, component)
    members = np.concatenate([s.members for s in parts]) if parts else np.empty(0, np.int64)
    told = Comparison(len(members), without)
    if len(members) < MIN_MEMBERS:
        return _without(told, f"no comparison ({len(members)} members with enough others)")
    observed = float(distances.means([members])[0])
    null = null_means(parts, distances, permutations, rng)
    if math.isnan(observed) or np.isnan(null).all():
        return _without(told, "no comparison (too few shared fields)")
    low, high = np.nanquantile(null, [0.025, 0.975])
    middle = float(np.nanmean(null))
    kinds = {s.is_dated for s in parts}
    words = "mixed" if len(kinds) == 2 else "type × half-year" if True in kinds else "type"
    return Comparison(
        n_members=len(members),
        n_without_partner=without,
        strata=words,
        mean_distance=observed,
        null_mean=middle,
        null_low=float(low),
        null_high=float(high),
        excess=middle - observed,
        p=permutation_p(observed, null),
    )


def _without(told: Comparison, note: str) -> Comparison:
    """Return the counts, and why there is no more."""
    return Comparison(told.n_members, told.n_without_partner, note=note)


def null_means(
    parts: list[Stratum], distances: Distances, permutations: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean distance of each drawn set, shape (permutations,); NaN without pairs."""
    names, pools = np.unique(np.concatenate([s.pool for s in parts]), return_inverse=True)
    starts = np.cumsum([0, *(len(s.pool) for s in parts)])
    wanted = np.array([len(s.members) for s in parts])
    if len(names) > LARGEST:  # only equal configurations are told apart, which is cautious
        drawn = _draw(pools, starts, wanted, np.empty((0, 0)), permutations, rng)
        return distances.means([names[np.unique(row[row >= 0])] for row in drawn])
    block = distances.among(names)
    return _block_means(block, _draw(pools, starts, wanted, block, permutations, rng))


@compiled
def _draw(
    pools: NDArray[np.int64],
    starts: NDArray[np.int64],
    wanted: NDArray[np.int64],
    block: NDArray[np.float64],
    permutations: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw sets of different names, so many from each stratum; -1 where one runs dry."""
    drawn = np.full((permutations, wanted.sum()), -1, dtype=np.int64)
    for b in range(permutations):
        place = 0
        for s in range(len(wanted)):
            stop, last = starts[s + 1], place + wanted[s]
            k = starts[s]
            while place < last and k < stop:
                other = rng.integers(k, stop)
                pools[k], pools[other] = pools[other], pools[k]
                drawn[b, place] = pools[k]
                k += 1
                place += not _holds(drawn[b], place, block)
            if place < last:
                drawn[b, place:last] = -1
            place = last
    return drawn


@compiled
def _holds(row: NDArray[np.int64], place: int, block: NDArray[np.float64]) -> bool:
    """Say whether the name at a place, or one at distance 0, stands before it."""
    name = row[place]
    for k in range(place):
        if row[k] == name or (row[k] >= 0 and len(block) > 0 and block[row[k], name] == 0):
            return True
    return False


@compiled
def _block_means(block: NDArray[np.float64], drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean over the known distances of all pairs of each set."""
    means = np.full(len(drawn), np.nan)
    for b in range(len(drawn)):
        total, count = 0.0, 0
        for i in range(drawn.shape[1]):
            x = drawn[b, i]
            if x < 0:
                continue
            for j in range(i):
                y = drawn[b, j]
                if y >= 0 and not np.isnan(block[x, y]):
                    total += block[x, y]
                    count += 1
        if count > 0:
            means[b] = total / count
    return means
