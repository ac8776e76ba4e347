"""An ecosystem as arrays in the order of its ids, and how it is made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelkin.data.synth.attachment import grow
from modelkin.data.synth.clock import birth_times, make_older
from modelkin.data.synth.components import Layout, lay_out
from modelkin.data.synth.configs import draw_outliers, draw_types, inherit
from modelkin.data.synth.lineage import Lineage, declare
from modelkin.data.synth.listing import Listing, list_models
from modelkin.data.synth.missing import Observed, observe
from modelkin.data.synth.params import FIELDS, Params
from modelkin.data.synth.presets import resolve
from modelkin.data.synth.prototypes import LEVELS, NUMBERS, NUMERIC, TYPE_NAMES

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class World:
    """An ecosystem with its truth; arrays of models are in ascending order of id.

    Attributes
    ----------
    name : str
        World that the parameters started from.
    params : Params
        All parameters.
    ids : ndarray of str, shape (n,)
        Hub ids, ascending; a model's row number is its position here.
    kind : ndarray of int64, shape (n,)
        True type, a position in `TYPE_NAMES` (also where the files do not tell it).
    created_at : ndarray of datetime64[s], shape (n,)
        UTC; NaT for stubs.
    listing : Listing
        Downloads, likes and the rest of the Hub's listing; NaN or None for stubs.
    stub, has_row : ndarray of bool, shape (n,)
        Named only as a parent; has a configuration row.
    source : ndarray of int64, shape (n,)
        Row of the parent that a configuration was inherited from, -1 for none.
    made_by : ndarray of int8, shape (n,)
        Relation to the source, a position in `RELATIONS`; -1 for none.
    component : ndarray of int64, shape (n,)
        Row of the smallest id in the model's component (its own if it is alone).
    parent, child : ndarray of int64, shape (m,)
        Rows of the declared pairs, ordered by (parent, child); loops and cycles included.
    bits : ndarray of uint8, shape (m,)
        Relations of each pair, a sum of `BITS`.
    codes : ndarray of int8, shape (n, fields)
        True configurations, stubs included; -1: the type has no such field.
    known : ndarray of bool, shape (n, fields)
        What the complete files (configs.jsonl) tell.
    lost : ndarray of bool, shape (n, fields)
        Known, but left out of the expanded CSV.
    pattern : ndarray of int16, shape (n,)
        Misalignment of the CSV row, a position in `PATTERNS`; -1 for none.
    outlier : ndarray of int8, shape (n,)
        Field, a position in `FIELDS`, whose value is multiplied by `outlier_factor`; -1
        for none.
    """

    name: str
    params: Params
    ids: NDArray[np.object_]
    kind: NDArray[np.int64]
    created_at: NDArray[np.datetime64]
    listing: Listing
    stub: NDArray[np.bool_]
    has_row: NDArray[np.bool_]
    source: NDArray[np.int64]
    made_by: NDArray[np.int8]
    component: NDArray[np.int64]
    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    bits: NDArray[np.uint8]
    codes: NDArray[np.int8]
    known: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    pattern: NDArray[np.int16]
    outlier: NDArray[np.int8]

    @property
    def n(self) -> int:
        """Number of models, stubs included."""
        return len(self.ids)

    @property
    def configured(self) -> NDArray[np.bool_]:
        """Mask of the models whose width or depth is known, shape (n,)."""
        size = [FIELDS.index("hidden_size"), FIELDS.index("num_hidden_layers")]
        return np.asarray(self.known[:, size].any(axis=1))

    def column(self, name: str, rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Return a field as known: float64 with NaN, or object with None.

        Parameters
        ----------
        name : str
            One of `FIELDS`.
        rows : ndarray of int64, optional
            Rows wanted; all by default.
        """
        rows = np.arange(self.n) if rows is None else rows
        f = FIELDS.index(name)
        code = np.where(self.known[rows, f], self.codes[rows, f], -1)
        if name in NUMERIC:
            factor = np.where(self.outlier[rows] == f, self.params.outlier_factor, 1.0)
            return np.asarray(NUMBERS[name][self.kind[rows], code] * factor)
        return np.array([*LEVELS[name], None], dtype=object)[code]

    @cached_property
    def configs(self) -> pd.DataFrame:
        """Known configurations: one row for each model with a row, `FIELDS` as columns.

        Numbers are float64 with NaN, categories and booleans object with None; the index
        is the model's row number.
        """
        import pandas as pd

        rows = np.flatnonzero(self.has_row)
        return pd.DataFrame({f: self.column(f, rows) for f in FIELDS}, index=rows)

    @cached_property
    def truth(self) -> dict[str, Any]:
        """Parameters and everything realised, as plain values (`truth.json`)."""
        from modelkin.data.synth.truth import tell

        return tell(self)


