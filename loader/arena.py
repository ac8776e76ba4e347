"""Ratings of the LMArena leaderboard, in the shapes in which it is passed around."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from modelkin.errors import UserError
from modelkin.loader.arena_links import Links
from modelkin.loader.columns import parameters, snapshot_parameter
from modelkin.loader.fingerprint import sha256_of
from modelkin.loader.formats import read_json, sniff
from modelkin.loader.literals import CellError
from modelkin.loader.names import hub_id
from modelkin.loader.ratings import NEWEST, OVERALL, RatingRow, Ratings, choose
from modelkin.loader.records import Dropped, Ledger, RawRow, Reject
from modelkin.loader.tables import broken, open_table
from modelkin.loader.values import excerpt, normalise
from modelkin.schema.attributes import Attribute

__all__ = ["ArenaSource", "RatingRow", "Ratings", "choose"]

ALIASES: Mapping[str, tuple[str, ...]] = {
    "name": ("arena_name", "arena_key", "model", "name", "model_name", "key"),
    "rating": ("elo", "elo_rating", "rating", "arena_score", "elo_score", "score"),
    "low": ("rating_q025", "rating_lower", "lower", "low"),
    "high": ("rating_q975", "rating_upper", "upper", "high"),
    "plus": ("ci_plus",),
    "minus": ("ci_minus",),
    "ci": ("95%_ci", "ci", "confidence_interval"),
    "uncertainty": ("elo_uncertainty", "uncertainty"),
    "votes": ("votes", "num_battles", "num_votes"),
    "category": ("category",),
    "snapshot": ("snapshot_date", "snapshot", "date"),
    "organization": ("organization", "org"),
    "link": ("hf_id", "hf_id_from_url", "url", "model_markup", "link", "model_source"),
}
"""What a rating says -> names of its column, in lower case with _ for spaces; `link` has all
that are there, in this order."""

_CI = re.compile(r"\+?\s*([0-9.]+)\s*/\s*[-−]\s*([0-9.]+)")
_DATE_IN_NAME = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
_WHOLE = ("full", "overall", "text", "")  # names of the ranking over all prompts
_NUMBER = Attribute("rating", "number", "a rating or its bound")
_COUNT = Attribute("votes", "integer", "battles counted", low=0)


class ArenaSource:
    """Ratings as CSV, JSON lines, Parquet, a JSON list, or JSON {category: {name: rating}}.

    Kept: name, rating, interval, votes, category, snapshot, organization and links to the
    Hub. Changed: intervals written as "+3/-5" or as ± become their ends; the category
    "full" is "overall". Rejected: rows without a name or a rating.

    Parameters
    ----------
    path : Path
        The file; a date in its name is the snapshot of rows that state none.
    category : str
        Which ranking.
    snapshot : str
        ISO date of one leaderboard, or "newest".
    links : Path, optional
        A file that says which name is which model (`modelkin.loader.arena_links.Links`).
    """

    kind: ClassVar[str] = "arena"

    def __init__(
        self,
        path: Path,
        *,
        category: str = OVERALL,
        snapshot: str = NEWEST,
        links: Path | None = None,
    ) -> None:
        self.path, self.category = path, _category(category)
        self.snapshot = snapshot if snapshot == NEWEST else snapshot_parameter(snapshot)
        self._links = Links(links) if links else None
        self.parameters = parameters(
            category=self.category,
            snapshot=self.snapshot,
            links=sha256_of(links) if links else "",
        )
        self.ledger = Ledger()
        dates = _DATE_IN_NAME.findall(path.name)
        self._date = dates[-1] if dates else ""

    def read(self) -> Iterator[RawRow]:
        """Yield every rating in file order, of all categories and snapshots.

        Raises
        ------
        UserError
            The file holds no ratings.
        """
        if sniff(self.path) == "json":
            rows = _json_rows(read_json(self.path), self.path)
        else:
            rows = open_table(self.path).rows()
        first = next(rows, None)
        if first is None or not (broken(first) or {"name", "rating"} <= set(_fields(first.values))):
            raise UserError(
                f"{self.path.name} holds no ratings",
                why=f"its columns are {', '.join(map(str, first.values if first else ()))[:200]}",
                fix=f"Ratings have a name ({', '.join(ALIASES['name'][:4])}) and a rating "
                f"({', '.join(ALIASES['rating'][:4])}).",
            )
        return chain([first], rows)

    def normalise(self, row: RawRow) -> Iterator[RatingRow | Reject | Dropped]:
        """Yield the row's rating and the cells left out of it, or its reject."""
        if reject := broken(row):
            yield reject
            return
        cells = _fields(row.values)
        name = str(cells.get("name", [""])[0] or "").strip()
        if not name or not name.isprintable():
            yield Reject(row.where, "no_name", "the row names no model", excerpt(name))
            return
        numbers: dict[str, Any] = {}
        for key in ("rating", "low", "high", "plus", "minus", "uncertainty", "votes"):
            cell = cells.get(key, [None])[0]
            try:
                numbers[key] = normalise(cell, _COUNT if key == "votes" else _NUMBER)
            except CellError as error:
                yield Dropped(row.where, key, error.code, excerpt(cell))
        if numbers.get("rating") is None:
            yield Reject(row.where, "no_rating", f"{excerpt(name)} has no rating")
            return
        low, high = _interval(numbers, str(cells.get("ci", [""])[0]))
        links = (hub_id(cell) for cell in cells.get("link", []))
        rating = RatingRow(
            name,
            numbers["rating"],
            low,
            high,
            _category(str(cells.get("category", [""])[0] or "")),
            str(cells.get("snapshot", [""])[0] or self._date)[:10],
            numbers.get("votes"),
            str(cells.get("organization", [""])[0] or "").strip(),
            tuple(dict.fromkeys(link for link in links if link)),
        )
        yield self._links.add_to(rating) if self._links else rating

    def ratings(self) -> Ratings:
        """Read the file and choose one ranking: one rating for each name.

        Raises
        ------
        UserError
            The file has no such category or snapshot.
        """
        out = Ratings()
        every: list[RatingRow] = []
        for row in self.read():
            out.rows += 1
            for outcome in self.normalise(row):
                if isinstance(outcome, RatingRow):
                    every.append(outcome)
                elif isinstance(outcome, Reject):
                    out.rejects.append(outcome)
                else:
                    out.dropped.append(outcome)
        chosen = choose(every, self.category, self.snapshot)
        best: dict[str, RatingRow] = {}
        for rating in chosen:
            held = best.setdefault(rating.arena_name, rating)
            # The same name twice on one day: the fuller count stands.
            if (rating.votes or 0) > (held.votes or 0):
                best[rating.arena_name] = rating
        out.chosen = list(best.values())
        out.duplicates = len(chosen) - len(best)
        out.other_rows = len(every) - len(chosen)
        return out


