"""CHLO's constants and ``top_k``, beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_newer, check_right, check_wrong, rows_without
from programs import ops_of, our_refusals, our_text, program, upstream_refusal, upstream_text

from dialects.attribute_text import attribute_text
from dialects.chlo.constant import ConstantLikeOp, ConstantOp
from dialects.chlo.top_k import TopKOp


def test_constants_have_no_name_of_their_own() -> None:
    lines = [
        "chlo.constant dense<1> : tensor<2xi32>",
        "chlo.constant {a} dense<[1.5, 0x7F800000]> : tensor<2xf32>",
        "chlo.constant dense<true> : tensor<i1>",
        "chlo.constant dense<(1.0, 2.0)> : tensor<complex<f64>>",
    ]
    body = "".join(f"  %r{i} = {line}\n" for i, line in enumerate(lines))
    check_right(f"func.func @f() {{\n{body}  return\n}}\n")


def test_a_constant_may_be_a_resource() -> None:
    text = program((), "chlo.constant dense_resource<w> : tensor<2xi32>")
    text += '{-# dialect_resources: { builtin: { w: "0x040000000100000002000000" } } #-}\n'
    assert our_text(text) == upstream_text(text)


@pytest.mark.parametrize(
    ("value", "element"),
    [
        ("3.2 : f32", "f32"),
        ("true", "i1"),
        ("7 : i64", "i64"),
        ("-1 : i8", "i8"),
        ("1.0 : bf16", "bf16"),
        ("#complex.number<:f32 1.0, 2.0> : complex<f32>", "complex<f32>"),
    ],
)
def test_one_number_in_the_shape_of_an_operand(value: str, element: str) -> None:
    for shape in ("1x2", "?x2", "*"):
        check_right(_like(value, f"tensor<{shape}x{element}>", f"tensor<{shape}xi64>"))


T = "tensor<2xi64>"


def test_a_rank_may_be_known_of_one_side_only() -> None:
    """Upstream asks more of functions of one tensor."""
    check_right(_like("3.2 : f32", "tensor<2xf32>", "tensor<*xi64>"), exact=False)
    check_right(_like("3.2 : f32", "tensor<*xf32>", "tensor<2xi64>"), exact=False)


def _constant(value: str, result: str) -> str:
    return program((), f'"chlo.constant"() {{value = {value}}} : () -> {result}')


def _like(value: str, result: str, operand: str = T) -> str:
    return program(
        [operand], f'"chlo.constant_like"(%0) {{value = {value}}} : ({operand}) -> {result}'
    )


def _top(operand: str, k: str, results: str) -> str:
    return program([operand], f"chlo.top_k(%0, k = {k}) : {operand} -> ({results})", 2)


WRONG = [
    ("chlo.constant", "O1", _constant("dense<1> : tensor<2xi32>", "tensor<2xindex>")),
    ("chlo.constant", "O1", _constant("dense<1> : tensor<2xi32>", "tensor<?xi32>")),
    ("chlo.constant", "C1", _constant("dense<1> : tensor<2xi32>", "tensor<3xi32>")),
    ("chlo.constant", "C1", _constant("dense<1> : tensor<2xi32>", "tensor<2xi64>")),
    ("chlo.constant_like", "operand", _like("1 : i64", "tensor<2xi64>", "tensor<2xindex>")),
    ("chlo.constant_like", "value", _like('"one"', T)),
    ("chlo.constant_like", "value", _like("dense<1> : tensor<2xi64>", T)),
    ("chlo.constant_like", "result", _like("1 : i64", "tensor<2xindex>")),
    ("chlo.constant_like", "elements", _like("3.2 : f32", "tensor<2xf64>")),
    ("chlo.constant_like", "shape", _like("3.2 : f32", "tensor<3xf32>")),
    ("chlo.top_k", "operand", _top("tensor<4xindex>", "2", "tensor<2xindex>, tensor<2xi32>")),
    ("chlo.top_k", "rank", _top("tensor<f32>", "1", "tensor<1xf32>, tensor<1xi32>")),
    ("chlo.top_k", "k", _top("tensor<4xf32>", "-1", "tensor<2xf32>, tensor<2xi32>")),
    ("chlo.top_k", "last", _top("tensor<4xf32>", "5", "tensor<5xf32>, tensor<5xi32>")),
    ("chlo.top_k", "values", _top("tensor<4xf32>", "2", "tensor<2xindex>, tensor<2xi32>")),
    ("chlo.top_k", "indices", _top("tensor<4xf32>", "2", "tensor<2xf32>, tensor<2xindex>")),
    ("chlo.top_k", "inference", _top("tensor<4xf32>", "2", "tensor<2xf32>, tensor<2xi64>")),
    ("chlo.top_k", "inference", _top("tensor<4xf32>", "2", "tensor<3xf32>, tensor<2xi32>")),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG)
def test_a_wrong_program_is_refused(op: str, id: str, text: str) -> None:
    check_wrong(op, id, text)


def test_every_row_has_a_wrong_program() -> None:
    """But for quantized constants, which jaxlib does not know."""
    missing = rows_without((ConstantLikeOp, ConstantOp, TopKOp), [(op, id) for op, id, _ in WRONG])
    assert missing == {"chlo.constant types"}


def test_a_constant_has_the_type_of_its_elements() -> None:
    """``stablehlo.constant`` may be quantized, with elements of the storage's type."""
    quantized = "tensor<2x!quant.uniform<i8:f32, 1.0>>"
    (message,) = our_refusals(_constant("dense<1> : tensor<2xi8>", quantized))
    assert message.startswith("chlo.constant: (types) ")
    check_newer([_constant("dense<1> : tensor<2xi8>", quantized)])