def make(
    world: str = "planted", *, n_models: int | None = None, seed: int = 0, **overrides: Any
) -> World:
    """Make an ecosystem with planted truth.

    Parameters
    ----------
    world : str
        One of `worlds()`.
    n_models : int, optional
        Models, stubs included; the world's own number by default (3,000, or the whole
        Hub's 1,860,411 for "census").
    seed : int
        Seed, ≥ 0. The same call gives the same arrays on every machine.
    **overrides
        Parameters of `Params`. A table of rules takes a number (for everything) or a
        mapping, which is merged into the world's table: ``rate={"vocab_size": 0.0}``.

    Returns
    -------
    World

    Raises
    ------
    UserError
        For an unknown world or parameter, or a value out of range.

    Notes
    -----
    Every part draws from a stream of its own, so a parameter changes nothing that does
    not depend on it: two calls that differ in one effect are matched twins. Measured on
    one core: 0.04 s for 3,000 models, 0.8 s for 100,000, 13 s and 1.0 GB for the
    whole Hub.

    Examples
    --------
    >>> w = make("planted", n_models=300, seed=1)
    >>> w.n, w.ids[0] < w.ids[1]
    (300, True)
    """
    p = resolve(world, n_models, seed, overrides)
    layout = lay_out(p)
    time = birth_times(p, layout)
    kind = draw_types(p, layout, time)
    tree = grow(p, layout, time)
    lineage = declare(p, layout, tree, kind, time)
    codes = inherit(p, layout, lineage, kind, time)
    seen = observe(p, layout, lineage, kind, codes)
    created = make_older(p, layout, time, tree)
    return _in_order_of_ids(world, p, layout, lineage, kind, created, codes, seen)


def _in_order_of_ids(
    world: str,
    p: Params,
    layout: Layout,
    lineage: Lineage,
    kind: NDArray[np.int64],
    created: NDArray[np.int64],
    codes: NDArray[np.int8],
    seen: Observed,
) -> World:
    """Return the world with models renumbered from birth order to the order of their ids."""
    listing = list_models(p, lineage, kind)
    # Ids ascend with (organisation, chance): they tell nothing of lineage or time.
    order = np.lexsort((p.stream("ids").random(layout.n), listing.organization))
    row = np.empty(layout.n, dtype=np.int64)
    row[order] = np.arange(layout.n)
    stub = lineage.stub[order]
    moment = created[order].astype("datetime64[s]")
    moment[stub] = np.datetime64("NaT")
    source = lineage.source[order]
    outlier = np.full(layout.n, -1, dtype=np.int8)
    models, large = draw_outliers(p, layout)
    outlier[row[models]] = large
    pair = np.lexsort((row[lineage.child], row[lineage.parent]))
    return World(
        name=world,
        params=p,
        ids=_ids(listing.organization[order], kind[order]),
        kind=kind[order],
        created_at=moment,
        listing=_without_stubs(listing, order, stub),
        stub=stub,
        has_row=seen.row[order],
        source=np.where(source < 0, -1, row[source]),
        made_by=lineage.made_by[order],
        component=_names(layout, row)[order],
        parent=row[lineage.parent[pair]],
        child=row[lineage.child[pair]],
        bits=lineage.bits[pair],
        codes=codes[order],
        known=(seen.known & seen.row[:, None])[order],
        lost=(seen.lost & seen.row[:, None])[order],
        pattern=seen.pattern[order],
        outlier=outlier,
    )


def _ids(organization: NDArray[np.int64], kind: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return ids such as ``org000012/m0001234-llama``; their order is that of the rows."""
    names = [f"m{row:07d}-{TYPE_NAMES[k]}" for row, k in enumerate(kind.tolist())]
    full = [
        f"org{o:06d}/{name}" if o else name
        for o, name in zip(organization.tolist(), names, strict=True)
    ]
    return np.array(full, dtype=object)


def _names(layout: Layout, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, in birth order, the smallest row of each model's component."""
    name = row.copy()
    if layout.n_tree:
        smallest = np.minimum.reduceat(row[: layout.n_tree], layout.roots)
        name[: layout.n_tree] = smallest[layout.component[: layout.n_tree]]
    return name


def _without_stubs(listing: Listing, order: NDArray[np.int64], stub: NDArray[np.bool_]) -> Listing:
    """Return the listing in the order of ids; nobody lists a stub."""
    columns = {f.name: getattr(listing, f.name)[order] for f in fields(Listing)}
    for name in ("downloads", "likes", "trending"):
        columns[name][stub] = np.nan
    for name in ("pipeline_tag", "library_name", "license"):
        columns[name][stub] = None
    for name in ("languages", "datasets"):
        columns[name][stub] = -1
    return Listing(**columns)
