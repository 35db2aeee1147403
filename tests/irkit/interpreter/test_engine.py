"""Running functions: memory, control flow, calls, custom calls, inputs, errors."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from dialects.reader import parse_module
from irkit.interpreter import CheckError, EvaluationError, UnsupportedError, run

MEGABYTE = 1 << 20


def peak_of(text: str, inputs: list[Any]) -> int:
    module = parse_module(text)
    run(module, inputs)
    tracemalloc.start()
    try:
        run(module, inputs)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BIG = "tensor<1048576xi8>"


def test_values_are_let_go_after_their_last_use() -> None:
    """Forty megabyte-sized values, one after the other, in the memory of three."""
    lines = [f"%{i + 1} = stablehlo.add %{i}, %one : {BIG}" for i in range(40)]
    text = f"""func.func @main(%x: {BIG}) -> tensor<1xi8> {{
      %one = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i8>) -> {BIG}
      %0 = stablehlo.add %x, %one : {BIG}
      {"".join(line + chr(10) for line in lines)}
      %r = stablehlo.slice %40 [0:1] : ({BIG}) -> tensor<1xi8>
      return %r : tensor<1xi8> }}"""
    text = text.replace("{\n", "{\n%c = stablehlo.constant dense<1> : tensor<i8>\n", 1)
    values = [np.zeros(MEGABYTE, np.int8)]
    assert run(text, values)[0].tolist() == [41]
    assert peak_of(text, values) < 3.5 * MEGABYTE


def test_a_loop_does_not_hold_what_it_began_with() -> None:
    text = f"""func.func @main() -> tensor<1xi8> {{
      %i = stablehlo.constant dense<0> : tensor<i32>
      %n = stablehlo.constant dense<5> : tensor<i32>
      %k = stablehlo.constant dense<1> : tensor<i32>
      %x = stablehlo.iota dim = 0 : {BIG}
      %s = stablehlo.add %x, %x : {BIG}
      %o:2 = stablehlo.while(%a = %i, %b = %s) : tensor<i32>, {BIG}
        cond {{
          %z = stablehlo.compare LT, %a, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %z : tensor<i1>
        }} do {{
          %y = stablehlo.add %b, %b : {BIG}
          %j = stablehlo.add %a, %k : tensor<i32>
          stablehlo.return %j, %y : tensor<i32>, {BIG}
        }}
      %r = stablehlo.slice %o#1 [1:2] : ({BIG}) -> tensor<1xi8>
      return %r : tensor<1xi8> }}"""
    assert run(text)[0].tolist() == [64]
    assert peak_of(text, []) < 10.5 * MEGABYTE


def test_branches_capture_and_out_of_range_selects_the_last() -> None:
    text = """func.func @main(%i: tensor<i32>, %x: tensor<i32>) -> tensor<i32> {
      %r = "stablehlo.case"(%i) ({
          stablehlo.return %x : tensor<i32>
        }, {
          %n = stablehlo.negate %x : tensor<i32>
          stablehlo.return %n : tensor<i32>
        }) : (tensor<i32>) -> tensor<i32>
      return %r : tensor<i32> }"""
    for index, expected in ((0, 7), (1, -7), (-1, -7), (2, -7)):
        assert int(run(text, [index, 7])[0]) == expected


def test_calls_composites_and_tuples() -> None:
    text = """module {
      func.func @main(%x: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
        %0 = stablehlo.composite "my.twice" %x {decomposition = @twice}
          : (tensor<i32>) -> tensor<i32>
        %1:2 = call @both(%0, %x) : (tensor<i32>, tensor<i32>) -> (tensor<i32>, tensor<i32>)
        %2 = stablehlo.tuple %1#0, %1#1 : tuple<tensor<i32>, tensor<i32>>
        %3 = stablehlo.get_tuple_element %2[1] : (tuple<tensor<i32>, tensor<i32>>) -> tensor<i32>
        return %1#0, %3 : tensor<i32>, tensor<i32>
      }
      func.func private @twice(%x: tensor<i32>) -> tensor<i32> {
        %0 = stablehlo.add %x, %x : tensor<i32>
        return %0 : tensor<i32>
      }
      func.func private @both(%x: tensor<i32>, %y: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
        return %x, %y : tensor<i32>, tensor<i32>
      }
    }"""
    assert [int(v) for v in run(text, [5])] == [10, 5]
    assert int(run(text, [5], function="twice")[0]) == 10


CUSTOM = """func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %r = stablehlo.custom_call @double(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}"""


def test_custom_calls_are_registered() -> None:
    found = run(CUSTOM, [[1, 2]], custom_calls={"double": lambda op, values, _: values[0] * 2})
    assert found[0].tolist() == [2, 4]


def test_an_unknown_custom_call_says_what_to_do() -> None:
    with pytest.raises(UnsupportedError, match=r"<input>:2:8: .*@double.*custom_calls="):
        run(CUSTOM, [[1, 2]])


def test_a_failed_check_shows_what_differs() -> None:
    text = """func.func @main(%x: tensor<3xi32>) {
      %e = stablehlo.constant dense<[1, 2, 4]> : tensor<3xi32>
      check.expect_eq %x, %e : tensor<3xi32>
      return
    }"""
    assert run(text, [[1, 2, 4]]) == []
    with pytest.raises(CheckError, match=r"3:7.*1 of 3 elements(.|\n)*at \[2\]: 3 instead of 4"):
        run(text, [[1, 2, 3]])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "takes 1 inputs, 0 are given"),
        ([np.zeros(3, np.float32)], r"shape \[3\]"),
        ([np.zeros(2, np.float64)], "must be float32 .* got float64"),
        ([["a", "b"]], "cannot become"),
    ],
)
def test_wrong_inputs_are_told(inputs: list[Any], message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        run(CUSTOM, inputs)


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(EvaluationError, match="no @other in the module, which has @main"):
        run(CUSTOM, [], function="other")
    declared = "func.func private @main(tensor<f32>) -> tensor<f32>"
    with pytest.raises(EvaluationError, match="@main is declared and has no body"):
        run(declared, [1.0])


def test_unknown_dimensions_have_concrete_values() -> None:
    text = """func.func @main(%x: tensor<?x2xf32>) -> (tensor<?xf32>, tensor<i32>) {
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x2xf32>) -> tensor<i32>
      %two = stablehlo.constant dense<2> : tensor<i32>
      %m = stablehlo.multiply %n, %two : tensor<i32>
      %s = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
      %r = stablehlo.dynamic_reshape %x, %s : (tensor<?x2xf32>, tensor<1xi32>) -> tensor<?xf32>
      return %r, %n : tensor<?xf32>, tensor<i32>
    }"""
    flat, count = run(text, [np.arange(6, dtype=np.float32).reshape(3, 2)])
    assert flat.tolist() == [0, 1, 2, 3, 4, 5]
    assert int(count) == 3


def test_dimension_sizes_within_bounds() -> None:
    text = """func.func @main(%x: tensor<5xf32>, %n: tensor<i32>)
        -> tensor<?xf32, #stablehlo.bounds<5>> {
      %r = stablehlo.set_dimension_size %x, %n, dim = 0
        : (tensor<5xf32>, tensor<i32>) -> tensor<?xf32, #stablehlo.bounds<5>>
      return %r : tensor<?xf32, #stablehlo.bounds<5>>
    }"""
    assert run(text, [[1, 2, 3, 4, 5], 2])[0].tolist() == [1, 2]
    with pytest.raises(EvaluationError, match=r"size 6 is not in \[0, 5\]"):
        run(text, [[1, 2, 3, 4, 5], 6])


def test_external_parameters_come_from_weights() -> None:
    text = """module {
      util.global private @w = #flow.parameter.named<"model"::"layer.w"> : tensor<2xf32>
      func.func @main() -> tensor<2xf32> {
        %w = util.global.load @w : tensor<2xf32>
        %r = stablehlo.add %w, %w : tensor<2xf32>
        return %r : tensor<2xf32>
      }
    }"""
    weights = {"layer.w": np.asarray([1, 2], np.float32)}
    assert run(text, weights=weights)[0].tolist() == [2, 4]
    with pytest.raises(EvaluationError, match=r"external parameter 'layer.w'; give the weights"):
        run(text)
    with pytest.raises(EvaluationError, match=r"is float64\[2\] in the weights and tensor<2xf32>"):
        run(text, weights={"layer.w": np.zeros(2)})
    with pytest.raises(EvaluationError, match="no such tensor"):
        run(text, weights={"other": np.zeros(2)})


def test_resources_are_read() -> None:
    text = """func.func @main() -> tensor<2xf32> {
      %r = stablehlo.constant dense_resource<k> : tensor<2xf32>
      return %r : tensor<2xf32>
    }
    {-# dialect_resources: { builtin: { k: "0x040000000000803F00000040" } } #-}"""
    assert run(text)[0].tolist() == [1, 2]
