"""Ecosystems with planted truth: any size, seeded, as arrays and as every kind of file.

``make`` gives arrays, ``write`` the files with ``truth.json`` beside them. A world is a
named set of parameters; tests and benchmarks live on them.
"""

from __future__ import annotations

from modelkin.data.synth.files import KINDS, write
from modelkin.data.synth.params import BITS, FIELDS, RELATIONS, Params
from modelkin.data.synth.presets import worlds
from modelkin.data.synth.world import World, make

__all__ = ["BITS", "FIELDS", "KINDS", "RELATIONS", "Params", "World", "make", "worlds", "write"]
