"""CHLO's operations that broadcast their operands, beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_newer, check_right, check_wrong, rows_without
from programs import ops_of, our_refusals, program, several, upstream_refusal

from dialects.attribute_text import attribute_text
from dialects.chlo.registry import OPERATIONS
from dialects.chlo.select import BroadcastSelectOp

ANY = ("f32", "i8", "complex<f64>")
BITS = ("i1", "ui8", "i64")
BINARY = {
    "broadcast_add": ANY,
    "broadcast_and": BITS,
    "broadcast_atan2": ANY,
    "broadcast_compare": ANY,
    "broadcast_complex": ("f32", "f64"),
    "broadcast_divide": ANY,
    "broadcast_maximum": ANY,
    "broadcast_minimum": ANY,
    "broadcast_multiply": ANY,
    "broadcast_next_after": ANY,
    "broadcast_or": BITS,
    "broadcast_polygamma": ANY,
    "broadcast_power": ANY,
    "broadcast_remainder": ANY,
    "broadcast_shift_left": ANY,
    "broadcast_shift_right_arithmetic": ANY,
    "broadcast_shift_right_logical": ANY,
    "broadcast_subtract": ANY,
    "broadcast_xor": BITS,
    "broadcast_zeta": ("f32", "bf16"),
}
DIRECTION = "comparison_direction = #chlo<comparison_direction LT>"


def _element(name: str, element: str) -> str:
    """The element type of the result."""
    kinds = {"broadcast_compare": "i1", "broadcast_complex": f"complex<{element}>"}
    return kinds.get(name, element)


def _op(name: str, lhs: str, rhs: str, result: str, dictionary: str = "") -> str:
    entries = [DIRECTION] if name == "broadcast_compare" else []
    entries = [dictionary, *entries] if dictionary else entries
    shown = f" {{{', '.join(entries)}}}" if entries else ""
    return f"chlo.{name} %0, %1{shown} : ({lhs}, {rhs}) -> {result}"


@pytest.mark.parametrize("name", BINARY)
def test_operands_are_broadcast(name: str) -> None:
    cases = [
        ([lhs, rhs], _op(name, lhs, rhs, f"tensor<2x3x{_element(name, element)}>"))
        for element in BINARY[name]
        for lhs, rhs in [
            (f"tensor<2x3x{element}>", f"tensor<2x3x{element}>"),
            (f"tensor<2x1x{element}>", f"tensor<3x{element}>"),
            (f"tensor<{element}>", f"tensor<2x3x{element}>"),
        ]
    ]
    check_right(several(cases))


def test_dimensions_are_named() -> None:
    small, large = "tensor<2xf32>", "tensor<2x3xf32>"
    along = "broadcast_dimensions = array<i64: 0>"
    check_right(program([small, large], _op("broadcast_add", small, large, large, along)))
    check_right(program([large, small], _op("broadcast_add", large, small, large, along)))
    check_right(
        program(
            [large, large],
            f"chlo.broadcast_compare %0, %1 {{{along[:-2]}0, 1>, "
            f"compare_type = #chlo<comparison_type TOTALORDER>, {DIRECTION}}} : "
            f"({large}, {large}) -> tensor<2x3xi1>",
        )
    )


@pytest.mark.parametrize(
    ("lhs", "rhs", "result", "dictionary"),
    [
        # Shapes that do not fit are left to the lowering.
        ("2", "3", "5", ""),
        ("2", "3", "2x2", ""),
        ("2", "1", "?", ""),
        ("2", "1", "*", ""),
        ("*", "1", "7", ""),
        ("1", "?", "7", ""),
        ("2", "2x3", "2x3", "broadcast_dimensions = array<i64: 1>"),
        ("2", "2x3", "2x3", "broadcast_dimensions = array<i64: 2>"),
        ("2", "2x3", "2x3", "broadcast_dimensions = array<i64: 0, 1>"),
        ("3x2", "2x3", "2x3", "broadcast_dimensions = array<i64: 1, 0>"),
        ("1", "?x3", "?x3", "broadcast_dimensions = array<i64: 0>"),
    ],
)
def test_what_is_not_decided_is_accepted(lhs: str, rhs: str, result: str, dictionary: str) -> None:
    types = [f"tensor<{shape}xf32>" for shape in (lhs, rhs)]
    op = _op("broadcast_add", *types, f"tensor<{result}xf32>", dictionary)
    check_right(program(types, op), exact=False)


INFERRED = [
    ("?", "?x3", "?x3"),
    ("0", "?x1", "?x0"),
    ("5", "?", "5"),
    ("1", "?", "?"),
    ("2", "3", "*"),
    ("2x1", "3", "2x3"),
    ("0", "1", "0"),
    ("?, #stablehlo.bounds<10>", "", "?, #stablehlo.bounds<10>"),
    ("?, #stablehlo.bounds<10>", "?, #stablehlo.bounds<10>", "?, #stablehlo.bounds<10>"),
    ("?, #stablehlo.bounds<10>", "?, #stablehlo.bounds<5>", "*"),
    ("?, #stablehlo.bounds<10>", "10", "*"),
    ("?, #stablehlo.bounds<10>", "1", "?, #stablehlo.bounds<10>"),
    ("?, #stablehlo.bounds<1>", "5", "5"),
    ("?, #stablehlo.bounds<10>", "?", "?"),
]


def test_the_type_is_inferred() -> None:
    """A declared type that the inferred one excludes is refused, by upstream as well."""
    texts: list[str] = []
    for lhs, rhs, inferred in INFERRED:
        types = [_tensor(lhs), _tensor(rhs)]
        results = [_tensor(shape) for shape in (inferred, "0", "1", "5", "10", "11", "2x3")]
        programs = [program(types, _op("broadcast_add", *types, result)) for result in results]
        (op,) = ops_of(programs[0])
        found = BINARY_CLASSES["chlo.broadcast_add"].infer(op.operand_types, op.properties)
        assert [*map(attribute_text, found)] == [results[0]]
        texts += programs
    assert 0 < sum(bool(our_refusals(text)) for text in texts) < len(texts)
    check_newer(texts)


def _tensor(shape: str) -> str:
    dims, comma, encoding = shape.partition(",")
    return f"tensor<{dims}{'x' if dims else ''}f32{comma}{encoding}>"


BINARY_CLASSES = {cls.name: cls for cls in OPERATIONS if cls.name[5:] in BINARY}


def _wrong(name: str) -> list[tuple[str, str, str]]:
    good = f"tensor<2x{BINARY[name][0]}>"
    result = f"tensor<2x{_element(name, BINARY[name][0])}>"
    bad, other = "tensor<2xindex>", f"tensor<2x{BINARY[name][1]}>"

    def one(lhs: str, rhs: str, result: str) -> str:
        return program([lhs, rhs], _op(name, lhs, rhs, result))

    return [
        (f"chlo.{name}", "lhs", one(bad, good, result)),
        (f"chlo.{name}", "rhs", one(good, bad, result)),
        (f"chlo.{name}", "elements", one(good, other, result)),
        (f"chlo.{name}", "result", one(good, good, bad)),
        (f"chlo.{name}", "inference", one(good, good, result.replace("<2x", "<3x"))),
    ]


P, T = "tensor<2xi1>", "tensor<2xf32>"


def _select(pred: str, on_true: str, on_false: str, result: str) -> str:
    types = (pred, on_true, on_false)
    return program(types, f"chlo.broadcast_select %0, %1, %2 : ({', '.join(types)}) -> {result}")


WRONG = [
    *(case for name in BINARY for case in _wrong(name)),
    ("chlo.broadcast_select", "pred", _select(T, T, T, T)),
    ("chlo.broadcast_select", "pred", _select("tensor<*xi1>", T, T, T)),
    ("chlo.broadcast_select", "on_true", _select(P, "tensor<2xindex>", T, T)),
    ("chlo.broadcast_select", "on_false", _select(P, T, "tensor<2xindex>", T)),
    ("chlo.broadcast_select", "elements", _select(P, T, "tensor<2xf64>", T)),
    ("chlo.broadcast_select", "result", _select(P, T, T, "tensor<2xindex>")),
    ("chlo.broadcast_select", "inference", _select(P, T, "tensor<1xf32>", "tensor<3xf32>")),
]


@pytest.mark.parametrize(("op", "id", "text"), WRONG)
def test_a_wrong_program_is_refused(op: str, id: str, text: str) -> None:
    check_wrong(op, id, text)


def test_every_row_has_a_wrong_program() -> None:
    classes = [*BINARY_CLASSES.values(), BroadcastSelectOp]
    assert len(classes) == len(BINARY) + 1
    assert rows_without(classes, [(op, id) for op, id, _ in WRONG]) == set()


def test_a_choice_is_broadcast() -> None:
    check_right(_select(P, T, "tensor<1xf32>", T))
    check_right(_select("tensor<i1>", T, "tensor<3x1xf32>", "tensor<3x2xf32>"))
    check_right(_select("tensor<3xi1>", T, "tensor<*xf32>", "tensor<5xf32>"))


def test_the_element_type_of_a_choice_is_not_compared() -> None:
    """As upstream leaves it."""
    text = _select(P, T, T, "tensor<2xi32>")
    assert our_refusals(text) == []
    assert upstream_refusal(text) is None


@pytest.mark.parametrize(
    "dictionary",
    [
        "",
        " {comparison_direction = #stablehlo<comparison_direction LT>}",
        " {broadcast_dimensions = 1}",
    ],
)
def test_attributes_are_asked_for(dictionary: str) -> None:
    text = program([T, T], f"chlo.broadcast_compare %0, %1{dictionary} : ({T}, {T}) -> {P}")
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
