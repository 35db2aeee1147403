"""The shapes of an operation's results as terms of its operands: shape reification.

Where a result type says ``?``, the term says how the size follows from the sizes of the operands
and from the elements of those that hold sizes. Source: the specification's constraints on result
shapes; upstream calls it ``reifyReturnTypeShapes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import zip_longest
from typing import Any, TypeAlias

from xdsl.dialects.builtin import UnrankedTensorType
from xdsl.ir import Operation

from dialects.sizes import Dim, Element, Function, Size, add, apply
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.binary import BinaryOp
from dialects.stablehlo.dot import result_dimensions
from dialects.stablehlo.gather import result_shape
from dialects.stablehlo.shape_operands import constant_integers
from dialects.stablehlo.signature import integer, integers
from dialects.stablehlo.tensors import is_tensor, rank, shape
from dialects.stablehlo.unary import UnaryOp

Shape: TypeAlias = "list[Size]"
_Rule: TypeAlias = Callable[[Any], Sequence[Shape]]


def reify(op: Operation) -> Sequence[Shape]:
    """The shape of each result.

    Raises ``NotImplementedError`` where a size is not known and no function of the operands'
    sizes, or none that is stated here (windows of unknown size).
    """
    rule = _rule(op)
    if rule is not None:
        return rule(op)
    if all(is_tensor(type_) and DYNAMIC not in shape(type_) for type_ in op.result_types):
        return [list(shape(type_)) for type_ in op.result_types]
    raise NotImplementedError(f"{op.name}: the shape of its results does not follow from operands")


def _rule(op: Operation) -> _Rule | None:
    if isinstance(op, UnaryOp | BinaryOp):
        return _like(0)
    if op.name.startswith("chlo.broadcast_"):
        return _broadcast_together
    if op.name.startswith("chlo.") and op.name not in _OTHER_CHLO:
        return _like(0)
    return _RULES.get(op.name)


def operand_shape(op: Operation, number: int) -> Shape:
    """The sizes of an operand: known ones as numbers, none of a value that is no tensor.

    Raises ``NotImplementedError`` for a tensor without a rank.
    """
    operand = op.operands[number]
    if isinstance(operand.type, UnrankedTensorType):
        raise NotImplementedError(f"{op.name}: operand {number} has no rank")
    sizes = shape(operand) if is_tensor(operand) else ()
    return [Dim(number, dim) if size == DYNAMIC else size for dim, size in enumerate(sizes)]


def operand_elements(op: Operation, number: int, count: int) -> Shape:
    """The elements of an operand that holds ``count`` sizes: those of a constant as numbers."""
    known = constant_integers(op.operands[number])
    return [Element(number, index) for index in range(count)] if known is None else list(known)


# -- the shape of an operand -------------------------------------------------------------------


def _like(number: int) -> _Rule:
    """Every result has the shape of one operand."""
    return lambda op: [operand_shape(op, number) for _ in op.results]


def _like_each(op: Operation) -> Sequence[Shape]:
    """Result ``i`` has the shape of operand ``i``."""
    return [operand_shape(op, number) for number in range(len(op.results))]


def _elements_of(number: int) -> _Rule:
    """The shape is what the operand holds."""
    return lambda op: [operand_elements(op, number, rank(op.results[0]))]


def _normalized(op: Any) -> Sequence[Shape]:
    """The operand's shape, then one number for each feature for every further result."""
    whole = operand_shape(op, 0)
    return [whole, *([whole[integer(op, "feature_index")]] for _ in op.results[1:])]


# -- dimensions taken, dropped and added -------------------------------------------------------


def _transposed(op: Any) -> Sequence[Shape]:
    dims = operand_shape(op, 0)
    return [[dims[d] for d in integers(op, "permutation")]]


def _reduced(op: Any) -> Sequence[Shape]:
    dropped = integers(op, "dimensions")
    kept = [size for d, size in enumerate(operand_shape(op, 0)) if d not in dropped]
    return [list(kept) for _ in op.results]


def _repeated(op: Any) -> Sequence[Shape]:
    return [[*integers(op, "broadcast_sizes"), *operand_shape(op, 0)]]


def _concatenated(op: Any) -> Sequence[Shape]:
    dim = integer(op, "dimension")
    shapes = [operand_shape(op, number) for number in range(len(op.operands))]
    result = shapes[0]
    result[dim] = reduce(add, [dims[dim] for dims in shapes])
    return [result]


def _bits_kept(op: Any) -> Sequence[Shape]:
    dims = operand_shape(op, 0)
    missing = rank(op.results[0]) - len(dims)
    if missing > 0:
        return [[*dims, shape(op.results[0])[-1]]]
    return [dims[: len(dims) + missing]]


def _contracted(op: Any) -> Sequence[Shape]:
    lhs, rhs = operand_shape(op, 0), operand_shape(op, 1)
    dims = op.dot_dimension_numbers.data
    return [result_dimensions(lhs, rhs, dims, _known)]


def _multiplied(op: Any) -> Sequence[Shape]:
    return [[*operand_shape(op, 0)[:-1], *operand_shape(op, 1)[1:]]]


