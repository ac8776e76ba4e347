"""A graph-database-backed lineage explorer for AI models.

``modelkin.connect()`` gives the graph; everything else is imported from its own room
(`modelkin.analysis`, `modelkin.loader`, ...). The package imports nothing heavy itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelkin.graph.connect import connect

__all__ = ["__version__", "connect"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import `connect` on first use: the driver costs 0.4 s that ``--help`` need not pay."""
    if name == "connect":
        from modelkin.graph.connect import connect

        return connect
    raise AttributeError(f"module 'modelkin' has no attribute {name!r}")
