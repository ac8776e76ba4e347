"""What an analysis gives: tables, figures as data, and what belongs in the graph.

Nothing here draws, writes or prints; `modelkin.output` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

PanelKind = Literal[
    "histogram", "bars", "ecdf", "lines", "scatter", "heatmap", "box", "intervals", "network"
]


@dataclass(frozen=True)
class Coverage:
    """The funnel from what is in scope to what was used.

    Attributes
    ----------
    steps : tuple of (str, int)
        Each step's words and count, from the scope to the rows used.
    n_components : int or None
        Components among the rows used (G).
    n_effective : float or None
        Effective components, (sum n)^2 / sum n^2.
    """

    steps: tuple[tuple[str, int], ...]
    n_components: int | None = None
    n_effective: float | None = None

    @property
    def n_scope(self) -> int:
        """Rows in scope."""
        return self.steps[0][1]

    @property
    def n_used(self) -> int:
        """Rows used."""
        return self.steps[-1][1]

    def line(self) -> str:
        """Return the funnel as one line: ``edges 41,544 → both known 21,308 → …``."""
        return " → ".join(f"{words} {n:,}" for words, n in self.steps)


@dataclass(frozen=True)
class Table:
    """One table of a result.

    Attributes
    ----------
    name : str
        File stem ("config_drift_pairs").
    frame : DataFrame
        Ids as text, numbers as numbers, missing as NA; a stated order of rows.
    about : str
        One sentence: what a row is.
    coverage : Coverage
        n used of n in scope.
    main : bool
        Whether the command prints it (the others are only written as files).
    """

    name: str
    frame: pd.DataFrame
    about: str
    coverage: Coverage
    main: bool = False


@dataclass(frozen=True)
class Panel:
    """One axes of a figure, as data.

    Attributes
    ----------
    kind : PanelKind
        histogram (x; groups by `group`), bars (x category, y value, optional low/high),
        ecdf (x; groups), lines (x, y, optional low/high; one line a group), scatter (x, y,
        group), heatmap (x, y, value; optional `text`, `small` below it, and `is_thin`:
        hatched), box (x category, y value), intervals (y category, x value, low, high: dots
        with intervals, horizontal), network (x, y, group; `edges` in options as index pairs).
    data : DataFrame
        The drawn data, columns named by `x`, `y`, `group`, ``low``, ``high``, ``value``, ``n``.
    x, y, group : str
        Column names; "" where the kind has none.
    title, xlabel, ylabel : str
        Words on the axes, units included.
    options : dict
        "bins", "log_x", "log_y", "marks" (list of (value, words)), "marks_y", "order", "note",
        "from_zero" (intervals: the axis begins at 0),
        "needs" (what an empty panel lacks, in words),
        "centre" (middle of a diverging heatmap), "format" (of numbers in cells).
    name : str
        What the file of its data is called: ``<figure>.<name>.csv``.
    """

    kind: PanelKind
    data: pd.DataFrame
    x: str = ""
    y: str = ""
    group: str = ""
    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Figure:
    """One picture: panels, title, and how to read it.

    Attributes
    ----------
    name : str
        File stem ("config_drift_analysis").
    title : str
        What it shows, as a statement or a question.
    panels : tuple of Panel
        Drawn left to right, wrapped to `columns`.
    caption : str
        n used, n in scope, components, what it does not say.
    columns : int
        Panels in a row.
    """

    name: str
    title: str
    panels: tuple[Panel, ...]
    caption: str
    columns: int = 2


@dataclass(frozen=True)
class WriteBack:
    """Values that belong in the graph.

    Attributes
    ----------
    target : {"model", "edge", "similar"}
        Properties of models, of PARENT_OF edges, or a whole set of SIMILAR_TO edges.
    frame : DataFrame
        "model": ``row`` and property columns. "edge": ``parent``, ``child`` (rows) and
        property columns. "similar": ``source``, ``target`` (rows), ``distance``,
        ``similarity``, ``rank``, ``n_compared``. Missing removes the property.
    about : str
        What the graph holds of it afterwards: "drift of 2,040 of 41,544 edges".
    """

    target: Literal["model", "edge", "similar"]
    frame: pd.DataFrame
    about: str


@dataclass(frozen=True)
class Result:
    """Everything one analysis gives.

    Attributes
    ----------
    name : str
        Name in the registry.
    coverage : Coverage
        The funnel of the whole.
    tables, figures, writes
        What to save, draw and write back.
    findings : tuple of str
        A few plain sentences for the terminal and the report, each with its n.
    parameters : dict
        Every option that decided the numbers.
    """

    name: str
    coverage: Coverage
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    writes: tuple[WriteBack, ...] = ()
    findings: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether it is over all relations: a filtered one is a part."""
        return not self.parameters.get("relations")

    @property
    def written(self) -> str:
        """What its write-backs put into the graph, in words; "" where there are none."""
        return "; ".join(back.about for back in self.writes)
