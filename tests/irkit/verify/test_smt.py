"""Tier 5: proofs, counterexamples that the interpreter confirms, and what stays undecided."""

from __future__ import annotations

from pathlib import Path

import pytest

from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers.smt import judge
from irkit.verify.verdict import Finding, Verdict


def judged(folder: Path, left: str, right: str) -> Finding:
    files = folder / "a.mlir", folder / "b.mlir"
    for file, text in zip(files, (left, right), strict=True):
        file.write_text(text)
    return judge(Pair(*files), Options(seconds=30))


def main(body: str, type_: str, result: str | None = None) -> str:
    """``op a, b`` a line, each named ``%0``, ``%1``, ... and of the type, unless it says more."""
    lines: list[str] = []
    for number, line in enumerate(body.strip().splitlines()):
        typed = line if " : " in line else f"{line} : {type_}"
        lines.append(f"%{number} = stablehlo.{typed.strip()}")
    last = result or type_
    return (
        f"func.func @main(%x: {type_}, %y: {type_}) -> {last} {{\n"
        + "\n".join(lines)
        + f"\nreturn %{len(lines) - 1} : {last}\n}}"
    )


INT, BYTE, F16, F32 = "tensor<2xi32>", "tensor<i8>", "tensor<2xf16>", "tensor<f32>"

EQUAL = {
    "x + x = 2x": (INT, "add %x, %x", "constant dense<2>\nmultiply %x, %0"),
    "x & y = ~(~x | ~y)": (INT, "and %x, %y", "not %x\nnot %y\nor %0, %1\nnot %2"),
    "x - y = -(y - x)": (INT, "subtract %x, %y", "subtract %y, %x\nnegate %0"),
    "max(x, y) by compare": (
        INT,
        "maximum %x, %y",
        "compare GT, %x, %y, SIGNED : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi1>\n"
        "select %0, %x, %y : tensor<2xi1>, tensor<2xi32>",
    ),
    "(x + y) * (x - y) = x*x - y*y": (
        BYTE,
        "add %x, %y\nsubtract %x, %y\nmultiply %0, %1",
        "multiply %x, %x\nmultiply %y, %y\nsubtract %0, %1",
    ),
    "x + y = y + x for floats": (F16, "add %x, %y", "add %y, %x"),
    "unknown functions of equal operands": (
        F32,
        "add %x, %y\nexponential %0",
        "add %y, %x\nexponential %0",
    ),
    "what is moved": (
        INT,
        "reverse %x, dims = [0]\nadd %0, %y",
        "reverse %y, dims = [0]\nadd %0, %x\nreverse %1, dims = [0]",
    ),
}

DIFFERENT = {
    "abs is no identity": (INT, "abs %x", "add %x, %0".replace("%0", "%y")),
    "rounding once and twice": (
        F16,
        "add %x, %y\nadd %0, %y",
        "add %y, %y\nadd %x, %0",
    ),
    "x + 0 is not x": (F32, "constant dense<0.0>\nadd %x, %0", "negate %x\nnegate %0"),
    "x / x is not 1": (F32, "divide %x, %x", "constant dense<1.0>"),
    "shifts past the width": (
        BYTE,
        "shift_left %x, %y",
        "constant dense<7>\nand %y, %0\nshift_left %x, %1",
    ),
    "one number in 2^32": (
        "tensor<i32>",
        "constant dense<123456789>\ncompare EQ, %x, %0, SIGNED : (tensor<i32>, tensor<i32>) -> "
        "tensor<i1>\nselect %1, %y, %x : tensor<i1>, tensor<i32>",
        "constant dense<0>\nadd %x, %0",
    ),
}


@pytest.mark.parametrize("what", EQUAL)
def test_a_proof(tmp_path: Path, what: str) -> None:
    type_, left, right = EQUAL[what]
    found = judged(tmp_path, main(left, type_), main(right, type_))
    assert found.verdict is Verdict.EQUAL, found.summary


@pytest.mark.parametrize("what", DIFFERENT)
def test_a_counterexample(tmp_path: Path, what: str) -> None:
    type_, left, right = DIFFERENT[what]
    found = judged(tmp_path, main(left, type_), main(right, type_))
    assert found.verdict is Verdict.DIFFERENT, found.summary
    assert "for the inputs" in found.summary


@pytest.mark.parametrize(
    ("type_", "left", "right", "why"),
    [
        (F32, "exponential %x\nlog %0", "negate %x\nnegate %0", "none for the interpreter"),
        ("tensor<?xf32>", "negate %x", "abs %x", "no tensor of known shape"),
        ("tensor<2xcomplex<f32>>", "negate %x", "negate %y", "no translation"),
        ("tensor<1000xf32>", "negate %x", "abs %x", "more than 512"),
    ],
)
def test_what_stays_undecided(tmp_path: Path, type_: str, left: str, right: str, why: str) -> None:
    found = judged(tmp_path, main(left, type_), main(right, type_))
    assert found.verdict is not Verdict.EQUAL
    if found.verdict is Verdict.UNDECIDED:
        assert why in found.summary


