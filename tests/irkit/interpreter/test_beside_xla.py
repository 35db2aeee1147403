"""One program of many operations, its results beside those of XLA on the same inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from irkit.interpreter import run
from irkit.interpreter.closeness import ulp_distance
from irkit.interpreter.peers import run_peer
from tests.irkit.interpreter.programs import TYPES

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
DTYPES: dict[str, Any] = {
    name: np.dtype(getattr(np, name, None) or getattr(ml_dtypes, name))
    for name in ("bool", *INTEGERS, *FLOATS, *COMPLEX, "float8_e4m3fn", "int4", "uint4")
}
ULPS = {"float16": 1, "bfloat16": 1, "float32": 8, "float64": 16, "complex64": 32}
"""What XLA's own approximations of transcendental functions may be away."""

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.5, np.inf, -np.inf, np.nan, 1e-3, 700.0]
COUNT = 32


def values_of(name: str, seed: int) -> np.ndarray:
    """Corner cases, then random numbers."""
    generator, dtype = np.random.default_rng(seed), DTYPES[name]
    if name in INTEGERS:
        limits = np.iinfo(dtype)
        numbers = [0, 1, 2, 3, limits.min, limits.max, limits.max - 1, limits.bits]
        rest = generator.integers(limits.min, limits.max, COUNT - 8, dtype, endpoint=True)
        values = np.concatenate([np.asarray(numbers, dtype), rest])
        return generator.permutation(values)
    if name in COMPLEX:
        parts = generator.normal(0, 2, (2, COUNT))
        return (parts[0] + 1j * parts[1]).astype(dtype)
    numbers = np.concatenate([SPECIAL, generator.normal(0, 3, COUNT - len(SPECIAL))])
    return generator.permutation(numbers).astype(dtype)


def tensor(name: str) -> str:
    return f"tensor<{COUNT}x{TYPES[name]}>"


BITWISE = ("and", "or", "xor", "shift_left", "shift_right_arithmetic", "shift_right_logical")
ARITHMETIC = ("add", "subtract", "multiply", "divide", "maximum", "minimum")
TRANSCENDENTAL = (
    "cosine",
    "exponential",
    "exponential_minus_one",
    "log",
    "log_plus_one",
    "logistic",
    "rsqrt",
    "sine",
    "sqrt",
    "tanh",
)
EXACT = ("abs", "ceil", "floor", "negate", "round_nearest_afz", "round_nearest_even", "sign")


def operations() -> Iterator[tuple[str, str, str]]:
    """A label, the text after ``%r =`` of ``%<dtype>_a`` and ``%<dtype>_b``, and its type."""
    for name in (*INTEGERS, *FLOATS, *COMPLEX):
        a, b, t = f"%{name}_a", f"%{name}_b", tensor(name)
        binary = [*ARITHMETIC]
        if name in COMPLEX:
            binary = ["add", "subtract", "multiply", "divide"]
        if name in INTEGERS:
            binary += [*BITWISE, "remainder"]
        if name in FLOATS:
            binary += ["remainder"]
        for op in binary:
            yield f"{op} {name}", f"stablehlo.{op} {a}, {b} : {t}", t
        if name in FLOATS:
            for op in (*EXACT, *TRANSCENDENTAL):
                yield f"{op} {name}", f"stablehlo.{op} {a} : {t}", t
        if name in INTEGERS:
            for op in ("popcnt", "count_leading_zeros", "not", "negate"):
                yield f"{op} {name}", f"stablehlo.{op} {a} : {t}", t
        if name not in COMPLEX:
            for direction in ("EQ", "NE", "LT", "LE", "GT", "GE"):
                kinds = ("FLOAT", "TOTALORDER") if name in FLOATS else ("SIGNED",)
                if name.startswith("u"):
                    kinds = ("UNSIGNED",)
                for kind in kinds:
                    text = f"stablehlo.compare {direction}, {a}, {b}, {kind}"
                    result = tensor("bool")
                    yield f"{direction} {kind} {name}", f"{text} : ({t}, {t}) -> {result}", result
    for source in (*INTEGERS, *FLOATS):
        for target in DTYPES:
            # XLA converts what is out of range to what the processor does.
            if source in FLOATS and target in (*INTEGERS, "int4", "uint4"):
                continue
            t, u = tensor(source), tensor(target)
            yield f"{source} to {target}", f"stablehlo.convert %{source}_a : ({t}) -> {u}", u
    for exponent, mantissa in ((5, 10), (8, 7), (4, 3), (5, 2), (8, 23), (3, 12)):
        t = tensor("float32")
        text = f"stablehlo.reduce_precision %float32_a, format = e{exponent}m{mantissa} : {t}"
        yield f"reduce_precision e{exponent}m{mantissa}", text, t


def limit(label: str) -> int:
    """How many units in the last place the results may be apart."""
    op, name = label.split(" ")[0], label.split(" ")[-1]
    if op in TRANSCENDENTAL:
        return ULPS[name]
    return ULPS["complex64"] if name in COMPLEX else 0


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each operation's result here and there."""
    names = [*INTEGERS, *FLOATS, *COMPLEX]
    inputs = [values_of(name, 2 * i + j) for i, name in enumerate(names) for j in (0, 1)]
    arguments = ", ".join(f"%{name}_{x}: {tensor(name)}" for name in names for x in "ab")
    rows = list(operations())
    types = ", ".join(type_ for _, _, type_ in rows)
    lines = "\n".join(f"%r{i} = {text}" for i, (_, text, _) in enumerate(rows))
    returned = ", ".join(f"%r{i}" for i in range(len(rows)))
    text = f"func.func @main({arguments}) -> ({types}) {{\n{lines}\nreturn {returned} : {types}\n}}"
    ours, theirs = run(text, inputs), run_peer("jax", text, inputs)
    return {row[0]: pair for row, pair in zip(rows, zip(ours, theirs, strict=True), strict=True)}


@pytest.mark.parametrize("label", [label for label, _, _ in operations()])
def test_as_xla(label: str, results: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    ours, theirs = results[label]
    assert ours.dtype == theirs.dtype
    apart = ulp_distance(ours, theirs)
    worst = int(np.argmax(apart))
    assert int(apart[worst]) <= limit(label), (ours[worst], theirs[worst])