def _category(text: str) -> str:
    """Return a category's one name."""
    folded = re.sub(r"[\s-]+", "_", text.strip().lower())
    return OVERALL if folded in _WHOLE else folded


def _fields(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return field -> its cells that have a value, in the aliases' order."""
    folded = {re.sub(r"\s+", "_", str(k).strip().lower()): v for k, v in values.items()}
    out = {}
    for name, aliases in ALIASES.items():
        cells = [folded[a] for a in aliases if folded.get(a) not in (None, "")]
        if cells:
            out[name] = cells
    return out


def _interval(numbers: Mapping[str, Any], ci: str) -> tuple[float | None, float | None]:
    """Return the ends of the interval, however it is written."""
    rating = numbers["rating"]
    low, high = numbers.get("low"), numbers.get("high")
    plus, minus = numbers.get("plus"), numbers.get("minus")
    if match := _CI.fullmatch(ci.strip()):
        plus, minus = float(match[1]), float(match[2])
    elif numbers.get("uncertainty") is not None:
        plus = minus = numbers["uncertainty"]
    if low is None and minus is not None:
        low = rating - minus
    if high is None and plus is not None:
        high = rating + plus
    return low, high


def _json_rows(document: object, path: Path) -> Iterator[RawRow]:
    """Yield the ratings of a JSON document."""
    if isinstance(document, list) and all(isinstance(item, dict) for item in document):
        for number, item in enumerate(document, 1):
            yield RawRow("model", f"entry {number}", item)
        return
    if isinstance(document, dict) and all(isinstance(v, dict) for v in document.values()):
        for category, ratings in document.items():
            for name, values in ratings.items():
                cells = values if isinstance(values, dict) else {"rating": values}
                row = {**cells, "category": category, "arena_key": name}
                yield RawRow("model", f"{category}: {name}"[:200], row)
        return
    raise UserError(
        f"{path.name} holds no ratings",
        why="it is neither a list of rows nor {category: {name: rating}}",
    )