def conditional(first: str, second: str) -> str:
    return (
        "func.func @main(%p: tensor<i1>, %x: tensor<i32>) -> tensor<i32> {\n"
        f'%0 = "stablehlo.if"(%p) ({{\nstablehlo.return {first} : tensor<i32>\n}}, {{\n'
        f"%c = stablehlo.negate %x : tensor<i32>\nstablehlo.return {second} : tensor<i32>\n}}) : "
        "(tensor<i1>) -> tensor<i32>\nreturn %0 : tensor<i32>\n}"
    )


def test_branches(tmp_path: Path) -> None:
    selected = (
        "func.func @main(%p: tensor<i1>, %x: tensor<i32>) -> tensor<i32> {\n"
        "%c = stablehlo.negate %x : tensor<i32>\n"
        "%0 = stablehlo.select %p, %x, %c : tensor<i1>, tensor<i32>\nreturn %0 : tensor<i32>\n}"
    )
    assert judged(tmp_path, conditional("%x", "%c"), selected).verdict is Verdict.EQUAL
    assert judged(tmp_path, conditional("%x", "%x"), selected).verdict is Verdict.DIFFERENT


def reduction(type_: str, op: str) -> str:
    return (
        f"func.func @main(%x: tensor<4x{type_}>, %s: tensor<{type_}>) -> tensor<{type_}> {{\n"
        f"%0 = stablehlo.reduce(%x init: %s) applies stablehlo.{op} across dimensions = [0] : "
        f"(tensor<4x{type_}>, tensor<{type_}>) -> tensor<{type_}>\nreturn %0 : tensor<{type_}>\n}}"
    )


def reversed_first(text: str, type_: str) -> str:
    turned = f"%t = stablehlo.reverse %x, dims = [0] : tensor<4x{type_}>\n%0 = "
    return text.replace("%0 = ", turned, 1).replace("reduce(%x", "reduce(%t")


def test_reductions(tmp_path: Path) -> None:
    whole = reduction("i8", "add")
    assert judged(tmp_path, whole, reversed_first(whole, "i8")).verdict is Verdict.EQUAL
    assert judged(tmp_path, whole, reduction("i8", "maximum")).verdict is Verdict.DIFFERENT
    # The order of a reduction is open, so floating-point ones are known only as functions.
    real = reduction("f16", "add")
    assert judged(tmp_path, real, real).verdict is Verdict.EQUAL
    assert judged(tmp_path, real, reversed_first(real, "f16")).verdict is not Verdict.EQUAL


def test_effects_are_not_translated(tmp_path: Path) -> None:
    text = (
        "func.func @main(%x: tensor<f32>) -> tensor<f32> {\n"
        "stablehlo.custom_call @f(%x) {has_side_effect = true} : (tensor<f32>) -> ()\n"
        "return %x : tensor<f32>\n}"
    )
    found = judged(tmp_path, text, text)
    assert found.verdict is Verdict.UNDECIDED
    assert "effects" in found.summary


def test_calls_are_followed(tmp_path: Path) -> None:
    t = "tensor<2xi32>"
    called = (
        f"func.func private @twice(%x: {t}) -> {t} {{\n%0 = stablehlo.add %x, %x : {t}\n"
        f"return %0 : {t}\n}}\n"
        f"func.func @main(%x: {t}, %y: {t}) -> {t} {{\n"
        f"%0 = func.call @twice(%x) : ({t}) -> {t}\n%1 = func.call @twice(%0) : ({t}) -> {t}\n"
        f"return %1 : {t}\n}}"
    )
    for number, verdict in ((4, Verdict.EQUAL), (3, Verdict.DIFFERENT)):
        inline = main(f"constant dense<{number}>\nmultiply %x, %0", INT)
        assert judged(tmp_path, called, inline).verdict is verdict


CASE = """
func.func @main(%i: tensor<i32>, %x: tensor<i8>, %y: tensor<i8>) -> tensor<i8> {{
%z = stablehlo.add %x, %y : tensor<i8>
%0 = "stablehlo.case"(%i) ({{
stablehlo.return {} : tensor<i8>
}}, {{
stablehlo.return {} : tensor<i8>
}}, {{
stablehlo.return {} : tensor<i8>
}}) : (tensor<i32>) -> tensor<i8>
return %0 : tensor<i8>
}}
"""
SELECTED = """
func.func @main(%i: tensor<i32>, %x: tensor<i8>, %y: tensor<i8>) -> tensor<i8> {
%0 = stablehlo.constant dense<0> : tensor<i32>
%1 = stablehlo.constant dense<1> : tensor<i32>
%2 = stablehlo.compare EQ, %i, %0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
%3 = stablehlo.compare EQ, %i, %1 : (tensor<i32>, tensor<i32>) -> tensor<i1>
%4 = stablehlo.add %x, %y : tensor<i8>
%5 = stablehlo.select %3, %y, %4 : tensor<i1>, tensor<i8>
%6 = stablehlo.select %2, %x, %5 : tensor<i1>, tensor<i8>
return %6 : tensor<i8>
}
"""


