"""What the wheel of the embedded engine brings: a Java runtime and jars. Nothing is imported."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from modelkin.errors import ServerError

DATABASE = "lineage"
# Protocols and tools that we do not use: without their jars nothing can switch them on.
UNUSED = ("arcadedb-mcp", "arcadedb-postgresw", "arcadedb-redisw", "arcadedb-graphql")


@dataclass(frozen=True, slots=True)
class Install:
    """Where the runtime and the jars are."""

    java: Path
    jars: tuple[Path, ...]


def find_install() -> Install:
    """Locate the engine in the installed wheel.

    Raises
    ------
    ServerError
        When the wheel is not installed or is incomplete.
    """
    spec = find_spec("arcadedb_embedded")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in map(Path, folders):
        java = folder / "jre" / "bin" / ("java.exe" if sys.platform == "win32" else "java")
        jars = tuple(
            jar
            for jar in sorted((folder / "jars").glob("*.jar"))
            if not jar.name.startswith(UNUSED)
        )
        if java.is_file() and jars:
            return Install(java, jars)
    raise ServerError(
        "The embedded engine is not installed",
        why="the package arcadedb-embedded is missing or has no Java runtime for this system",
        fix="Install modelkin again with pip, or set NEO4J_URI to use a Neo4j server.",
    )


def command(
    install: Install, *, heap: str, bolt_port: int, http_port: int, first_start: bool
) -> list[str]:
    """Return the command line, to be run inside the engine's folder; it holds no secret.

    All paths of the engine are relative to that folder, so that no letter in the user's own
    folder names can matter.
    """
    settings = {
        "server.rootPath": ".",
        "server.databaseDirectory": "databases",
        "server.httpIncomingHost": "127.0.0.1",
        "server.httpIncomingPort": str(http_port),
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "server.defaultDatabases": f"{DATABASE}[root]",
        "bolt.host": "127.0.0.1",
        "bolt.port": str(bolt_port),
        "bolt.defaultDatabase": DATABASE,
        # In production mode error texts are hidden ("The request failed").
        "server.mode": "development",
        # A commit is on disk when it is answered; with our batches that costs nothing measurable.
        "txWalFlush": "1",
        "server.httpWorkerThreads": "8",  # used for creating users and stopping only
        "server.healthCheck.enabled": "false",
        "serverMetrics": "false",
        "polyglotEngineEnabled": "false",
        "support.autoRegister": "false",
        "opencypher.loadCsv.allowFileUrls": "false",
        "opencypher.loadCsv.allowRemoteUrls": "false",
        "server.security.importBlockLocalNetworks": "true",
    }
    if first_start:
        settings["server.rootPasswordPath"] = "root-password"
    return [
        str(install.java),
        f"-Xmx{heap}",
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        *(f"-Darcadedb.{name}={value}" for name, value in settings.items()),
        "-cp",
        os.pathsep.join(map(str, install.jars)),
        "com.arcadedb.server.ArcadeDBServer",
    ]
