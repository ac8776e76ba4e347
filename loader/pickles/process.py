"""The parent's end of the child process: start, receive frames, explain, always reap."""

from __future__ import annotations

import json
import math
import os
import shlex
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from modelkin.errors import UserError
from modelkin.loader.pickles.child import LENGTH

MIB, GIB = 2**20, 2**30
# A frame has at most 3 Mi characters and numbers, each at most 25 bytes in JSON.
_MAX_FRAME = 128 * MIB
# The child gets the library's path and nothing else: no password stands in its environment.
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
# Makes the packages above this one by hand, so that none of their code is run.
_START = """
import sys
folder = sys.argv.pop(1)
for name, path in (("modelkin", []), ("modelkin.loader", [folder])):
    sys.modules[name] = type(sys)(name)
    sys.modules[name].__path__ = path
from modelkin.loader.pickles import child
child.main()
"""
_FIXES = {
    "foreign": "Nothing was executed. Get the file from a source you trust, "
    "or run `modelkin inspect {path} --report` to see all names.",
    "other": "Give the pickle of a networkx graph.",
    "damaged": "Nothing was executed. Download the file again and compare its SHA-256.",
    "memory": "Nothing was executed. It is damaged or hostile, or else allow it more memory.",
    "time": "Nothing was executed. It is damaged or hostile, or else allow it more time.",
}


def default_memory(size: int) -> int:
    """Bytes of address space for a pickle of ``size`` bytes: three times that, and 2 GiB."""
    return 3 * size + 2 * GIB


def default_time(size: int) -> float:
    """Seconds to read a pickle of ``size`` bytes: 20 times what a quick machine needs."""
    return 8 + size / MIB


class Child:
    """A running child process, reaped in every case.

    Parameters
    ----------
    job : str
        "read" or "scan".
    file : binary file
        The pickle, positioned at its start; the caller closes it.
    path : Path
        For messages.
    memory : int, optional
        Bytes of address space.
    seconds : float, optional
        Until the first frame (wall clock); twice that in all (CPU), for sending takes
        time as well, and the receiver may be slow.
    names : sequence of str
        Further arguments of the job.
    """

    def __init__(
        self,
        job: str,
        file: BufferedReader,
        path: Path,
        memory: int | None,
        seconds: float | None,
        names: Sequence[str] = (),
    ) -> None:
        size = os.fstat(file.fileno()).st_size
        self.path = path
        self.memory = default_memory(size) if memory is None else memory
        self.seconds = default_time(size) if seconds is None else seconds
        folder = str(Path(__file__).resolve().parents[1])
        limits = [str(self.memory), str(2 * math.ceil(self.seconds))]
        self._process = subprocess.Popen(
            # -I -S: neither the working directory nor site-packages can supply a module.
            [sys.executable, "-I", "-S", "-B", "-c", _START, folder, job, *limits, *names],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,  # Ctrl-C comes to the parent alone, which ends the child
        )
        self._late = threading.Event()
        self._timer = threading.Timer(self.seconds, _stop, [self._process, self._late])
        self._timer.daemon = True
        self._timer.start()
        self.close = weakref.finalize(self, _reap, self._process, self._timer)

    def frame(self) -> dict[str, Any]:
        """Receive the next frame.

        Raises
        ------
        UserError
            If the child refuses the file, runs into a limit, or dies of it.
        """
        try:
            frame = self._receive()
        except BaseException:  # Ctrl-C too: no child may be left behind
            self.close()
            raise
        self._timer.cancel()
        if "failure" in frame:
            self.close()
            self._fail(frame["failure"], frame["where"], frame["why"])
        return frame

    def _receive(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        head = stdout.read(LENGTH.size)
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
        if length > _MAX_FRAME:
            raise RuntimeError(f"the reader of pickles sends {length} bytes at once")
        payload = stdout.read(length)
        if not payload or len(payload) < length:
            self._died()
        frame = json.loads(payload)
        assert isinstance(frame, dict)
        return frame

    def _died(self) -> NoReturn:
        """Say why there are no more frames."""
        code = self._process.wait(timeout=10)  # it has closed its end: it is dying
        if self._late.is_set() or code == -getattr(signal, "SIGXCPU", 0):
            self._fail("time", "", f"it takes longer than {self.seconds:g} s")
        if code < 0:
            name = signal.Signals(-code).name
            self._fail("damaged", "", f"reading it ends in a crash ({name})")
        raise RuntimeError(f"the reader of pickles ended early with code {code}")

    def _fail(self, cause: str, where: str, why: str) -> NoReturn:
        if cause == "memory":
            amount = (
                f"{self.memory / GIB:.1f} GiB" if self.memory >= GIB else f"{self.memory >> 20} MiB"
            )
            why = f"it asks for more than {amount} of memory"
        fix = _FIXES[cause].format(path=shlex.quote(str(self.path)))
        raise UserError(f"Cannot read {self.path.name}", where=where, why=why, fix=fix)


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _reap(process: subprocess.Popen[bytes], timer: threading.Timer) -> None:
    """End the child, whatever it does, and leave no zombie."""
    timer.cancel()
    process.kill()
    if process.stdout is not None:
        process.stdout.close()
    process.wait()
