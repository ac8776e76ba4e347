"""Honest graph pickles of many versions are read as networkx reads them."""

from __future__ import annotations

import csv
import io
import pickle
import runpy
from pathlib import Path

import networkx as nx
import pytest

from modelkin.loader.pickles import child, inert, shape
from modelkin.loader.pickles.reader import read_graph
from modelkin.loader.pickles.stand_ins import VOCABULARY

FOLDER = Path(__file__).parents[1] / "data" / "pickles"
GRAPHS = sorted(FOLDER.glob("networkx-*.pkl"))
VALUES = sorted(FOLDER.glob("values-*.pkl"))
MAKE = runpy.run_path(str(FOLDER / "make.py"))
CLASSES = (nx.DiGraph, nx.MultiDiGraph, nx.Graph, nx.MultiGraph)


def as_plain(value: object) -> object:
    """The oracle of the plain form, for what these graphs hold: NaN is missing."""
    return None if isinstance(value, float) and value != value else value


def expected(graph: nx.Graph) -> tuple[list, list]:
    """Nodes and edges as networkx gives them."""
    nodes = [(key, {k: as_plain(v) for k, v in data.items()}) for key, data in graph.nodes.items()]
    keyed = {"keys": True} if graph.is_multigraph() else {}
    edges = []
    for parent, kid, *key, data in graph.edges(data=True, **keyed):
        attributes = {k: as_plain(v) for k, v in data.items()}
        if key:
            named = isinstance(key[0], str)
            marker = {"$refused": f"int {key[0]} where text is needed"}
            attributes["$key"] = key[0] if named else marker
        edges.append((parent, kid, attributes))
    return nodes, edges


def in_process(pickled: bytes) -> tuple[dict, list, list]:
    """Read with the child's own code, without the cost of a process."""
    header, *frames, end = child.read(io.BytesIO(pickled), [])
    assert end["end"] is True
    nodes, edges = [], []
    for frame in frames:
        for key, index, values in frame.get("nodes", []):
            nodes.append((key, dict(zip(frame["names"][index], values, strict=True))))
        for parent, kid, index, values in frame.get("edges", []):
            attributes = dict(zip(frame["names"][index], values, strict=True))
            edges.append((parent, kid, attributes))
    return header, nodes, edges


@pytest.mark.parametrize("file", GRAPHS, ids=lambda file: file.stem)
def test_a_pickle_of_an_old_version_is_read_whole(file):
    _, _, name, _, _ = file.stem.split("-")
    cls = getattr(nx, name)
    header, nodes, edges = in_process(file.read_bytes())
    assert (header["graph"], header["attributes"]) == (name, {"name": "sample"})
    assert (nodes, edges) == expected(MAKE["build"](cls))
    assert (header["nodes"], header["edges"]) == (len(nodes), len(edges))


def test_the_old_versions_are_all_there():
    """At least nine versions, every class and every protocol among them."""
    parts = [file.stem.split("-") for file in GRAPHS]
    assert len(GRAPHS) >= 36
    assert len({version for _, version, *_ in parts}) >= 9
    assert {cls for _, _, cls, _, _ in parts} == {cls.__name__ for cls in CLASSES}
    assert {protocol for *_, protocol in parts} == set("012345")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("variant", MAKE["VARIANTS"])
@pytest.mark.parametrize("cls", CLASSES)
def test_a_pickle_of_this_version_is_read_whole(cls, variant, protocol):
    graph = MAKE["VARIANTS"][variant](MAKE["build"](cls))
    header, nodes, edges = in_process(pickle.dumps(graph, protocol))
    assert (nodes, edges) == expected(graph)
    assert (header["directed"], header["multigraph"]) == (
        graph.is_directed(),
        graph.is_multigraph(),
    )


@pytest.mark.parametrize("cls", CLASSES)
def test_the_process_gives_what_its_code_gives(cls, tmp_path):
    graph = MAKE["build"](cls)
    file = tmp_path / "graph.pkl"
    file.write_bytes(pickle.dumps(graph))
    with read_graph(file) as found:
        nodes = [(key, attributes) for _, key, attributes in found.nodes()]
        edges = [(parent, kid, attributes) for _, parent, kid, attributes in found.edges()]
    assert (nodes, edges) == expected(graph)
    assert found.graph_class == cls.__name__
    assert (found.n_nodes, found.n_edges) == (graph.number_of_nodes(), graph.number_of_edges())
    assert found.directed == graph.is_directed()
    assert found.multigraph == graph.is_multigraph()
    # Two in the attributes of nodes, the rest in those of edges.
    assert found.notes == {"NaN": 4}


