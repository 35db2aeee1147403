"""Operations that show values while a program runs, and those of ``check`` that compare them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irkit.interpreter import CheckError, EvaluationError, run
from tests.irkit.interpreter.programs import type_of

T = "tensor<2xf32>"


def check(body: str, *inputs: Any) -> None:
    """Runs a body without results, in which ``%a``, ``%b``, ... are inputs."""
    arrays = [np.asarray(value) for value in inputs]
    names = "abcdefgh"[: len(arrays)]
    arguments = ", ".join(f"%{n}: {type_of(v)}" for n, v in zip(names, arrays, strict=True))
    assert run(f"func.func @main({arguments}) {{\n{body}\nreturn\n}}", arrays) == []


def fails(body: str, message: str, *inputs: Any) -> None:
    with pytest.raises(CheckError, match=message):
        check(body, *inputs)


# -- print -------------------------------------------------------------------------------------


def test_what_is_printed_has_the_name_it_is_written_with() -> None:
    text = """func.func @main(%x: tensor<2xi32>, %p: tensor<i1>) -> tensor<2xi32> {
      %y = stablehlo.add %x, %x : tensor<2xi32>
      %r = "stablehlo.if"(%p) ({
        %z = stablehlo.negate %y : tensor<2xi32>
        interpreter.print %z : tensor<2xi32>
        stablehlo.return %z : tensor<2xi32>
      }, {
        interpreter.print %x : tensor<2xi32>
        stablehlo.return %x : tensor<2xi32>
      }) : (tensor<i1>) -> tensor<2xi32>
      interpreter.print %p : tensor<i1>
      return %r : tensor<2xi32>
    }"""
    written: list[str] = []
    run(text, [[1, 2], True], write=written.append)
    assert written == ["%2 = tensor<2xi32> {\n  [-2, -4]\n}\n", "%arg1 = tensor<i1> {true}\n"]
    written.clear()
    run(text, [[1, 2], False], write=written.append)
    assert written[0] == "%arg0 = tensor<2xi32> {\n  [1, 2]\n}\n"


def test_it_is_printed_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    check("interpreter.print %a : tensor<2x0xf32>", np.zeros((2, 0), np.float32))
    assert capsys.readouterr().out == "%arg0 = tensor<2x0xf32> {\n  [\n    [],\n    []\n  ]\n}\n"


# -- probes ------------------------------------------------------------------------------------

LOOP = """func.func @main(%n: tensor<i32>, %w: tensor<i32>) -> tensor<i32> {
  %k = stablehlo.constant dense<3> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %r = "stablehlo.while"(%n) ({
  ^bb0(%i: tensor<i32>):
    %go = stablehlo.compare LT, %i, %k : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %go : tensor<i1>
  }, {
  ^bb0(%i: tensor<i32>):
    %p = interpreter.probe %i, probe_id = "turn" : tensor<i32>
    %j = stablehlo.add %p, %one : tensor<i32>
    stablehlo.return %j : tensor<i32>
  }) : (tensor<i32>) -> tensor<i32>
  check.expect_serialized_eq %w, probe_id = "turn", iter = 1 : tensor<i32>
  return %r : tensor<i32>
}"""


def test_a_probe_keeps_what_passes_in_each_turn() -> None:
    zero, one, two = (np.asarray(n, np.int32) for n in range(3))
    assert run(LOOP, [zero, one])[0] == 3
    with pytest.raises(CheckError, match=r"14:3: .*: 1 of 1 elements .* at \[\]: 1 instead of 2"):
        run(LOOP, [zero, two])
    with pytest.raises(CheckError, match=r"14:3: .*: the probe 'turn' was passed 1 times"):
        run(LOOP, [two, one])
    with pytest.raises(CheckError, match="the probe 'other' was passed 0 times"):
        run(LOOP.replace('probe_id = "turn", iter = 1', 'probe_id = "other"'), [zero, one])


# -- check -------------------------------------------------------------------------------------


def test_equal_numbers() -> None:
    x, y = np.float32([1, -0.0]), np.float32([1, 0.0])
    check(f"check.expect_eq %a, %b : {T}", x, y)
    check(f"check.expect_eq_const %a, dense<[1.0, 0.0]> : {T}", x)
    one = r"2:1: .*expect_eq: 1 of 2 elements are not equal .* at \[0\]: nan instead of nan"
    fails(f"check.expect_eq %a, %a : {T}", one, np.float32([np.nan, 1]))
    two = r"2:1: .*expect_eq_const: 2 of 2 elements are not equal"
    fails(f"check.expect_eq_const %a, dense<[2.0, 1.0]> : {T}", two, x)


def test_almost_equal_numbers() -> None:
    x, near = np.float32([1, np.nan]), np.float32([1.00005, np.nan])
    check(f"check.expect_almost_eq %a, %b : {T}", x, near)
    check(f"check.expect_almost_eq_const %a, dense<[1.00005, 0x7FC00000]> : {T}", x)
    narrow = f"check.expect_almost_eq %a, %b, tolerance = 1.0e-6 : {T}"
    fails(narrow, "expect_almost_eq: 1 of 2 elements are not within 1e-06", x, near)
    far = f"check.expect_almost_eq_const %a, dense<[1.1, 0x7FC00000]> : {T}"
    fails(far, "expect_almost_eq_const: 1 of 2 elements are not within 0.0001", x)
    check(f"{far}, tolerance = 2.0e-1", x)


def test_close_numbers() -> None:
    x = np.float32([1, 2])
    after = np.nextafter(x, np.float32(9))
    close = "check.expect_close %a, %b, max_ulp_difference = "
    check(f"{close}1 : {T}, {T}", x, after)
    fails(f"{close}0 : {T}, {T}", "expect_close: 2 of 2 elements are not 0 to 0 ULP", x, after)
    check(f"{close}2, min_ulp_difference = 1 : {T}, {T}", x, after)
    fails(f"{close}2, min_ulp_difference = 1 : {T}, {T}", "not 1 to 2 ULP", x, x)


def test_a_symbol_that_is_no_global_is_not_loaded() -> None:
    text = """func.func @main() -> tensor<f32> {
      %r = util.global.load @main : tensor<f32>
      return %r : tensor<f32>
    }"""
    with pytest.raises(EvaluationError, match=r"2:12: .*load: @main is a func.func, not a util.gl"):
        run(text)
