"""Write the pickles of this folder: run in an environment with some networkx, numpy, pandas.

python make.py FOLDER [values]

Writes every class, variant and protocol to FOLDER, and to FOLDER.globals.csv the names that
Python's own unpickler asked for when it read them back. See README.md for what was kept.
Runs on Python 3.6 and later.
"""

import collections
import csv
import datetime
import decimal
import io
import os
import pickle
import sys
import uuid

import networkx as nx
import numpy as np
import pandas as pd

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
UTC = datetime.timezone.utc  # noqa: UP017  the shorter name is not in old Pythons
NAN = float("nan")


def model(likes, downloads, pipeline_tag, library_name, created, licenses, datasets):
    return {
        "likes": likes,
        "downloads": downloads,
        "pipeline_tag": pipeline_tag,
        "library_name": library_name,
        "createdAt": created,
        "licenses": licenses,
        "datasets": datasets,
        "languages": "['English']",
    }


def change(kind, likes, share, days):
    return {
        "edge_types": [kind] if kind else [],
        "edge_type": kind,
        "change_in_likes": likes,
        "percentage_change_in_likes": share,
        "change_in_createdAt_days": days,
    }


NODES = [
    (
        "org/root",
        model(12, 3400, "text-generation", "peft", "2024-01-02T03:04:05.000Z", "['mit']", "[]"),
    ),
    (
        "org/child",
        model(9, 10, NAN, NAN, "2024-02-02T03:04:05.000Z", "[]", "['org/set']"),
    ),
    (
        "other/merge",
        model(0, 0, None, "peft", "2023-12-31T00:00:00.000Z", "['other']", "[]"),
    ),
    ("lone", {}),
    ("org/na\u00efve-\u6a21\u578b", {"likes": 1}),
]
EDGES = [
    ("org/root", "org/child", change("finetune", -3, -0.25, 31)),
    ("org/root", "other/merge", change("merge", -12, -1.0, -2)),
    ("org/child", "other/merge", change("merge", -9, NAN, -33)),
    ("other/merge", "other/merge", change(None, 0, NAN, 0)),
]
VIEWS = ["nodes", "edges", "adj", "degree", "succ", "pred"]
VIEWS += ["in_edges", "out_edges", "in_degree", "out_degree"]


def build(cls):
    graph = cls(name="sample")
    for node, attributes in NODES:
        graph.add_node(node, **attributes)
    for parent, child, attributes in EDGES:
        graph.add_edge(parent, child, **attributes)
    if graph.is_multigraph():
        graph.add_edge("org/root", "org/child", key="again", **change("adapter", -3, -0.25, 31))
    return graph


def touch(graph):
    """Make networkx keep its views in the graph, and so in the pickle."""
    for name in VIEWS:
        getattr(graph, name, None)
    return graph


VARIANTS = {"plain": lambda graph: graph, "frozen": nx.freeze, "touched": touch}


def values():
    found = collections.OrderedDict(
        np_int8=np.int8(-5),
        np_int16=np.int16(-300),
        np_int32=np.int32(70000),
        np_int64=np.int64(-(2**40)),
        np_uint8=np.uint8(200),
        np_uint16=np.uint16(60000),
        np_uint32=np.uint32(2**32 - 1),
        np_uint64=np.uint64(2**63),
        np_float16=np.float16(0.5),
        np_float32=np.float32(0.25),
        np_float64=np.float64(1e-300),
        np_nan=np.float64("nan"),
        np_inf=np.float32("inf"),
        np_bool=np.bool_(True),
        np_str=np.str_("t\u00e9xt"),
        np_bytes=np.bytes_(b"raw"),
        np_complex=np.complex128(1 + 2j),
        np_longdouble=np.longdouble(1),
        np_datetime=np.datetime64("2024-01-02T03:04:05", "ns"),
        np_timedelta=np.timedelta64(5, "s"),
        np_big_endian=np.dtype(">i4").type(7),
        array=np.arange(3),
        array_object=np.array(["a", None], dtype=object),
        array_fortran=np.asfortranarray(np.ones((2, 2))),
        array_empty=np.zeros(0),
        pd_utc=pd.Timestamp("2024-01-02T03:04:05.678Z"),
        pd_naive=pd.Timestamp("2024-01-02T03:04:05"),
        pd_nanosecond=pd.Timestamp("2024-01-02T03:04:05.123456789Z"),
        pd_nat=pd.NaT,
        pd_delta=pd.Timedelta("1 days 02:00:00"),
        datetime_naive=datetime.datetime(2024, 1, 2, 3, 4, 5),
        datetime_utc=datetime.datetime(2024, 1, 2, 3, 4, 5, 6000, UTC),
        datetime_east=datetime.datetime(
            2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
        ),
        date=datetime.date(2024, 1, 2),
        time=datetime.time(3, 4, 5),
        timedelta=datetime.timedelta(days=1, seconds=5, microseconds=7),
        timezone=UTC,
        decimal=decimal.Decimal("1.50"),
        uuid=uuid.UUID(int=5),
        ordered=collections.OrderedDict([("b", 1), ("a", 2)]),
        set={3, 1, 2},
        frozenset=frozenset(["b", "a"]),
        bytearray=bytearray(b"raw"),
        bytearray_empty=bytearray(),
        bytes=b"raw",
        bytes_empty=b"",
        complex=1 + 2j,
        big=2**63,
        biggest=2**63 - 1,
        negative=-(2**63),
        inf=float("inf"),
        tuple=(1, "a", None),
        nested=[[1, [2]]],
        surrogate="a\ud800b",
        mixed={"x": [1.5, NAN]},
        true=True,
    )
    if hasattr(pd, "NA"):
        found["pd_na"] = pd.NA
    if hasattr(pd.Timestamp, "as_unit"):
        found["pd_second"] = pd.Timestamp("2024-01-02T03:04:05Z").as_unit("s")
        found["pd_delta_second"] = pd.Timedelta("1 days").as_unit("s")
    return found


NAMES = collections.defaultdict(set)


class Recorder(pickle.Unpickler):
    """Python's unpickler, noting the names as they stand in the file."""

    def find_class(self, module, name):
        NAMES[module, name].add(self.seen_with)
        return super().find_class(module, name)


def write(folder, name, graph, protocol, seen_with):
    data = pickle.dumps(graph, protocol)
    recorder = Recorder(io.BytesIO(data))
    recorder.seen_with = seen_with
    recorder.load()
    with open(os.path.join(folder, f"{name}-{protocol}.pkl"), "wb") as file:
        file.write(data)


def main(folder, with_values):
    os.makedirs(folder, exist_ok=True)
    for cls in (nx.DiGraph, nx.MultiDiGraph, nx.Graph, nx.MultiGraph):
        for variant, change_graph in VARIANTS.items():
            for protocol in PROTOCOLS:
                name = f"networkx-{nx.__version__}-{cls.__name__}-{variant}"
                graph = change_graph(build(cls))
                write(folder, name, graph, protocol, f"networkx {nx.__version__}")
    if with_values:
        graph = nx.DiGraph()
        for name, value in values().items():
            graph.add_node(name, value=value)
        versions = f"numpy {np.__version__}, pandas {pd.__version__}"
        for protocol in PROTOCOLS:
            name = f"values-numpy-{np.__version__}-pandas-{pd.__version__}"
            write(folder, name, graph, protocol, versions)
    with open(f"{folder}.globals.csv", "a", newline="") as file:
        rows = ((*pair, seen) for pair, every in NAMES.items() for seen in every)
        csv.writer(file).writerows(sorted(rows))


if __name__ == "__main__":
    main(sys.argv[1], "values" in sys.argv[2:])
