"""The child's own code, without the cost of a process: vocabulary, shape, reasons, names."""

from __future__ import annotations

import io
import pickle

import hostile_pickles as hostile
import pytest

from modelkin.loader.pickles import child, inert, opcodes, shape, stand_ins

CASES = hostile.attacks() | hostile.broken()
# What the parent finds before the child starts.
BY_ITS_LOOK = ("a page", "a Git LFS pointer", "gzip", "zip", "empty", "one byte")


def refusal(pickled: bytes) -> str:
    """Return the reason that the child would send."""
    stream = io.BytesIO(pickled)
    try:
        list(child.read(stream, []))
    except Exception as error:  # noqa: BLE001  any type may come
        return child.explain(error, stream)["why"]
    raise AssertionError("it was accepted")


@pytest.mark.parametrize("case", [case for case in CASES if case not in BY_ITS_LOOK])
def test_a_case_is_refused_for_its_reason(case):
    pickled, said = CASES[case]
    assert said.replace("\\x1b", "\x1b") in refusal(pickled)


@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [
        ("numpy._core.multiarray", "scalar", [b"N"]),
        ("numpy.core.multiarray", "scalar", [hostile.text("i8"), b"C\x01x"]),
        ("numpy", "dtype", [b"K\x01"]),
        ("pandas._libs.tslibs.timestamps", "Timestamp", [hostile.text("now")]),
        ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp", [b"K\x01NNK\x03"]),
        ("pandas._libs.tslibs.timedeltas", "Timedelta", [b"G" + bytes(8)]),
        ("datetime", "datetime", [b"C\x0a" + b"\xff" * 10]),
        ("datetime", "datetime", [b"C\x0a\x07\xe8\x01\x28\x00\x00\x00\x00\x00\x00"]),  # 40 January
        ("datetime", "time", [b"C\x06\x63\x00\x00\x00\x00\x00"]),  # 99 o'clock
        ("datetime", "date", [b"N"]),
        ("datetime", "timedelta", [b"\x8a\x09" + b"\xff" * 8 + b"\x7f"]),
        ("_codecs", "encode", [hostile.text("x"), hostile.text("zip")]),
        ("builtins", "set", [b"}"]),
        ("collections", "OrderedDict", [b"]"]),
        ("copy_reg", "_reconstructor", [hostile.by_name("datetime", "date"), b"NN"]),
        ("copy_reg", "_reconstructor", [hostile.DIGRAPH, b"N]"]),
        ("networkx.classes.function", "frozen", []),
        ("numpy", "ndarray", []),
        ("builtins", "dict", []),
        ("uuid", "UUID", [hostile.text("x")]),
    ],
)
def test_a_stand_in_takes_only_what_honest_pickles_give_it(module, name, arguments):
    with pytest.raises((TypeError, ValueError, KeyError, OverflowError)):
        inert.load(io.BytesIO(hostile.reduce(module, name, *arguments)))


def test_a_date_beyond_the_calendar_is_named():
    east = hostile.by_name("datetime", "timezone") + b"("
    east += hostile.by_name("datetime", "timedelta") + b"(K\x00M\x20\x1cK\x00tRtR"
    pickled = hostile.reduce("datetime", "datetime", b"C\x0a\x00\x01\x01\x01" + bytes(6), east)
    found = inert.load(io.BytesIO(pickled))
    assert isinstance(found, stand_ins.Refused)
    assert found.what == "datetime outside the years 1 to 9999"


def test_a_stand_in_cannot_be_changed_or_emptied():
    graph = inert.load(io.BytesIO(hostile.honest()))
    with pytest.raises(AttributeError, match="DiGraph cannot be changed"):
        type(graph).__setstate__ = None
    with pytest.raises(AttributeError, match="cannot be changed"):
        del type(graph).__setstate__
    with pytest.raises(AttributeError):
        graph.nodes = ()


def test_each_load_makes_its_own_stand_ins():
    one, other = (inert.load(io.BytesIO(hostile.honest())) for _ in range(2))
    assert type(one) is not type(other)


