"""Running a module on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp, TensorType, TupleType
from xdsl.ir import Attribute

from dialects.element_storage import ElementTypeError
from dialects.func import FuncOp
from dialects.reader import ParsedModule, parse_module
from dialects.stablehlo.tensors import is_tensor
from dialects.stablehlo.token import TokenType
from irkit.interpreter.checks import CUSTOM_CALLS
from irkit.interpreter.engine import CustomCall, Observer, Parameters, Program
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.process import Process
from irkit.interpreter.shapes import shape_problem
from irkit.interpreter.values import Array, Token, Value, dtype_of
from irkit.weights import WeightError, WeightsLike, WeightSource, open_weights

ModuleLike: TypeAlias = ModuleOp | ParsedModule | str | bytes
"""A module, one with its text's positions, or the text of one."""


def run(
    module: ModuleLike,
    inputs: Sequence[Any] = (),
    *,
    function: str = "main",
    custom_calls: Mapping[str, CustomCall] | None = None,
    weights: WeightsLike | None = None,
    observers: Sequence[Observer] = (),
    vectorize: bool = True,
    write: Callable[[str], object] | None = None,
    seed: int = 0,
) -> list[Value]:
    """Calls a function of a module and returns its results.

    ``inputs`` are arrays of the dtypes and shapes that the function declares (``ml_dtypes`` where
    numpy has no type; integers in storage where it is quantized), or Python numbers and lists that
    become such. A module without ``main`` but with one function is run by that one.
    ``custom_calls`` maps targets to functions (see :data:`~irkit.interpreter.engine.CustomCall`);
    upstream's ``check.*`` are known. ``weights`` holds the external parameters that
    ``util.global`` names. ``observers`` see each operation (see
    :mod:`irkit.interpreter.observers`). With ``vectorize=False`` regions are evaluated element by
    element; results are the same. ``write`` takes what ``interpreter.print`` prints, the standard
    output by default. The numbers of ``rng`` follow from ``seed``.

    Raises :class:`EvaluationError` that names the operation, with its line and column if the module
    came as text, and :class:`~dialects.reader.ReadError` for a text that cannot be read.
    """
    parsed = parse_module(module) if isinstance(module, str | bytes) else module
    try:
        program = program_of(
            parsed,
            custom_calls=custom_calls,
            weights=weights,
            observers=observers,
            vectorize=vectorize,
            write=write,
        )
        entry = entry_function(program, function)
        return program.run(entry.symbol, checked_inputs(entry, inputs), Process(seed=seed))
    except EvaluationError as error:
        raise located(error, parsed) from error.__cause__


def program_of(
    module: ModuleOp | ParsedModule,
    *,
    custom_calls: Mapping[str, CustomCall] | None = None,
    weights: WeightsLike | None = None,
    observers: Sequence[Observer] = (),
    vectorize: bool = True,
    write: Callable[[str], object] | None = None,
) -> Program:
    """A module ready to be run; the arguments are :func:`run`'s."""
    return Program(
        module.module if isinstance(module, ParsedModule) else module,
        custom_calls={**CUSTOM_CALLS, **(custom_calls or {})},
        resources=module.resources if isinstance(module, ParsedModule) else None,
        parameters=None if weights is None else parameters_of(open_weights(weights)),
        observers=observers,
        vectorize=vectorize,
        write=write,
    )


def entry_function(program: Program, name: str) -> FuncOp:
    """The function to call: the one of that name, or the only one there is if ``main`` is absent.

    Raises :class:`EvaluationError` where there is none.
    """
    functions = [op for op in program.module.body.block.ops if isinstance(op, FuncOp)]
    if name == "main" and len(functions) == 1:
        name = functions[0].symbol
    return program.function(name)


def checked_inputs(function: FuncOp, inputs: Sequence[Any]) -> list[Value]:
    """The inputs as values of the function's arguments.

    Raises :class:`EvaluationError` for a wrong number, dtype or shape.
    """
    types = function.function_type.inputs.data
    if len(inputs) != len(types):
        raise EvaluationError(
            f"@{function.symbol} takes {len(types)} inputs, {len(inputs)} are given"
        )
    return [
        checked_value(value, type_, f"input {i} of @{function.symbol}")
        for i, (value, type_) in enumerate(zip(inputs, types, strict=True))
    ]


def checked_value(value: Any, type_: Attribute, where: str) -> Value:
    """What Python code gives as a value of that type: an array, or what becomes one.

    Raises :class:`EvaluationError`, which begins with ``where``, for another dtype or shape.
    """
    if isinstance(type_, TupleType):
        if not isinstance(value, tuple) or len(cast("tuple[Any]", value)) != len(type_.types):
            raise EvaluationError(f"{where} must be a tuple of {len(type_.types)} values")
        pairs = zip(cast("tuple[Any]", value), type_.types.data, strict=True)
        return tuple(checked_value(part, inner, where) for part, inner in pairs)
    if not is_tensor(type_):
        if isinstance(type_, TokenType) and isinstance(value, Token):
            return value
        raise EvaluationError(f"{where} is a {type_}, which cannot be given")
    try:
        dtype = dtype_of(type_)
    except ElementTypeError as error:
        raise EvaluationError(f"{where} is a {type_}: {error}") from None
    if isinstance(value, np.ndarray | np.generic):
        found: Array = np.asarray(cast(Array, value))
        if found.dtype != dtype:
            raise EvaluationError(f"{where} must be {dtype} for {type_}, got {found.dtype}")
    else:
        try:
            found = np.asarray(value, dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise EvaluationError(f"{where} cannot become {type_}: {error}") from None
    problem = shape_problem(type_, found.shape)
    if problem is not None:
        raise EvaluationError(f"{where} {problem}")
    return found


def parameters_of(source: WeightSource) -> Parameters:
    """Reads external parameters from weights, each when it is asked for."""

    def read(key: str, type_: TensorType[Attribute]) -> Array:
        dtype = dtype_of(type_)
        try:
            info = source.info(key)
            if info.dtype != dtype or info.shape != type_.get_shape():
                raise EvaluationError(
                    f"the parameter {key!r} is {info.dtype}{list(info.shape)} in the weights and "
                    f"{type_} in the module"
                )
            result = np.empty(info.shape, dtype)
            source.read_into(key, 0, memoryview(cast(Any, result.reshape(-1).view(np.uint8))))
        except WeightError as error:
            raise EvaluationError(str(error)) from error
        return result

    return read


def located(error: EvaluationError, module: ModuleOp | ParsedModule) -> EvaluationError:
    """The error with the name of its operation, and its line and column if they are known."""
    op = error.operation
    if op is None or error.located:
        return error
    message = error.message
    if not message.startswith(op.name):
        message = f"{op.name}: {message}"
    if isinstance(module, ParsedModule):
        message = str(module.diagnostic(op, message))
    found = type(error)(message, op)
    found.located = True
    found.__traceback__ = error.__traceback__
    return found
