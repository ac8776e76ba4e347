"""64 rows at once: vectors of 64 bytes or 64 floats that live in registers inside kernels.

numba's own vectoriser keeps a sum over fields in memory and checks before every loop that
arrays do not overlap; with tiles of 64 rows that costs more than the comparing. These few
operations say what is meant, and LLVM maps them to the width at hand (AVX-512, AVX2, SSE2,
NEON). Offsets count elements; nothing is checked, so kernels stay inside their arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic as _intrinsic
from numba.extending import models, register_model

LANES = 64

intrinsic: Any = _intrinsic  # its annotations know nothing of what it returns

_BYTES = ir.VectorType(ir.IntType(8), LANES)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_CONTRACT = ("contract",)  # a filter may fuse a product with a sum; exact distances may not


class Bytes(types.Type):
    """64 unsigned bytes."""

    def __init__(self) -> None:
        super().__init__("Bytes")


class Floats(types.Type):
    """64 float32."""

    def __init__(self) -> None:
        super().__init__("Floats")


@register_model(Bytes)
class _BytesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Bytes) -> None:
        super().__init__(manager, kind, _BYTES)  # type: ignore[no-untyped-call] # of numba


@register_model(Floats)
class _FloatsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Floats) -> None:
        super().__init__(manager, kind, _FLOATS)  # type: ignore[no-untyped-call] # of numba


_bytes, _floats = Bytes(), Floats()
_at, _byte, _float = types.intp, types.uint8, types.float32


def _place(context: Any, builder: Any, kind: Any, array: Any, at: Any, vector: Any) -> Any:
    """Return the address of 64 elements of an array."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())


def _load(context: Any, builder: Any, kind: Any, array: Any, at: Any, vector: Any) -> Any:
    return builder.load(_place(context, builder, kind, array, at, vector), align=1)


def _all(builder: Any, value: Any, vector: Any) -> Any:
    """Return 64 times the same value."""
    none = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(none, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, none, ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    )


def _call(builder: Any, name: str, vector: Any, value: Any) -> Any:
    """Call an LLVM intrinsic of one vector."""
    kind = ir.FunctionType(vector, [vector])
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    return builder.call(function, [value])


