"""A processor's vector and tile instructions as Numba's compiler takes them: LLVM's.

Numba compiles loops over numbers; products of bytes, and tables that are looked up within a
register, it does not find by itself. The kernels of `dot_product.py` are written with these.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from llvmlite import binding, ir

LANES = 16  # 32-bit numbers in a register of 512 bits

BYTE, SHORT, INT, WIDE = (ir.IntType(bits) for bits in (8, 16, 32, 64))
FLOAT = ir.FloatType()
VOID = ir.VoidType()
BYTES = ir.VectorType(BYTE, 4 * LANES)
SHORTS = ir.VectorType(SHORT, LANES)
HALVES = ir.VectorType(ir.HalfType(), LANES)
INTS = ir.VectorType(INT, LANES)
FLOATS = ir.VectorType(FLOAT, LANES)


@cache
def has_byte_products() -> bool:
    """Whether this processor multiplies bytes in registers of 512 bits (AVX-512 VNNI)."""
    features = binding.get_host_cpu_features()
    return all(features.get(name, False) for name in ("avx512bw", "avx512vnni"))


@cache
def has_tiles() -> bool:
    """Whether this processor multiplies whole tiles of bytes (AMX), and Linux lets this process.

    A tile is 16 rows of 64 bytes. A process asks for their registers once (Linux's
    Documentation/arch/x86/xstate.rst).
    """
    features = binding.get_host_cpu_features()
    if not all(features.get(name, False) for name in ("amx-tile", "amx-int8")):
        return False
    arch_prctl, request, tile_data = 158, 0x1023, 18
    return int(ctypes.CDLL(None).syscall(arch_prctl, request, tile_data)) == 0


class Instructions:
    """Writes instructions with a builder of llvmlite's. Addresses are 64-bit integers."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def load(self, address: Any, kind: Any) -> Any:
        """What stands at an address, of whatever alignment."""
        return self.builder.load(self._pointer(address, kind), align=1)

    def store(self, value: Any, address: Any) -> None:
        self.builder.store(value, self._pointer(address, value.type), align=1)

    def prefetch(self, address: Any) -> None:
        """Ask for the 64 bytes around an address, which need not be this process's."""
        place = self._pointer(address, BYTE)
        self._call("llvm.prefetch.p0", VOID, place, INT(0), INT(3), INT(1))  # to be read, by all

    def past(self, address: Any, index: Any, size: int) -> Any:
        """The address of the index-th thing of `size` bytes."""
        index = WIDE(index) if isinstance(index, int) else index
        return self.builder.add(address, self.builder.mul(index, WIDE(size)))

    def all_lanes(self, number: Any, kind: Any) -> Any:
        """A vector with the same number in each lane."""
        undefined = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(undefined, number, INT(0))
        same = ir.Constant(ir.VectorType(INT, kind.count), None)
        return self.builder.shuffle_vector(first, undefined, same)

    def looked_up(self, table: Any, indices: Any) -> Any:
        """Bytes of a table of 16, repeated four times, by indices of 0 to 15."""
        return self._call("llvm.x86.avx512.pshuf.b.512", BYTES, table, indices)

    def dot(self, sums: Any, unsigned: Any, signed: Any) -> Any:
        """To each lane's sum, the products of four bytes 0 to 255 and four of -128 to 127."""
        return self._call("llvm.x86.avx512.vpdpbusd.512", INTS, sums, unsigned, signed)

    def fused(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c of floats, rounded once."""
        return self._call("llvm.fma.v16f32", FLOATS, a, b, c)

    def size(self, floats: Any) -> Any:
        """Floats without their signs, as bits: these are in the same order, and NaN the largest."""
        return self.builder.and_(self.builder.bitcast(floats, INTS), self.ints(0x7FFFFFFF))

    def larger(self, a: Any, b: Any) -> Any:
        """Of two vectors of integers, the larger ones."""
        return self._call("llvm.smax.v16i32", INTS, a, b)

    def largest(self, sizes: Any) -> Any:
        """The largest of a vector's sizes, as a float."""
        return self.builder.bitcast(self._call("llvm.vector.reduce.smax.v16i32", INT, sizes), FLOAT)

    def sum(self, ints: Any) -> Any:
        """The sum of a vector's integers."""
        return self._call("llvm.vector.reduce.add.v16i32", INT, ints)

    def nearest(self, floats: Any) -> Any:
        """The nearest integers; of two, the even ones."""
        whole = self._call("llvm.rint.v16f32", FLOATS, floats)
        return self.builder.fptosi(whole, INTS)

    def from_bfloat16(self, address: Any) -> Any:
        """16 numbers in bfloat16, as floats."""
        bits = self.builder.zext(self.load(address, SHORTS), INTS)
        return self.builder.bitcast(self.builder.shl(bits, self.ints(16)), FLOATS)

    def to_bfloat16(self, floats: Any) -> Any:
        """The bits of the nearest numbers in bfloat16; of two, the even ones."""
        bits = self.builder.bitcast(floats, INTS)
        odd = self.builder.and_(self.builder.lshr(bits, self.ints(16)), self.ints(1))
        rounded = self.builder.add(self.builder.add(bits, odd), self.ints(0x7FFF))
        return self.builder.trunc(self.builder.lshr(rounded, self.ints(16)), SHORTS)

    def set_up_tiles(self, shapes: Any) -> None:
        """Give the tile registers the shapes that stand at an address."""
        self._call("llvm.x86.ldtilecfg", VOID, self._pointer(shapes, BYTE))

    def release_tiles(self) -> None:
        self._call("llvm.x86.tilerelease", VOID)

    def clear_tile(self, tile: int) -> None:
        self._call("llvm.x86.tilezero", VOID, BYTE(tile))

    def load_tile(self, tile: int, address: Any) -> None:
        """Rows of 64 bytes that lie one after the other."""
        place = self._pointer(address, BYTE)
        self._call("llvm.x86.tileloadd64", VOID, BYTE(tile), place, WIDE(64))

    def store_tile(self, tile: int, address: Any) -> None:
        place = self._pointer(address, BYTE)
        self._call("llvm.x86.tilestored64", VOID, BYTE(tile), place, WIDE(64))

    def dot_tiles(self, sums: int, rows: int, fours: int) -> None:
        """To a tile of sums, the products of signed bytes; `fours` is laid out as for `dot`."""
        self._call("llvm.x86.tdpbssd", VOID, BYTE(sums), BYTE(rows), BYTE(fours))

    def ints(self, number: int) -> Any:
        return ir.Constant(INTS, [number] * LANES)

    def _pointer(self, address: Any, kind: Any) -> Any:
        return self.builder.inttoptr(address, kind.as_pointer())

    def _call(self, name: str, result: Any, *arguments: Any) -> Any:
        kind = ir.FunctionType(result, [each.type for each in arguments])
        function = self.builder.module.globals.get(name)
        if function is None:
            function = ir.Function(self.builder.module, kind, name)
        return self.builder.call(function, arguments)
