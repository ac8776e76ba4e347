"""What a pickle would ask for, read off its opcodes without building anything.

For a person who wants to look into a file, and for the byte position in an error. The
reading itself does not depend on it: scanners that decide by lists keep being bypassed.
"""

from __future__ import annotations

import pickletools
from typing import Any, BinaryIO

from modelkin.loader.pickles.stand_ins import VOCABULARY

UNRESOLVED = ("?", "?")
_MAX_NAME_CHARS = 200
_MAX_NAMES = 1_000

Pair = tuple[str, str]


class Names:
    """The names of one pickle, collected opcode by opcode.

    Attributes
    ----------
    found : dict
        Pair (module, name) -> [uses, byte of the first use]; at most 1,000 pairs. The
        pair is ``("?", "?")`` where a file builds the name in a roundabout way, which
        no pickler does.
    protocol, n_opcodes : int
        Highest protocol declared (0 when none is), and opcodes read.
    end : int or None
        Byte after the STOP opcode, None while there was none.
    problem : str
        Why the reading stopped early, else "".
    """

    def __init__(self) -> None:
        self.found: dict[Pair, list[int]] = {}
        self.protocol = self.n_opcodes = 0
        self.end: int | None = None
        self.problem = ""
        # The two newest objects on the stack, as text where they are short texts.
        self._older: str | None = None
        self._newest: str | None = None
        self._memo: dict[int, str | None] = {}

    def take(self, opcode: str, argument: Any, position: int) -> Pair | None:
        """Follow one opcode; return the pair if it is one that asks for a name."""
        self.n_opcodes += 1
        if opcode in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            index = len(self._memo) if argument is None else argument
            self._memo[index] = self._newest
            return None
        pair: Pair | None = None
        pushed: str | None = None
        if opcode in ("GET", "BINGET", "LONG_BINGET"):
            pushed = self._memo.get(argument)
        elif opcode in ("GLOBAL", "INST"):
            module, _, name = argument.partition(" ")
            pair = (module, name)
        elif opcode == "STACK_GLOBAL":
            known = self._older is not None and self._newest is not None
            pair = (str(self._older), str(self._newest)) if known else UNRESOLVED
        elif opcode == "PROTO":
            self.protocol = max(self.protocol, argument)
        elif isinstance(argument, str) and len(argument) <= _MAX_NAME_CHARS:
            pushed = argument
        if opcode not in ("PROTO", "FRAME"):
            self._older, self._newest = self._newest, pushed
        if pair is not None:
            self._count(pair, position)
        return pair

    def _count(self, pair: Pair, position: int) -> None:
        pair = (pair[0][:_MAX_NAME_CHARS], pair[1][:_MAX_NAME_CHARS])
        if pair in self.found or len(self.found) < _MAX_NAMES:
            self.found.setdefault(pair, [0, position])[0] += 1

    def rows(self) -> list[list[object]]:
        """Return [module, name, uses, first byte, known] for each pair."""
        return [[*pair, *uses, pair in VOCABULARY] for pair, uses in self.found.items()]


def names(stream: BinaryIO) -> Names:
    """Read all opcodes up to the first STOP; never raises for what the file holds."""
    names = Names()
    try:
        for opcode, argument, position in pickletools.genops(stream):
            names.take(opcode.name, argument, position or 0)
        names.end = stream.tell()
    except Exception as problem:  # noqa: BLE001  hostile input, any type
        names.problem = f"{type(problem).__name__}: {problem}"[:_MAX_NAME_CHARS]
    return names


def first_byte(stream: BinaryIO, wanted: Pair, limit: int) -> int | None:
    """Return the byte where a pair is first asked for; None if not within ``limit`` bytes."""
    names = Names()
    try:
        for opcode, argument, position in pickletools.genops(stream):
            if names.take(opcode.name, argument, position or 0) == wanted:
                return position
            if (position or 0) > limit:
                return None
    except Exception:  # noqa: BLE001  a damaged file has no position to tell
        return None
    return None