def _smaller(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


def _product(builder: Any, a: Any, b: Any) -> Any:
    return builder.fmul(a, b, flags=_CONTRACT)


def _sum(builder: Any, a: Any, b: Any) -> Any:
    return builder.fadd(a, b, flags=_CONTRACT)


_Code = tuple[Any, Callable[..., Any]]


@intrinsic
def no_bytes(typing: Any) -> _Code:
    """Give 64 zeros."""
    return _bytes(), lambda context, builder, sig, args: ir.Constant(_BYTES, None)


@intrinsic
def no_floats(typing: Any) -> _Code:
    """Give 64 zeros."""
    return _floats(), lambda context, builder, sig, args: ir.Constant(_FLOATS, None)


@intrinsic
def load(typing: Any, array: Any, at: Any) -> _Code:
    """Give array[at : at + 64], of float32."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array, at = args
        return _load(context, builder, sig.args[0], array, at, _FLOATS)

    return _floats(array, _at), code


@intrinsic
def store(typing: Any, array: Any, at: Any, values: Any) -> _Code:
    """Set array[at : at + 64] to 64 float32."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        array, at, values = args
        builder.store(values, _place(context, builder, sig.args[0], array, at, _FLOATS), align=1)
        return context.get_dummy_value()

    return types.void(array, _at, _floats), code


@intrinsic
def add_equal(typing: Any, count: Any, array: Any, at: Any, value: Any) -> _Code:
    """Give count + (array[at : at + 64] == value)."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        count, array, at, value = args
        values = _load(context, builder, sig.args[1], array, at, _BYTES)
        same = builder.icmp_unsigned("==", values, _all(builder, value, _BYTES))
        return builder.sub(count, builder.sext(same, _BYTES))

    return _bytes(_bytes, array, _at, _byte), code


@intrinsic
def add_bits(typing: Any, count: Any, array: Any, at: Any, mask: Any) -> _Code:
    """Give count + number of bits of (array[at : at + 64] & mask)."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        count, array, at, mask = args
        bits = _load(context, builder, sig.args[1], array, at, _BYTES)
        bits = builder.and_(bits, _all(builder, mask, _BYTES))
        return builder.add(count, _call(builder, "llvm.ctpop.v64i8", _BYTES, bits))

    return _bytes(_bytes, array, _at, _byte), code


@intrinsic
def less(typing: Any, a: Any, b: Any) -> _Code:
    """Give a - b."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sub(*args) if sig.args[0] == _bytes else builder.fsub(*args)

    return a(a, a), code


@intrinsic
def more(typing: Any, a: Any, b: Any) -> _Code:
    """Give a + b; `b` is a number or 64 of them."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b = args
        return builder.fadd(a, _all(builder, b, _FLOATS) if sig.args[1] == _float else b)

    return _floats(_floats, b if isinstance(b, Floats) else _float), code


@intrinsic
def add_times(typing: Any, total: Any, count: Any, weight: Any) -> _Code:
    """Give total + weight * count."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        total, count, weight = args
        if sig.args[1] == _bytes:
            count = builder.uitofp(count, _FLOATS)
        return _sum(builder, total, _product(builder, count, _all(builder, weight, _FLOATS)))

    return _floats(_floats, count, _float), code


@intrinsic
def add_near(typing: Any, total: Any, array: Any, at: Any, value: Any, weight: Any) -> _Code:
    """Give total + max(weight - |array[at : at + 64] - value|, 0)."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        total, array, at, value, weight = args
        values = _load(context, builder, sig.args[1], array, at, _FLOATS)
        gap = builder.fsub(values, _all(builder, value, _FLOATS))
        gap = _call(builder, "llvm.fabs.v64f32", _FLOATS, gap)
        near = builder.fsub(_all(builder, weight, _FLOATS), gap)
        zero = ir.Constant(_FLOATS, None)
        near = builder.select(builder.fcmp_ordered(">", near, zero), near, zero)
        return _sum(builder, total, near)

    return _floats(_floats, array, _at, _float, _float), code


@intrinsic
def add_ratio(
    typing: Any, total: Any, array: Any, at: Any, inverse_at: Any, value: Any, inverse: Any
) -> _Code:
    """Give total + min(array[at : at + 64], value) * min(array[inverse_at : …], inverse)."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        total, array, at, inverse_at, value, inverse = args
        small = _load(context, builder, sig.args[1], array, at, _FLOATS)
        large = _load(context, builder, sig.args[1], array, inverse_at, _FLOATS)
        small = _smaller(builder, small, _all(builder, value, _FLOATS))
        large = _smaller(builder, large, _all(builder, inverse, _FLOATS))
        return _sum(builder, total, _product(builder, small, large))

    return _floats(_floats, array, _at, _at, _float, _float), code


@intrinsic
def not_above(typing: Any, values: Any, base: Any, slope: Any, slack: Any) -> _Code:
    """Give the 64 bits of values <= slope * base + slack; `slope` is a number or 64 of them."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values, base, slope, slack = args
        if sig.args[2] == _float:
            slope = _all(builder, slope, _FLOATS)
        limit = _sum(builder, _product(builder, base, slope), _all(builder, slack, _FLOATS))
        return builder.bitcast(builder.fcmp_ordered("<=", values, limit), ir.IntType(64))

    kind = _floats if isinstance(slope, Floats) else _float
    return types.uint64(_floats, _floats, kind, _float), code


@intrinsic
def not_below(typing: Any, values: Any, limit: Any) -> _Code:
    """Give the 64 bits of values >= limit."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values, limit = args
        passed = builder.fcmp_ordered(">=", values, _all(builder, limit, _FLOATS))
        return builder.bitcast(passed, ir.IntType(64))

    return types.uint64(_floats, _float), code


@intrinsic
def first_bit(typing: Any, bits: Any) -> _Code:
    """Give the place of the lowest set bit."""

    def code(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code
