"""Ratings as rows, and the choice of one ranking among those of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelkin.errors import UserError
from modelkin.loader.records import Dropped, Reject

OVERALL = "overall"
NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rating of one arena name, with the model it belongs to once that is known.

    Attributes
    ----------
    arena_name : str
        As the leaderboard spells it.
    rating : float
        Elo points.
    low, high : float or None
        Ends of the 95 % interval.
    category : str
        "overall", or the kind of prompts.
    snapshot : str
        ISO date, "" when unknown.
    votes : int or None
    organization : str
        Who made the model, as the leaderboard says.
    links : tuple of str
        Hub ids that the row itself names, strongest first.
    model_id : str or None
        The model, set by `modelkin.loader.names.match`.
    candidates : tuple of str
        Models that it may be, where it is not certain.
    why : str
        What decided: "link", "id" or "name"; or why nothing did.
    """

    arena_name: str
    rating: float
    low: float | None = None
    high: float | None = None
    category: str = OVERALL
    snapshot: str = ""
    votes: int | None = None
    organization: str = ""
    links: tuple[str, ...] = ()
    model_id: str | None = None
    candidates: tuple[str, ...] = ()
    why: str = ""

    def properties(self) -> dict[str, Any]:
        """Return what is stored on the model; what is not known is an absent key."""
        values = {
            "arena_name": self.arena_name,
            "arena_rating": self.rating,
            "arena_low": self.low,
            "arena_high": self.high,
            "arena_category": self.category,
            "arena_snapshot": self.snapshot or None,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass
class Ratings:
    """The ratings chosen from a file, and what became of its other rows.

    ``rows = chosen + rejected + duplicates + other_rows``.
    """

    rows: int = 0
    chosen: list[RatingRow] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    duplicates: int = 0
    other_rows: int = 0


def choose(rows: Sequence[RatingRow], category: str, snapshot: str) -> list[RatingRow]:
    """Return the ratings of one category and one snapshot, in their order.

    Parameters
    ----------
    rows : sequence of RatingRow
        All ratings of a file.
    category : str
        Which ranking.
    snapshot : str
        ISO date, or "newest": the newest that has the category.

    Raises
    ------
    UserError
        There is none such; the error names what there is.
    """
    of_category = [r for r in rows if r.category == category]
    if not of_category:
        known = sorted({r.category for r in rows})
        raise UserError(f"No ratings of category {category!r}", why=f"there are {', '.join(known)}")
    days = sorted({r.snapshot for r in of_category})
    day = days[-1] if snapshot == NEWEST else snapshot
    if day not in days:
        raise UserError(
            f"No ratings of {day}",
            why=f"there are {len(days)} snapshots from {days[0]} to {days[-1]}",
        )
    return [r for r in of_category if r.snapshot == day]
