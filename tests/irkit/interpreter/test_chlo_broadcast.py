"""The operations of ``chlo`` that broadcast their operands, beside XLA and numpy."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from irkit.interpreter import EvaluationError, UnsupportedError, run
from tests.irkit.interpreter.beside_xla import Array, Program, assert_close, tensor
from tests.irkit.interpreter.one_operation import numbers
from tests.irkit.interpreter.programs import TYPES, evaluate, type_of

ARITHMETIC = ("add", "divide", "maximum", "minimum", "multiply", "power", "subtract")
BITS = ("and", "or", "xor")
SHIFTS = ("shift_left", "shift_right_arithmetic", "shift_right_logical")
REAL = (*ARITHMETIC, "atan2", "remainder", "next_after")
FUNCTIONS = {
    "float32": REAL,
    "float64": (*REAL, "polygamma", "zeta"),
    "bfloat16": ("add", "divide", "maximum", "minimum", "multiply", "subtract", "next_after"),
    "int32": (*ARITHMETIC, *BITS, *SHIFTS, "remainder"),
    "uint8": (*ARITHMETIC, *BITS, *SHIFTS, "remainder"),
    "bool": ("add", "maximum", "minimum", "multiply", *BITS),
    "complex64": ("add", "divide", "multiply", "subtract"),
}
"""What is tried on each type."""
DIRECTIONS = ("EQ", "NE", "GE", "GT", "LE", "LT")


def operand(name: str, shape: tuple[int, ...], seed: int) -> Array:
    dtype = np.dtype(getattr(np, name, None) or getattr(ml_dtypes, name))
    random = np.random.default_rng(seed)
    if name == "bfloat16":
        return numbers(random, shape, np.float32).astype(dtype)
    found = numbers(random, shape, dtype)
    if dtype.kind == "f":
        # The second argument of zeta is positive, and so are the bases of powers.
        found = np.abs(found) + dtype.type(0.5)
    return found % dtype.type(9) if dtype.kind in "iu" else found


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[Array, Array]]:
    inputs = {f"{name}_a": operand(name, (3, 1), 2 * i) for i, name in enumerate(FUNCTIONS)}
    inputs |= {f"{name}_b": operand(name, (2, 1, 4), 2 * i + 1) for i, name in enumerate(FUNCTIONS)}
    program = Program(inputs)
    shape = (2, 3, 4)
    for name, functions in FUNCTIONS.items():
        both = f"{name}_a {name}_b"
        for function in functions:
            label = f"chlo.broadcast_{function}"
            program.add(f"{function} {name}", label, both, tensor(shape, TYPES[name]))
        chosen = f"bool_a {name}_a {name}_b"
        result = tensor(shape, TYPES[name])
        program.add(f"select {name}", "chlo.broadcast_select", chosen, result)
        for direction in DIRECTIONS if name != "complex64" else ("EQ", "NE"):
            properties = f"<{{comparison_direction = #chlo<comparison_direction {direction}>}}>"
            compare = f"chlo.broadcast_compare {properties}"
            program.add(f"{direction} {name}", compare, both, tensor(shape, "i1"))
    total = (
        "chlo.broadcast_compare <{comparison_direction = #chlo<comparison_direction LT>, "
        "compare_type = #chlo<comparison_type TOTALORDER>}>"
    )
    program.add("TOTALORDER float32", total, "float32_a float32_b", tensor(shape, "i1"))
    for kind, parts in (("f32", "float32_a float32_b"), ("f64", "float64_a float64_b")):
        result = tensor(shape, f"complex<{kind}>")
        program.add(f"complex {kind}", "chlo.broadcast_complex", parts, result)
    return program.results()


def labels() -> list[str]:
    found = [f"{function} {name}" for name, listed in FUNCTIONS.items() for function in listed]
    return [*found, *(f"select {name}" for name in FUNCTIONS)]


@pytest.mark.parametrize("label", labels())
def test_what_is_broadcast_is_xlas(label: str, results: dict[str, tuple[Array, Array]]) -> None:
    ours, theirs = results[label]
    if ours.dtype.kind in "iub":
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    elif ours.dtype.kind == "c":
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    else:
        assert_close(ours, theirs, 64)


def test_comparisons_and_complex_numbers_are_xlas(results: dict[str, tuple[Array, Array]]) -> None:
    for label in set(results) - set(labels()):
        ours, theirs = results[label]
        assert ours.dtype == theirs.dtype, label
        np.testing.assert_array_equal(ours, theirs, label)


# -- broadcast_dimensions ----------------------------------------------------------------------


def along(dims: str, a: Array, b: Array, result: tuple[int, ...]) -> Array:
    type_ = tensor(result, "i32")
    text = f"%r = chlo.broadcast_subtract %a, %b {{broadcast_dimensions = array<i64{dims}>}} : "
    return evaluate(f"{text}({type_of(a)}, {type_of(b)}) -> {type_}", a, b, result=type_)


def counting(*shape: int) -> Array:
    return np.arange(int(np.prod(shape)), dtype=np.int32).reshape(shape)


def test_the_smaller_operand_has_its_dimensions_where_they_are_said_to_be() -> None:
    """As numpy does it with axes in these places; XLA takes the last dimensions alone."""
    small, large = counting(2, 3), counting(2, 4, 3) * 10
    assert np.array_equal(along(": 0, 2", small, large, (2, 4, 3)), small[:, None, :] - large)
    assert np.array_equal(along(": 0, 2", large, small, (2, 4, 3)), large - small[:, None, :])
    turned = counting(3, 4, 2) * 10
    expected = small.T[:, None, :] - turned
    assert np.array_equal(along(": 2, 0", small, turned, (3, 4, 2)), expected)
    assert np.array_equal(along(": 1, 0", small, counting(3, 2), (3, 2)), small.T - counting(3, 2))
    assert np.array_equal(along("", np.asarray(5, np.int32), small, (2, 3)), 5 - small)
    one = counting(1, 3)
    assert np.array_equal(along(": 0, 2", one, large, (2, 4, 3)), one[:, None, :] - large)


def test_a_dimension_that_is_taken_twice_is_an_error() -> None:
    with pytest.raises(EvaluationError, match="broadcast_subtract: has no meaning"):
        along(": 1, 1", counting(3, 3), counting(2, 3, 4), (2, 3, 4))


# -- elements ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "element", "stands_for"),
    [
        ("subtract", "i1", "stablehlo.subtract"),
        ("divide", "i1", "stablehlo.divide"),
        ("power", "i1", "stablehlo.power"),
        ("atan2", "i32", "stablehlo.atan2"),
        ("shift_left", "complex<f64>", "stablehlo.shift_left"),
        ("shift_right_logical", "f32", "stablehlo.shift_right_logical"),
        ("shift_right_arithmetic", "bf16", "stablehlo.shift_right_arithmetic"),
        ("next_after", "complex<f64>", "chlo.next_after"),
        ("next_after", "i32", "chlo.next_after"),
        ("polygamma", "complex<f32>", "chlo.polygamma"),
    ],
)
def test_what_is_not_defined_on_the_elements_is_refused(
    function: str, element: str, stands_for: str
) -> None:
    """Such programs are valid; that they mean nothing shows when they are lowered."""
    t = f"tensor<{element}>"
    text = f"""func.func @main(%x: {t}) -> {t} {{
      %r = chlo.broadcast_{function} %x, %x : ({t}, {t}) -> {t}
      return %r : {t}
    }}"""
    with pytest.raises(UnsupportedError) as caught:
        run(text, [_one(element)])
    line = str(caught.value).splitlines()[0]
    assert line.startswith(f"<input>:2:12: error: chlo.broadcast_{function}: it stands for ")
    assert stands_for in line
    assert t in line


def _one(element: str) -> Any:
    names = {text: name for name, text in TYPES.items()}
    name = names[element]
    return np.ones((), np.dtype(getattr(np, name, None) or getattr(ml_dtypes, name)))
