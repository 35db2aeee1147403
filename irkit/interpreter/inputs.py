"""The inputs of a run, read from ``.npy`` and ``.npz`` files or random; its outputs as a file."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import TupleType
from xdsl.ir import Attribute

from dialects.attribute_text import attribute_text
from dialects.diagnostics import brief
from dialects.element_storage import ElementTypeError
from dialects.func import FuncOp
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.tensors import is_tensor, shape
from dialects.stablehlo.token import TokenType
from irkit.errors import IRKitError
from irkit.interpreter.memory import is_addressable, sized
from irkit.interpreter.npy_files import StoredArray, stored_arrays
from irkit.interpreter.numbers import (
    BOOL,
    is_complex,
    is_float,
    narrow,
    part_dtype,
)
from irkit.interpreter.ops.conversion import converted
from irkit.interpreter.shapes import shape_problem
from irkit.interpreter.values import TOKEN, Array, Token, Value, dtype_of
from irkit.weights.source import WeightError


class InputError(IRKitError, ValueError):
    """Inputs that cannot be read or made."""


def read_inputs(paths: Sequence[str | Path], function: FuncOp) -> list[Value]:
    """The arrays of the files, in order, those of an ``.npz`` in the order of the archive.

    A tuple takes as many arrays as it has parts, a token none. numpy's files cannot name the types
    of ``ml_dtypes``: bytes without a type, or unsigned integers of that size, become what the
    function's argument is. An array is read when it has the shape of its argument. Raises
    :class:`InputError`.
    """
    types = function.function_type.inputs.data
    try:
        found = [stored for path in paths for stored in stored_arrays(Path(path))]
        expected = sum(map(_arrays_of, types))
        if len(found) != expected:
            raise InputError(
                f"@{function.symbol} takes {expected} inputs, {len(found)} are given in files"
            )
        rest = iter(found)
        return [_next_value(rest, type_) for type_ in types]
    except WeightError as error:
        raise InputError(str(error)) from None
    except ElementTypeError as error:
        raise InputError(f"@{function.symbol} takes what no file has: {error}") from None


def _arrays_of(type_: Attribute) -> int:
    """How many arrays a value of this type is made of."""
    if isinstance(type_, TupleType):
        return sum(_arrays_of(part) for part in cast("Sequence[Attribute]", type_.types.data))
    return 0 if isinstance(type_, TokenType) else 1


def _next_value(arrays: Iterator[StoredArray], type_: Attribute) -> Value:
    if isinstance(type_, TupleType):
        parts = cast("Sequence[Attribute]", type_.types.data)
        return tuple(_next_value(arrays, part) for part in parts)
    if isinstance(type_, TokenType):
        return TOKEN
    stored = next(arrays)
    problem = shape_problem(type_, stored.shape) if is_tensor(type_) else None
    if problem is not None:
        raise InputError(f"{stored.where} {problem}")
    return _typed(stored.read(), type_)


def _typed(values: Array, type_: Attribute) -> Array:
    if not is_tensor(type_):
        return values
    dtype = dtype_of(type_)
    nameless = dtype.kind == "V" or dtype.name.startswith("float8")
    if values.dtype == dtype or not nameless or values.dtype.itemsize != dtype.itemsize:
        return values
    if values.dtype.kind in "Vu":
        return np.ascontiguousarray(values).view(dtype).reshape(values.shape)
    return values


def random_inputs(function: FuncOp, seed: int) -> list[Value]:
    """Inputs that follow from the seed: normally distributed floats, integers of the whole range,
    booleans.

    Raises :class:`InputError` for an argument without a shape, of a type that numpy lacks, or too
    large for the memory there is.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    types = function.function_type.inputs.data
    return [_checked_random(generator, type_, i) for i, type_ in enumerate(types)]


def _checked_random(generator: np.random.Generator, type_: Attribute, number: int) -> Array:
    problem = None if is_addressable(type_) else "out of memory"
    try:
        if problem is None:
            return _random(generator, type_, number)
    except ElementTypeError as error:
        problem = str(error)
    except MemoryError as error:
        problem = f"out of memory: {error}"
    raise InputError(brief(f"argument {number} is a {sized(type_)}: {problem}"))


