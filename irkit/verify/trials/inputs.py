"""Inputs for trials: what breaks programs first, then what is likely."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import TensorType, TupleType
from xdsl.ir import Attribute

from dialects.stablehlo.base import DYNAMIC
from irkit.errors import IRKitError
from irkit.interpreter.numbers import (
    BOOL,
    bit_width,
    integer_range,
    is_complex,
    is_float,
    narrow,
)
from irkit.interpreter.values import TOKEN, Array, Value, dtype_of

DYNAMIC_EXTENT = 3
"""The size that a trial gives to an unknown dimension."""

MOST_ELEMENTS = 1 << 26
"""Of an argument or parameter of a trial."""

_KINDS = ("ordinary", "specials", "small integers", "zeros", "large", "ones")
"""How the values of a trial are drawn, in turn."""


class NoInputsError(IRKitError):
    """A type of argument that trials have no values for."""


def trial_inputs(types: Sequence[Attribute], seed: int, trial: int) -> list[Value]:
    """The arguments of one trial; the same for the same seed, trial and types.

    Unknown dimensions have :data:`DYNAMIC_EXTENT` elements. Raises :class:`NoInputsError`.
    """
    kind = _KINDS[trial % len(_KINDS)]
    random = np.random.default_rng((seed, trial))
    return [_value(type_, kind, random) for type_ in types]


def named_input(type_: Attribute, name: str, seed: int, trial: int) -> Array:
    """The contents of an external parameter: they depend on its name, not on its place.

    Raises :class:`NoInputsError`.
    """
    random = np.random.default_rng((seed, trial, zlib.crc32(name.encode())))
    value = _value(type_, _KINDS[trial % len(_KINDS)], random)
    if not isinstance(value, np.ndarray):
        raise NoInputsError(f"the parameter {name} is a {type_}, not a tensor")
    return value


def _value(type_: Attribute, kind: str, random: np.random.Generator) -> Value:
    if type_.name == "stablehlo.token":
        return TOKEN
    if isinstance(type_, TupleType):
        parts = cast("Sequence[Attribute]", type_.types.data)
        return tuple(_value(part, kind, random) for part in parts)
    if not isinstance(type_, TensorType):
        raise NoInputsError(f"trials have no values for an argument of type {type_}")
    tensor = cast("TensorType[Attribute]", type_)
    shape = [DYNAMIC_EXTENT if size == DYNAMIC else size for size in tensor.get_shape()]
    if math.prod(shape) > MOST_ELEMENTS:
        raise NoInputsError(f"{type_} has more than the {MOST_ELEMENTS} elements of a trial")
    try:
        dtype = dtype_of(tensor)
    except ValueError as error:
        raise NoInputsError(str(error)) from None
    # Arithmetic on arrays without dimensions gives numbers, which are no values.
    return np.asarray(_array(shape, dtype, kind, random))


def _array(shape: list[int], dtype: np.dtype[Any], kind: str, random: np.random.Generator) -> Array:
    if dtype == BOOL:
        return np.asarray(random.random(shape) < {"zeros": 0.0, "ones": 1.0}.get(kind, 0.5))
    if is_complex(dtype):
        part = np.dtype(np.float32 if dtype.itemsize == 8 else np.float64)
        number = np.empty(shape, dtype)
        number.real, number.imag = (_array(shape, part, kind, random) for _ in range(2))
        return number
    if is_float(dtype):
        return _floats(shape, dtype, kind, random)
    return _integers(shape, dtype, kind, random)


def _floats(
    shape: list[int], dtype: np.dtype[Any], kind: str, random: np.random.Generator
) -> Array:
    values = np.asarray(random.standard_normal(shape))
    match kind:
        case "zeros":
            values = np.where(values < 0, -0.0, 0.0)
        case "ones":
            values = np.ones(shape)
        case "small integers":
            values = np.rint(4 * values)
        case "large":
            values = values * float(np.exp2(random.integers(1, 12)))
        case _:
            pass
    array = narrow(values, dtype)
    if kind == "specials":
        # Any bits are a number: NaNs, infinities, both zeros, denormals and extremes among them.
        chosen = np.asarray(random.random(shape)) < 0.4
        array = np.where(chosen, _special_floats(shape, dtype, random), array).astype(dtype)
    return array


def _special_floats(shape: list[int], dtype: np.dtype[Any], random: np.random.Generator) -> Array:
    width = bit_width(dtype)
    top = 1 << (width - 1)
    bits = np.array(
        [0, top, 1, top | 1, top - 1, 2 * top - 1, *random.integers(0, 2 * top - 1, 8, np.uint64)],
        np.uint64,
    )
    whole = np.array([np.inf, -np.inf, np.nan, 1.0, -1.0])
    table = np.concatenate([bits.astype(f"u{dtype.itemsize}").view(dtype), narrow(whole, dtype)])
    return np.asarray(table[random.integers(0, len(table), shape)])


def _integers(
    shape: list[int], dtype: np.dtype[Any], kind: str, random: np.random.Generator
) -> Array:
    least, greatest = integer_range(dtype)
    match kind:
        case "zeros":
            return np.zeros(shape, dtype)
        case "ones":
            return np.ones(shape, dtype)
        case "small integers" | "ordinary":
            values = random.integers(max(least, -4), min(greatest, 5), shape, endpoint=True)
            return np.asarray(values).astype(dtype)
        case "specials":
            table = np.array([least, greatest, 0, 1, least + 1, greatest - 1], object)
            return np.asarray(table[random.integers(0, len(table), shape)], object).astype(dtype)
        case _:
            wide = np.uint64 if least == 0 else np.int64
            values = random.integers(least, greatest, shape, wide, endpoint=True)
            return np.asarray(values).astype(dtype)
