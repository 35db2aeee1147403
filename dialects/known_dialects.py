"""The dialects that a text may use, each imported when a text first uses it.

Most programs are of ``builtin``, ``func`` and ``stablehlo`` alone and pay for no other.
"""

from __future__ import annotations

from xdsl.dialects.builtin import Builtin
from xdsl.ir import Dialect

from dialects.func import Func
from dialects.stablehlo.registry import StableHLO
from dialects.unknown_ops import ReadingContext


def _arith() -> Dialect:
    from dialects.arith import Arith

    return Arith


def _check() -> Dialect:
    from dialects.check import Check

    return Check


def _chlo() -> Dialect:
    from dialects.chlo import Chlo

    return Chlo


def _complex() -> Dialect:
    from xdsl.dialects.complex import Complex

    return Complex


def _interpreter() -> Dialect:
    from dialects.interpreter import Interpreter

    return Interpreter


def _llvm() -> Dialect:
    from xdsl.dialects.llvm import LLVM

    return LLVM


def _quant() -> Dialect:
    from dialects.quant.dialect import Quant

    return Quant


def _shape() -> Dialect:
    from dialects.shape import Shape

    return Shape


def _sparse_tensor() -> Dialect:
    from dialects.sparse_tensor import SparseTensor

    return SparseTensor


def _tensor() -> Dialect:
    from dialects.tensor import Tensor

    return Tensor


def _util() -> Dialect:
    from dialects.util import Util

    return Util


def _flow() -> Dialect:
    from dialects.util import Flow

    return Flow


_ON_DEMAND = {
    "arith": _arith,
    "check": _check,
    "chlo": _chlo,
    "complex": _complex,
    "flow": _flow,
    "interpreter": _interpreter,
    "llvm": _llvm,
    "quant": _quant,
    "shape": _shape,
    "sparse_tensor": _sparse_tensor,
    "tensor": _tensor,
    "util": _util,
}


def reading_context(*, allow_unregistered: bool = False) -> ReadingContext:
    """A context of all dialects.

    ``allow_unregistered``: what belongs to other dialects is kept as it is written.
    """
    context = ReadingContext(keeps_unknown=allow_unregistered)
    for dialect in (Builtin, Func, StableHLO):
        context.load_dialect(dialect)
    for name, load in _ON_DEMAND.items():
        context.register_dialect(name, load)
    return context
