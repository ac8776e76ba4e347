"""Exact distance of rows with numbers, categories, booleans and gaps (Gower 1971).

Of use without the rest of modelkin: ask a DataFrame, or one `encode`d once, for the `nearest`
rows, chosen `pairs`, the full `matrix` or `group_means`. A distance is the mean over the fields
known in both rows; how many those are stands beside every distance, and where they are too few
the distance is missing (NaN), not large.
"""

from __future__ import annotations

from modelkin.analysis.gower.effort import Effort
from modelkin.analysis.gower.estimate import Estimate, estimate
from modelkin.analysis.gower.groups import group_means
from modelkin.analysis.gower.matrices import condensed, matrix, pairs
from modelkin.analysis.gower.neighbours import Neighbours, nearest
from modelkin.analysis.gower.spec import VARIANTS, Field, Spec, Variant, default_spec
from modelkin.analysis.gower.table import Table, encode

__all__ = [
    "VARIANTS",
    "Effort",
    "Estimate",
    "Field",
    "Neighbours",
    "Spec",
    "Table",
    "Variant",
    "condensed",
    "default_spec",
    "encode",
    "estimate",
    "group_means",
    "matrix",
    "nearest",
    "pairs",
]
