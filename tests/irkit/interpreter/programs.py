"""Short ways to run a piece of a program."""

from __future__ import annotations

from typing import Any

import numpy as np

from irkit.interpreter import run

TYPES = {
    "bool": "i1",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "ui8",
    "uint16": "ui16",
    "uint32": "ui32",
    "uint64": "ui64",
    "int4": "i4",
    "uint4": "ui4",
    "int2": "i2",
    "uint2": "ui2",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "float4_e2m1fn": "f4E2M1FN",
    "float6_e2m3fn": "f6E2M3FN",
    "float6_e3m2fn": "f6E3M2FN",
    "float8_e3m4": "f8E3M4",
    "float8_e4m3": "f8E4M3",
    "float8_e4m3b11fnuz": "f8E4M3B11FNUZ",
    "float8_e4m3fn": "f8E4M3FN",
    "float8_e4m3fnuz": "f8E4M3FNUZ",
    "float8_e5m2": "f8E5M2",
    "float8_e5m2fnuz": "f8E5M2FNUZ",
    "float8_e8m0fnu": "f8E8M0FNU",
    "complex64": "complex<f32>",
    "complex128": "complex<f64>",
}


def type_of(values: np.ndarray) -> str:
    dims = "".join(f"{dim}x" for dim in values.shape)
    return f"tensor<{dims}{TYPES[values.dtype.name]}>"


def evaluate(body: str, *inputs: Any, result: str, **options: Any) -> Any:
    """What ``%r`` of type ``result`` is after the body, in which ``%a``, ``%b``, ... are inputs."""
    arrays = [np.asarray(value) for value in inputs]
    names = "abcdefgh"[: len(arrays)]
    arguments = ", ".join(f"%{n}: {type_of(v)}" for n, v in zip(names, arrays, strict=True))
    text = f"func.func @main({arguments}) -> {result} {{\n{body}\nreturn %r : {result}\n}}"
    return run(text, arrays, **options)[0]


def binary(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """An operation of two operands and a result of one type."""
    type_ = type_of(x)
    return evaluate(f"%r = stablehlo.{name} %a, %b : {type_}", x, y, result=type_)


def unary(name: str, x: np.ndarray) -> np.ndarray:
    """An operation of one operand and a result of its type."""
    type_ = type_of(x)
    return evaluate(f"%r = stablehlo.{name} %a : {type_}", x, result=type_)
