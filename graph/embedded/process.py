"""Start, find, share and stop the embedded engine."""

from __future__ import annotations

import base64
import http.client
import json
import os
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelkin.errors import ServerError
from modelkin.graph import children
from modelkin.graph.children import STOP_S, Detached, environment, launch
from modelkin.graph.embedded.home import READ_TIMEOUT_MS, Home, Passwords, Runtime, write_private
from modelkin.graph.embedded.install import DATABASE, command, find_install

if TYPE_CHECKING:
    import psutil

IDLE_S = 15 * 60.0  # after this long without a command the watchdog stops the engine
START_S = 60.0  # a cold start takes about one second; slow disks and busy machines take longer


@dataclass(frozen=True, slots=True)
class Engine:
    """The embedded engine of one folder, running or not.

    Attributes
    ----------
    home : Home
        Its folder.
    heap : str
        Heap of a new process ("2g").
    idle_s : float
        Seconds without any command after which the watchdog stops it.
    read_timeout_ms : int
        Limit of one statement at the people's door, in force from the next start on.
    """

    home: Home
    heap: str = "2g"
    idle_s: float = IDLE_S
    read_timeout_ms: int = READ_TIMEOUT_MS

    def running(self) -> Runtime | None:
        """Return the running engine, or None."""
        runtime = self.home.runtime()
        return runtime if runtime and process_of(runtime) else None

    def ensure(self) -> tuple[Runtime, Passwords]:
        """Return the running engine, starting it when it is not running.

        Safe to call from several commands at once: one starts it, the others wait and share.

        Raises
        ------
        ServerError
            When it does not start.
        """
        from filelock import FileLock

        if runtime := self.running():
            self.home.touch()
            return runtime, self.home.passwords()
        self.home.prepare(self.read_timeout_ms)
        with FileLock(self.home.start_lock, mode=0o600):
            if runtime := self.running():
                self.home.touch()
            else:
                runtime = self._start()
            return runtime, self.home.passwords()

    def stop(self) -> bool:
        """Stop the engine cleanly; return whether it was running."""
        return self._end(STOP_S)

    def end_now(self) -> None:
        """End the process soon, because a statement in it cannot be stopped otherwise.

        What was committed is safe: the engine recovers it from its log on the next start.
        """
        self._end(2.0)

    def _end(self, patience_s: float) -> bool:
        from filelock import FileLock

        if not self.home.folder.is_dir():
            return False
        with FileLock(self.home.start_lock, mode=0o600):
            runtime = self.home.runtime()
            process = process_of(runtime) if runtime else None
            if runtime is None or process is None:
                return False
            # From now on other commands wait for the lock and then start a new one.
            self.home.write_runtime(replace(runtime, pid=0, create_time=-1.0))
            end_process(process, runtime, self.home, patience_s)
            return True

    def _start(self) -> Runtime:
        """Start the process (the lock is held), make its users, start its watchdog."""
        install = find_install()
        passwords = self.home.passwords()
        known = self.home.runtime()
        ports = (known.bolt_port, known.http_port) if known else (0, 0)
        for _ in range(3):
            ports = (children.free_port(ports[0]), children.free_port(ports[1]))
            first = not self.home.users_file.exists()
            secret = self.home.engine / "root-password"
            if first:
                write_private(secret, passwords.root)
            try:
                child = launch(
                    command(
                        install,
                        heap=self.heap,
                        bolt_port=ports[0],
                        http_port=ports[1],
                        first_start=first,
                    ),
                    environment(),
                    self.home.engine,
                    self.home.log_file,
                )
                is_up = _await_ready(child, ports[1])
            finally:
                secret.unlink(missing_ok=True)
            if is_up:
                runtime = Runtime(
                    child.pid, children.created(child.pid), *ports, str(self.home.passwords_file)
                )
                self._admit(runtime, passwords)
                self.home.write_runtime(runtime)
                self._watch(runtime)
                return runtime
            if child.poll() is None:
                break
        raise self._no_start(child)

    def _admit(self, runtime: Runtime, passwords: Passwords) -> None:
        """Create the two users that only read, unless the engine knows them."""
        known = self.home.users_file.read_text(encoding="utf-8")
        for name, password in (("reader", passwords.reader), ("scanner", passwords.scanner)):
            if f'"{name}"' not in known:
                user = {"name": name, "password": password, "databases": {DATABASE: [name]}}
                administer(runtime.http_port, passwords, f"create user {json.dumps(user)}")

    def _watch(self, runtime: Runtime) -> None:
        """Start the process that stops an idle engine."""
        inherited = environment(keep=("PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH"))
        inherited["PYTHONPATH"] = os.pathsep.join(str(Path(p).absolute()) for p in sys.path if p)
        module = "modelkin.graph.embedded.watchdog"
        told = [str(self.home.folder), str(self.idle_s), json.dumps(asdict(runtime))]
        argv = [sys.executable, "-m", module, *told]
        launch(argv, inherited, self.home.folder, self.home.folder / "watchdog.log")

    def _no_start(self, child: Detached) -> ServerError:
        """End what hangs and return the error that says why."""
        hung = child.poll() is None
        if hung:
            child.kill()
            child.wait()
        lines = self.home.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        telling = [
            line for line in lines if "SEVER" in line or "Error" in line or "Exception" in line
        ]
        return ServerError(
            "The embedded engine did not start",
            where=str(self.home.log_file),
            why=f"no answer within {START_S:.0f} s"
            if hung
            else (telling or lines or ["no word"])[-1],
            fix="Run `modelkin doctor`; MODELKIN_HEAP=512m helps on a machine short of memory.",
        )


def process_of(runtime: Runtime) -> psutil.Process | None:
    """Return the engine's process, or None when it has ended."""
    return children.find(runtime.pid, runtime.create_time)


def end_process(
    process: psutil.Process, runtime: Runtime, home: Home, patience_s: float = STOP_S
) -> None:
    """Ask the engine to stop; kill it when it does not within the time given."""

    def shut_down() -> None:  # on Windows no signal lets a process tidy up
        with suppress(OSError, http.client.HTTPException):
            administer(runtime.http_port, home.passwords(), "shutdown")

    children.end(process, patience_s, shut_down if sys.platform == "win32" else None)


def administer(http_port: int, passwords: Passwords, text: str) -> None:
    """Send one administrative command (http.client knows no proxies, which is wanted)."""
    login = base64.b64encode(f"root:{passwords.root}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=START_S)
    try:
        connection.request(
            "POST",
            "/api/v1/server",
            json.dumps({"command": text}),
            {"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:  # the answer may repeat the command, and so a password
            raise ServerError("The embedded engine refused a command", why=f"HTTP {answer.status}")
    finally:
        connection.close()


def _await_ready(child: Detached, http_port: int) -> bool:
    """Wait until the engine answers; False when it ended or did not answer in time."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=2)
        try:
            connection.request("GET", "/api/v1/ready")
            if connection.getresponse().status == 204:
                return True
        except (OSError, http.client.HTTPException):
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.03)
    return False