def refused(what: str) -> dict[str, str]:
    return {"$refused": what}


PLAIN = {
    "np_int8": -5,
    "np_int16": -300,
    "np_int32": 70_000,
    "np_int64": -(2**40),
    "np_uint8": 200,
    "np_uint16": 60_000,
    "np_uint32": 2**32 - 1,
    "np_uint64": refused("whole number beyond 64 bits"),
    "np_float16": 0.5,
    "np_float32": 0.25,
    "np_float64": 1e-300,
    "np_nan": None,
    "np_inf": refused("infinite number"),
    "np_bool": True,
    "np_str": "t\u00e9xt",
    "np_bytes": refused("numpy S3"),
    "np_complex": refused("numpy c16"),
    "np_longdouble": refused("numpy f16"),
    "np_datetime": refused("numpy M8"),
    "np_timedelta": refused("numpy m8"),
    "np_big_endian": 7,
    "array": refused("numpy array"),
    "array_object": refused("numpy array"),
    "array_fortran": refused("numpy array"),
    "array_empty": refused("numpy array"),
    "pd_utc": "2024-01-02T03:04:05.678Z",
    "pd_naive": "2024-01-02T03:04:05",
    "pd_nanosecond": "2024-01-02T03:04:05.123456789Z",
    "pd_nat": None,
    "pd_na": None,
    "pd_delta": "PT93600S",
    "pd_second": "2024-01-02T03:04:05Z",
    "pd_delta_second": "PT86400S",
    "datetime_naive": "2024-01-02T03:04:05",
    "datetime_utc": "2024-01-02T03:04:05.006000Z",
    "datetime_east": "2024-01-02T01:04:05Z",
    "date": "2024-01-02",
    "time": "03:04:05",
    "timedelta": "PT86405.000007S",
    "timezone": refused("timezone"),
    "decimal": refused("Decimal"),
    "uuid": "00000000-0000-0000-0000-000000000005",
    "ordered": {"b": 1, "a": 2},
    "set": [1, 2, 3],
    "frozenset": ["a", "b"],
    "bytearray": refused("bytearray"),
    "bytearray_empty": refused("bytearray"),
    "bytes": refused("bytes"),
    "bytes_empty": refused("bytes"),
    "complex": refused("complex"),
    "big": refused("whole number beyond 64 bits"),
    "biggest": 2**63 - 1,
    "negative": -(2**63),
    "inf": refused("infinite number"),
    "tuple": [1, "a", None],
    "nested": [[1, [2]]],
    "surrogate": "a\ud800b",
    "mixed": {"x": [1.5, None]},
    "true": True,
}


@pytest.mark.parametrize("file", VALUES, ids=lambda file: file.stem)
def test_values_of_old_and_new_versions_become_plain(file):
    _, nodes, _ = in_process(file.read_bytes())
    found = {key: attributes["value"] for key, attributes in nodes}
    assert set(PLAIN) - set(found) <= {"pd_na", "pd_second", "pd_delta_second"}
    assert found == {key: PLAIN[key] for key in found}
    # True equals 1 and 1.0 in Python: the kinds must agree as well.
    assert {k: type(v) for k, v in found.items()} == {k: type(PLAIN[k]) for k in found}


@pytest.mark.parametrize("file", VALUES[-3:], ids=lambda file: file.stem)
def test_values_pass_the_fence_of_the_process(file):
    """No kind of value needs an import or a file at the last moment."""
    with read_graph(file) as graph:
        found = {key: attributes["value"] for _, key, attributes in graph.nodes()}
        assert list(graph.edges()) == []
    assert found == {key: PLAIN[key] for key in found}


def test_values_of_this_version_become_plain():
    """With whatever numpy and pandas are installed, at every protocol."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        graph = nx.DiGraph()
        graph.add_nodes_from((key, {"value": value}) for key, value in MAKE["values"]().items())
        _, nodes, _ = in_process(pickle.dumps(graph, protocol))
        assert {key: attributes["value"] for key, attributes in nodes} == PLAIN


def test_the_vocabulary_is_exactly_what_honest_pickles_use():
    with (FOLDER / "globals.csv").open(newline="") as file:
        recorded = {(row["module"], row["name"]) for row in csv.DictReader(file)}
    assert set(VOCABULARY) == recorded


def test_numpy_and_networkx_are_not_imported(monkeypatch):
    """The stand-ins give values without the libraries that wrote them."""
    import builtins

    monkeypatch.setattr(builtins, "__import__", None)
    for file in VALUES:
        shape.Graph(inert.load(io.BytesIO(file.read_bytes())))
