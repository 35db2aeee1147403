"""Functions on tensors of terms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import SymbolRefAttr
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dialects.stablehlo.base import DYNAMIC, StableHLOOp
from dialects.stablehlo.signature import integers
from dialects.stablehlo.tensors import element_type, is_tensor, tensor
from irkit.interpreter.engine import Context, Program
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.process import Process
from irkit.interpreter.registry import Implementation, implementation
from irkit.interpreter.values import Array
from irkit.verify.graph.attributes import AttributeDigests
from irkit.verify.graph.operations import OperationDigests, UnreadableGraphError, keeps_its_place
from irkit.verify.hashing import digest
from irkit.verify.nan_bits import tells_nans_apart
from irkit.verify.smt.elementwise import elementwise, function, holds
from irkit.verify.smt.reducers import Reducer, reducer
from irkit.verify.smt.sorts import Term, UntranslatableError, Z, literals, sort

MOST_ELEMENTS = 512
"""Of one tensor; each is a term."""

_MOVES = frozenset(
    f"stablehlo.{name}"
    for name in (
        "reshape",
        "transpose",
        "reverse",
        "concatenate",
        "slice",
        "broadcast_in_dim",
        "pad",
    )
)
"""Operations whose results' elements are operands' elements, by place alone."""


def unknowns(type_: Attribute, name: str) -> Array:
    """A tensor of fresh variables.

    Raises :class:`~irkit.verify.smt.sorts.UntranslatableError` for what is no small tensor of known
    shape.
    """
    shape = _shape(type_)
    terms = np.empty(shape, object)
    for index in np.ndindex(*shape):
        place = ",".join(map(str, index))
        terms[index] = Z.Const(f"{name}[{place}]", sort(element_type(type_)))
    return terms


def _shape(type_: Attribute) -> tuple[int, ...]:
    if not is_tensor(type_) or DYNAMIC in tensor(type_).get_shape():
        raise UntranslatableError(f"{type_} is no tensor of known shape")
    shape: tuple[int, ...] = tensor(type_).get_shape()
    if int(np.prod(shape)) > MOST_ELEMENTS:
        raise UntranslatableError(f"{type_} has more than {MOST_ELEMENTS} elements")
    return shape


class Translation:
    """Translates the functions of one module."""

    def __init__(self, program: Program, attributes: AttributeDigests) -> None:
        self._program = program
        self._attributes = attributes
        self._calls: list[str] = []

    def call(self, name: str, arguments: Sequence[Array]) -> list[Array]:
        """What a function returns.

        Raises :class:`~irkit.verify.smt.sorts.UntranslatableError`.
        """
        if name in self._calls:
            raise UntranslatableError(f"@{name} calls itself")
        self._calls.append(name)
        try:
            return self._block(self._program.function(name).body.block, arguments, {})
        except EvaluationError as error:
            raise UntranslatableError(str(error)) from None
        finally:
            self._calls.pop()

    def _block(
        self, block: Block, arguments: Sequence[Array], outer: dict[SSAValue, Array]
    ) -> list[Array]:
        values = {**outer, **dict(zip(block.args, arguments, strict=True))}
        *operations, terminator = block.ops
        for op in operations:
            results = self._operation(op, [values[operand] for operand in op.operands], values)
            values.update(zip(op.results, results, strict=True))
        return [values[operand] for operand in terminator.operands]

    def _operation(
        self, op: Operation, operands: list[Array], values: dict[SSAValue, Array]
    ) -> list[Array]:
        callee = op.properties.get("callee")
        if op.name == "func.call" and isinstance(callee, SymbolRefAttr):
            return self.call(callee.root_reference.data, operands)
        if keeps_its_place(op):
            raise UntranslatableError(f"{op.name} has effects")
        for inner in op.walk():
            if tells_nans_apart(inner):
                raise UntranslatableError(
                    f"{inner.name} tells NaNs apart, which the solver does not"
                )
            if inner.name == "stablehlo.cross-replica-sum":
                # Its kin have effects. What another process gives may depend on other conditions.
                raise UntranslatableError(f"{inner.name} reads what other processes give")
        for result in op.results:
            _shape(result.type)
        if op.name in ("stablehlo.if", "stablehlo.case"):
            return self._chosen(op, operands[0], values)
        if op.name in ("stablehlo.constant", "stablehlo.iota"):
            return [literals(self._evaluated(op, []), element_type(op.results[0]))]
        if op.name in _MOVES:
            return [self._moved(op, operands)]
        by = reducer(op) if op.name == "stablehlo.reduce" else None
        if by is not None:
            return [self._reduced(op, by, operands)]
        known = implementation(op.name)
        if known is not None and known.elementwise and op.operands:
            return [self._mapped(op, operands)]
        return self._unknown(op, operands, values)

    def _mapped(self, op: Operation, operands: Sequence[Array]) -> Array:
        shape = _shape(op.results[0].type)
        spread = [np.broadcast_to(operand, shape) for operand in operands]
        result = np.empty(shape, object)
        for index in np.ndindex(*shape):
            result[index] = elementwise(op, [operand[index] for operand in spread])
        return result

    def _evaluated(self, op: Operation, operands: Sequence[Array]) -> Array:
        known = cast(Implementation, implementation(op.name))
        found = known.evaluate(op, list(operands), Context(self._program, Process()))
        return cast(Array, found)

    def _moved(self, op: Operation, operands: Sequence[Array]) -> Array:
        """Moves the numbers of the elements, to see which goes where."""
        terms: list[Term] = [term for operand in operands for term in operand.reshape(-1)]
        numbered: list[Array] = []
        start = 0
        for operand in operands:
            numbers: Array = np.arange(start, start + operand.size)
            numbered.append(np.asarray(numbers.reshape(operand.shape)))
            start += operand.size
        moved = self._evaluated(op, numbered)
        result = np.empty(moved.shape, object)
        for index in np.ndindex(*moved.shape):
            result[index] = terms[int(moved[index])]
        return result

    def _chosen(self, op: Operation, index: Array, values: dict[SSAValue, Array]) -> list[Array]:
        branches = [self._block(region.block, [], values) for region in op.regions]
        if op.name == "stablehlo.if":
            conditions = [holds(index[()])]
        else:
            # Every index out of range means the last branch.
            conditions = [index[()] == place for place in range(len(branches) - 1)]
        results = branches[-1]
        for condition, branch in reversed(list(zip(conditions, branches, strict=False))):
            results = [
                _either(condition, one, other) for one, other in zip(branch, results, strict=True)
            ]
        return results

    def _reduced(self, op: Operation, by: Reducer, operands: Sequence[Array]) -> Array:
        operand, start = operands
        dims = integers(cast(StableHLOOp, op), "dimensions")
        shape = _shape(op.results[0].type)
        kept = [d for d in range(operand.ndim) if d not in dims]
        count = math.prod(operand.shape[d] for d in dims)
        ordered = operand.transpose([*kept, *dims]).reshape(*shape, count)
        result = np.empty(shape, object)
        for index in np.ndindex(*shape):
            where = f"{operand.shape} {dims} {index}"
            result[index] = by.reduced(ordered[index].tolist(), start[()], where)
        return result

    def _unknown(
        self, op: Operation, operands: Sequence[Array], values: dict[SSAValue, Array]
    ) -> list[Array]:
        """Every element of every result as a function of all that is read."""
        read = [*operands, *(values[value] for value in _captured(op, values))]
        terms = [term for operand in read for term in operand.reshape(-1)]
        if len(terms) > MOST_ELEMENTS:
            raise UntranslatableError(f"{op.name} reads more than {MOST_ELEMENTS} elements")
        name = self._digest(op, values).hex()
        results: list[Array] = []
        for place, value in enumerate(op.results):
            result: Array = np.empty(_shape(value.type), object)
            for index in np.ndindex(*result.shape):
                where = f"{op.name} {name} {place} {index}"
                result[index] = function(where, terms, element_type(value))
            results.append(result)
        return results

    def _digest(self, op: Operation, values: dict[SSAValue, Array]) -> bytes:
        inner = OperationDigests(self._attributes)
        for place, value in enumerate(_captured(op, values)):
            inner.assume(value, digest(b"captured", b"%d" % place))
        try:
            regions = [inner.region(region, 1) for region in op.regions]
        except UnreadableGraphError as error:
            raise UntranslatableError(str(error)) from None
        types = [value.type for value in (*op.operands, *op.results)]
        return digest(
            self._attributes.dictionary(op.properties, op.name),
            self._attributes.dictionary(op.attributes, op.name),
            *map(self._attributes.of, types),
            *regions,
        )


def _either(condition: object, one: Array, other: Array) -> Array:
    result = np.empty(one.shape, object)
    for index in np.ndindex(*one.shape):
        result[index] = Z.If(condition, one[index], other[index])
    return result


def _captured(op: Operation, values: dict[SSAValue, Array]) -> list[SSAValue]:
    """What the regions read of the values outside, in order of their first use."""
    found: dict[SSAValue, None] = {}
    for region in op.regions:
        for inner in region.walk():
            found.update(dict.fromkeys(operand for operand in inner.operands if operand in values))
    return list(found)
