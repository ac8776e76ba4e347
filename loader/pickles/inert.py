"""An unpickler that can only make plain containers and stand-ins.

A pickle is a program; its power is to name a callable. Here a name is looked up as an
exact pair (module, name) in `modelkin.loader.pickles.stand_ins.VOCABULARY`, never by a
prefix and never by an import, so the strongest thing that a file can ask for is one of
our own inert classes. Memory and time are not limited here: ten bytes can ask for
gigabytes, and only the operating system can refuse them (see `child`).
"""

from __future__ import annotations

import pickle
from typing import BinaryIO

from modelkin.loader.pickles.stand_ins import VOCABULARY


class ForeignNameError(Exception):
    """The pickle asks for a name that no graph needs.

    Attributes
    ----------
    module, name : str
        The pair as it stands in the file.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name
        super().__init__(f"{module}.{name}")


class TrailingBytesError(Exception):
    """Something follows the one pickle of the file: plain unpickling would ignore it."""


class InertUnpickler(pickle.Unpickler):
    """The C unpickler with the vocabulary as its only source of names.

    Extension codes and persistent ids are refused by the base class: the registry of
    the one is empty in the child, and no loader of the other is defined. Stand-ins are
    made anew for each unpickler, so that no file can leave a changed one behind.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._made: dict[tuple[str, str], object] = {}

    def find_class(self, module: str, name: str) -> object:
        """Return the stand-in for an exact pair.

        Raises
        ------
        ForeignNameError
            If the pair is not in the vocabulary.
        """
        pair = (module, name)
        if pair not in self._made:
            make = VOCABULARY.get(pair)
            if make is None:
                raise ForeignNameError(module, name)
            self._made[pair] = make()
        return self._made[pair]


def load(stream: BinaryIO) -> object:
    """Read the single pickle of a stream.

    Parameters
    ----------
    stream : binary file
        Positioned at the first byte; buffered, for speed.

    Returns
    -------
    object
        Plain containers, numbers, texts and stand-ins.

    Raises
    ------
    ForeignNameError
        If a name outside the vocabulary is asked for.
    TrailingBytesError
        If anything follows the pickle.
    Exception
        Of nearly any type, for damaged files: the C unpickler promises none.
    """
    root: object = InertUnpickler(stream).load()
    if stream.read(1):
        raise TrailingBytesError
    return root
