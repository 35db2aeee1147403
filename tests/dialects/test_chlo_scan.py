"""``chlo.scan`` beside upstream."""

from __future__ import annotations

import pytest
from other_dialects import check_right, check_wrong, rows_without
from programs import our_refusals, program, upstream_refusal

from dialects.chlo.scan import ScanOp

SLICE, WHOLE = "tensor<3xf32>", "tensor<2x3xf32>"
BODY = f"""{{
  ^bb0(%x: {SLICE}, %c: {SLICE}):
    %s = stablehlo.add %x, %c : {SLICE}
    stablehlo.return %s, %s : {SLICE}, {SLICE}
  }}"""


def scan(
    head: str = "(%0) inits (%1) dimension = 0",
    body: str = BODY,
    types: str = f"({WHOLE}, {SLICE}) -> ({WHOLE}, {SLICE})",
    arguments: tuple[str, ...] = (WHOLE, SLICE),
    results: int = 2,
) -> str:
    """A program of one scan."""
    return program(arguments, f"chlo.scan {head} {body} : {types}", results)


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        " attributes {}",
        " attributes {is_reverse = true, a}",
        " attributes {is_reverse = false}",
        " attributes {is_associative = true}",
        " attributes {scan_dim_size = 2 : i64}",
    ],
)
def test_a_scan(attributes: str) -> None:
    check_right(scan(f"(%0) inits (%1) dimension = 0{attributes}"))


def test_another_dimension() -> None:
    whole = "tensor<3x2xf32>"
    text = scan(
        "(%0) inits (%1) dimension = 1",
        types=f"({whole}, {SLICE}) -> ({whole}, {SLICE})",
        arguments=(whole, SLICE),
    )
    check_right(text)


def test_several_inputs() -> None:
    types = ("tensor<2x3xf32>", "tensor<2x3xi32>", "tensor<3xf32>", "tensor<3xi32>")
    slices = ("tensor<3xf32>", "tensor<3xi32>") * 2
    arguments = ", ".join(f"%a{i}: {type_}" for i, type_ in enumerate(slices))
    body = (
        f"{{\n  ^bb0({arguments}):\n"
        f"    stablehlo.return %a0, %a1, %a2, %a3 : {', '.join(slices)}\n  }}"
    )
    shown = ", ".join(types)
    check_right(
        scan("(%0, %1) inits (%2, %3) dimension = 0", body, f"({shown}) -> ({shown})", types, 4)
    )


def test_nothing_is_carried_or_nothing_is_read() -> None:
    body = f"{{\n  ^bb0(%x: {SLICE}):\n    stablehlo.return %x : {SLICE}\n  }}"
    check_right(scan("(%0) inits () dimension = 0", body, f"({WHOLE}) -> {WHOLE}", (WHOLE,), 1))
    generated = scan(
        "() inits (%0) dimension = 0 attributes {scan_dim_size = 2 : i64}",
        body.replace("%x : ", "%x, %x : ").replace(
            f"%x, %x : {SLICE}", f"%x, %x : {SLICE}, {SLICE}"
        ),
        f"({SLICE}) -> ({WHOLE}, {SLICE})",
        (SLICE,),
    )
    check_right(generated)


def test_unknown_sizes_are_not_decided() -> None:
    unknown = "tensor<?x3xf32>"
    types = f"({unknown}, {SLICE}) -> ({WHOLE}, {SLICE})"
    check_right(scan(types=types, arguments=(unknown, SLICE)))


def test_names_of_nested_and_neighbouring_bodies() -> None:
    one = (
        f"chlo.scan (%0) inits (%1) dimension = 0 {BODY} : ({WHOLE}, {SLICE}) -> ({WHOLE}, {SLICE})"
    )
    check_right(
        f"func.func @f(%0: {WHOLE}, %1: {SLICE}) {{\n"
        f"  %input = stablehlo.add %0, %0 : {WHOLE}\n"
        f"  %a:2 = {one}\n  %b:2 = {one}\n  return\n}}\n"
    )


