"""Every error ends as one line with its exit code; nothing is printed but talk."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelkin import cli

CANARY = "canary-Pa55word-7f3a"


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def one_line(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def test_no_server_is_exit_3_within_five_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEO4J_URI", f"bolt://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NEO4J_PASSWORD", CANARY)
    code, out, err = call(capsys, "families")
    assert (code, out) == (3, "")
    assert "No server at bolt://127.0.0.1" in one_line(err)
    assert CANARY not in err


@pytest.mark.parametrize("password", ["", "neo4j", "password", "short"])
def test_weak_passwords_are_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    monkeypatch.setenv("NEO4J_PASSWORD", password)
    code, _, err = call(capsys, "families")
    assert code == 2
    assert "assword" in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["load", "graph", "nowhere.pkl"], "nowhere.pkl"),
        (["load", "configs", "nowhere.csv"], "nowhere.csv"),
        (["inspect", "nowhere.csv"], "nowhere.csv"),
        (["cypher"], "Give one query"),
        (["queries", "show", "ancstors"], "ancestors"),
        (["queries", "run", "load/merge_models"], "is no question"),
        (["synth", "folder", "--world", "flat"], "Unknown world"),
        (["runs", "rejects", "abc"], "No rejected rows"),
    ],
)
def test_what_the_user_can_fix_is_exit_2_in_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in one_line(err)
    assert not list(tmp_path.iterdir()), "nothing is left behind"


@pytest.mark.parametrize("arguments", [["nonsense"], ["drift", "--nonsense"], ["load"]])
def test_wrong_usage_is_exit_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert call(capsys, *arguments)[0] in {0, 2}  # `load` alone shows its help


def test_a_bug_of_ours_is_exit_1_with_the_wish_for_a_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelkin.cypher import catalogue

    monkeypatch.setattr(catalogue, "questions", lambda: 1 / 0)
    code, _, err = call(capsys, "queries", "list")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert "Please report" in err


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch pwned",)


def test_a_pickle_that_calls_the_system_runs_nothing_and_starts_no_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Evil()))
    monkeypatch.setenv("MODELKIN_HOME", str(tmp_path / "home"))
    for command in (["load", "graph"], ["load", "graph", "--dry-run"]):
        code, out, err = call(capsys, *command[:2], "evil.pkl", *command[2:])
        assert (code, out) == (2, ""), err
        assert "system" in one_line(err)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.pkl"]


def test_data_goes_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "queries", "list", "--format", "json")
    assert code == 0
    assert len(json.loads(out)) >= 40


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m modelkin.cli queries list --format jsonl | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    json.loads(done.stdout)
    command = f"set -o pipefail; {sys.executable} -m modelkin.cli queries list | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_is_exit_130_without_traceback(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import sys, time\nfrom modelkin import cli\nfrom modelkin.cypher import catalogue\n"
        "def wait():\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "catalogue.questions = wait\nsys.exit(cli.run(['queries', 'list']))\n"
    )
    child = subprocess.Popen(
        [sys.executable, str(slow)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err == "interrupted; the same command goes on from the last stored batch\n"


def test_help_lists_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for number in ("0 done", "1 our bug", "3 database not", "130 interrupted"):
        assert number in " ".join(out.split())
