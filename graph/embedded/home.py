"""The engine's folder: who may do what, passwords, and the runtime file that commands share."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from modelkin.errors import UserError

READ_TIMEOUT_MS = 30_000  # the people's door; the scanner has no limit
_READ_ONLY: dict[str, Any] = {
    "access": [],
    "resultSetLimit": -1,
    "types": {"*": {"access": ["readRecord"]}},
}
_ALL = ["createRecord", "readRecord", "updateRecord", "deleteRecord"]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What one command tells the next: the process, its ports and where the passwords are."""

    pid: int
    create_time: float
    bolt_port: int
    http_port: int
    passwords: str


@dataclass(frozen=True, slots=True)
class Passwords:
    """The engine's three users; `repr` shows none of them."""

    root: str = field(repr=False)
    reader: str = field(repr=False)
    scanner: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and the names in it. Everything that holds a secret has mode 600."""

    folder: Path

    @property
    def engine(self) -> Path:
        """The engine's own folder, its working directory."""
        return self.folder / "engine"

    @property
    def runtime_file(self) -> Path:
        """Process and ports; its time of change says when a command last used the engine."""
        return self.folder / "engine.json"

    @property
    def passwords_file(self) -> Path:
        """The passwords of the engine's users."""
        return self.folder / "passwords.json"

    @property
    def start_lock(self) -> Path:
        """Held while the engine is started or stopped."""
        return self.folder / "engine.lock"

    @property
    def loading_lock(self) -> Path:
        """Held while a load runs."""
        return self.folder / "loading.lock"

    @property
    def log_file(self) -> Path:
        """What the engine says."""
        return self.engine / "console.log"

    @property
    def users_file(self) -> Path:
        """The engine's own list of users (hashes only)."""
        return self.engine / "config" / "server-users.jsonl"

    def prepare(self, read_timeout_ms: int = READ_TIMEOUT_MS) -> None:
        """Make the folders and write the groups of users; safe to repeat.

        Raises
        ------
        UserError
            When the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.engine / "config").mkdir(parents=True, exist_ok=True)
            (self.engine / "log").mkdir(exist_ok=True)
            write_private(self.engine / "config" / "server-groups.json", _groups(read_timeout_ms))
            for name in ("backup.json", "mcp-config.json"):  # neither is used: nothing to obey
                (self.engine / "config" / name).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                "Cannot write the folder of the embedded engine",
                where=str(self.folder),
                why=error.strerror or type(error).__name__,
                fix="Choose another with --db PATH or MODELKIN_HOME.",
            ) from None

    def passwords(self) -> Passwords:
        """Return the passwords, making random ones when there are none."""
        with suppress(FileNotFoundError, ValueError, TypeError):
            return Passwords(**json.loads(self.passwords_file.read_text(encoding="utf-8")))
        # Lost passwords cost nothing: the data stays, the engine makes its users anew.
        self.users_file.unlink(missing_ok=True)
        made = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
        write_private(self.passwords_file, json.dumps(asdict(made)))
        return made

    def runtime(self) -> Runtime | None:
        """Return what the runtime file says; None when there is none or it is damaged."""
        with suppress(OSError, ValueError, TypeError):
            return Runtime(**json.loads(self.runtime_file.read_text(encoding="utf-8")))
        return None

    def write_runtime(self, runtime: Runtime) -> None:
        """Replace the runtime file."""
        write_private(self.runtime_file, json.dumps(asdict(runtime)))

    def touch(self) -> None:
        """Say that a command uses the engine."""
        with suppress(OSError):
            os.utime(self.runtime_file)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _groups(read_timeout_ms: int) -> str:
    """Return the engine's groups: one that may do all, two that may only read."""
    groups = {
        "admin": {
            "access": ["updateSecurity", "updateSchema", "updateDatabaseSettings"],
            "resultSetLimit": -1,
            "readTimeout": -1,
            "types": {"*": {"access": _ALL}},
        },
        "reader": _READ_ONLY | {"readTimeout": read_timeout_ms},
        "scanner": _READ_ONLY | {"readTimeout": -1},
    }
    return json.dumps({"databases": {"*": {"groups": groups}}, "version": 2}, indent=2)
