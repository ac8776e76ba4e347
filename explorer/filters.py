"""What a view is limited to: relations, licences, dates; and how that is said in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from modelkin.errors import UserError
from modelkin.schema.graph import RELATION_WORDS

UNKNOWN = "(unknown)"
"""Stands for models whose licence no source gives."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits of a lineage. The focus always passes.

    Attributes
    ----------
    relations : tuple of str
        Only edges that claim one of these; empty: all.
    licenses : tuple of str
        Only models under one of these (`UNKNOWN`: under none that is known); empty: all.
    since, asof : str
        First and last day on which a model may have been made, as 2025-06-30; "": no limit. A
        model of unknown date passes both: unknown is never "no".
    """

    relations: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    since: str = ""
    asof: str = ""

    @property
    def of_models(self) -> bool:
        """Whether models, and not only edges, are left out."""
        return bool(self.licenses or self.since or self.asof)

    @property
    def any(self) -> bool:
        """Whether anything is left out at all."""
        return bool(self.relations) or self.of_models

    def passes(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether a model passes; `facts` has its created_at and license."""
        made = (facts.get("created_at") or "")[:10]
        if made and ((self.since and made < self.since) or (self.asof and made > self.asof)):
            return False
        return not self.licenses or (facts.get("license") or UNKNOWN) in self.licenses

    def words(self) -> list[str]:
        """Say each limit."""
        return [
            "relation: " + (" or ".join(self.relations) or "all"),
            *(["licence: " + " or ".join(self.licenses)] if self.licenses else []),
            *([f"made from {self.since}"] if self.since else []),
            *([f"as of {self.asof}"] if self.asof else []),
        ]


def read(given: Mapping[str, Sequence[str]]) -> Filters:
    """Read filters from a query string.

    Raises
    ------
    UserError
        A relation is not known, or a date is none.
    """
    relations = []
    for word in given.get("relation", ()):
        if word.lower() not in RELATION_WORDS:
            raise UserError(f"Unknown relation {word!r}")
        relations.append(RELATION_WORDS[word.lower()])
    licenses = given.get("license", ())
    if len(licenses) > 50 or any(len(word) > 200 for word in licenses):
        raise UserError("Too many licences, or one that is too long")
    return Filters(
        tuple(sorted(set(relations))),
        tuple(sorted(set(licenses))),
        _day(given, "from", first=True),
        _day(given, "asof", first=False),
    )


def _day(given: Mapping[str, Sequence[str]], name: str, *, first: bool) -> str:
    """Read a day, or a month as its first or last day."""
    text = (list(given.get(name, ())) or [""])[-1]
    if not text:
        return ""
    if re.fullmatch(r"\d{4}-\d\d", text):
        text += "-01" if first else "-31"
        while not first and not _is_day(text):
            text = f"{text[:8]}{int(text[8:]) - 1}"
            if text.endswith("27"):
                break
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or not _is_day(text):
        raise UserError(f"{name} is no date: {text[:40]!r}", fix="Write it as 2025-06-30.")
    return text


def _is_day(text: str) -> bool:
    """Tell whether a text is a day of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
