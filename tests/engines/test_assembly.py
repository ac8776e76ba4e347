"""The Neo4j that is put together without Docker: started once, private, ended without a trace."""

from __future__ import annotations

import shutil
import stat
import urllib.request
from pathlib import Path

import psutil
import pytest

from modelkin.errors import UserError
from modelkin.graph import assembly
from modelkin.graph.assembly import Assembly, assembly_at
from modelkin.graph.connect import connect

pytestmark = [
    pytest.mark.neo4j,
    pytest.mark.skipif(
        not (shutil.which("java") and shutil.which("mvn")), reason="needs java and mvn"
    ),
]


def test_it_starts_once_keeps_its_password_private_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Assembly(assembly_at({}).cache, tmp_path / "a server")
    monkeypatch.setattr(assembly, "assembly_at", lambda environ: made)
    try:
        running = made.start()
        assert made.start() == running
        assert stat.S_IMODE(made.password_file.stat().st_mode) == 0o600
        password = made.password_file.read_text()
        line = " ".join(psutil.Process(running.pid).cmdline())
        assert password not in line
        assert not (made.home / "first-password").exists()
        with connect(environ=made.environ(running)) as graph:
            assert graph.version == assembly.NEO4J
        page = urllib.request.urlopen(f"http://127.0.0.1:{running.http_port}/browser/", timeout=60)
        with page:
            assert b"<html" in page.read(2000).lower()
        listening = psutil.Process(running.pid).net_connections("inet")
        ips = {c.laddr.ip.removeprefix("::ffff:") for c in listening if c.status == "LISTEN"}
        assert ips == {"127.0.0.1"}
        assert assembly.main(["status"]) == 0
        said = capsys.readouterr().out
        assert f"export NEO4J_URI='bolt://127.0.0.1:{running.bolt_port}'" in said
        assert password not in said
    finally:
        assert made.stop() is True
    assert made.stop() is False
    assert made.running() is None
    assert not psutil.pid_exists(running.pid)
    assert assembly.main(["status"]) == 0
    assert capsys.readouterr().out == "not running\n"


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="letters outside ASCII"):
        Assembly(tmp_path / "häuschen", tmp_path / "x").build()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="`java` is not installed") as caught:
        Assembly(tmp_path, tmp_path / "x").build()
    assert "docker compose up -d" in caught.value.fix
