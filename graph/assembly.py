"""A real Neo4j Community without Docker, put together from its published Maven artefacts.

``python -m modelkin.graph.assembly start|stop|status [--bolt-port 7687 --http-port 7474]``

Needs ``java`` (17 or 21) and ``mvn``. The jars (130 MB) are fetched once into `.neo4j/` of the
working directory, or into MODELKIN_NEO4J_DIR. Used by the tests and by people without Docker.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from modelkin.errors import ServerError, UserError
from modelkin.graph import children
from modelkin.graph.embedded.home import write_private

NEO4J = "5.26.20"
BROWSER = "5.24.0"
# org.neo4j:neo4j holds the main class, neo4j-server the server, neo4j-browser the web page.
ARTEFACTS = (
    ("org.neo4j", "neo4j", NEO4J),
    ("org.neo4j.app", "neo4j-server", NEO4J),
    ("org.neo4j.client", "neo4j-browser", BROWSER),
)
START_S = 300.0  # measured: 4.5 s on an idle machine
OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")


@dataclass(frozen=True, slots=True)
class Running:
    """The process of an assembled server and its ports."""

    pid: int
    create_time: float
    bolt_port: int
    http_port: int


@dataclass(frozen=True, slots=True)
class Assembly:
    """One assembled server.

    Attributes
    ----------
    cache : Path
        Folder of the jars, shared by servers.
    home : Path
        Folder of this server: configuration, data, logs, password.
    """

    cache: Path
    home: Path

    @property
    def password_file(self) -> Path:
        """The random password (mode 600), as NEO4J_PASSWORD_FILE takes it."""
        return self.home / "password"

    def build(self) -> Path:
        """Fetch the jars unless they are there, and return their folder.

        Raises
        ------
        UserError
            When ``java`` or ``mvn`` is missing or the artefacts cannot be fetched.
        """
        from filelock import FileLock

        jars = self.cache / f"lib-{NEO4J}"
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                raise UserError(
                    "Cannot assemble Neo4j",
                    why=f"`{tool}` is not installed",
                    fix="Install Java 17 and Maven, or use Docker: docker compose up -d.",
                )
        if not str(self.cache).isascii():  # its web server cannot open jars in such a folder
            raise UserError(
                "Cannot assemble Neo4j",
                where=str(self.cache),
                why="Neo4j does not start from a folder with letters outside ASCII",
                fix="Set MODELKIN_NEO4J_DIR to another folder.",
            )
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(self.cache / "assembly.lock"):
            if not jars.is_dir():
                self._fetch(jars)
        return jars

    def start(self, bolt_port: int = 0, http_port: int = 0) -> Running:
        """Start the server, or return the one that runs; port 0 means any free one.

        Raises
        ------
        ServerError
            When it does not start.
        """
        from filelock import FileLock

        jars = self.build()
        self.home.mkdir(parents=True, exist_ok=True)
        with FileLock(self.home / "start.lock"):
            if running := self.running():
                return running
            for name, port in (("Bolt", bolt_port), ("HTTP", http_port)):
                if port and children.free_port(port) != port:
                    raise ServerError(
                        "Cannot start Neo4j",
                        why=f"port {port} is in use",
                        fix=f"Stop what uses it, or choose another with --{name.lower()}-port.",
                    )
            return self._start(jars, bolt_port or children.free_port(), http_port)

    def running(self) -> Running | None:
        """Return the running server, or None."""
        with suppress(OSError, ValueError, TypeError):
            running = Running(**json.loads((self.home / "running.json").read_text("utf-8")))
            return running if children.find(running.pid, running.create_time) else None
        return None

    def stop(self) -> bool:
        """Stop the server cleanly; return whether it was running."""
        running = self.running()
        process = children.find(running.pid, running.create_time) if running else None
        if process is None:
            return False
        children.end(process)
        (self.home / "running.json").unlink(missing_ok=True)
        return True

    def environ(self, running: Running) -> dict[str, str]:
        """Return the variables that connect to the server."""
        return {
            "NEO4J_URI": f"bolt://127.0.0.1:{running.bolt_port}",
            "NEO4J_PASSWORD_FILE": str(self.password_file),
        }

    def _fetch(self, jars: Path) -> None:
        """Let Maven copy the artefacts with all they need, whole or not at all."""
        part = jars.with_name(f"{jars.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        pom = self.cache / "pom.xml"
        pom.write_text(_pom(), encoding="utf-8")
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), *goal, f"-DoutputDirectory={part}"],  # noqa: S607 - found on PATH before
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not any(part.glob("neo4j-server-*.jar")):
            lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
            raise UserError(
                "Cannot assemble Neo4j",
                why=(lines or ["Maven gave no jars"])[0],
                fix="Check the network and Maven's settings, then try again.",
            )
        part.rename(jars)

    def _start(self, jars: Path, bolt_port: int, http_port: int) -> Running:
        """Write the configuration, set the first password, start and wait for an answer."""
        http_port = http_port or children.free_port()
        for name in ("conf", "data", "logs"):
            (self.home / name).mkdir(exist_ok=True)
        (self.home / "conf" / "neo4j.conf").write_text(_conf(bolt_port, http_port), "utf-8")
        if not self.password_file.exists():
            self._set_password(jars)
        opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED]
        child = children.launch(
            [
                *("java", "-Xms512m", "-Xmx1g", *opened, "-cp", f"{jars}{os.sep}*"),
                *("org.neo4j.server.CommunityEntryPoint", f"--home-dir={self.home}"),
                f"--config-dir={self.home / 'conf'}",
            ],
            children.environment(keep=("JAVA_HOME",)),
            self.home,
            self.home / "logs" / "console.log",
        )
        running = Running(child.pid, children.created(child.pid), bolt_port, http_port)
        if not self._answers(child, running):
            if process := children.find(running.pid, running.create_time):
                children.end(process, 5.0)
            raise ServerError(
                "Neo4j did not start",
                where=str(self.home / "logs" / "console.log"),
                why="it ended or gave no answer in time",
            )
        write_private(self.home / "running.json", json.dumps(asdict(running)))
        return running

    def _set_password(self, jars: Path) -> None:
        """Set a random first password; it goes through a file, never a command line."""
        password = secrets.token_urlsafe(24)
        argument_file = self.home / "first-password"
        task = f'org.neo4j.cli.AdminTool dbms set-initial-password "{password}"'
        write_private(argument_file, f'-cp "{_quoted(jars)}/*" {task}')
        try:
            subprocess.run(
                ["java", f"@{argument_file}"],  # noqa: S607 - found on PATH before
                env=children.environment(keep=("JAVA_HOME",))
                | {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")},
                capture_output=True,
                check=True,
            )
        except subprocess.CalledProcessError as error:  # its command names only the file
            said = error.stderr.decode(errors="replace").replace(password, "…").split("\n")
            raise ServerError(
                "Cannot set the first password of Neo4j",
                where=str(self.home),
                why=next((line for line in reversed(said) if line.strip()), "it ended"),
            ) from None
        finally:
            argument_file.unlink(missing_ok=True)
        write_private(self.password_file, password)

    def _answers(self, child: children.Detached, running: Running) -> bool:
        """Wait until a query is answered over Bolt."""
        from modelkin.graph.connect import connect

        deadline = time.monotonic() + START_S
        while child.poll() is None and time.monotonic() < deadline:
            try:
                with connect(environ=self.environ(running)):
                    return True
            except ServerError:
                time.sleep(0.2)
        return False


def assembly_at(environ: Mapping[str, str], server: str = "server") -> Assembly:
    """Return the assembly of MODELKIN_NEO4J_DIR, or of `.neo4j` in the working directory."""
    cache = Path(environ.get("MODELKIN_NEO4J_DIR") or ".neo4j").expanduser().absolute()
    return Assembly(cache, cache / server)


def main(argv: list[str] | None = None) -> int:
    """Start, stop or show the assembled server; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m modelkin.graph.assembly")
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--bolt-port", type=int, default=7687)
    parser.add_argument("--http-port", type=int, default=7474)
    asked = parser.parse_args(argv)
    assembly = assembly_at(os.environ)
    try:
        if asked.action == "start":
            print(_how_to(assembly, assembly.start(asked.bolt_port, asked.http_port)))  # noqa: T201 - a program of its own
        elif asked.action == "stop":
            print("stopped" if assembly.stop() else "was not running")  # noqa: T201 - as above
        else:
            running = assembly.running()
            print(_how_to(assembly, running) if running else "not running")  # noqa: T201 - as above
    except UserError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as above
        return int(error.exit_code)
    return 0


