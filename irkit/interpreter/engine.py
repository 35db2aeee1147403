"""Evaluating functions and regions, operation by operation.

Every value is let go after its last use: which use that is, is found once a block, before the block
runs for the first time. The values of one activation of a function, its nested regions included,
are in one dictionary; a region is never active twice in one activation.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

import numpy as np
from xdsl.dialects.builtin import DenseResourceAttr, ModuleOp, SymbolRefAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from dialects.dense import DenseAttr, dense_array, dense_from_bytes
from dialects.diagnostics import brief
from dialects.element_storage import storage_size
from dialects.func import FuncOp
from dialects.stablehlo.tensors import is_tensor, shape
from dialects.util.ops import GlobalOp
from dialects.util.parameter import ParameterAttr
from irkit.interpreter.errors import EvaluationError, OutOfMemoryError
from irkit.interpreter.liveness import Plan, Step, plan
from irkit.interpreter.memory import is_addressable, out_of_memory
from irkit.interpreter.process import Process
from irkit.interpreter.quantized import is_quantized, through_real_numbers
from irkit.interpreter.registry import implementation
from irkit.interpreter.shapes import shape_problem
from irkit.interpreter.values import Array, Value, arrays, dtype_of

CustomCall = Callable[[Operation, "list[Value]", "Context"], "Value | list[Value] | None"]
"""A custom call's function: gets the operation, its operands and the context, returns its result,
a list of its results, or nothing where it has none."""


Parameters = Callable[[str, TensorType[Attribute]], Array]
"""Reads an external parameter, given its key and type."""


class Observer(Protocol):
    """Sees every operation, those of regions and called functions included."""

    def before(self, op: Operation) -> None:
        """Called before the operation is evaluated."""

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        """Called with what went in and what came out."""


class Program:
    """A module that can be run: its symbols, and the plans of its blocks as they are needed."""

    def __init__(
        self,
        module: ModuleOp,
        *,
        custom_calls: Mapping[str, CustomCall] | None = None,
        resources: Mapping[tuple[str, str], str] | None = None,
        parameters: Parameters | None = None,
        observers: Sequence[Observer] = (),
        vectorize: bool = True,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self.module = module
        self.custom_calls = dict(custom_calls or {})
        self._resources = dict(resources or {})
        self._parameters = parameters
        self.observers = observers
        self.vectorize = vectorize
        """Whether regions of elementwise operations are evaluated on whole arrays."""
        self.write = write or sys.stdout.write
        """Takes what ``interpreter.print`` prints."""
        self.probes: dict[str, list[Array]] = {}
        """What went through each ``interpreter.probe``, in order."""
        self._plans: dict[Block, Plan] = {}
        self._elementwise: dict[Region, bool] = {}
        self._symbols: dict[str, Operation] = {}
        for op in module.body.block.ops:
            name = op.properties.get("sym_name") or op.attributes.get("sym_name")
            if name is not None:
                self._symbols[cast("str", getattr(name, "data", ""))] = op

    def plan(self, block: Block) -> Plan:
        """The steps of a block."""
        found = self._plans.get(block)
        if found is None:
            found = self._plans[block] = plan(block)
        return found

    def symbol(self, name: str | Attribute, user: Operation | None = None) -> Operation:
        """The module-level operation of that name (a symbol reference or its text).

        Raises :class:`EvaluationError` where there is none.
        """
        text = _symbol(name)
        found = self._symbols.get(text)
        if found is None:
            known = ", ".join(f"@{symbol}" for symbol in self._symbols) or "none"
            message = f"there is no @{text} in the module, which has {known}"
            raise EvaluationError(brief(message), user)
        return found

    def function(self, name: str | Attribute, user: Operation | None = None) -> FuncOp:
        """The function of that name.

        Raises :class:`EvaluationError` where there is none, or it has no body.
        """
        found = self.symbol(name, user)
        if not isinstance(found, FuncOp):
            raise EvaluationError(f"@{_symbol(name)} is a {found.name}, not a function", user)
        if not found.body.blocks:
            raise EvaluationError(f"@{found.symbol} is declared and has no body", user)
        if len(found.body.blocks) > 1:
            raise EvaluationError(f"@{found.symbol} has several blocks; one is evaluated", user)
        return found

    def elements(self, value: Attribute) -> Array:
        """The elements of a constant, those of a ``dense_resource`` from the module's resources.

        Raises :class:`EvaluationError` for a resource that the module does not have, or that is not
        of the constant's size.
        """
        if not isinstance(value, DenseResourceAttr):
            return dense_array(cast(DenseAttr, value))
        key = value.resource_handle.data
        text = self._resources.get(("builtin", key))
        if text is None:
            raise EvaluationError(f"the module has no resource {key}")
        # 0x, and four bytes that say how the blob is aligned.
        blob = bytes.fromhex(text[10:])
        type_ = cast("TensorType[Attribute]", value.type)
        expected = math.prod(type_.get_shape()) * storage_size(type_.element_type)
        if len(blob) != expected:
            # One element is no splat here.
            raise EvaluationError(
                f"the resource {key} has {len(blob)} bytes, {type_} needs {expected}"
            )
        return dense_array(dense_from_bytes(blob, type_))

    def global_value(self, found: GlobalOp) -> Array:
        """The value of a ``util.global``, which nothing changes.

        Raises :class:`EvaluationError` where it has none that is known.
        """
        value = found.initial_value
        if isinstance(value, ParameterAttr):
            if self._parameters is None:
                raise EvaluationError(
                    f"@{found.sym_name.data} is the external parameter {value.key.data!r}; give "
                    "the weights that it is read from"
                )
            type_ = cast("TensorType[Attribute]", value.type)
            return self._parameters(value.key.data, type_)
        if value is None:
            raise EvaluationError(f"@{found.sym_name.data} has no initial value")
        return self.elements(value)

    def run(
        self, function: str, arguments: Sequence[Value], process: Process | None = None
    ) -> list[Value]:
        """Calls a function as one process.

        Raises :class:`EvaluationError` with the operation that could not be evaluated.
        """
        return Context(self, process or Process()).call(function, list(arguments))

    def is_elementwise(self, region: Region) -> bool:
        """Whether a region of functions on scalars gives, evaluated on arrays, what it gives
        evaluated on each of their elements."""
        known = self._elementwise.get(region)
        if known is None:
            known = self._elementwise[region] = self.vectorize and _is_elementwise(region)
        return known


class Context:
    """One activation of a function in one process; what evaluating functions get."""

    def __init__(self, program: Program, process: Process) -> None:
        self.program = program
        self.process = process
        self._values: dict[SSAValue, Value] = {}

    def call(
        self, function: str | Attribute, arguments: list[Value], user: Operation | None = None
    ) -> list[Value]:
        """Calls a function by its symbol; empties ``arguments``."""
        found = self.program.function(function, user)
        callee = Context(self.program, self.process)
        return callee.evaluate(found.body, arguments)

    def evaluate(self, region: Region, arguments: list[Value]) -> list[Value]:
        """Evaluates a region of one block and gives what it returns; empties ``arguments``.

        Shapes: those of the block's arguments. What the region captures is found by itself.
        """
        steps = self.program.plan(region.block)
        if len(arguments) != len(steps.arguments):
            raise EvaluationError(
                f"{len(arguments)} values for {len(steps.arguments)} arguments", region.parent_op()
            )
        values = self._values
        values.update(zip(steps.arguments, arguments, strict=True))
        arguments.clear()
        for value in steps.unread:
            del values[value]
        for step in steps.steps:
            self._step(step)
        results = [values[value] for value in steps.results]
        for value in steps.rest:
            del values[value]
        return results

    def evaluate_one(self, region: Region, *arguments: Value) -> Array:
        """Evaluates a region that returns one tensor."""
        return arrays(self.evaluate(region, list(arguments)))[0]

    def apply(self, region: Region, operands: Sequence[Array]) -> list[Array]:
        """Maps a region of functions on scalars over the elements of arrays.

        The arrays have shapes that broadcast to one, the results that shape and the dtypes of what
        the region returns. Elementwise regions are evaluated once, on the arrays; others element
        by element, in row-major order.
        """
        shape = np.broadcast_shapes(*(operand.shape for operand in operands))
        if self.program.is_elementwise(region):
            found = arrays(self.evaluate(region, list(operands)))
            return [np.broadcast_to(result, shape) for result in found]
        last = region.block.last_op
        types = () if last is None else last.operand_types
        results = [np.empty(shape, dtype_of(type_)) for type_ in types]
        spread = [np.broadcast_to(operand, shape) for operand in operands]
        for index in np.ndindex(shape):
            scalars: list[Value] = [np.asarray(operand[index], operand.dtype) for operand in spread]
            for result, value in zip(results, self.evaluate(region, scalars), strict=True):
                result[index] = value
        return results

    def _step(self, step: Step) -> None:
        values, op = self._values, step.op
        observers = self.program.observers
        for observer in observers:
            observer.before(op)
        operands = [values[value] for value in step.operands]
        seen = tuple(operands) if observers else ()
        # What is read for the last time here lives on in the list of operands alone, so that the
        # function can let it go.
        for value in step.release:
            del values[value]
        try:
            results = self._results(step, operands)
            for observer in observers:
                observer.after(op, seen, results)
        except OutOfMemoryError:
            raise
        except MemoryError as error:
            raise out_of_memory(op, str(error)) from error
        except RecursionError as error:
            message = "calls or regions are nested too deeply to be evaluated"
            raise EvaluationError(message, op) from error
        values.update(zip(op.results, results, strict=True))
        for value in step.free:
            del values[value]

    def _results(self, step: Step, operands: list[Value]) -> list[Value]:
        op, found = step.op, step.implementation
        try:
            if step.quantized and not found.on_storage:
                results = through_real_numbers(found.evaluate, op, operands, self)
            else:
                results = found.evaluate(op, operands, self)
        except EvaluationError as error:
            if error.operation is None:
                error.operation = op
            raise
        except ValueError as error:
            if not all(map(is_addressable, op.result_types)):
                raise out_of_memory(op) from error
            # Types with unknown dimensions leave it to the values whether shapes fit.
            raise EvaluationError(f"has no meaning for these operands: {error}", op) from error
        if not isinstance(results, list):
            results = [results]
        # numpy gives a scalar where an operation on arrays has no dimensions.
        results = [_as_array(result) for result in results]
        if len(results) != len(op.results):
            raise EvaluationError(
                f"{len(results)} values for {len(op.results)} results of {op.name}", op
            )
        for i, (value, declared) in enumerate(zip(results, step.shapes, strict=False)):
            # What decides the dimensions may be computed: no verifier could compare them.
            if isinstance(value, np.ndarray) and value.shape != declared:
                self._check_shape(op, i, value)
        return results

    def _check_shape(self, op: Operation, i: int, value: Array) -> None:
        type_ = op.results[i].type
        problem = shape_problem(type_, value.shape) if is_tensor(type_) else None
        if problem is not None:
            raise EvaluationError(f"result {i} {problem}", op)


def _symbol(name: str | Attribute) -> str:
    return name if isinstance(name, str) else cast(SymbolRefAttr, name).root_reference.data


def _as_array(value: Any) -> Value:
    return np.asarray(cast(Array, value)) if isinstance(value, np.generic) else value


def _is_elementwise(region: Region) -> bool:
    block = region.block
    types = [argument.type for argument in block.args]
    ops = list(block.ops)
    for op in ops[:-1]:
        found = implementation(op.name)
        if found is None or not found.elementwise or op.regions:
            return False
        types += [*op.operand_types, *op.result_types]
    return all(_is_plain_scalar(type_) for type_ in types)


def _is_plain_scalar(type_: Attribute) -> bool:
    return is_tensor(type_) and not shape(type_) and not is_quantized(type_)
