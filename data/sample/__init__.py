"""Facts about real models with their sources, and the files made from them."""

from __future__ import annotations

from modelkin.data.sample.make import make_files
from modelkin.data.sample.tables import load, read

__all__ = ["load", "make_files", "read"]