def _how_to(assembly: Assembly, running: Running) -> str:
    """Say how to connect."""
    exports = " ".join(f"{name}='{value}'" for name, value in assembly.environ(running).items())
    page = f"http://127.0.0.1:{running.http_port}/browser/"
    return (
        f"Neo4j {NEO4J} is running (process {running.pid}).\n\n"
        f"  export {exports}\n\n"
        f"Browser: {page}?dbms=bolt://neo4j@127.0.0.1:{running.bolt_port}\n"
        f"user neo4j, password: cat '{assembly.password_file}'"
    )


def _conf(bolt_port: int, http_port: int) -> str:
    """Return the server's configuration: loopback only, limits on time and memory."""
    return "\n".join(
        (
            "server.default_listen_address=127.0.0.1",
            f"server.bolt.listen_address=127.0.0.1:{bolt_port}",
            f"server.http.listen_address=127.0.0.1:{http_port}",
            "server.https.enabled=false",
            "server.memory.heap.initial_size=512m",
            "server.memory.heap.max_size=1g",
            "server.memory.pagecache.size=512m",
            "dbms.memory.transaction.total.max=700m",
            "db.memory.transaction.max=512m",
            "db.transaction.timeout=30m",
            "dbms.usage_report.enabled=false",
            "dbms.security.allow_csv_import_from_file_urls=false",
            "",
        )
    )


def _pom() -> str:
    """Return the project file that names the artefacts."""
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version}</version></dependency>"
        for group, name, version in ARTEFACTS
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>modelkin</groupId><artifactId>neo4j-assembly</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{wanted}</dependencies></project>\n"
    )


def _quoted(path: Path) -> str:
    """Return a path as Java's argument files take it inside double quotes."""
    return str(path).replace("\\", "\\\\")


if __name__ == "__main__":
    sys.exit(main())
