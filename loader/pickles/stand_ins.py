"""What a graph pickle may name, and what it gets instead.

`VOCABULARY` maps exact pairs (module, name) to a function that makes the stand-in. The
pairs are those that pickles of networkx 2.4 to 3.6 with plain, numpy and pandas values
were seen to use (`tests/data/pickles`), and no others.

Every stand-in is a class whose metaclass refuses changes. A bare class would not do: a
pickle can apply BUILD to the class itself and replace its state setter, and the next
honest graph would come out empty without an error.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone


class Sealed(type):
    """Metaclass of the stand-ins: their attributes cannot be set or deleted."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise AttributeError(f"the stand-in {cls.__name__} cannot be changed")

    def __delattr__(cls, name: str) -> None:
        raise AttributeError(f"the stand-in {cls.__name__} cannot be changed")


class Shell(metaclass=Sealed):
    """An object of a class that we do not run: it keeps its state and does nothing."""

    __slots__ = ("state",)
    state: object

    def __new__(cls, *arguments: object) -> Shell:
        """Take no arguments, as the graph classes and views are pickled."""
        if arguments:
            raise TypeError(f"{cls.__name__} is made with arguments")
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None:
        if hasattr(self, "state"):
            raise TypeError(f"{type(self).__name__} gets its state twice")
        self.state = state


class GraphShell(Shell):
    """One of the four graph classes of networkx, as a shell."""

    __slots__ = ()


class UuidShell(Shell):
    """A `uuid.UUID`, as a shell with the state ``{"int": number}``."""

    __slots__ = ()


class Refused(metaclass=Sealed):
    """A value that no graph property can hold (an array, bytes, a decimal); only named."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what

    def __setstate__(self, state: object) -> None:
        """Ignore the content, so that an array's megabytes are freed at once."""


class Dtype(metaclass=Sealed):
    """A numpy dtype: its code ("i8", "U5") and byte order ("<" or ">")."""

    __slots__ = ("code", "order")

    def __init__(self, code: str, align: object = False, copy: object = True) -> None:
        if type(code) is not str or len(code) > 12:
            raise TypeError("a numpy dtype without a short code")
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple[object, ...]) -> None:
        self.order = ">" if state[1] == ">" else "<"


# numpy's codes of the scalars that we read -> the letters of `struct`.
_NUMBERS = {
    **{"b1": "?", "f2": "e", "f4": "f", "f8": "d"},
    **{"i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"},
}
# pandas' units of time (NPY_DATETIMEUNIT) -> steps per second.
_PER_SECOND = {7: 1, 8: 10**3, 9: 10**6, 10: 10**9}
_EPOCH = datetime(1970, 1, 1)


def _numpy_scalar(dtype: Dtype, raw: object = b"") -> object:
    """Decode a number, truth value or text from its bytes; name any other kind."""
    if not isinstance(dtype, Dtype):
        raise TypeError("a numpy scalar without a dtype")
    if isinstance(raw, bytes) and dtype.code in _NUMBERS:
        return struct.unpack(dtype.order + _NUMBERS[dtype.code], raw)[0]
    if isinstance(raw, bytes) and dtype.code.startswith("U"):
        decode = codecs.utf_32_le_decode if dtype.order == "<" else codecs.utf_32_be_decode
        return decode(raw, "surrogatepass", True)[0].rstrip("\0")
    return Refused(f"numpy {dtype.code}")


def _steps(value: object, unit: object) -> tuple[timedelta, str]:
    """Split a pandas count of time steps into whole seconds and the digits below them."""
    if type(value) is not int or type(unit) is not int:
        raise TypeError("a pandas time without a whole number and a unit")
    per_second = _PER_SECOND[unit]
    seconds, rest = divmod(value, per_second)
    digits = str(per_second + rest)[1:].rstrip("0")
    return timedelta(seconds=seconds), f".{digits}" if digits else ""


def _pandas_timestamp(
    value: object, freq: object = None, tz: object = None, unit: object = 10
) -> str:
    """ISO text; the count is in UTC where there is any time zone."""
    since_epoch, fraction = _steps(value, unit)
    return (_EPOCH + since_epoch).isoformat() + fraction + ("Z" if tz is not None else "")


def _pandas_timedelta(value: object, unit: object = 10) -> str:
    """ISO text of a duration in seconds."""
    if type(value) is int and value < 0:
        return "-" + _pandas_timedelta(-value, unit)
    whole, fraction = _steps(value, unit)
    return f"PT{whole.days * 86_400 + whole.seconds}{fraction}S"


# The constructors of datetime trust the bytes of a pickle; replace() checks every field.
# Their form with bytes is only for pickles, so type stubs do not know it.


def _datetime(raw: bytes, *tz: timezone) -> object:
    """ISO text, in UTC with a Z where there is a time zone, else as it stands."""
    moment: datetime = datetime(raw, *tz).replace()  # type: ignore[arg-type]  # its shape is checked just here
    if moment.tzinfo is None:
        return moment.isoformat()
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        return Refused("datetime outside the years 1 to 9999")


def _date(raw: bytes) -> str:
    return date(raw).replace().isoformat()  # type: ignore[call-arg,arg-type]  # pickled as bytes


def _time(raw: bytes, *tz: timezone) -> str:
    return time(raw, *tz).replace().isoformat()  # type: ignore[arg-type]  # its shape is checked just here


