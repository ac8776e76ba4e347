"""A random password for a Neo4j server, in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from modelkin.errors import UserError


def generate(file: str | Path = "neo4j-password") -> Path:
    """Write a new random password for the user ``neo4j``.

    Parameters
    ----------
    file : str or Path
        Where; the form is ``neo4j/PASSWORD``, as the container's NEO4J_AUTH_FILE wants it.
        NEO4J_PASSWORD_FILE takes the same file.

    Returns
    -------
    Path
        The file, made with mode 600.

    Raises
    ------
    UserError
        When the file exists (a running database would keep its old password) or cannot be
        written.
    """
    path = Path(file).expanduser()
    # 32 characters of letters, digits, - and _: about 190 bits, nothing that a shell or the
    # container's start script could misread.
    text = f"neo4j/{secrets.token_urlsafe(24)}"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UserError(
            "The password file exists already",
            where=str(path),
            why="a database made with it keeps its password",
            fix="Use it, or remove it together with the database's volume.",
        ) from None
    except OSError as error:
        raise UserError(
            "Cannot write the password file",
            where=str(path),
            why=error.strerror or type(error).__name__,
            fix="Name another file.",
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text + "\n")
    return path