def _random(generator: np.random.Generator, type_: Attribute, number: int) -> Array:
    if not is_tensor(type_) or DYNAMIC in shape(type_):
        raise InputError(
            f"argument {number} is a {attribute_text(type_)}: its shape is not known, so there is "
            "no random input for it; give one with --input"
        )
    dims, dtype = shape(type_), dtype_of(type_)
    if dtype == BOOL:
        return generator.integers(0, 2, dims, np.uint8).astype(np.bool)
    if is_complex(dtype):
        parts = generator.standard_normal((2, *dims))
        result = np.empty(dims, dtype)
        result.real, result.imag = parts.astype(part_dtype(dtype))
        return result
    if is_float(dtype):
        return narrow(np.asarray(generator.standard_normal(dims)), dtype)
    bits = generator.integers(0, 1 << 64, dims, np.uint64, endpoint=False)
    return converted(np.asarray(bits), dtype)


def inputs_file(values: Sequence[Value]) -> bytes:
    """An ``.npz`` from which :func:`read_inputs` reads these values again."""
    out = io.BytesIO()
    named: dict[str, Any] = {str(i): _plain(part) for i, part in enumerate(_parts(values))}
    np.savez(out, **named)
    return out.getvalue()


def _parts(values: Sequence[Value]) -> Iterator[Array]:
    for i, value in enumerate(values):
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, tuple):
            yield from _parts(value)
        elif not isinstance(value, Token):
            raise InputError(f"value {i} is {value!r}, which cannot be written")


def outputs_file(values: Sequence[Value], name: str) -> bytes:
    """The results as an ``.npz`` with ``0``, ``1``, ..., or one of them as an ``.npy``.

    Types that numpy's files cannot name are stored as unsigned integers of their size. Raises
    :class:`InputError` for results that are not arrays, for an ``.npy`` of several, and where the
    file does not fit into memory.
    """
    found = _results(values, name)
    if name.endswith(".npz"):
        return _archive({str(i): values for i, values in enumerate(found)}, name)
    if not name.endswith(".npy") or len(found) != 1:
        raise InputError(
            f"{name}: {len(found)} results need a name that ends in .npz"
            + (" or .npy" if len(found) == 1 else "")
        )
    out = io.BytesIO()
    with _room(found, name):
        np.save(out, _plain(found[0]))
    return out.getvalue()


def parallel_outputs_file(results: Sequence[Sequence[Value]], name: str) -> bytes:
    """The results of several processes as an ``.npz`` with ``0/0``, ``0/1``, ..., ``1/0``: the
    process, then the result.

    Raises :class:`InputError` as :func:`outputs_file` does.
    """
    if not name.endswith(".npz"):
        raise InputError(f"{name}: the results of several processes need a name that ends in .npz")
    found = {
        f"{process}/{i}": values
        for process, of_one in enumerate(results)
        for i, values in enumerate(_results(of_one, name))
    }
    return _archive(found, name)


def _archive(found: Mapping[str, Array], name: str) -> bytes:
    out = io.BytesIO()
    with _room([*found.values()], name):
        plain: dict[str, Any] = {key: _plain(values) for key, values in found.items()}
        np.savez(out, **plain)
    return out.getvalue()


@contextmanager
def _room(found: Sequence[Array], name: str) -> Generator[None]:
    """Raises :class:`InputError` where the arrays, held once more, are too large."""
    size = sum(values.nbytes for values in found)
    try:
        # Asked for at once: writing block by block would take all that there is before it fails.
        np.empty(size, np.uint8)
        yield
    except (MemoryError, ValueError):
        # A ValueError is numpy's for more than can be addressed, and zipfile's after a MemoryError.
        raise InputError(f"{name}: out of memory: the results have {size} bytes") from None


def _results(values: Sequence[Value], name: str) -> list[Array]:
    found: list[Array] = []
    for i, value in enumerate(values):
        if not isinstance(value, np.ndarray):
            raise InputError(f"result {i} is {value!r}, which cannot be written to {name}")
        found.append(value)
    return found


def _plain(values: Array) -> Array:
    if values.dtype.kind == "V" or values.dtype.name.startswith("float8"):
        bits = np.ascontiguousarray(values).view(np.dtype(f"u{values.dtype.itemsize}"))
        return bits.reshape(values.shape)  # contiguous ones are never scalars
    return values