@pytest.mark.parametrize(
    ("branches", "verdict"),
    [("xyz", Verdict.EQUAL), ("yxz", Verdict.DIFFERENT), ("zyx", Verdict.DIFFERENT)],
)
def test_the_last_of_the_cases_is_for_all_other_numbers(
    tmp_path: Path, branches: str, verdict: Verdict
) -> None:
    text = CASE.format(*(f"%{name}" for name in branches))
    assert judged(tmp_path, text, SELECTED).verdict is verdict


LOOP = """
func.func @main(%x: tensor<i32>, %y: tensor<i32>) -> tensor<i32> {{
%zero = stablehlo.constant dense<0> : tensor<i32>
%one = stablehlo.constant dense<1> : tensor<i32>
%three = stablehlo.constant dense<3> : tensor<i32>
%step = stablehlo.add {} : tensor<i32>
%0:2 = stablehlo.while(%i = %zero, %v = %x) : tensor<i32>, tensor<i32>
cond {{
%p = stablehlo.compare LT, %i, %three, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.return %p : tensor<i1>
}} do {{
%j = stablehlo.add %i, %one : tensor<i32>
%w = stablehlo.add %v, {} : tensor<i32>
stablehlo.return %j, %w : tensor<i32>, tensor<i32>
}}
return %0#1 : tensor<i32>
}}
"""


def test_a_loop_is_a_function_of_what_it_reads(tmp_path: Path) -> None:
    loop = LOOP.format("%x, %y", "%step")
    assert judged(tmp_path, loop, LOOP.format("%y, %x", "%step")).verdict is Verdict.EQUAL
    for other in (LOOP.format("%x, %y", "%y"), LOOP.format("%x, %one", "%step")):
        assert judged(tmp_path, loop, other).verdict is Verdict.DIFFERENT


def test_indices_are_numbers(tmp_path: Path) -> None:
    t = "tensor<2xindex>"
    texts = [
        f"func.func @main(%x: {t}, %y: {t}) -> {t} {{\nreturn {name} : {t}\n}}"
        for name in ("%x", "%y")
    ]
    assert judged(tmp_path, texts[0], texts[0]).verdict is Verdict.EQUAL
    assert judged(tmp_path, *texts).verdict is Verdict.DIFFERENT


def test_functions_without_results_are_equal(tmp_path: Path) -> None:
    text = "func.func @main(%x: tensor<f32>) {\n%0 = stablehlo.{} %x : tensor<f32>\nreturn\n}"
    found = judged(tmp_path, text.replace("{}", "abs"), text.replace("{}", "negate"))
    assert found.verdict is Verdict.EQUAL
    assert "any of 0 outputs" in found.summary


def test_what_reads_too_much_is_not_translated(tmp_path: Path) -> None:
    t = "tensor<20x20xf32>"
    product = "dot_general {}, contracting_dims = [1] x [0] : " + f"({t}, {t}) -> {t}"
    left, right = (main(product.format(order), t) for order in ("%x, %y", "%y, %x"))
    found = judged(tmp_path, left, right)
    assert found.verdict is Verdict.UNDECIDED
    assert "stablehlo.dot_general reads more than 512 elements" in found.summary


def test_the_solver_may_give_up(tmp_path: Path) -> None:
    """Whether a number of 62 bits has two factors of 32."""
    factors = (
        "constant dense<4611685975477714963>\nconstant dense<4294967295>\nand %x, %1\nand %y, %1\n"
        "multiply %2, %3\ncompare EQ, %4, %0, SIGNED : (tensor<i64>, tensor<i64>) -> tensor<i1>"
    )
    never = "constant dense<false> : tensor<i1>"
    files = tmp_path / "a.mlir", tmp_path / "b.mlir"
    for file, body in zip(files, (factors, never), strict=True):
        file.write_text(main(body, "tensor<i64>", "tensor<i1>"))
    found = judge(Pair(*files), Options(seconds=0.001))
    assert found.verdict is Verdict.UNDECIDED
    assert "output 0 of @main: the solver gave up" in found.summary


@pytest.mark.parametrize(("sizes", "result"), [("2x0", "2x"), ("0x3", "0x"), ("0x0", "0x")])
def test_a_sum_of_no_elements_is_its_initial_value(tmp_path: Path, sizes: str, result: str) -> None:
    t, u = f"tensor<{sizes}xi32>", f"tensor<{result}i32>"
    text = (
        f"func.func @main(%x: {t}) -> {u} {{\n"
        "%c = stablehlo.constant dense<0> : tensor<i32>\n"
        "%0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1] : "
        f"({t}, tensor<i32>) -> {u}\nreturn %0 : {u}\n}}"
    )
    zeros = (
        f"func.func @main(%x: {t}) -> {u} {{\n%c = stablehlo.constant dense<0> : {u}\n"
        f"return %c : {u}\n}}"
    )
    assert judged(tmp_path, text, zeros).verdict is Verdict.EQUAL
