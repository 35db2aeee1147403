"""What the solver is told that operations mean, beside what XLA computes of the same numbers."""

from __future__ import annotations

from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest

from dialects.reader import parse_module
from irkit.interpreter.engine import Program
from irkit.interpreter.numbers import as_bits, from_bits, widen
from irkit.interpreter.peers import run_peer
from irkit.types import element_type
from irkit.verify.graph.module import ModuleDigester
from irkit.verify.smt.sorts import Z, bits_of, literals
from irkit.verify.smt.symbolic import Translation
from tests.irkit.interpreter.programs import TYPES

BOOL = ("bool",)
SIGNED, UNSIGNED = ("int8", "int32"), ("uint8",)
FLOATS = ("float32", "float8_e4m3")
INTEGERS = (*SIGNED, *UNSIGNED)
TARGETS = (*BOOL, *INTEGERS, "int4", *FLOATS, "bfloat16")

LOGICAL = ("and", "or", "xor")
SHIFTS = ("shift_left", "shift_right_arithmetic", "shift_right_logical")
ANY = ("add", "multiply", "maximum", "minimum")
ROUNDED = ("abs", "ceil", "floor", "negate", "round_nearest_afz", "round_nearest_even", "sqrt")

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.5, np.inf, -np.inf, np.nan, 1e-3, 300.0]
COUNT = 16


def dtype_of(name: str) -> np.dtype:
    return np.dtype(getattr(np, name, None) or getattr(ml_dtypes, name))


def values_of(name: str, seed: int) -> np.ndarray:
    """Corner cases in some order, then random numbers."""
    generator, dtype = np.random.default_rng(seed), dtype_of(name)
    if name == "bool":
        return generator.integers(0, 2, COUNT).astype(dtype)
    if name in INTEGERS:
        limits = np.iinfo(dtype)
        corners = [0, 1, 2, limits.min, limits.max, limits.max - 1, limits.bits, limits.bits - 1]
        rest = generator.integers(limits.min, limits.max, COUNT - 8, dtype, endpoint=True)
        return generator.permutation(np.concatenate([np.asarray(corners, dtype), rest]))
    numbers = np.concatenate([SPECIAL, generator.normal(0, 3, COUNT - len(SPECIAL))])
    return generator.permutation(numbers).astype(dtype)


def tensor(name: str) -> str:
    return f"tensor<{COUNT}x{TYPES[name]}>"


def operations() -> Iterator[tuple[str, str, str]]:
    """A label, the text after ``%r =`` of ``%<dtype>_a`` and ``%<dtype>_b``, and its type."""
    for name in (*BOOL, *INTEGERS, *FLOATS):
        a, b, t, truth = f"%{name}_a", f"%{name}_b", tensor(name), tensor("bool")
        binary, unary = [*ANY], ["not"]
        if name in FLOATS:
            binary, unary = [*ANY, "subtract", "divide"], [*ROUNDED]
        elif name == "bool":
            binary += LOGICAL
        else:
            binary += ["subtract", "divide", "remainder", *LOGICAL, *SHIFTS]
            unary += ["negate", "sign", "abs"] if name in SIGNED else ["negate"]
        for op in binary:
            yield f"{op} {name}", f"stablehlo.{op} {a}, {b} : {t}", t
        for op in unary:
            yield f"{op} {name}", f"stablehlo.{op} {a} : {t}", t
        if name in FLOATS:
            yield f"is_finite {name}", f"stablehlo.is_finite {a} : ({t}) -> {truth}", truth
        for direction in ("EQ", "NE", "LT", "LE", "GT", "GE"):
            yield (
                f"{direction} {name}",
                f"stablehlo.compare {direction}, {a}, {b} : ({t}, {t}) -> {truth}",
                truth,
            )
        yield f"select {name}", f"stablehlo.select %bool_a, {a}, {b} : {truth}, {t}", t
        if name != "bool":
            low, high = f"%{name}_low", f"%{name}_high"
            yield f"clamp {name}", f"stablehlo.clamp {low}, {a}, {high} : {t}", t
        for target in TARGETS:
            # What is out of an integer's range may become anything.
            if name in FLOATS and target in (*INTEGERS, "int4"):
                continue
            text = f"stablehlo.convert {a} : ({t}) -> {tensor(target)}"
            yield f"{name} to {target}", text, tensor(target)


def left_open(label: str, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Where the specification does not say what an operation gives."""
    op, name = label.split(" ")[0], label.split(" ")[-1]
    if op not in ("divide", "remainder") or name not in INTEGERS:
        return np.zeros(COUNT, np.bool)
    a, b = (inputs[f"{name}_{which}"].astype(np.int64) for which in "ab")
    return (b == 0) | ((b == -1) & (a == np.iinfo(name).min))


@pytest.fixture(scope="module")
def inputs() -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for number, name in enumerate((*BOOL, *INTEGERS, *FLOATS)):
        a, b = values_of(name, 2 * number), values_of(name, 2 * number + 1)
        found |= {f"{name}_a": a, f"{name}_b": b}
        if name != "bool":
            found |= {f"{name}_low": np.full_like(a, 1), f"{name}_high": np.full_like(a, 3)}
    return found


@pytest.fixture(scope="module")
def results(inputs: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each operation's result as terms, and as XLA has it."""
    rows = list(operations())
    arguments = ", ".join(f"%{name}: {tensor(name.rsplit('_', 1)[0])}" for name in inputs)
    types = ", ".join(type_ for _, _, type_ in rows)
    lines = "\n".join(f"%r{i} = {text}" for i, (_, text, _) in enumerate(rows))
    returned = ", ".join(f"%r{i}" for i in range(len(rows)))
    text = f"func.func @main({arguments}) -> ({types}) {{\n{lines}\nreturn {returned} : {types}\n}}"
    theirs = run_peer("jax", text, list(inputs.values()))
    parsed = parse_module(text.encode(), "main.mlir")
    program = Program(parsed.module)
    given = [literals(array, element_type(TYPES[array.dtype.name])) for array in inputs.values()]
    terms = Translation(program, ModuleDigester(parsed.module).attributes).call("main", given)
    return {row[0]: pair for row, pair in zip(rows, zip(terms, theirs, strict=True), strict=True)}


@pytest.mark.parametrize("label", [label for label, _, _ in operations()])
def test_as_xla(
    label: str,
    inputs: dict[str, np.ndarray],
    results: dict[str, tuple[np.ndarray, np.ndarray]],
) -> None:
    terms, theirs = results[label]
    unknown = left_open(label, inputs)
    simple = [Z.simplify(term) for term in terms]
    is_value = [Z.is_bv_value(term) or Z.is_fp_value(term) for term in simple]
    assert is_value == [not here for here in unknown]
    element = element_type(TYPES[theirs.dtype.name])
    numbers = [
        0 if here else bits_of(term, element) for term, here in zip(simple, unknown, strict=True)
    ]
    unsigned = np.array(numbers, np.uint64).astype(f"u{theirs.dtype.itemsize}")
    ours = from_bits(unsigned, theirs.dtype)
    nan = np.isnan(widen(theirs))
    assert np.array_equal(np.isnan(widen(ours)), nan)
    wrong = (as_bits(ours) != as_bits(theirs)) & ~nan & ~unknown
    assert not wrong.any(), (ours[wrong], theirs[wrong])
