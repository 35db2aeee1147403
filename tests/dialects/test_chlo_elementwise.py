"""CHLO's functions of one and of two tensors of one shape, beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_right, check_wrong, rows_without
from programs import our_refusals, program, several, upstream_refusal

from dialects.chlo.registry import OPERATIONS

FLOAT = ("f32", "bf16", "f8E4M3FN")
COMPLEX = ("complex<f32>", "complex<f64>")
UNARY = {
    "_asin_acos_kernel": COMPLEX,
    "acos": FLOAT + COMPLEX,
    "acosh": FLOAT + COMPLEX,
    "asin": FLOAT + COMPLEX,
    "asinh": FLOAT + COMPLEX,
    "atan": FLOAT + COMPLEX,
    "atanh": FLOAT + COMPLEX,
    "bessel_i1e": FLOAT + COMPLEX,
    "conj": FLOAT + COMPLEX,
    "cosh": FLOAT + COMPLEX,
    "digamma": FLOAT,
    "erf": FLOAT,
    "erf_inv": FLOAT,
    "erfc": FLOAT,
    "is_inf": FLOAT,
    "is_neg_inf": FLOAT,
    "is_pos_inf": FLOAT,
    "lgamma": FLOAT,
    "sinh": FLOAT + COMPLEX,
    "square": FLOAT + COMPLEX,
    "tan": FLOAT + COMPLEX,
}
BINARY = {
    "mulhi": ("i8", "ui32", "i64"),
    "next_after": FLOAT,
    "polygamma": FLOAT,
    "zeta": FLOAT,
}
SHAPES = ("2x3", "", "?x3", "*")


def _tensor(shape: str, element: str) -> str:
    return f"tensor<{shape}{'x' if shape else ''}{element}>"


def _result(name: str, element: str) -> str:
    return "i1" if name.startswith("is_") else element


@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_tensor(name: str) -> None:
    cases = [
        ([operand], f"chlo.{name} %0 : {operand} -> {_tensor(shape, _result(name, element))}")
        for element in UNARY[name]
        for shape in SHAPES
        for operand in [_tensor(shape, element)]
    ]
    check_right(several(cases))


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_tensors(name: str) -> None:
    shapes = SHAPES[:-1] if name == "mulhi" else SHAPES
    types = [_tensor(shape, element) for element in BINARY[name] for shape in shapes]
    check_right(several([([t, t], f"chlo.{name} %0, %1 : {t}, {t} -> {t}") for t in types]))


def test_attributes_stand_before_the_types() -> None:
    t = "tensor<2xf32>"
    check_right(program([t], f'chlo.tan %0 {{b = 1 : i32, a = "x", c}} : {t} -> {t}'))
    check_right(program([t, t], f"chlo.zeta %0, %1 {{c}} : {t}, {t} -> {t}"))


def test_what_is_known_of_a_shape_may_differ() -> None:
    known, unknown = "tensor<2x3xf32>", "tensor<?x3xf32>"
    check_right(program([known], f"chlo.erf %0 : {known} -> {unknown}"))
    check_right(program([unknown], f"chlo.is_inf %0 : {unknown} -> tensor<2x3xi1>"))
    check_right(program([known, unknown], f"chlo.zeta %0, %1 : {known}, {unknown} -> {known}"))
    # Upstream asks that both have a rank or neither, of one operand only.
    check_right(
        program([known, "tensor<*xf32>"], f"chlo.zeta %0, %1 : {known}, tensor<*xf32> -> {known}")
    )


def _wrong_unary(name: str) -> list[tuple[str, str, str]]:
    good = UNARY[name][0]
    t, r = f"tensor<2x{good}>", f"tensor<2x{_result(name, good)}>"
    other = "tensor<2xf64>" if good != "complex<f32>" else "tensor<2xcomplex<f64>>"
    last = "result" if name.startswith("is_") else "types"
    return [
        (
            f"chlo.{name}",
            "operand",
            program(["tensor<2xi32>"], f"chlo.{name} %0 : tensor<2xi32> -> tensor<2xi32>"),
        ),
        (
            f"chlo.{name}",
            "shape",
            program([t], f"chlo.{name} %0 : {t} -> {r.replace('<2x', '<3x')}"),
        ),
        (
            f"chlo.{name}",
            "shape",
            program([t], f"chlo.{name} %0 : {t} -> {r.replace('<2x', '<*x')}"),
        ),
        (f"chlo.{name}", last, program([t], f"chlo.{name} %0 : {t} -> {other}")),
    ]


def _wrong_binary(name: str) -> list[tuple[str, str, str]]:
    good = f"tensor<2x{BINARY[name][0]}>"
    bad = "tensor<2xi1>"
    other = good.replace("<2x", "<3x")

    def one(lhs: str, rhs: str, result: str) -> str:
        return program([lhs, rhs], f"chlo.{name} %0, %1 : {lhs}, {rhs} -> {result}")

    return [
        (f"chlo.{name}", "lhs", one(bad, good, good)),
        (f"chlo.{name}", "rhs", one(good, bad, good)),
        (f"chlo.{name}", "types", one(good, other, good)),
        (f"chlo.{name}", "types", one(good, good, other)),
        (f"chlo.{name}", "types", one(good, good, "tensor<2xf64>")),
        *([("chlo.mulhi", "result", one(good, good, "tensor<*xi8>"))] if name == "mulhi" else ()),
    ]


WRONG = [
    *(case for name in UNARY for case in _wrong_unary(name)),
    *(case for name in BINARY for case in _wrong_binary(name)),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG)
def test_a_wrong_program_is_refused(op: str, id: str, text: str) -> None:
    check_wrong(op, id, text)


def test_every_row_has_a_wrong_program() -> None:
    names = {f"chlo.{name}" for name in (*UNARY, *BINARY)}
    classes = [cls for cls in OPERATIONS if cls.name in names]
    assert len(classes) == len(names)
    assert rows_without(classes, [(op, id) for op, id, _ in WRONG]) == set()


@pytest.mark.parametrize(
    "op",
    ["chlo.tan %0 : tensor<2xf32>", "chlo.tan %0, %0 : tensor<2xf32> -> tensor<2xf32>"],
)
def test_wrong_syntax_is_refused(op: str) -> None:
    text = program(["tensor<2xf32>"], op)
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
