"""Examine everything that modelkin needs, and say how to mend what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, engine_at
from modelkin.graph.embedded.install import find_install
from modelkin.graph.faults import Refused
from modelkin.graph.fences import OnlyReads
from modelkin.graph.settings import embedded_settings, neo4j_settings

GLIBC = (2, 34)  # the oldest that the engine's Java runtime runs on
DISK_GB, MEMORY_GB = 2.0, 1.0  # the whole Hub takes about 1.5 GB on disk


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was examined.

    Attributes
    ----------
    name : str
        What.
    ok : bool
        Whether it is as it should be.
    detail : str
        What was found.
    fix : str
        What to do when it is not.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""


def doctor(
    uri: str | None = None,
    *,
    db: str | Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> list[Check]:
    """Examine Python, the machine, the folders, and the database that commands would use.

    The embedded engine is started where it is the one used. Nothing is changed in the graph:
    the attempts to write through the doors must fail.
    """
    is_embedded, settings = _which(uri, db, environ)
    return [
        _python(),
        *(_engine_parts() if is_embedded else ()),
        *_folders(db, environ, is_embedded),
        _memory(),
        _numba(environ),
        settings,
        *(_database(uri, db, environ) if settings.ok else ()),
    ]


def _which(
    uri: str | None, db: str | Path | None, environ: Mapping[str, str]
) -> tuple[bool, Check]:
    """Return whether the embedded engine is used, and the check of the settings."""
    try:
        server = None if db and not uri else neo4j_settings(uri, None, environ)
        if server is None:
            embedded_settings(db, environ)
    except UserError as error:
        return False, Check(
            "settings", ok=False, detail=f"{error.what}: {error.why}", fix=error.fix
        )
    chosen = "embedded engine (NEO4J_URI is not set)" if server is None else server.uri
    return server is None, Check("settings", ok=True, detail=chosen)


def _python() -> Check:
    found = platform.python_version()
    fine = sys.version_info >= (3, 11)
    return Check("python", fine, f"{found} on {platform.platform()}", "Use Python 3.11 or newer.")


def _engine_parts() -> Iterator[Check]:
    """Examine the C library and the Java runtime that the engine's wheel brings."""
    library, version = platform.libc_ver()
    if library == "glibc":
        numbers = tuple(int(part) for part in version.split(".")[:2])
        fix = "Use a newer system, or set NEO4J_URI."
        yield Check("glibc", numbers >= GLIBC, version, fix)
    fix = "Install modelkin again with pip, or set NEO4J_URI."
    try:
        java = str(find_install().java)
        done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
        said = (done.stderr.splitlines() or ["no word"])[0]
        yield Check("java of the engine", done.returncode == 0, said, fix)
    except (UserError, OSError) as error:
        yield Check("java of the engine", ok=False, detail=str(error), fix=fix)


def _folders(
    db: str | Path | None, environ: Mapping[str, str], is_embedded: bool
) -> Iterator[Check]:
    """Examine whether the folders can be written, and whether the disk has room."""
    working = Path.cwd()
    yield _writable("working folder", working, "Change to a folder that you may write.")
    place = working
    if is_embedded:
        place = engine_at(db, environ).home.folder
        yield _writable("data folder", place, "Choose another with --db PATH or MODELKIN_HOME.")
    free = shutil.disk_usage(_existing(place)).free / 1e9
    yield Check("disk", free >= DISK_GB, f"{free:.1f} GB free", f"Free {DISK_GB:.0f} GB.")


def _writable(name: str, folder: Path, fix: str) -> Check:
    """Try to make a file in a folder, or in the nearest folder above it that exists."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder)):
            return Check(name, ok=True, detail=str(folder))
    except OSError as error:
        return Check(name, ok=False, detail=f"{folder}: {error.strerror}", fix=fix)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available / 1e9
    fix = "Close other programs, or set MODELKIN_HEAP=512m."
    return Check("memory", free >= MEMORY_GB, f"{free:.1f} GB available", fix)


def _numba(environ: Mapping[str, str]) -> Check:
    """Examine whether compiled loops can be kept; without that each command compiles anew."""
    folder = Path(environ.get("NUMBA_CACHE_DIR") or Path(__file__).parents[1])
    fix = "Set NUMBA_CACHE_DIR to a folder that you may write."
    check = _writable("numba cache", folder, fix)
    if not check.ok and not environ.get("NUMBA_CACHE_DIR"):
        # numba itself falls back to the user's cache folder.
        return Check("numba cache", ok=True, detail="the user's cache folder")
    return check


def _database(
    uri: str | None, db: str | Path | None, environ: Mapping[str, str]
) -> Iterator[Check]:
    """Examine whether the database answers, its version, and that both doors only read."""
    try:
        with connect(uri, db=db, environ=environ) as graph:
            yield Check("database answers", ok=True, detail=f"{graph.address} ({graph.version})")
            for notice in graph.notices:
                yield Check(
                    "encryption", ok=False, detail=notice, fix="Use bolt+s:// or neo4j+s://."
                )
            yield _refuses("queries only read", lambda: graph.ask(_HOSTILE.text))
            yield _refuses("measures only read", lambda: graph.fetch(_HOSTILE))
            yield _plugins(graph)
    except UserError as error:
        what = ": ".join(part for part in (error.what, error.why) if part)
        yield Check("database answers", ok=False, detail=what, fix=error.fix)


def _refuses(door: str, attempt: Callable[[], object]) -> Check:
    """Try to write through a door that only reads."""
    try:
        attempt()
    except (Refused, OnlyReads):
        return Check(door, ok=True, detail="refuses to write")
    except UserError as error:
        return Check(door, ok=False, detail=str(error))
    return Check(door, ok=False, detail="it wrote", fix="Please report this.")


def _plugins(graph: Graph) -> Check:
    """Say that none is needed; look for those that open more doors than ours."""
    found: list[str] = []
    if graph.engine == "neo4j":
        with suppress(UserError):
            found = [str(row["name"]) for row in graph.fetch(_PROCEDURES)]
    detail = f"not needed; there is {', '.join(found)}" if found else "none needed, none there"
    return Check("plugins", ok=True, detail=detail)


_HOSTILE = Query(
    name="doctor/hostile",
    question="Is writing refused?",
    params=(),
    mode="read",
    returns=(),
    text="CREATE (x:Doctor) DELETE x",  # leaves nothing, should it ever run
)
_PROCEDURES = Query(
    name="doctor/procedures",
    question="Which families of procedures come from plugins?",
    params=(),
    mode="read",
    returns=("name",),
    text="SHOW PROCEDURES YIELD name WITH split(name, '.')[0] AS name "
    "WHERE name IN ['apoc', 'gds'] RETURN DISTINCT name ORDER BY name",
)
