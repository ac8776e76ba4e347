"""Builders of hostile and broken pickles, opcode by opcode.

`ATTACKS` name code to run, in every form that a pickle has for it; `BOMBS` ask for memory
or time; `BROKEN` are damaged, or graphs that contradict themselves. Each maps a case's
name to (bytes, what the reader must say).
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable

import networkx as nx

Case = tuple[bytes, str]


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def by_name(module: str, name: str) -> bytes:
    """GLOBAL: the name on two lines."""
    return f"c{module}\n{name}\n".encode()


def by_stack(module: str, name: str) -> bytes:
    """STACK_GLOBAL: the name from two texts."""
    return text(module) + text(name) + b"\x93"


def reduce(module: str, name: str, *arguments: bytes) -> bytes:
    return b"\x80\x02" + by_name(module, name) + b"(" + b"".join(arguments) + b"tR."


def reduce_by_stack(module: str, name: str, *arguments: bytes) -> bytes:
    return b"\x80\x04" + by_stack(module, name) + b"(" + b"".join(arguments) + b"tR."


def inst(module: str, name: str, *arguments: bytes) -> bytes:
    return b"(" + b"".join(arguments) + f"i{module}\n{name}\n".encode() + b"."


def obj(module: str, name: str, *arguments: bytes) -> bytes:
    return b"(" + by_name(module, name) + b"".join(arguments) + b"o."


def newobj(module: str, name: str, *arguments: bytes) -> bytes:
    return b"\x80\x02" + by_name(module, name) + b"(" + b"".join(arguments) + b"t\x81."


def newobj_ex(module: str, name: str, *arguments: bytes) -> bytes:
    return b"\x80\x04" + by_stack(module, name) + b"(" + b"".join(arguments) + b"t}\x92."


FORMS: tuple[Callable[..., bytes], ...] = (
    *(reduce, reduce_by_stack, inst, obj, newobj, newobj_ex),
)

# Each runs, reads or reaches something in a plain unpickler. The argument is a command
# that makes the file "canary" where the reader runs.
TARGETS = (
    *("posix.system", "os.system", "os.popen", "os.execv", "os.spawnl", "os.putenv"),
    *("subprocess.Popen", "subprocess.check_output", "subprocess.getoutput", "pty.spawn"),
    *("builtins.eval", "builtins.exec", "builtins.compile", "builtins.open"),
    *("builtins.__import__", "builtins.getattr", "builtins.object", "builtins.type"),
    *("__builtin__.eval", "__builtin__.execfile", "__builtin__.getattr", "__builtin__.apply"),
    *("importlib.import_module", "runpy.run_path", "runpy._run_code", "code.interact"),
    *("operator.attrgetter", "operator.methodcaller", "functools.partial", "types.FunctionType"),
    *("pickle.loads", "_pickle.loads", "marshal.loads", "ctypes.CDLL", "shutil.rmtree"),
    *("socket.create_connection", "urllib.request.urlopen", "webbrowser.open"),
    *("timeit.timeit", "cProfile.run", "pdb.run", "doctest.debug_script", "pip._internal.main"),
    *("copyreg._reconstructor", "copyreg.add_extension", "logging.config.listen"),
    *("numpy.load", "numpy.f2py.diagnose.run_command", "numpy.testing._private.utils.runstring"),
    *("pandas.read_pickle", "pandas.io.pickle.read_pickle", "pandas.eval"),
    *(
        "networkx.read_gpickle",
        "networkx.classes.digraph.nx",
        "networkx.classes.ordered.OrderedDiGraph",
    ),
    *("mother.tree.ModelTree", "collections.Counter", "datetime.sys"),
)
# Names with dots inside: a prefix rule lets them through, and they reach anything.
DOTTED = (
    *(("networkx.lazy_imports", "os.system"), ("networkx.utils.backends", "os.system")),
    *(("networkx.utils", "os.system"), ("networkx.utils", "sys.modules")),
    *(("networkx.classes.digraph", "nx.utils.os.system"), ("networkx", "utils.misc.sys.modules")),
    *(("networkx.classes.digraph", "DiGraph.__init__"), ("builtins", "dict.__subclasses__")),
    *(("networkx.classes.digraph", "DiGraph.__class__"), ("datetime", "datetime.__class__")),
    *(("logging", "__builtins__"), ("numpy", "dtype.__reduce__"), ("uuid", "os.system")),
)


def attacks() -> dict[str, Case]:
    """One file for each target, the forms in turn; it must be refused by its name."""
    cases: dict[str, Case] = {}
    pairs = [tuple(target.rsplit(".", 1)) for target in TARGETS] + list(DOTTED)
    for number, (module, name) in enumerate(pairs):
        form = FORMS[number % len(FORMS)]
        pickled = form(module, name, text("touch canary"))
        # A name with dots is looked up whole only from protocol 4 on.
        if "." in name:
            pickled = reduce_by_stack(module, name, text("touch canary"))
        said = f"it asks for `{module}.{name}`, which a graph never needs"
        cases[f"{module}.{name} by {form.__name__}"] = (pickled, said)
    deep = nx.DiGraph([("a", "b")])
    deep.nodes["a"]["likes"] = _Payload()
    cases["inside a graph"] = (pickle.dumps(deep, 2), "it asks for `posix.system`")
    escape = "\x1b[31mred\x1b[0m"
    cases["terminal escape"] = (reduce_by_stack("os", escape), "it asks for `os.\\x1b[31mred")
    cases["long name"] = (reduce("os", "x" * 10**6), "it asks for `os.xxxxx")
    cases["persistent id"] = (b"Pwhatever\n.", "persistent")
    cases["binary persistent id"] = (b"\x80\x02K\x01Q.", "persistent")
    for code, name in (
        (b"\x82\x01", "EXT1"),
        (b"\x83\x01\x00", "EXT2"),
        (b"\x84\x01\0\0\0", "EXT4"),
    ):
        cases[name] = (b"\x80\x02" + code + b"(tR.", "unregistered extension code")
    cases["next buffer"] = (b"\x80\x05\x97.", "buffer")
    return cases


class _Payload:
    """Pickles as a call of os.system."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch canary",)