def _encode(text: str, codec: str) -> bytes:
    """Turn text into bytes: how protocols 0 to 2 write bytes."""
    if codec not in ("latin1", "latin-1"):
        raise ValueError("bytes in an unexpected encoding")
    return text.encode("latin-1")


def _reconstructor(cls: type, base: object, state: object) -> object:
    """Make a shell as protocols 0 and 1 do."""
    if not (isinstance(cls, Sealed) and issubclass(cls, Shell)) or state is not None:
        raise TypeError("an object rebuilt from something that is no graph class")
    return cls()


def _members(make: type, items: object = ()) -> object:
    if type(items) not in (list, tuple):
        raise TypeError("a set of something that is no list")
    return make(items)


Maker = Callable[[], object]


def _shell(name: str, base: type[Shell] = Shell) -> Maker:
    """Maker of a class whose objects only keep their state."""
    return lambda: Sealed(name, (base,), {"__slots__": ()})


def _function(function: Callable[..., object]) -> Maker:
    """Maker of a callable that gives what the function gives."""
    # A class instead of the function itself: BUILD could change a function's attributes.
    new = {"__slots__": (), "__new__": lambda cls, *arguments: function(*arguments)}
    return lambda: Sealed(function.__name__, (), new)


def _refused(what: str) -> Maker:
    """Maker of a callable that ignores its arguments and gives a `Refused`."""
    return lambda: Sealed(what, (), {"__slots__": (), "__new__": lambda cls, *_: Refused(what)})


def _name(what: str) -> Maker:
    """Maker of something that is only handed on, never called."""

    def new(cls: type, *arguments: object) -> object:
        raise TypeError(f"{what} is called")

    return lambda: Sealed(what, (), {"__slots__": (), "__new__": new})


_GRAPHS = ("Graph", "DiGraph", "MultiGraph", "MultiDiGraph")
_EDGE_VIEWS = ("", "Out", "In", "Multi", "OutMulti", "InMulti")
_DEGREE_VIEWS = ("", "Di", "Out", "In", "Multi", "DiMulti", "OutMulti", "InMulti")
_VIEWS = (
    "reportviews.NodeView",
    *(f"reportviews.{kind}EdgeView" for kind in _EDGE_VIEWS),
    *(f"reportviews.{kind}DegreeView" for kind in _DEGREE_VIEWS),
    "coreviews.AdjacencyView",
    "coreviews.MultiAdjacencyView",
)


def _builtins(module: str) -> dict[tuple[str, str], Maker]:
    """Give the builtins under their module's name of Python 3 or of protocols 0 to 2."""
    return {
        (module, "dict"): _name("dict"),
        (module, "set"): _function(lambda *items: _members(set, *items)),
        (module, "frozenset"): _function(lambda *items: _members(frozenset, *items)),
        (module, "bytearray"): _refused("bytearray"),
        (module, "complex"): _refused("complex"),
    }


def _numpy(core: str) -> dict[tuple[str, str], Maker]:
    """Give numpy's functions under the package name of numpy 1 or 2."""
    return {
        (f"{core}.multiarray", "scalar"): _function(_numpy_scalar),
        (f"{core}.multiarray", "_reconstruct"): _refused("numpy array"),
        (f"{core}.numeric", "_frombuffer"): _refused("numpy array"),
    }


_PANDAS = "pandas._libs.tslibs"

VOCABULARY: dict[tuple[str, str], Maker] = {
    **{(f"networkx.classes.{name.lower()}", name): _shell(name, GraphShell) for name in _GRAPHS},
    **{
        (f"networkx.classes.{module}", name): _shell(name)
        for module, _, name in (view.partition(".") for view in _VIEWS)
    },
    ("networkx.classes.function", "frozen"): _name("frozen"),
    ("copy_reg", "_reconstructor"): _function(_reconstructor),
    ("__builtin__", "object"): _name("object"),
    ("__builtin__", "bytes"): _function(lambda: b""),
    **_builtins("builtins"),
    **_builtins("__builtin__"),
    ("_codecs", "encode"): _function(_encode),
    ("collections", "OrderedDict"): _function(lambda: {}),
    ("datetime", "datetime"): _function(_datetime),
    ("datetime", "date"): _function(_date),
    ("datetime", "time"): _function(_time),
    ("datetime", "timedelta"): _function(timedelta),
    ("datetime", "timezone"): _function(timezone),
    ("decimal", "Decimal"): _refused("Decimal"),
    ("uuid", "UUID"): _shell("UUID", UuidShell),
    ("numpy", "dtype"): lambda: Sealed("dtype", (Dtype,), {"__slots__": ()}),
    ("numpy", "ndarray"): _name("numpy array"),
    **_numpy("numpy.core"),
    **_numpy("numpy._core"),
    (f"{_PANDAS}.timestamps", "Timestamp"): _function(_pandas_timestamp),
    (f"{_PANDAS}.timestamps", "_unpickle_timestamp"): _function(_pandas_timestamp),
    (f"{_PANDAS}.timedeltas", "Timedelta"): _function(_pandas_timedelta),
    (f"{_PANDAS}.timedeltas", "_timedelta_unpickle"): _function(_pandas_timedelta),
    (f"{_PANDAS}.nattype", "__nat_unpickle"): _function(lambda *_: None),
    (f"{_PANDAS}.nattype", "_nat_unpickle"): _function(lambda *_: None),
    ("pandas._libs.missing", "NA"): lambda: None,
    ("pandas", "NA"): lambda: None,
    ("pytz", "_UTC"): _function(lambda: UTC),
}
