"""What another file says of arena names: their makers, and their pages on the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelkin.errors import UserError
from modelkin.loader.formats import read_json, sniff
from modelkin.loader.names import hub_id, plain_name
from modelkin.loader.ratings import RatingRow
from modelkin.loader.tables import open_table

_NAMES = ("arena_name", "model_api_name", "name", "arena_key", "model")
_LINKS = ("hf_id", "hf_id_from_url", "url", "model_source", "link")


class Links:
    """Makers and links by arena name, from a table or a JSON list.

    Rows whose ``evidence`` is not a link of the leaderboard itself are left out: names
    joined by others are the very guesses that matching avoids.

    Parameters
    ----------
    path : Path
        With a column of names (``arena_name``, ``model_api_name``, ``name``) and one of
        links or ids (``hf_id``, ``url``, ``model_source``), or of organizations.

    Raises
    ------
    UserError
        No row of the file names an arena name with a link or a maker.
    """

    def __init__(self, path: Path) -> None:
        self._links: dict[str, list[str]] = {}
        self._makers: dict[str, str] = {}
        for values in _rows(path):
            if "url" not in str(values.get("evidence") or "url"):
                continue
            for name in {plain_name(str(values[c])) for c in _NAMES if values.get(c)}:
                for link in filter(None, (hub_id(values.get(c)) for c in _LINKS)):
                    if link not in self._links.setdefault(name, []):
                        self._links[name].append(link)
                if values.get("organization"):
                    self._makers.setdefault(name, str(values["organization"]))
        if not self._links and not self._makers:
            raise UserError(
                f"{path.name} links no arena names",
                fix=f"It needs a column {_NAMES[0]} and one of {', '.join(_LINKS)}.",
            )

    def add_to(self, row: RatingRow) -> RatingRow:
        """Return the rating with the links and the maker that it lacks."""
        name = plain_name(row.arena_name)
        links = tuple(dict.fromkeys((*row.links, *self._links.get(name, ()))))
        return replace(
            row, links=links, organization=row.organization or self._makers.get(name, "")
        )


def _rows(path: Path) -> list[Mapping[str, Any]]:
    """Return the rows of a table or of a JSON list."""
    if sniff(path) != "json":
        return [row.values for row in open_table(path).rows()]
    document = read_json(path)
    return [row for row in document if isinstance(row, dict)] if isinstance(document, list) else []
