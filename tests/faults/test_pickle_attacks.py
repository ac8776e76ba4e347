"""Hostile pickles: each is one clear line, and nothing in it runs."""

from __future__ import annotations

import io
import json
import os
import pickle
import socket
import struct
import subprocess
import sys
from pathlib import Path

import hostile_pickles as hostile
import networkx as nx
import pytest

from modelkin.errors import ExitCode, UserError
from modelkin.loader.pickles import inert, shape
from modelkin.loader.pickles.process import GIB
from modelkin.loader.pickles.reader import read_graph, refused, scan

ATTACKS, BOMBS, BROKEN = hostile.attacks(), hostile.bombs(), hostile.broken()


def refusal(path: Path, **limits: float) -> str:
    """Return the one line with which the file is refused."""
    with pytest.raises(UserError) as caught, read_graph(path, **limits):
        pass
    line = str(caught.value)
    assert caught.value.exit_code is ExitCode.USER
    assert line.startswith(f"Cannot read {path.name} - ") or line.startswith(
        f"Cannot read {path.name}: "
    )
    assert line.isprintable()
    assert len(line) < 1_000
    return line


def environment() -> dict[str, str]:
    """Return the variables of this process, but for the one that pytest changes."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture
def bystanders(tmp_path, monkeypatch):
    """An empty working directory, and an environment, that no attack may touch."""
    monkeypatch.chdir(tmp_path)
    before = environment()
    folder = tmp_path / "given"
    folder.mkdir()
    yield folder
    assert environment() == before
    assert not list(tmp_path.rglob("canary"))
    assert sorted(os.listdir(tmp_path)) == ["given"]


def test_there_are_enough_hostile_files():
    assert len(ATTACKS) + len(BOMBS) + len(BROKEN) >= 60


@pytest.mark.parametrize("case", ATTACKS)
def test_an_attack_is_refused_and_nothing_runs(case, bystanders):
    pickled, said = ATTACKS[case]
    file = bystanders / "graph.pkl"
    file.write_bytes(pickled.ljust(40, b"\0"))  # what follows the pickle is never reached
    line = refusal(file)
    assert said in line
    # The fence of the child is the second line of defence; the first must have held.
    assert "about to do" not in line
    assert "Nothing was executed" in line


def test_the_attacks_are_real(bystanders):
    """Plain unpickling runs them: so the cases above can fail."""
    some = ("posix.system by", "inside a graph", "networkx.lazy_imports.os.system by")
    for case in (case for case in ATTACKS if case.startswith(some)):
        code = f"import pickle; pickle.loads({ATTACKS[case][0]!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
        canary = bystanders.parent / "canary"
        assert canary.exists(), case
        canary.unlink()


def test_the_whole_line_for_an_attack(bystanders):
    file = bystanders / "graph.pkl"
    file.write_bytes(ATTACKS["inside a graph"][0])
    place = ATTACKS["inside a graph"][0].index(b"cposix\nsystem\n")
    assert refusal(file) == (
        f"Cannot read graph.pkl - byte {place}: it asks for `posix.system`, which a graph never "
        "needs. Nothing was executed. Get the file from a source you trust, or run "
        f"`modelkin inspect {file} --report` to see all names."
    )


@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_meets_a_limit(case, bystanders):
    pickled, said = BOMBS[case]
    file = bystanders / "graph.pkl"
    file.write_bytes(pickled)
    seconds = 1 if "takes longer" in said else 60
    assert said in refusal(file, memory_limit=GIB, time_limit_s=seconds)


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused(case, bystanders):
    pickled, said = BROKEN[case]
    file = bystanders / "graph.pkl"
    file.write_bytes(pickled)
    assert said in refusal(file)


def test_only_regular_files_are_opened(bystanders):
    whole = bystanders / "whole.pkl"
    whole.write_bytes(hostile.honest())
    link, pipe, folder = (bystanders / name for name in ("link.pkl", "pipe.pkl", "folder.pkl"))
    link.symlink_to(whole)
    os.mkfifo(pipe)
    folder.mkdir()
    line = refusal(link)
    assert "it is a symbolic link" in line
    assert str(whole) in line
    assert "it is a named pipe" in refusal(pipe)
    assert "it is a folder" in refusal(folder)
    assert "No such file" in refusal(bystanders / "missing.pkl")
    assert "it is a device" in refusal(Path("/dev/zero"))
    with pytest.raises(UserError, match="null"):
        read_graph(str(bystanders / "a\0b.pkl"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("given/socket.pkl")
        with pytest.raises(UserError):
            read_graph(bystanders / "socket.pkl")


def test_size_and_checksum_are_checked_before_reading(bystanders):
    file = bystanders / "graph.pkl"
    file.write_bytes(hostile.honest())
    assert "above the limit of 100" in refusal(file, max_bytes=100)
    assert "its SHA-256 is" in refusal(file, sha256="0" * 64)


def test_what_is_too_much_for_one_value_does_not_fail_the_file(bystanders):
    """Bombs inside a whole graph become markers: the rows are rejected, not the file."""
    ring: dict[str, object] = {}
    ring["ring"] = ring
    twice: list[object] = []
    for _ in range(30):
        twice = [twice, twice]
    wide = [["x"] * 10_000] * 10_000
    graph = nx.DiGraph()
    graph.add_node("ring", value=ring)
    graph.add_node("twice", value=twice)
    graph.add_node("wide", value=wide)
    graph.add_node("long", value="x" * (3 * 2**20), likes=7)
    graph.add_node("many", **{f"name {i}": i for i in range(10_000)})
    graph.add_node("odd name", likes=1)
    graph.nodes["odd name"][5] = "five"
    graph.add_node(17)
    graph.add_node(("a", "tuple"))
    graph.add_node("y" * 201)
    graph.add_edge(17, "\ud800", likes=1)
    file = bystanders / "graph.pkl"
    file.write_bytes(pickle.dumps(graph))
    with read_graph(file, memory_limit=GIB) as found:
        nodes = {str(key): attributes for _, key, attributes in found.nodes()}
        edges = list(found.edges())
    assert refused(nodes["ring"]["value"]) == "containers nested more than 4 deep"
    assert refused(nodes["twice"]["value"]) == "containers nested more than 4 deep"
    assert "more than 2,097,152 characters" in str(refused(nodes["wide"]["value"]))
    assert "more than 2,097,152 characters" in str(refused(nodes["long"]["value"]))
    assert nodes["long"]["likes"] == 7
    assert refused(nodes["many"]) == "attribute names of more than 65,536 characters"
    assert refused(nodes["odd name"]) == "attribute name that is no text"
    keys = [refused(key) for key in map(eval, (key for key in nodes if key.startswith("{")))]
    assert keys == [
        "int 17 where text is needed",
        "tuple where text is needed",
        f"text of 201 characters ({'y' * 60}...)",
    ]
    assert edges == [(0, {"$refused": "int 17 where text is needed"}, "\ud800", {"likes": 1})]


POISONS = [
    hostile.by_name(module, name) + state
    for module, name in (
        ("networkx.classes.digraph", "DiGraph"),
        ("networkx.classes.reportviews", "NodeView"),
        ("uuid", "UUID"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),
    )
    for state in (
        b"}X\x0c\0\0\0__setstate__cnetworkx.classes.function\nfrozen\nsb.",  # its dictionary
        b"N}X\x0c\0\0\0__setstate__cnetworkx.classes.function\nfrozen\ns\x86b.",  # its slots
        b"N}X\x07\0\0\0__new__cnetworkx.classes.function\nfrozen\ns\x86b.",
        b"N}X\x09\0\0\0__class__cnetworkx.classes.graph\nGraph\ns\x86b.",
    )
]


def test_a_poisoned_class_does_not_reach_the_next_graph():
    """In one process: a hostile pickle, then an honest one, twenty times."""
    assert len(POISONS) == 20
    whole = nx.DiGraph(pickle.loads(hostile.honest()))
    for poison in POISONS:
        with pytest.raises((AttributeError, TypeError)):
            inert.load(io.BytesIO(poison))
        graph = shape.Graph(inert.load(io.BytesIO(hostile.honest())))
        assert list(graph.nodes()) == list(whole.nodes(data=True))
        assert [(a, b, data) for a, b, _, data in graph.edges()] == list(whole.edges(data=True))


def in_child(code: str, stdin: bytes = b"") -> bytes:
    """Run code in a process that has the child's modules."""
    import modelkin

    source = Path(next(iter(modelkin.__path__)))
    start = (
        "import sys\n"
        f"for name, path in (('modelkin', [{str(source)!r}]),"
        f" ('modelkin.loader', [{str(source / 'loader')!r}])):\n"
        "    sys.modules[name] = type(sys)(name)\n"
        "    sys.modules[name].__path__ = path\n"
        "from modelkin.loader.pickles import child, stand_ins\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code], input=stdin, stdout=subprocess.PIPE
    )
    return done.stdout