DIGRAPH = by_name("networkx.classes.digraph", "DiGraph")


def doubled(depth: int) -> bytes:
    """A tuple of two equal tuples of two equal tuples ...: 2**depth leaves in 4 bytes each."""
    return b")" + b"2\x86" * depth


def bombs() -> dict[str, Case]:
    """Files that ask for memory or time; read with 1 GiB and, where time is the trouble, 1 s."""
    huge = struct.pack("<Q", 2**62)
    memory = "it asks for more than 1.0 GiB of memory"
    slow = "it takes longer than 1 s"
    not_whole = "it is no whole pickle"
    pad = b"N0" * 20  # a file of fewer than 32 bytes is refused before it is read
    # Multiples of Python's hash modulus fall into one place of a set.
    colliding = b"".join(_long1(i * (2**61 - 1)) for i in range(1, 40_000))
    return {
        "memo of 1.6 GB": (pad + b"Nr" + struct.pack("<I", 10**8) + b".", memory),
        "memo of 32 GB": (pad + b"Nr" + struct.pack("<I", 2 * 10**9) + b".", memory),
        "text of 2**62": (b"\x80\x04" + pad + b"\x8d" + huge + b"abc.", memory),
        "bytes of 2**62": (b"\x80\x04" + pad + b"\x8e" + huge + b"abc.", memory),
        "bytearray of 2**62": (b"\x80\x05" + pad + b"\x96" + huge + b"abc.", memory),
        "number of 2**31 bytes": (pad + b"\x8b" + struct.pack("<i", 2**31 - 1) + b"1.", memory),
        "frame of 2**62": (b"\x80\x04\x95" + huge + pad + b"N.", memory),
        "frame too short": (
            b"\x80\x04\x95" + struct.pack("<Q", 2) + pad + b"N.",
            "it holds a NoneType",
        ),
        "doubled tuples": (pad + doubled(30) + b".", "it holds a tuple"),
        "doubled tuples as a key": (pad + b"}" + doubled(60) + b"Ns.", slow),
        "a million lists deep": (b"]" * 10**6 + b"a" * (10**6 - 1) + b".", "it holds a list"),
        "a deep key": (b"}" + b")" + b"\x85" * 10**6 + b"Ns.", "reading it ends in a crash"),
        "a dictionary in itself": (pad + b"}q\x00X\1\0\0\0ah\x00s.", "it holds a dict"),
        "bytearray(10**12)": (
            pad + reduce("builtins", "bytearray", _long1(10**12)),
            "it holds a bytearray",
        ),
        "bytes(10**12)": (pad + reduce("__builtin__", "bytes", _long1(10**12)), not_whole),
        "colliding numbers": (b"\x80\x04\x8f(" + colliding + b"\x90.", slow),
        "number of a million digits": (b"L" + b"9" * 10**6 + b"L\n.", not_whole),
        "set of a set": (pad + reduce("builtins", "set", text("abc")), not_whole),
        "unreadable dtype": (
            pad + by_name("numpy", "dtype") + b"(" + text("x" * 10**6) + b"tR.",
            not_whole,
        ),
        "data shared 2**60 times": (_wide(), slow),
    }


def _long1(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def _wide() -> bytes:
    """A loop whose data are equal at its two ends, which takes 2**60 comparisons to see."""
    data = b"}" + text("x") + doubled(60) + b"s"
    edge = b"}" + text("a") + b"}" + text("a") + data + b"ss"
    nodes = b"}" + text("a") + b"}s"
    tables = text("_node") + nodes + b"s" + text("_adj") + edge + b"s" + text("_pred") + edge + b"s"
    return b"\x80\x02" + DIGRAPH + b")\x81}" + tables + b"b."


def honest(cls: type[nx.Graph] = nx.DiGraph, protocol: int = 2) -> bytes:
    """A small whole graph."""
    graph = cls()
    graph.add_edge("org/root", "org/child", edge_types=["finetune"], change_in_likes=-3)
    graph.add_edge("org/root", "other/child", edge_types=[], change_in_likes=1)
    graph.add_node("lone", likes=5, licenses="['mit']")
    return pickle.dumps(graph, protocol)


def with_state(change: Callable[[dict[str, object]], object], cls: type = nx.DiGraph) -> bytes:
    """The small graph after a change of its state by hand."""
    graph = pickle.loads(honest(cls))
    change(graph.__dict__)
    return pickle.dumps(graph, 2)


def broken() -> dict[str, Case]:
    """Damaged files, and graphs that contradict themselves."""
    whole = honest()
    pad = b"N0" * 20
    no_content = b"\x80\x02" + DIGRAPH + b")\x81"
    class_state = b"}X\x0c\0\0\0__setstate__Nsb"
    cut = "the file ends before the graph does"
    not_whole = "it is no whole pickle"
    missing = "is missing or no dictionary"
    return {
        "without its last byte": (whole[:-1], cut),
        "half": (whole[: len(whole) // 2], cut),
        "two pickles": (whole + whole, "something follows the graph"),
        "a newline after it": (whole + b"\n", "something follows the graph"),
        "protocol 255": (b"\x80\xff" + whole[2:], "unsupported pickle protocol"),
        "protocol 6": (b"\x80\x06" + whole[2:], "unsupported pickle protocol"),
        "plain text": (b"model_id,likes,downloads,pipeline_tag\n", not_whole),
        "zeros": (bytes(100), not_whole),
        "an empty stack": (b"\x80\x02" + b"0" * 40 + b".", not_whole),
        "text that is no text": (pad + b"X\x02\0\0\0\xff\xfe.", not_whole),
        "a dictionary": (pickle.dumps({"nodes": list(range(20))}, 2), "it holds a dict"),
        "a view alone": (
            b"\x80\x02" + by_name("networkx.classes.reportviews", "NodeView") + b")\x81.",
            "it holds a NodeView of networkx",
        ),
        "the class itself": (pad + DIGRAPH + b".", "not a networkx graph"),
        "no content": (no_content + b".", "the graph has no content"),
        "content is a list": (no_content + b"]b.", "the graph has no content"),
        "content twice": (no_content + b"}b}b.", not_whole),
        "made with arguments": (
            reduce("networkx.classes.digraph", "DiGraph", b"}"),
            not_whole,
        ),
        "class changed": (b"\x80\x02" + DIGRAPH + class_state + b".", not_whole),
        "class changed by slots": (
            b"\x80\x02" + DIGRAPH + b"N" + class_state[:-1] + b"\x86b.",
            not_whole,
        ),
        "function changed": (
            b"\x80\x02" + by_name("_codecs", "encode") + class_state + b".",
            not_whole,
        ),
        "no table of nodes": (with_state(lambda s: s.pop("_node")), f"the table _node {missing}"),
        "no table of parents": (with_state(lambda s: s.pop("_pred")), f"the table _pred {missing}"),
        "nodes in a list": (with_state(lambda s: s.update(_node=[])), f"the table _node {missing}"),
        "graph attributes in a list": (with_state(lambda s: s.update(graph=[])), missing),
        "attributes in a list": (
            with_state(lambda s: s["_node"].update(lone=[])),
            "the table _node has a row that is no dictionary",
        ),
        "children in a list": (
            with_state(lambda s: s["_adj"].update(lone=[])),
            "the table _adj has a row that is no dictionary",
        ),
        "an edge without data": (
            with_state(
                lambda s: [
                    s["_adj"]["lone"].update(lone=None),
                    s["_pred"]["lone"].update(lone=None),
                ]
            ),
            "the data of an edge is missing or no dictionary",
        ),
        "parallel edges without data": (
            with_state(
                lambda s: s["_adj"]["org/root"]["org/child"].update({0: None}), nx.MultiDiGraph
            ),
            "the data of an edge is no dictionary",
        ),
        "a parent who is no node": (
            with_state(lambda s: s["_node"].pop("lone")),
            "the tables _node and _adj name different nodes",
        ),
        "a child who is no node": (
            with_state(lambda s: s["_adj"]["lone"].update(ghost={})),
            "the edge 'lone' -> 'ghost' stands at one end only",
        ),
        "a parent without the child": (
            with_state(lambda s: s["_adj"]["org/root"].clear()),
            "the tables _pred and _adj have different edges",
        ),
        "a child without the parent": (
            with_state(lambda s: s["_pred"]["org/child"].clear()),
            "the edge 'org/root' -> 'org/child' stands at one end only",
        ),
        "different data at the ends": (
            with_state(lambda s: s["_pred"]["org/child"].update({"org/root": {}})),
            "the edge 'org/root' -> 'org/child' stands at one end only",
        ),
        "two tables of children": (
            with_state(lambda s: s.update(_succ={})),
            "the tables _succ and _adj differ",
        ),
        "an undirected edge at one end": (
            with_state(lambda s: s["_adj"]["org/child"].clear(), nx.Graph),
            "the edge 'org/root' -> 'org/child' stands at one end only",
        ),
        "a page": (b"<!DOCTYPE html><html><body>Not found</body></html>", "a page of HTML"),
        "a Git LFS pointer": (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "it is a Git LFS pointer",
        ),
        "gzip": (b"\x1f\x8b\x08" + bytes(40), "it is compressed with gzip"),
        "zip": (b"PK\x03\x04" + bytes(40), "it is a zip archive"),
        "empty": (b"", "it is too small for a graph (0 B)"),
        "one byte": (b".", "it is too small for a graph (1 B)"),
    }