def test_odd_values_inside_a_graph_are_named():
    """A view, a class and a UUID without its number: markers, not failures."""
    uuid = hostile.by_name("uuid", "UUID") + b")\x81"
    view = hostile.by_name("networkx.classes.reportviews", "NodeView") + b")\x81"
    values = b"}(" + hostile.text("uuid") + uuid + hostile.text("view") + view + b"u"
    nodes = b"}" + hostile.text("a") + values + b"s"
    rows = b"}" + hostile.text("a") + b"}s"
    state = b"}(" + hostile.text("_node") + nodes
    state += hostile.text("_adj") + rows + hostile.text("_pred") + rows + b"u"
    pickled = b"\x80\x02" + hostile.DIGRAPH + b")\x81" + state + b"b."
    _, nodes_frame, _ = child.read(io.BytesIO(pickled), [])
    assert nodes_frame["nodes"] == [
        ["a", 0, [{"$refused": "UUID without its number"}, {"$refused": "networkx NodeView"}]]
    ]


def test_frames_stay_small():
    """Many records, long texts or many names: each ends a frame."""

    class Convert:
        taken = 2**19

    records = [(["a"], (f"name {number}",), [1]) for number in range(5)]
    frames = list(child._batches("nodes", iter(records), Convert()))
    assert [len(frame["nodes"]) for frame in frames] == [2, 2, 1]
    Convert.taken = 0
    frames = list(child._batches("nodes", iter(records * 500), Convert()))
    assert [len(frame["nodes"]) for frame in frames] == [1_000, 1_000, 500]
    long = [(["a"], ("n" * 2**19 + str(number),), [1]) for number in range(3)]
    frames = list(child._batches("nodes", iter(long), Convert()))
    assert [len(frame["nodes"]) for frame in frames] == [2, 1]


def test_undirected_edges_come_once():
    import networkx as nx

    graph = nx.Graph([("a", "b"), ("b", "c"), ("c", "c"), ("c", "a")])
    found = shape.Graph(inert.load(io.BytesIO(pickle.dumps(graph))))
    assert [(one, other) for one, other, _, _ in found.edges()] == list(graph.edges())
    assert found.n_edges == 4


def test_names_are_listed_with_their_first_place():
    pickled = hostile.attacks()["inside a graph"][0]
    found = opcodes.names(io.BytesIO(pickled))
    place = pickled.index(b"cposix\n")
    assert ["posix", "system", 1, place, False] in found.rows()
    assert ["networkx.classes.digraph", "DiGraph", 1, 2, True] in found.rows()
    assert found.end == len(pickled)


def test_names_on_the_stack_and_in_the_memo_are_resolved():
    memo = b"\x8c\x02os\x94\x8c\x06system\x94\x93h\x00h\x01\x93"
    hidden = b"\x8c\x02os\x8c\x06systemNN00\x93"
    frame = b"\x95" + bytes(8)
    found = opcodes.names(io.BytesIO(b"\x80\x04" + frame + memo + hidden + b"."))
    assert {pair: uses for pair, (uses, _) in found.found.items()} == {
        ("os", "system"): 2,
        ("?", "?"): 1,
    }
    assert found.protocol == 4


def test_the_list_of_names_has_an_end():
    many = b"".join(f"cmodule\nname{number}\n".encode() for number in range(1_500))
    found = opcodes.names(io.BytesIO(many + b"cmodule\nname0\n."))
    assert len(found.found) == 1_000
    assert found.found["module", "name0"] == [2, 0]


def test_the_search_for_a_name_gives_up_in_time():
    pickled = b"N0" * 1_000 + b"cposix\nsystem\n."
    wanted = ("posix", "system")
    assert opcodes.first_byte(io.BytesIO(pickled), wanted, 5_000) == 2_000
    assert opcodes.first_byte(io.BytesIO(pickled), wanted, 100) is None
    assert opcodes.first_byte(io.BytesIO(b"N\xff"), wanted, 100) is None
    assert opcodes.first_byte(io.BytesIO(b"N."), wanted, 100) is None


def test_running_out_of_memory_and_the_fence_have_their_words():
    stream = io.BytesIO(b"")
    assert child.explain(MemoryError(), stream)["failure"] == "memory"
    failure = child.explain(child.FenceError("os.system"), stream)
    assert failure["why"] == "reading it was about to do `os.system`"
