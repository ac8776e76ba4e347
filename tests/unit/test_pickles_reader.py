"""The door to the child process: order, ends, reaping; and the scan of names."""

from __future__ import annotations

import gc
import hashlib
import os
import pickle

import hostile_pickles as hostile
import networkx as nx
import pytest

from modelkin.errors import UserError
from modelkin.loader.pickles import process, reader
from modelkin.loader.pickles.reader import Name, read_graph, scan


@pytest.fixture
def large(tmp_path):
    """A graph of several frames, larger than a pipe holds."""
    graph = nx.DiGraph()
    for number in range(2_500):
        graph.add_node(f"org/{number}", likes=number, card="c" * 100)
        if number % 2:
            graph.add_edge(f"org/{number // 2}", f"org/{number}", edge_types=["finetune"])
    file = tmp_path / "large.pkl"
    file.write_bytes(pickle.dumps(graph))
    return file


def gone(graph) -> bool:
    """Whether the child has ended and was reaped."""
    return graph._child._process.returncode is not None


def test_records_come_in_order_and_numbered(large):
    with read_graph(large) as graph:
        nodes, edges = list(graph.nodes()), list(graph.edges())
    assert [number for number, _, _ in nodes] == list(range(2_500))
    assert nodes[2_000] == (2_000, "org/2000", {"likes": 2_000, "card": "c" * 100})
    assert [number for number, *_ in edges] == list(range(1_250))
    assert edges[7] == (7, "org/7", "org/15", {"edge_types": ["finetune"]})
    assert graph.size == large.stat().st_size
    assert graph.sha256 == hashlib.sha256(large.read_bytes()).hexdigest()
    assert gone(graph)


def test_the_expected_checksum_is_taken_in_any_case(large):
    digest = hashlib.sha256(large.read_bytes()).hexdigest().upper()
    read_graph(large, sha256=digest).close()


def test_attributes_can_be_left_out(large):
    with read_graph(large, leave_out=["card"]) as graph:
        assert all(set(attributes) == {"likes"} for _, _, attributes in graph.nodes())
        assert sum(1 for _ in graph.edges()) == 1_250
    assert graph.notes == {"left out: card": 2_500}


def test_the_child_ends_when_the_reader_stops_early(large):
    with read_graph(large) as graph:
        next(graph.nodes())
        assert not gone(graph)
    assert gone(graph)


def test_the_child_ends_when_the_graph_is_dropped(large):
    graph = read_graph(large)
    started = graph._child._process
    del graph
    gc.collect()
    assert started.returncode is not None


def test_the_child_ends_on_an_interrupt_outside(large):
    with pytest.raises(KeyboardInterrupt), read_graph(large) as graph:
        raise KeyboardInterrupt
    assert gone(graph)


def test_the_child_ends_on_an_interrupt_inside(large, monkeypatch):
    """Ctrl-C while waiting for the child, without a ``with`` block."""
    graph = read_graph(large)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(process.json, "loads", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(graph.nodes())
    assert gone(graph)


def test_edges_before_nodes_is_our_mistake(large):
    with read_graph(large) as graph:
        with pytest.raises(RuntimeError, match="when nodes"):
            list(graph.edges())
        list(graph.nodes())
        with pytest.raises(RuntimeError, match="0 of 2500 nodes"):
            list(graph.nodes())


def test_a_child_that_dies_on_the_way_is_told(large):
    with read_graph(large) as graph:
        graph._child._process.kill()
        with pytest.raises(UserError, match=r"reading it ends in a crash \(SIGKILL\)"):
            list(graph.nodes())


def test_a_frame_without_end_is_not_read(large, monkeypatch):
    """The parent does not trust the length that the child announces."""
    monkeypatch.setattr(process, "_MAX_FRAME", 50)
    with pytest.raises(RuntimeError, match="bytes at once"):
        read_graph(large)


def test_a_file_that_changes_meanwhile_is_refused(large, monkeypatch):
    start = reader.Child

    def start_and_touch(*arguments):
        os.utime(large, (1, 1))
        return start(*arguments)

    monkeypatch.setattr(reader, "Child", start_and_touch)
    with pytest.raises(UserError, match="changed while it was being read"):
        read_graph(large)


def test_an_empty_graph_is_a_graph(tmp_path):
    file = tmp_path / "graph.pkl"
    file.write_bytes(pickle.dumps(nx.DiGraph()))
    with read_graph(file) as graph:
        assert (list(graph.nodes()), list(graph.edges())) == ([], [])


def test_a_memory_limit_holds(large):
    with pytest.raises(UserError, match="asks for more than 16 MiB of memory") as caught:
        read_graph(large, memory_limit=16 * 2**20)
    assert "allow it more memory" in str(caught.value)


def test_a_scan_lists_names_with_their_places(tmp_path):
    file = tmp_path / "graph.pkl"
    pickled = hostile.attacks()["inside a graph"][0]
    file.write_bytes(pickled)
    found = scan(file)
    assert found.names[0] == Name("networkx.classes.digraph", "DiGraph", 1, 2, known=True)
    place = pickled.index(b"cposix\n")
    assert [name for name in found.names if not name.known] == [
        Name("posix", "system", 1, place, known=False)
    ]
    assert (found.protocol, found.problem, found.trailing_bytes) == (2, "", 0)


def test_a_scan_counts_what_follows(tmp_path):
    file = tmp_path / "graph.pkl"
    file.write_bytes(hostile.honest() + b"more")
    assert scan(file).trailing_bytes == 4


def test_a_scan_of_a_damaged_file_tells_what_came_before(tmp_path):
    file = tmp_path / "graph.pkl"
    file.write_bytes(hostile.honest()[:-20])
    found = scan(file)
    assert [name.name for name in found.names] == ["DiGraph"]
    assert found.problem.startswith("ValueError: ")