@pytest.mark.parametrize("shape", ["16", "16x16", "?x16x16", "*"])
def test_the_largest_elements(shape: str) -> None:
    kept = shape if shape == "*" else shape[:-2] + "8"
    text = _top(f"tensor<{shape}xf32>", "8", f"tensor<{kept}xf32>, tensor<{kept}xi32>")
    check_right(text)


def test_bounds_of_the_largest_elements() -> None:
    operand = "tensor<?x?xf32, #stablehlo.bounds<4, 16>>"
    kept = "tensor<?x8x{}, #stablehlo.bounds<4, ?>>"
    text = _top(operand, "8", f"{kept.format('f32')}, {kept.format('i32')}")
    check_right(text)
    (op,) = ops_of(text)
    found = TopKOp.infer(op.operand_types, op.properties)
    assert [*map(attribute_text, found)] == [kept.format("f32"), kept.format("i32")]


def test_results_are_named_one_by_one() -> None:
    t, op = (
        "tensor<4xf32>",
        "chlo.top_k(%0, k = 2) : tensor<4xf32> -> (tensor<2xf32>, tensor<2xi32>)",
    )
    check_right(f"func.func @f(%0: {t}) {{\n  %a:2 = {op}\n  %b, %c = {op}\n  return\n}}\n")


def test_whether_equal_elements_keep_their_order() -> None:
    """Jaxlib does not know this property yet."""
    t, results = "tensor<4xf32>", "tensor<2xf32>, tensor<2xi32>"
    generic = f'"chlo.top_k"(%0) {{k = 2 : i64, is_stable = {{}}, a = 1}} : ({t}) -> ({results})'
    check_newer(
        [
            program([t], f"chlo.top_k(%0, k = 2, is_stable = false) : {t} -> ({results})", 2),
            program([t], f"chlo.top_k(%0, k = 2, is_stable = true) : {t} -> ({results})", 2),
            program([t], generic.replace("{}", "false"), 2),
            program([t], generic.replace("{}", "true"), 2),
            program([t], generic.replace("{}", "1 : i32"), 2),
        ]
    )


@pytest.mark.parametrize("k", ["8 : i64", "2.0", "true", "%0"])
def test_wrong_syntax_is_refused(k: str) -> None:
    text = _top("tensor<4xf32>", k, "tensor<2xf32>, tensor<2xi32>")
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
