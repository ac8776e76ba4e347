"""One entry of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelkin.analysis.inputs import Inputs
    from modelkin.analysis.result import Result


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis.

    Attributes
    ----------
    name : str
        Name of the command, of the run's kind, and of the folder of results.
    question : str
        What it answers, as a sentence.
    module : str
        Module of `modelkin.analysis` whose ``compute(inputs) -> Result`` does it.
    needs : tuple of str
        "configs", "edges", "forest", "ratings".
    writes : str
        What ``--write`` stores in the graph, "" for nothing.
    tables : tuple of str
        File stems that it gives.
    figures : mapping of str to tuple of str
        File stem of each picture -> names of its panels: ``<figure>.<panel>.csv`` holds what
        is drawn.
    """

    name: str
    question: str
    module: str
    needs: tuple[str, ...]
    writes: str
    tables: tuple[str, ...]
    figures: Mapping[str, tuple[str, ...]]

    def compute(self, inputs: Inputs) -> Result:
        """Run it; its module is imported now, not before."""
        result: Result = import_module(f"modelkin.analysis.{self.module}").compute(inputs)
        return result

    def options(self, **asked: Any) -> dict[str, Any]:
        """Return its options with those asked for that it has; others are not its own."""
        own: Mapping[str, Any] = import_module(f"modelkin.analysis.{self.module}").DEFAULTS
        return {name: asked.get(name, value) for name, value in own.items()}
