"""Terms as programs, and constant folding: the interpreter evaluates what depends on no input."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product
from typing import cast

from xdsl.dialects.builtin import ComplexType, DenseIntOrFPElementsAttr, ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue

from dialects.dense import DenseAttr, dense_array, dense_from_array
from dialects.func import FuncOp, ReturnOp
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.registry import operation
from dialects.stablehlo.tensors import element_type, is_tensor, tensor
from irkit.interpreter.engine import Program
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.values import Array, Value
from irkit.verify.rules.arithmetic import CONSTANT, integral
from irkit.verify.rules.left_open import is_left_open
from irkit.verify.rules.rule import Equations, Rule
from irkit.verify.rules.terms import Apply, Hole, Signature, Term, apply

FOLDING = "constant-folding"
MOST_COMBINATIONS = 32
"""Of constants that one operation is tried on."""
MOST_ELEMENTS = 1 << 16
"""Of a constant that folding reads or makes; larger ones cost more than they prove."""


_MOVES = frozenset(
    f"stablehlo.{name}"
    for name in (
        "bitcast_convert",
        "broadcast_in_dim",
        "complex",
        "concatenate",
        "constant",
        "dynamic_slice",
        "dynamic_update_slice",
        "gather",
        "get_dimension_size",
        "imag",
        "iota",
        "optimization_barrier",
        "pad",
        "real",
        "reshape",
        "reverse",
        "select",
        "slice",
        "transpose",
    )
)
_ROUNDS_ONCE = frozenset(
    f"stablehlo.{name}"
    for name in (
        "abs",
        "add",
        "ceil",
        "clamp",
        "compare",
        "convert",
        "divide",
        "floor",
        "is_finite",
        "maximum",
        "minimum",
        "multiply",
        "negate",
        "round_nearest_afz",
        "round_nearest_even",
        "sign",
        "sqrt",
        "subtract",
    )
)
_OF_INTEGERS = _ROUNDS_ONCE | frozenset(
    f"stablehlo.{name}"
    for name in (
        "and",
        "broadcast",
        "convolution",
        "count_leading_zeros",
        "dot",
        "dot_general",
        "dynamic_broadcast_in_dim",
        "dynamic_conv",
        "dynamic_gather",
        "dynamic_iota",
        "dynamic_pad",
        "dynamic_reshape",
        "einsum",
        "not",
        "or",
        "popcnt",
        "power",
        "real_dynamic_slice",
        "remainder",
        "shift_left",
        "shift_right_arithmetic",
        "shift_right_logical",
        "torch_index_select",
        "unary_einsum",
        "xor",
    )
)


def moves(signature: Signature) -> bool:
    """Whether an operation only moves elements, or the parts of complex ones."""
    return signature.op in _MOVES


def exact(signature: Signature) -> bool:
    """Whether every implementation gives the same bits for the same operands.

    So it is for what only moves elements, for integers, and for what IEEE 754 rounds correctly,
    but for the operands of which :mod:`~irkit.verify.rules.left_open` tells.
    """
    types = (*signature.operand_types, *signature.result_types)
    if not signature.plain or not all(map(is_tensor, types)):
        return False
    if any(element_type(type_).name.startswith("quant.") for type_ in types):
        return False
    if moves(signature) or all(map(integral, types)):
        return moves(signature) or signature.op in _OF_INTEGERS
    return (
        signature.op in _ROUNDS_ONCE
        and signature.get("result_accuracy") is None
        and not any(isinstance(element_type(type_), ComplexType) for type_ in types)
    )


def module_of(terms: Sequence[Term], arguments: Sequence[Hole]) -> ModuleOp:
    """A module whose ``@main`` takes the holes and returns the terms.

    Raises ``ValueError`` for an operation that is not StableHLO's, and for a signature that is not
    all that its operation is.
    """
    block = Block(arg_types=[hole.type for hole in arguments])
    known: dict[Term, SSAValue] = dict(zip(arguments, block.args, strict=True))

    def value(term: Term) -> SSAValue:
        if term not in known:
            if isinstance(term, Hole):
                raise ValueError(f"{term.name} is no argument")
            op = operation_of(term.signature, [value(operand) for operand in term.operands])
            block.add_op(op)
            known[term] = op.results[0]
        return known[term]

    results = [value(term) for term in terms]
    block.add_op(ReturnOp.create(operands=results))
    function = FuncOp.of("main", Region(block), [term.type for term in terms])
    return ModuleOp([function])


def operation_of(signature: Signature, operands: Sequence[SSAValue]) -> Operation:
    """The operation of a signature, on these operands."""
    if not signature.plain:
        raise ValueError(f"{signature.op} has more than operands, properties and one result")
    return operation(signature.op).create(
        operands=operands,
        result_types=signature.result_types,
        properties=dict(signature.properties),
    )


def constant_value(signature: Signature) -> Array | None:
    """The elements of a constant, if the signature is one that can be evaluated."""
    value = signature.get("value")
    if signature.op != CONSTANT or not isinstance(value, DenseIntOrFPElementsAttr):
        return None
    return dense_array(cast(DenseAttr, value))


def _is_small(signature: Signature) -> bool:
    """Whether the result, and what is not only moved to it, has a known and small size."""
    read = () if moves(signature) else signature.operand_types
    sizes = [tensor(type_).get_shape() for type_ in (*read, *signature.result_types)]
    return not any(DYNAMIC in size or math.prod(size) > MOST_ELEMENTS for size in sizes)


def folded(signature: Signature, operands: Sequence[Array]) -> Signature | None:
    """The constant that an operation gives for constant operands; none where that is not known."""
    if not exact(signature) or not _is_small(signature):
        return None
    holes = [Hole(f"x{i}", type_) for i, type_ in enumerate(signature.operand_types)]
    try:
        module = module_of([Apply(signature, tuple(holes))], holes)
        inputs: list[Value] = list(operands)
        result = cast(Array, Program(module).run("main", inputs)[0])
    except EvaluationError:
        return None
    if not moves(signature) and is_left_open(signature, operands, result):
        return None
    type_ = tensor(signature.type)
    return apply(CONSTANT, type_, properties={"value": dense_from_array(result, type_)}).signature


@lru_cache(maxsize=1 << 12)
def _folded_constants(signature: Signature, constants: tuple[Signature, ...]) -> Signature | None:
    """As :func:`folded`. Rules are asked again and again, each time that there is more to ask."""
    values = [value for s in constants if (value := constant_value(s)) is not None]
    return folded(signature, values)


def _fold_constants(signature: Signature, inner: Sequence[Sequence[Signature]]) -> Equations:
    """An operation on any constants of the program."""
    if not inner or not exact(signature):
        return
    constants = [[s for s in place if constant_value(s) is not None] for place in inner]
    for chosen in islice(product(*constants), MOST_COMBINATIONS):
        result = _folded_constants(signature, chosen)
        if result is not None:
            yield Apply(signature, tuple(map(Apply, chosen))), Apply(result)


RULES = (Rule(FOLDING, "f(c, d) = the constant that the interpreter gives", _fold_constants),)
"""The rule of this chapter."""
