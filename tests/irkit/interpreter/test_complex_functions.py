"""Functions of complex numbers beside XLA, and beside what defines them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.irkit.interpreter.beside_xla import Array, Program, tensor
from tests.irkit.interpreter.programs import evaluate, type_of

PARTS = ("abs", "imag", "real")
FUNCTIONS = (
    "cosine",
    "exponential",
    "exponential_minus_one",
    "log",
    "log_plus_one",
    "logistic",
    "rsqrt",
    "sign",
    "sine",
    "sqrt",
    "tan",
    "tanh",
)
INF, NAN = math.inf, math.nan


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[Array, Array]]:
    random = np.random.default_rng(11)
    z, w = (part[0] + 1j * part[1] for part in random.normal(0, 2, (2, 2, 40)))
    # Close to 0, and close to where the sum with 1 is of size 1.
    near = np.asarray([1e-12, 1e-12j, 1e-9 - 1e-7j, -0.5 + 0.75j, -2 + 1e-9j, -0.02 + 0.2j])
    z[:6] = near
    inputs = {"z64": z.astype(np.complex64), "z128": z}
    inputs |= {"w64": w.astype(np.complex64), "w128": w}
    program = Program(inputs)
    for bits, part in (("64", "f32"), ("128", "f64")):
        whole = tensor(z.shape, f"complex<{part}>")
        for function in PARTS:
            program.add(
                f"{function} {bits}", f"stablehlo.{function}", f"z{bits}", tensor(z.shape, part)
            )
        for function in FUNCTIONS:
            program.add(f"{function} {bits}", f"stablehlo.{function}", f"z{bits}", whole)
        for function in ("atan2", "power"):
            program.add(f"{function} {bits}", f"stablehlo.{function}", f"w{bits} z{bits}", whole)
    return program.results()


@pytest.mark.parametrize("bits", ["64", "128"])
@pytest.mark.parametrize("function", [*PARTS, *FUNCTIONS, "atan2", "power"])
def test_a_function_is_xlas(
    function: str, bits: str, results: dict[str, tuple[Array, Array]]
) -> None:
    ours, theirs = results[f"{function} {bits}"]
    assert ours.dtype == theirs.dtype
    # The sines of XLA lose the digits of small imaginary parts.
    eps = float(np.finfo(ours.dtype).eps)
    slack = 2 * eps if function in ("sine", "cosine", "atan2") else 0
    assert np.all(np.abs(ours - theirs) <= 64 * eps * np.abs(theirs) + slack)


def of(function: str, *numbers: complex) -> Array:
    z = np.asarray(numbers, np.complex128)
    t = type_of(z)
    return evaluate(f"%r = stablehlo.{function} %a : {t}", z, result=t)


def test_the_digits_of_small_numbers_stay_in_log_plus_one() -> None:
    """Its series: ``z - z**2 / 2 + z**3 / 3``, in which a real part can be of second order."""
    found = of("log_plus_one", 1e-12, 1e-17, 1e-8j, -1e-10 + 1e-10j)
    assert found[0].real == 1e-12 - 5e-25
    assert found[1] == 1e-17
    assert found[2].real == pytest.approx(5e-17, rel=1e-12)
    assert found[3].real == pytest.approx(-1e-10 + 1e-30 / 3, rel=1e-12)
    assert np.array_equal(of("log_plus_one", -1, INF, 1e200), [-INF, INF, math.log(1e200)])


def test_the_inverse_of_an_infinite_number_is_zero() -> None:
    places = (complex(0, INF), complex(0, -INF), complex(1, INF), complex(INF, 2), complex(-INF, 1))
    assert np.array_equal(of("rsqrt", *places), np.zeros(5))
    assert np.array_equal(of("logistic", complex(-INF, 1), complex(-800, 1)), np.zeros(2))
    assert np.array_equal(of("logistic", complex(INF, 1)), [1])


def test_the_cube_root_is_the_principal_one() -> None:
    z = np.asarray([8, -8, 8j, -8j, 1 + 1j, -1 - 1e-3j], np.complex128)
    found = of("cbrt", *z)
    np.testing.assert_allclose(found, z ** (1 / 3), rtol=1e-14, atol=1e-15)
    real = np.asarray([-8, 27, -0.0, -INF], np.float32)
    t = type_of(real)
    roots = evaluate(f"%r = stablehlo.cbrt %a : {t}", real, result=t)
    assert roots.tobytes() == np.asarray([-2, 3, -0.0, -INF], np.float32).tobytes()


def test_parts_and_finiteness_of_reals() -> None:
    x = np.asarray([1.5, -0.0, INF, -INF, NAN], np.float32)
    t, u = type_of(x), type_of(x.astype(bool))
    finite = evaluate(f"%r = stablehlo.is_finite %a : ({t}) -> {u}", x, result=u)
    assert finite.tolist() == [True, True, False, False, False]
    same = evaluate(f"%r = stablehlo.real %a : ({t}) -> {t}", x, result=t)
    assert same.tobytes() == x.tobytes()
    nothing = evaluate(f"%r = stablehlo.imag %a : ({t}) -> {t}", x, result=t)
    assert nothing.tobytes() == np.zeros(5, np.float32).tobytes()
