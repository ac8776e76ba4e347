"""The embedded engine's process: started on demand, shared, recovered, stopped, never orphaned."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from modelkin.cypher.query import Query
from modelkin.errors import UserError
from modelkin.graph.client import Graph
from modelkin.graph.connect import connect, embedded_place
from modelkin.graph.embedded.home import Home
from modelkin.graph.embedded.process import Engine, process_of

pytestmark = pytest.mark.embedded
COUNT = Query("tests/count", "?", (), "read", ("n",), "MATCH (m:Model) RETURN count(m) AS n")
ADD = Query("tests/add", "?", (), "write", (), "MERGE (:Model {model_id: $id})")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine of its own in a folder with a space and letters outside ASCII."""
    made = Engine(Home(tmp_path / "mein Häuschen 家"), heap="256m")
    yield made
    made.stop()


def processes(folder: Path) -> list[psutil.Process]:
    """Every process that works in the folder or was told to."""
    found = []
    for process in psutil.process_iter():
        try:
            is_zombie = process.status() == psutil.STATUS_ZOMBIE
            told = " ".join(process.cmdline())
            if not is_zombie and (process.cwd().startswith(str(folder)) or str(folder) in told):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def eventually(is_so: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Whether something becomes true; a generous limit, for busy machines."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.05)
    return is_so()


def kill(engine: Engine) -> int:
    """End the engine's process as a crash would, and return its port."""
    runtime = engine.running()
    assert runtime is not None
    os.kill(runtime.pid, signal.SIGKILL)
    assert eventually(lambda: process_of(runtime) is None)
    return runtime.bolt_port


def test_it_starts_on_demand_and_its_secrets_are_private(engine: Engine) -> None:
    assert engine.running() is None
    with Graph(embedded_place(engine)) as graph:
        assert graph.fetch(COUNT) == [{"n": 0}]
        runtime = engine.running()
        assert runtime is not None
        process = process_of(runtime)
        assert process is not None
        passwords = engine.home.passwords()
        line, variables = " ".join(process.cmdline()), " ".join(process.environ().values())
        for password in (passwords.root, passwords.reader, passwords.scanner):
            assert len(password) >= 24
            assert password not in line + variables + repr(passwords) + repr(graph)
        listening = {c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"}
        assert {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}
        ports = {c.laddr.port for c in process.net_connections("inet") if c.status == "LISTEN"}
        assert ports == {runtime.bolt_port, runtime.http_port}
    for path in engine.home.folder.rglob("*"):
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            text = path.read_bytes()
            assert not any(p.encode() in text for p in (passwords.root, passwords.reader))
    assert stat.S_IMODE(engine.home.folder.stat().st_mode) == 0o700
    for path in (engine.home.runtime_file, engine.home.passwords_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not (engine.home.engine / "root-password").exists()


def test_commands_at_the_same_time_share_one_engine(engine: Engine) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from modelkin.graph.connect import embedded_place\n"
        "from modelkin.graph.client import Graph\n"
        "from modelkin.graph.embedded.home import Home\n"
        "from modelkin.graph.embedded.process import Engine\n"
        "engine = Engine(Home(Path(sys.argv[1])), heap='256m')\n"
        "with Graph(embedded_place(engine)): print(engine.running().pid)\n"
    )

    def command(_: int) -> str:
        argv = [sys.executable, "-c", code, str(engine.home.folder)]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(command, range(3)))
    assert len(pids) == 1
    runtime = engine.running()  # it outlives the commands
    assert runtime is not None
    assert pids == {f"{runtime.pid}\n"}


def test_stop_leaves_no_process_and_the_next_start_keeps_port_and_data(engine: Engine) -> None:
    with Graph(embedded_place(engine)) as graph:
        graph.write(lambda tx: tx.run(ADD, id="kept"))
    runtime = engine.running()
    assert runtime is not None
    assert engine.stop() is True
    assert engine.stop() is False
    assert engine.running() is None
    assert eventually(lambda: processes(engine.home.folder) == [])
    with Graph(embedded_place(engine)) as graph:
        assert graph.fetch(COUNT) == [{"n": 1}]
        again = engine.running()
        assert again is not None
        assert (again.bolt_port, again.http_port) == (runtime.bolt_port, runtime.http_port)
        assert again.pid != runtime.pid


def test_a_killed_engine_is_started_again_on_its_port(engine: Engine) -> None:
    with Graph(embedded_place(engine)) as graph:
        graph.write(lambda tx: tx.run(ADD, id="kept"))
        port = kill(engine)
        assert graph.fetch(COUNT) == [{"n": 1}]
        runtime = engine.running()
        assert runtime is not None
        assert runtime.bolt_port == port
        kill(engine)
        graph.write(lambda tx: tx.run(ADD, id="another"))
        kill(engine)
        assert graph.ask("MATCH (m:Model) RETURN count(m) AS n").rows == [(2,)]


def test_an_engine_killed_within_a_transaction_loses_and_doubles_nothing(engine: Engine) -> None:
    """The work is sent again: it runs twice, and is stored once."""
    runs = []

    def work(tx: object) -> None:
        tx.run(ADD, id="once")  # type: ignore[attr-defined]
        runs.append(1)
        if len(runs) == 1:
            kill(engine)

    with Graph(embedded_place(engine)) as graph:
        said: list[str] = []
        graph.on_wait = said.append
        graph.write(work)
        assert len(runs) == 2
        # On a busy machine the new start takes longer than the silence that is allowed.
        assert sum("went away" in line for line in said) == 1
        assert graph.fetch(COUNT) == [{"n": 1}]


def test_the_watchdog_stops_an_engine_that_nobody_uses(engine: Engine) -> None:
    idle = Engine(engine.home, heap="256m", idle_s=3.0)
    with Graph(embedded_place(idle)) as graph:
        runtime = idle.running()
        time.sleep(4.5)  # an open graph keeps touching it
        assert idle.running() == runtime
        assert graph.fetch(COUNT) == [{"n": 0}]
    assert eventually(lambda: processes(idle.home.folder) == [])
    assert idle.running() is None


def test_the_watchdog_ends_an_engine_whose_folder_is_gone(engine: Engine, tmp_path: Path) -> None:
    idle = Engine(engine.home, heap="256m", idle_s=1.0)
    idle.ensure()
    engine.home.folder.rename(tmp_path / "moved")
    assert eventually(lambda: processes(engine.home.folder) == [] == processes(tmp_path / "moved"))


def test_the_watchdog_goes_when_the_engine_has_gone(engine: Engine) -> None:
    engine.ensure()
    assert len(processes(engine.home.folder)) == 2
    kill(engine)
    assert eventually(lambda: processes(engine.home.folder) == [])


def test_lost_passwords_are_made_anew_and_the_data_stays(engine: Engine) -> None:
    with Graph(embedded_place(engine)) as graph:
        graph.write(lambda tx: tx.run(ADD, id="kept"))
    engine.stop()
    engine.home.passwords_file.unlink()
    with Graph(embedded_place(engine)) as graph:
        assert graph.fetch(COUNT) == [{"n": 1}]
        assert graph.ask("MATCH (m:Model) RETURN count(m) AS n").rows == [(1,)]


def test_a_taken_port_is_replaced(engine: Engine) -> None:
    import socket

    runtime, _ = engine.ensure()
    engine.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", runtime.bolt_port))
        taken.listen()
        with Graph(embedded_place(engine)) as graph:
            assert graph.fetch(COUNT) == [{"n": 0}]
        other = engine.running()
        assert other is not None
        assert other.bolt_port != runtime.bolt_port


def test_a_damaged_runtime_file_is_no_obstacle(engine: Engine) -> None:
    engine.ensure()
    engine.stop()
    engine.home.runtime_file.write_text('{"pid": 1')
    with Graph(embedded_place(engine)) as graph:
        assert graph.fetch(COUNT) == [{"n": 0}]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="Cannot write the folder") as caught:
        connect(db=tmp_path / "file" / "home", environ={})
    assert "--db PATH" in caught.value.fix


def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    engine = Engine(Home(tmp_path / "home"), heap="1m")
    with pytest.raises(UserError, match="did not start") as caught:
        engine.ensure()
    assert str(engine.home.log_file) in caught.value.where
    assert processes(tmp_path) == []