OTHER = BODY.replace(SLICE, "tensor<4xf32>")
WRONG = [
    (
        "values",
        scan("() inits () dimension = 0", "{\n    stablehlo.return\n  }", "() -> ()", (), 0),
    ),
    (
        "types",
        scan(
            types=f"(tensor<*xf32>, {SLICE}) -> ({WHOLE}, {SLICE})",
            arguments=("tensor<*xf32>", SLICE),
        ),
    ),
    ("types", scan(types=f"({WHOLE}, {SLICE}) -> (tensor<2x3xindex>, {SLICE})")),
    ("sizes", scan("(%0) inits (%1) dimension = 2")),
    ("sizes", scan("(%0) inits (%1) dimension = -1")),
    ("sizes", scan("(%0) inits (%1) dimension = 0 attributes {scan_dim_size = 3 : i64}")),
    ("sizes", scan("(%0) inits (%1) dimension = 0 attributes {scan_dim_size = -1 : i64}")),
    ("arguments", scan(body=OTHER)),
    (
        "arguments",
        scan(
            "(%0, %0) inits (%1) dimension = 0",
            types=f"({WHOLE}, {WHOLE}, {SLICE}) -> ({WHOLE}, {SLICE})",
        ),
    ),
    ("inference", scan(types=f"({WHOLE}, {SLICE}) -> (tensor<2x4xf32>, {SLICE})")),
    ("inference", scan(types=f"({WHOLE}, {SLICE}) -> {SLICE}", results=1)),
    (
        "returns",
        scan(
            body=f"{{\n  ^bb0(%x: {SLICE}, %c: {SLICE}):\n    stablehlo.return\n  }}",
            types=f"({WHOLE}, {SLICE}) -> {SLICE}",
            results=1,
        ),
    ),
    (
        "returns",
        scan(
            body=BODY.replace("%s, %s : ", "%t, %s : ")
            .replace(
                "stablehlo.return",
                "%t = stablehlo.create_token : !stablehlo.token\n    stablehlo.return",
            )
            .replace(f": {SLICE}, {SLICE}\n", f": !stablehlo.token, {SLICE}\n")
        ),
    ),
]


@pytest.mark.parametrize(("id", "text"), WRONG)
def test_a_wrong_program_is_refused(id: str, text: str) -> None:
    check_wrong("chlo.scan", id, text)


def test_every_row_has_a_wrong_program() -> None:
    assert rows_without((ScanOp,), [("chlo.scan", id) for id, _ in WRONG]) == set()


def test_element_types_of_results_are_not_compared() -> None:
    """As upstream leaves it."""
    text = scan(types=f"({WHOLE}, {SLICE}) -> (tensor<2x3xi32>, {SLICE})")
    assert our_refusals(text) == []
    assert upstream_refusal(text) is None


@pytest.mark.parametrize(
    "head",
    [
        "(%0) dimension = 0",
        "(%0) inits (%1)",
        "(%0) inits (%1) dimension = x",
        "(%0) inits (%1) dimension = 0 {is_reverse = true}",
        "(%0) inits (%1, %1, %1) dimension = 0",
    ],
)
def test_wrong_syntax_is_refused(head: str) -> None:
    text = scan(head)
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None


def test_there_are_as_many_results_as_values_that_are_carried() -> None:
    text = scan(types=f"({WHOLE}, {SLICE}) -> ()", results=0)
    assert "1 values are carried, but there are 0 results" in str(our_refusals(text))
    assert upstream_refusal(text) is not None


def test_a_body_that_does_not_end_returns_nothing() -> None:
    text = scan(body=BODY.replace(f"    stablehlo.return %s, %s : {SLICE}, {SLICE}\n", ""))
    first, second = sorted(our_refusals(text))
    assert "must return at least 1 values" in first + second
    assert "ends a block, but is not a terminator" in first + second
    assert upstream_refusal(text) is not None


def test_a_body_sees_nothing_from_outside() -> None:
    text = scan(body=BODY.replace("%x, %c :", "%x, %1 :"))
    assert our_refusals(text) != []
    assert upstream_refusal(text) is not None
