"""``rng`` and ``rng_bit_generator`` beside upstream."""

from __future__ import annotations

import pytest
from constraint_programs import stricter_programs, wrong_programs
from programs import (
    check_accepted,
    check_refused,
    ops_of,
    our_refusals,
    our_text,
    program,
    several,
    upstream_pruned,
    upstream_refusal,
    upstream_text,
)
from xdsl.traits import is_side_effect_free


def _rng(
    a: str, b: str, shape: str, result: str, distribution: str = "UNIFORM"
) -> tuple[list[str], str]:
    types = f"({a}, {b}, {shape}) -> {result}"
    return [a, b, shape], f"stablehlo.rng %0, %1, %2, distribution = {distribution} : {types}"


def _bits(state: str, after: str, output: str, algorithm: str = "PHILOX") -> tuple[list[str], str]:
    types = f"({state}) -> ({after}, {output})"
    return [state], f"stablehlo.rng_bit_generator %0, algorithm = {algorithm} : {types}"


F, INT, TWO = "tensor<f32>", "tensor<i32>", "tensor<2xi64>"
STATE = "tensor<2xui64>"
ACCEPTED = several(
    [
        _rng(F, F, TWO, "tensor<?x3xf32>", "NORMAL"),
        _rng(INT, INT, "tensor<2xindex>", "tensor<?x?xi32>"),
        _rng("tensor<i1>", "tensor<i1>", "tensor<0xi32>", "tensor<i1>"),
    ]
)
OF_CONSTANT = """
func.func @f(%0: tensor<bf16>) {
  %c = stablehlo.constant dense<[4, 5]> : tensor<2xi32>
  %r = stablehlo.rng %0, %0, %c, distribution = NORMAL {note}
    : (tensor<bf16>, tensor<bf16>, tensor<2xi32>) -> tensor<4x5xbf16>
  return
}
"""
BITS_ACCEPTED = [
    _bits(STATE, STATE, "tensor<4x5xui32>"),
    _bits("tensor<3xui64>", "tensor<?xui64>", "tensor<f16>"),
    _bits(STATE, STATE, "tensor<7xui64>", "THREE_FRY"),
    _bits("tensor<9xui64>", "tensor<9xui64>", "tensor<7xui64>", "DEFAULT"),
    _bits("tensor<?xui64>", STATE, "tensor<7xi8>"),
    _bits("tensor<1x2xf32>", "tensor<1x2xf32>", "tensor<7xi8>"),
]
RNG_REFUSED = [
    ("I1", program(*_rng("tensor<1xf32>", F, TWO, "tensor<?x?xf32>"))),
    ("I1", program(*_rng("tensor<complex<f32>>", F, TWO, "tensor<?x?xf32>"))),
    ("I2", program(*_rng(F, "tensor<1xf32>", TWO, "tensor<?x?xf32>"))),
    ("I3", program(*_rng(F, F, "tensor<2xf32>", "tensor<?x?xf32>"))),
    ("C1", program(*_rng(F, "tensor<f64>", TWO, "tensor<?x?xf32>"))),
    ("C1", program(*_rng(F, F, TWO, "tensor<?x?xf64>"))),
    ("C2", program(*_rng(INT, INT, TWO, "tensor<?x?xi32>", "NORMAL"))),
    ("C3", program(*_rng(F, F, TWO, "tensor<?xf32>"))),
    ("C3", OF_CONSTANT.replace("4x5x", "4x4x")),
]
BITS_REFUSED = [
    ("I2", _bits("tensor<2xi1>", "tensor<2xi1>", "tensor<7xui64>")),
    ("O2", _bits(STATE, STATE, "tensor<?xui64>")),
    ("O2", _bits(STATE, STATE, "tensor<7xi1>")),
    ("C1", _bits(STATE, "tensor<3xui64>", "tensor<7xui64>")),
]
BITS_STRICTER = [
    ("C1", _bits(STATE, "tensor<2xi64>", "tensor<7xui64>")),
    ("C2", _bits("tensor<4xui64>", "tensor<4xui64>", "tensor<7xui64>")),
    ("C2", _bits("tensor<3xui64>", "tensor<3xui64>", "tensor<7xui64>", "THREE_FRY")),
]
"""What the specification refuses and upstream does not look at."""


def test_right_programs() -> None:
    check_accepted(ACCEPTED)


def test_a_constant_shape() -> None:
    assert our_refusals(OF_CONSTANT) == []
    assert our_text(OF_CONSTANT) == upstream_text(OF_CONSTANT)


def test_rng_is_not_pruned() -> None:
    assert "stablehlo.rng " in upstream_pruned(OF_CONSTANT)
    (*_, op) = ops_of(OF_CONSTANT)
    assert not is_side_effect_free(op)


def test_results_have_names_that_give_way_to_others() -> None:
    lines = "".join(
        f"  %{i + 1}:2 = {_bits(STATE, STATE, 'tensor<4xui64>')[1]}\n" for i in range(2)
    )
    text = f"func.func @f(%0: {STATE}) -> {STATE} {{\n{lines}  return %2#0 : {STATE}\n}}\n"
    assert "%output_state_0, %output_1 = " in our_text(text)
    assert our_text(text) == upstream_text(text)
    assert our_text(our_text(text)) == our_text(text)


@pytest.mark.parametrize("case", BITS_ACCEPTED)
def test_right_programs_of_bits(case: tuple[list[str], str]) -> None:
    check_accepted(program(*case, results=2))


@pytest.mark.parametrize(("id", "text"), RNG_REFUSED)
def test_a_violated_constraint_of_rng_is_named(id: str, text: str) -> None:
    check_refused("rng", id, text)


@pytest.mark.parametrize(("id", "case"), BITS_REFUSED)
def test_a_violated_constraint_of_rng_bit_generator_is_named(
    id: str, case: tuple[list[str], str]
) -> None:
    check_refused("rng_bit_generator", id, program(*case, results=2))


@pytest.mark.parametrize(("id", "case"), BITS_STRICTER)
def test_what_upstream_does_not_check(id: str, case: tuple[list[str], str]) -> None:
    text = program(*case, results=2)
    (message,) = our_refusals(text)
    assert message.startswith(f"stablehlo.rng_bit_generator: ({id}) ")
    assert upstream_refusal(text) is None


WRONG_PROGRAMS = [
    *wrong_programs("rng", RNG_REFUSED),
    *wrong_programs(
        "rng_bit_generator", [(id, program(*case, results=2)) for id, case in BITS_REFUSED]
    ),
    *stricter_programs(
        "rng_bit_generator", [(id, program(*case, results=2)) for id, case in BITS_STRICTER]
    ),
]
RIGHT_PROGRAMS = [ACCEPTED, OF_CONSTANT, *(program(*case, results=2) for case in BITS_ACCEPTED)]