def _gathered(op: Any) -> Sequence[Shape]:
    sizes: Shape = list(integers(op, "slice_sizes"))
    return [result_shape(operand_shape(op, 1), sizes, op.dimension_numbers.data)]


def _gathered_dynamically(op: Any) -> Sequence[Shape]:
    sizes = operand_elements(op, 2, rank(op.operands[0]))
    return [result_shape(operand_shape(op, 1), sizes, op.dimension_numbers.data)]


def _known(left: Size, right: Size) -> Size:
    """One of two sizes that are equal, as a number if one is known."""
    return right if isinstance(right, int) else left


# -- sizes computed ----------------------------------------------------------------------------


def _padded(op: Any) -> Sequence[Shape]:
    names = ("edge_padding_low", "edge_padding_high", "interior_padding")
    low, high, interior = (integers(op, name) for name in names)
    return [list(map(_padded_size, operand_shape(op, 0), low, high, interior))]


def _padded_dynamically(op: Any) -> Sequence[Shape]:
    dims = operand_shape(op, 0)
    low, high, interior = (operand_elements(op, number, len(dims)) for number in (2, 3, 4))
    return [list(map(_padded_size, dims, low, high, interior))]


def _padded_size(size: Size, low: Size, high: Size, interior: Size) -> Size:
    gaps = apply(Function.MAXIMUM, apply(Function.SUBTRACT, size, 1), 0)
    between = apply(Function.MULTIPLY, gaps, interior)
    return add(add(add(size, between), low), high)


def _sliced_dynamically(op: Any) -> Sequence[Shape]:
    count = rank(op.operands[0])
    starts, limits, strides = (operand_elements(op, number, count) for number in (1, 2, 3))
    return [list(map(_sliced_size, starts, limits, strides))]


def _sliced_size(start: Size, limit: Size, stride: Size) -> Size:
    return apply(Function.DIVIDE_UP, apply(Function.SUBTRACT, limit, start), stride)


def _resized(op: Any) -> Sequence[Shape]:
    dims = operand_shape(op, 0)
    known = constant_integers(op.operands[1])
    dims[integer(op, "dimension")] = Element(1, 0) if known is None else known[0]
    return [dims]


def _broadcast_together(op: Any) -> Sequence[Shape]:
    """All operands, their last dimensions aligned; a size of 1 is repeated."""
    shapes = [operand_shape(op, number) for number in range(len(op.operands))]
    if op.properties.get("broadcast_dimensions") is not None:
        smallest, largest = sorted(map(len, shapes))[:: len(shapes) - 1]
        aligned = tuple(range(largest - smallest, largest))
        if integers(op, "broadcast_dimensions") != aligned:
            raise NotImplementedError(f"{op.name}: broadcast_dimensions do not align the last ones")
    return [reduce(_broadcast, shapes)]


def _broadcast(left: Shape, right: Shape) -> Shape:
    pairs = zip_longest(left[::-1], right[::-1], fillvalue=1)
    return [apply(Function.BROADCAST, *pair) for pair in pairs][::-1]


_LIKE_FIRST = (
    "batch_norm_inference",
    "cholesky",
    "collective_permute",
    "compare",
    "cross-replica-sum",
    "dynamic_update_slice",
    "map",
    "reduce_precision",
    "reverse",
    "select_and_scatter",
    "uniform_dequantize",
    "uniform_quantize",
)
_LIKE_EACH = (
    "all_reduce",
    "collective_broadcast",
    "optimization_barrier",
    "scatter",
    "sort",
    "while",
)
_OTHER_CHLO = frozenset(("chlo.constant", "chlo.ragged_dot", "chlo.scan", "chlo.top_k"))
"""Operations of CHLO that are not elementwise."""

_RULES: Mapping[str, _Rule] = {
    **{f"stablehlo.{name}": _like(0) for name in _LIKE_FIRST},
    **{f"stablehlo.{name}": _like_each for name in _LIKE_EACH},
    "stablehlo.batch_norm_grad": _normalized,
    "stablehlo.batch_norm_training": _normalized,
    "stablehlo.bitcast_convert": _bits_kept,
    "stablehlo.broadcast": _repeated,
    "stablehlo.clamp": _like(1),
    "stablehlo.concatenate": _concatenated,
    "stablehlo.dot": _multiplied,
    "stablehlo.dot_general": _contracted,
    "stablehlo.dynamic_broadcast_in_dim": _elements_of(1),
    "stablehlo.dynamic_gather": _gathered_dynamically,
    "stablehlo.dynamic_iota": _elements_of(0),
    "stablehlo.dynamic_pad": _padded_dynamically,
    "stablehlo.dynamic_reshape": _elements_of(1),
    "stablehlo.gather": _gathered,
    "stablehlo.pad": _padded,
    "stablehlo.real_dynamic_slice": _sliced_dynamically,
    "stablehlo.reduce": _reduced,
    "stablehlo.rng": _elements_of(2),
    "stablehlo.select": _like(1),
    "stablehlo.set_dimension_size": _resized,
    "stablehlo.transpose": _transposed,
    "stablehlo.triangular_solve": _like(1),
}
