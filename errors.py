"""The one error that a user can fix, the exit codes, and how text is put before a person.

Library code raises; only ``cli.main`` prints and exits. Anything that is not a
`UserError` is our bug: it ends with exit code 1 and the wish for a report.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell."""

    DONE = 0
    BUG = 1
    USER = 2
    SERVER = 3
    REJECTS = 4
    INTERRUPTED = 130


class UserError(Exception):
    """An error that the person at the keyboard can fix.

    Parameters
    ----------
    what : str
        What failed, in one clause ("Cannot read graph.pkl").
    where : str, optional
        File, row, value or address.
    why : str, optional
        The reason.
    fix : str, optional
        What to do next.
    exit_code : ExitCode, optional
        Exit code of the process; `ExitCode.USER` unless stated.

    Notes
    -----
    ``str(error)`` is one line: ``what - where: why. fix``. Control characters
    never reach it: each part is escaped, since ids and cells are foreign text.
    """

    exit_code: ExitCode = ExitCode.USER

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        why: str = "",
        fix: str = "",
        exit_code: ExitCode | None = None,
    ) -> None:
        self.what, self.where, self.why, self.fix = (
            printable(part.strip()) for part in (what, where, why, fix)
        )
        if exit_code is not None:
            self.exit_code = exit_code
        super().__init__(self.line())

    def line(self) -> str:
        """Return the whole error as one line."""
        head = " - ".join(part.rstrip(".") for part in (self.what, self.where) if part)
        if self.why:
            head = f"{head}: {self.why.rstrip('.')}"
        return f"{head}. {self.fix}".strip() if self.fix else f"{head}."


class ServerError(UserError):
    """The database cannot be reached, or refuses us (exit code 3)."""

    exit_code = ExitCode.SERVER


def plural(number: int, word: str, many: str = "") -> str:
    """Return a count with its word.

    >>> plural(1, "model"), plural(1200, "model"), plural(0, "family", "families")
    ('1 model', '1,200 models', '0 families')
    """
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def printable(text: str) -> str:
    r"""Escape what a terminal would obey: controls, bidirectional marks, lone surrogates.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )
