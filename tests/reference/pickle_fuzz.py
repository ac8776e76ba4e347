"""Random damage to pickles, and random pickles, read as the child reads them.

Run as a program, in a process with little memory, since a mutated pickle may ask for all of
it: ``python pickle_fuzz.py KIND COUNT SEED FILE...`` prints what happened as JSON. KIND is
"mutations" (of the files), "grammar" (pickles made of random opcodes) or "truncations".
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import pickletools
import random
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from modelkin.loader.pickles import child, inert, shape, stand_ins

MEMORY = 512 * 2**20
# What grammar fuzzing may name beside the vocabulary.
FOREIGN = [
    *(("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("os", "putenv")),
    *(("networkx.utils.backends", "os.system"), ("networkx.classes.digraph", "DiGraph.__init__")),
    *(("builtins", "open"), ("importlib", "import_module"), ("", ""), ("datetime", "sys")),
]


def mutate(draw: random.Random, pickled: bytes) -> bytes:
    """Change, insert, delete, repeat or exchange a few bytes."""
    raw = bytearray(pickled)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        place = draw.randrange(len(raw))
        length = draw.choice((1, 1, 2, 4, 16))
        kind = draw.randrange(5)
        if kind == 0:
            raw[place] = draw.randrange(256)
        elif kind == 1:
            raw[place] ^= 1 << draw.randrange(8)
        elif kind == 2:
            raw[place:place] = draw.randbytes(length)
        elif kind == 3:
            del raw[place : place + length]
        else:
            other = draw.randrange(len(raw))
            raw[place : place + length] = raw[other : other + length]
        if not raw:
            raw = bytearray(b".")
    return bytes(raw)


def mutations(draw: random.Random, count: int, files: list[bytes]) -> Iterator[bytes]:
    for _ in range(count):
        yield mutate(draw, draw.choice(files))


def truncations(draw: random.Random, count: int, files: list[bytes]) -> Iterator[bytes]:
    """The first file cut after each of its first bytes."""
    for length in range(min(count, len(files[0]))):
        yield files[0][:length]


# Opcodes without effect on how the rest is parsed, by what they need on the stack.
_PUSH = [b"N", b"\x88", b"}", b"]", b")", b"\x8f", b"K\x01", b"G" + bytes(8), b"(", b"(", b"("]
_ONE = [b"2", b"0", b"\x85", b"\x94", b"q\x01", b"Q"]
_TWO = [b"a", b"R", b"b", b"\x81", b"\x86", b"R", b"b"]
_THREE = [b"s", b"\x87", b"\x92", b"s"]
_MARK = [b"t", b"l", b"d", b"e", b"u", b"\x90", b"\x91", b"1", b"o"]
_ODD = [b"\x82\x01", b"\x97", b"\x98", b"h\x01", b"j\x02\0\0\0", b"r\xff\xff\x0f\x00", b"Pid\n"]


def grammar(draw: random.Random, count: int, files: list[bytes]) -> Iterator[bytes]:
    """Pickles made opcode by opcode: half of them loose, half of them nearly graphs."""
    for _ in range(count):
        yield _loose(draw) if draw.random() < 0.5 else _nearly_a_graph(draw)


def _name(draw: random.Random) -> bytes:
    module, name = draw.choice(FOREIGN if draw.random() < 0.1 else list(stand_ins.VOCABULARY))
    return f"c{module}\n{name}\n".encode()


def _text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def _loose(draw: random.Random) -> bytes:
    """Opcodes that mostly find what they need on the stack."""
    raw = [b"\x80", bytes([draw.randrange(2, 6)])]
    height = marks = 0
    for _ in range(draw.randrange(1, 40)):
        choice = draw.random()
        if height < 2 or choice < 0.35:
            op = draw.choice(_PUSH)
            marks += op == b"("
            height += 1
        elif choice < 0.5:
            op, height = _name(draw), height + 1
        elif choice < 0.6:
            op, height = _text(draw.choice(["_adj", "_node", "int", "__dict__"])), height + 1
        elif choice < 0.62:
            op = draw.choice(_ODD)
        elif choice < 0.72 and marks:
            op, marks, height = draw.choice(_MARK), marks - 1, max(1, height - 2)
        elif choice < 0.8:
            op = draw.choice(_ONE)
        elif choice < 0.95 or height < 3:
            op, height = draw.choice(_TWO), height - 1
        else:
            op, height = draw.choice(_THREE), height - 2
        raw.append(op)
    return b"".join((*raw, b"."))


def _nearly_a_graph(draw: random.Random) -> bytes:
    """A graph class with tables that agree, unless one of its parts is drawn otherwise."""
    cls = draw.choice([pair for pair in stand_ins.VOCABULARY if pair[1].endswith("DiGraph")])
    ids = [_text(name) for name in ("a", "b", "c")]
    edges = {pair: _value(draw, 0) for pair in itertools.product(ids, ids) if draw.random() < 0.3}
    children = {one: {b: data for (a, b), data in edges.items() if a == one} for one in ids}
    parents = {one: {a: data for (a, b), data in edges.items() if b == one} for one in ids}
    tables = {
        _text("graph"): b"}",
        _text("_node"): _dict({one: _value(draw, 0) for one in ids}),
        _text("_adj"): _dict({one: _dict(row) for one, row in children.items()}),
        _text("_pred"): _dict({one: _dict(row) for one, row in parents.items()}),
    }
    if draw.random() < 0.3:
        tables[draw.choice(list(tables))] = _value(draw, 1)
    return b"\x80\x04" + f"c{cls[0]}\n{cls[1]}\n".encode() + b")\x81" + _dict(tables) + b"b."


def _dict(items: dict[bytes, bytes]) -> bytes:
    return b"}(" + b"".join(key + value for key, value in items.items()) + b"u"


def _value(draw: random.Random, depth: int) -> bytes:
    """One value; at depth 0 mostly a dictionary, as attributes are."""
    choice = draw.random() * (1 if depth else 0.53)
    if choice < 0.5 and depth < 6:
        names = draw.sample(["likes", "card", "edge_type", "\u00e9"], draw.randrange(3))
        return _dict({_text(name): _value(draw, depth + 1) for name in names})
    if choice < 0.6:
        return b"](" + _value(draw, depth + 1) * draw.randrange(3) + b"e" if depth < 9 else b"N"
    if choice < 0.7:
        return _name(draw)
    if choice < 0.8:
        return _name(draw) + b"(" + (_value(draw, depth + 1) if depth < 9 else b"") + b"tR"
    return draw.choice([b"N", b"\x88", b"K\x01", b"G\x7f\xf8" + bytes(6), _text("x"), b"C\x01x"])


class Watch:
    """An audit hook that notes what reading must never do."""

    def __init__(self) -> None:
        self.active = False
        self.events: Counter[str] = Counter()
        # Python's own way of reporting imports a module from version 3.13 on.
        sys.excepthook = lambda kind, value, _: print(kind.__name__, value, file=sys.stderr)
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: object) -> None:
        # A damaged bytearray makes Python itself report an error that it cannot raise.
        reports = ("sys.excepthook", "sys.unraisablehook")
        if self.active and event not in reports:
            self.events[event] += 1
            raise child.FenceError(event)


def agrees(state: dict, graph: shape.Graph) -> bool:
    """Check an accepted graph the slow way: every pair of nodes, both tables."""
    nodes, children = state["_node"], state["_adj"]
    parents = state["_pred"] if graph.directed else children
    count = 0
    for one in nodes:
        for other in nodes:
            down, up = children[one].get(other), parents[other].get(one)
            if (down is None) != (up is None) or down != up:
                return False
            if down is not None:
                both = 1 if graph.directed or one == other else 0.5
                count += both * (len(down) if graph.multigraph else 1)
    ends = {end for table in (children, parents) for row in table.values() for end in row}
    return count == graph.n_edges and ends <= set(nodes) and len(list(graph.edges())) == count


def run(pickles: Iterator[bytes]) -> dict[str, object]:
    """Read every pickle; say what came of it."""
    watch = Watch()
    outcomes: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    disagreeing = 0
    for pickled in pickles:
        stream = io.BytesIO(pickled)
        watch.active = True
        try:
            for frame in child.read(stream, []):
                child.packed(frame)
            outcome = "accepted"
        except Exception as error:  # noqa: BLE001  which types come is the question
            watch.active = False
            outcome = type(error).__name__
            causes[str(child.explain(error, stream)["failure"])] += 1
        watch.active = False
        if outcome == "accepted":
            stream.seek(0)
            root = inert.load(stream)
            disagreeing += not agrees(root.state, shape.Graph(root))
        outcomes[outcome] += 1
    return {
        "outcomes": outcomes,
        "causes": causes,
        "events": watch.events,
        "disagreeing": disagreeing,
    }


def main() -> None:
    kind, count, seed, *paths = sys.argv[1:]
    make = {"mutations": mutations, "grammar": grammar, "truncations": truncations}[kind]
    files = [Path(path).read_bytes() for path in paths]
    pickletools.genops(b".")  # imports what it needs before the watch begins
    gc.collect()
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(json.dumps(run(make(random.Random(int(seed)), int(count), files))))


if __name__ == "__main__":
    main()
