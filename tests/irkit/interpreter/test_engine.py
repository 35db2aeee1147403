"""Running functions: memory, control flow, calls, custom calls, inputs, errors."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

from dialects.reader import parse_module
from irkit.interpreter import TOKEN, CheckError, EvaluationError, UnsupportedError, run
from irkit.interpreter.registry import implements
from irkit.interpreter.values import array

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


def test_without_a_text_there_is_no_place() -> None:
    with pytest.raises(UnsupportedError, match=r"^stablehlo\.custom_call: no function is regist"):
        run(parse_module(CUSTOM).module, [[1, 2]])


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


@pytest.mark.parametrize("declared", ["tensor<7x5xi64>", "tensor<?x5xi64>"])
def test_dimensions_that_are_computed_are_those_of_the_type(declared: str) -> None:
    text = f"""func.func @main(%x: tensor<2xi64>) -> {declared} {{
      %0 = stablehlo.dynamic_iota %x, dim = 0 : (tensor<2xi64>) -> {declared}
      return %0 : {declared}
    }}"""
    assert run(text, [np.array([7, 5])])[0].shape == (7, 5)
    with pytest.raises(
        EvaluationError, match=r"2:12: .*dynamic_iota: result 0 has the shape \[6, 7\], the type is"
    ):
        run(text, [np.array([6, 7])])


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


def test_globals_hold_their_initial_values() -> None:
    text = """util.global private @w = dense<1.5> : tensor<2xf32>
    func.func @main() -> tensor<2xf32> {
      %w = util.global.load @w : tensor<2xf32>
      return %w : tensor<2xf32>
    }"""
    assert run(text)[0].tolist() == [1.5, 1.5]
    with pytest.raises(EvaluationError, match=r"3:12: .* @w has no initial value"):
        run(text.replace(" = dense<1.5>", ""))
    as_integers = (
        text.replace("@w : tensor<2xf32>", "@w : tensor<2xi32>")
        .replace("-> tensor<2xf32>", "-> tensor<2xi32>")
        .replace("return %w : tensor<2xf32>", "return %w : tensor<2xi32>")
    )
    with pytest.raises(EvaluationError, match=r"3:12: .* @w is tensor<2xf32>, loaded as tens"):
        run(as_integers)
    with pytest.raises(EvaluationError, match=r"^@w is a util.global, not a function$"):
        run(text, function="w")
    with pytest.raises(
        EvaluationError, match=r"3:12: .*func.call: @w is a util.global, not a func"
    ):
        run(text.replace("util.global.load @w :", "call @w() : () ->"))


RESOURCE = """func.func @main() -> tensor<2xf32> {
  %r = stablehlo.constant dense_resource<k> : tensor<2xf32>
  return %r : tensor<2xf32>
}
{-# dialect_resources: { builtin: { k: "0x040000000000803F00000040" } } #-}"""


def test_resources_are_read() -> None:
    assert run(RESOURCE)[0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("found", "other", "message"),
    [
        ("k: ", "j: ", "the module has no resource k"),
        ("00000040", "", "the resource k has 4 bytes, tensor<2xf32> needs 8"),
        ("00000040", "0000004000000040", "the resource k has 12 bytes"),
    ],
)
def test_a_resource_is_there_as_a_whole(found: str, other: str, message: str) -> None:
    """One element does not stand for all, as it does in ``dense<"0x...">``."""
    with pytest.raises(EvaluationError, match=f"2:8: error: stablehlo.constant: {message}"):
        run(RESOURCE.replace(found, other))


def test_an_operation_beside_the_functions_is_none_of_them() -> None:
    constant = "stablehlo.constant dense<1.0> : tensor<f32>\n"
    assert run(constant + RESOURCE)[0].tolist() == [1, 2]


IF = """func.func @main(%p: tensor<i1>, %x: tensor<f32>) -> tensor<f32> {
  %r = "stablehlo.if"(%p) ({
    %y = BODY
    stablehlo.return %y : tensor<f32>
  }, {
    stablehlo.return %x : tensor<f32>
  }) : (tensor<i1>) -> tensor<f32>
  return %r : tensor<f32>
}"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("stablehlo.custom_call @f() : () -> tensor<f32>", r"3:10: .*custom_call: .* @f; there"),
        (
            "call @main(%p, %x) : (tensor<i1>, tensor<f32>) -> tensor<f32>",
            r"[23]:\d+: .* too deeply",
        ),
        ("call @main(%x) : (tensor<f32>) -> tensor<f32>", r"1:1: .*: 1 values for 2 arguments"),
        ("tensor.empty() : tensor<f32>", "3:10: .*: tensor.empty cannot be evaluated"),
    ],
)
def test_the_innermost_operation_is_at_fault(body: str, message: str) -> None:
    text = IF.replace("BODY", body)
    with pytest.raises(EvaluationError, match=message):
        run(text, [True, 1.0])


def test_a_block_without_operations_is_an_error() -> None:
    text = '"func.func"() <{sym_name = "main", function_type = () -> ()}> ({\n^bb0:\n}) : () -> ()'
    with pytest.raises(UnsupportedError, match=r"1:1: .*func.func: a block has no terminator"):
        run(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "0 values for 1 results"),
        ([np.zeros(2, np.float32)] * 2, "2 values for 1 results"),
        (np.zeros(3, np.float32), r"@double has the shape \[3\], the type is tensor<2xf32>"),
        (np.zeros(2), "@double must be float32 for tensor<2xf32>, got float64"),
        ("no", "@double cannot become tensor<2xf32>"),
    ],
)
def test_a_custom_call_gives_what_its_type_says(given: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=f"2:8: error: stablehlo.custom_call: .*{message}"):
        run(CUSTOM, [[1, 2]], custom_calls={"double": lambda *_: given})


def test_a_custom_call_may_give_python_numbers() -> None:
    (found,) = run(CUSTOM, [[1, 2]], custom_calls={"double": lambda *_: [[3, 4]]})
    assert isinstance(found, np.ndarray)
    assert (found.dtype, found.tolist()) == (np.float32, [3, 4])


def test_a_custom_call_may_pass_on_a_token() -> None:
    text = """func.func @main(%t: !stablehlo.token) -> !stablehlo.token {
      %r = stablehlo.custom_call @same(%t) : (!stablehlo.token) -> !stablehlo.token
      return %r : !stablehlo.token
    }"""
    assert run(text, [TOKEN], custom_calls={"same": lambda op, values, _: values[0]}) == [TOKEN]


def test_an_error_goes_to_another_process_without_its_module() -> None:
    with pytest.raises(UnsupportedError) as caught:
        run(CUSTOM, [[1, 2]])
    assert caught.value.operation is not None
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.operation) == (UnsupportedError, str(caught.value), None)


def test_an_operation_has_one_function() -> None:
    with pytest.raises(ValueError, match=r"stablehlo\.add has two functions"):
        implements("stablehlo.add")(lambda *_: None)


def test_a_token_is_no_array() -> None:
    with pytest.raises(TypeError, match="expected an array, got token"):
        array(TOKEN)


TUPLE = """func.func @main(%x: tuple<tensor<f32>, !stablehlo.token>) -> tensor<f32> {
  %r = stablehlo.get_tuple_element %x[0] : (tuple<tensor<f32>, !stablehlo.token>) -> tensor<f32>
  return %r : tensor<f32>
}"""


def test_tuples_and_tokens_are_inputs() -> None:
    assert float(run(TUPLE, [(2.5, TOKEN)])[0]) == 2.5
    for wrong in (2.5, [2.5, TOKEN], (2.5,), (2.5, TOKEN, TOKEN)):
        with pytest.raises(EvaluationError, match="input 0 of @main must be a tuple of 2 values"):
            run(TUPLE, [wrong])
    with pytest.raises(EvaluationError, match=r"is a !stablehlo.token, which cannot be given"):
        run(TUPLE, [(2.5, 1)])


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        ("index", 1, "is a index, which cannot be given"),
        ("tensor<2xi17>", [1, 2], "is a tensor<2xi17>: numpy has no type for elements of .* i17"),
        ("tensor<?x2xf32, #stablehlo.bounds<3, ?>>", np.zeros((3, 2), np.float32), ""),
        ("tensor<?x2xf32, #stablehlo.bounds<3, ?>>", np.zeros((4, 2), np.float32), "past the bou"),
        ("tensor<?x2xf32, #stablehlo.bounds<3, ?>>", np.zeros((3, 1), np.float32), "the type is"),
    ],
)
def test_inputs_fit_their_types(type_: str, value: Any, message: str) -> None:
    text = f"func.func @main(%x: {type_}) {{\n  return\n}}"
    if not message:
        assert run(text, [value]) == []
        return
    with pytest.raises(EvaluationError, match=f"input 0 of @main .*{message}"):
        run(text, [value])