@pytest.mark.parametrize(
    ("stand_in", "event"),
    [
        ("posix.system", "os.system"),
        ("__import__", "import"),
        ("open", "open"),
        ("lambda text: compile(text, text, 'exec')", "compile"),
    ],
)
def test_the_fence_holds_where_the_vocabulary_fails(stand_in, event, bystanders):
    """With a hole in the vocabulary, the child still refuses to act."""
    hole = hostile.reduce("posix", "system", hostile.text("canary"))
    code = (
        "import posix\n"
        f"stand_ins.VOCABULARY['posix', 'system'] = lambda: {stand_in}\n"
        "sys.argv = ['child', 'read', str(2**31), '9']\n"
        "child.main()\n"
    )
    answer = in_child(code, hole)
    (length,) = struct.unpack(">I", answer[:4])
    assert len(answer) == 4 + length
    assert json.loads(answer[4:])["why"] == f"reading it was about to do `{event}`"


def test_the_limits_hold_where_the_fence_fails():
    """Without the fence, the system still gives no file, socket or memory."""
    code = (
        "import os, socket\n"
        "child.limit(2**29, 9)\n"
        "for action in (lambda: open('/dev/null'), lambda: socket.socket(), lambda: os.pipe(),\n"
        "               lambda: bytearray(2**30)):\n"
        "    try:\n"
        "        action()\n"
        "        print('done')\n"
        "    except (OSError, MemoryError) as error:\n"
        "        print(type(error).__name__)\n"
    )
    assert in_child(code).split() == [b"OSError", b"OSError", b"OSError", b"MemoryError"]


def test_the_child_gets_no_secret(tmp_path, monkeypatch):
    """The environment of the child has nothing of ours."""
    monkeypatch.setenv("NEO4J_PASSWORD", "canary")
    given = []
    start = subprocess.Popen.__init__
    monkeypatch.setattr(
        subprocess.Popen,
        "__init__",
        lambda self, *args, **options: (
            given.append(options["env"]) or start(self, *args, **options)
        ),
    )
    file = tmp_path / "graph.pkl"
    file.write_bytes(hostile.honest())
    read_graph(file).close()
    assert len(given) == 1
    assert "canary" not in given[0].values()
    assert set(given[0]) <= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"}


@pytest.mark.parametrize("case", ["text of 2**62", "doubled tuples", "colliding numbers"])
def test_a_scan_survives_hostile_files(case, bystanders):
    file = bystanders / "graph.pkl"
    file.write_bytes(BOMBS[case][0])
    found = scan(file, memory_limit=GIB)
    assert found.names == ()
    assert bool(found.problem) == (case == "text of 2**62")
