"""``dynamic_gather`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import wrong_programs
from programs import check_accepted, ops_of
from test_gather import BATCHED, COLLAPSED, GATHER, REFUSED

from dialects.stablehlo.registry import infer


def _dynamic(program: str, sizes: str) -> str:
    """The program of ``gather`` with these slice sizes as a constant operand."""
    count = sizes.count(",") + 1
    static = f"slice_sizes = array<i64: {sizes}>"
    for before in (f",\n    {static}", f", {static}"):
        if before in program:
            program = program.replace(before, "", 1)
            break
    else:
        raise ValueError(f"{static} is not in {program}")
    operand, indices = ("tensor<" + part for part in program.split("tensor<")[1:3])
    operand, indices = operand.partition(">")[0] + ">", indices.partition(">")[0] + ">"
    return (
        program.replace('"stablehlo.gather"(%a, %i)', '"stablehlo.dynamic_gather"(%a, %i, %s)')
        .replace(f"({operand}, {indices})", f"({operand}, {indices}, tensor<{count}xi64>)")
        .replace(
            "  %0 = ",
            f"  %s = stablehlo.constant dense<[{sizes}]> : tensor<{count}xi64>\n  %0 = ",
        )
    )


PROGRAMS = {
    GATHER: _dynamic(GATHER, "1, 1, 2, 2"),
    COLLAPSED: _dynamic(COLLAPSED, "1, 1, 6"),
    BATCHED: _dynamic(BATCHED, "1, 1, 1"),
}
UNKNOWN = """
func.func @f(%a: tensor<2x4x9xf32>, %i: tensor<1x5x2xi32>, %s: tensor<3xi32>)
    -> tensor<1x5x?xf32> {
  %0 = "stablehlo.dynamic_gather"(%a, %i, %s) <{
    dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0, 1],
      start_index_map = [0, 1], index_vector_dim = 2>, indices_are_sorted = true
  }> : (tensor<2x4x9xf32>, tensor<1x5x2xi32>, tensor<3xi32>) -> tensor<1x5x?xf32>
  return %0 : tensor<1x5x?xf32>
}
"""
SLICES = {"C9", "C12", "C20", "C21"}
"""What needs the sizes, written otherwise than in ``gather``."""
WRONG = [
    ("I3", UNKNOWN, "tensor<3xi32>", "tensor<3xf32>"),
    ("I3", UNKNOWN, "tensor<3xi32>", "tensor<1x3xi32>"),
    ("C9", PROGRAMS[GATHER], "dense<[1, 1, 2, 2]>", "dense<[1, 2, 2, 2]>"),
    ("C12", PROGRAMS[BATCHED], "dense<[1, 1, 1]>", "dense<[2, 1, 1]>"),
    ("C20", UNKNOWN, "tensor<3xi32>", "tensor<2xi32>"),
    ("C21", PROGRAMS[GATHER], "dense<[1, 1, 2, 2]>", "dense<[1, 1, 2, 3]>"),
    ("C21", PROGRAMS[GATHER], "dense<[1, 1, 2, 2]>", "dense<[1, 1, -2, 2]>"),
    ("C22", UNKNOWN, "1x5x?x", "1x4x?x"),
    *((id, PROGRAMS[text], old, new) for id, text, old, new in REFUSED if id not in SLICES),
]


@pytest.mark.parametrize("text", [*PROGRAMS.values(), UNKNOWN])
def test_text_is_upstreams(text: str) -> None:
    assert our_text(text) == upstream_text(text)


@pytest.mark.parametrize(("id", "program", "old", "new"), WRONG)
def test_a_violated_constraint_is_named(id: str, program: str, old: str, new: str) -> None:
    wrong = mutated(program, old, new)
    assert refusal(wrong) == id
    assert not upstream_accepts(wrong)


WRONG_PROGRAMS = wrong_programs(
    "dynamic_gather", [(id, mutated(text, old, new)) for id, text, old, new in WRONG]
)
RIGHT_PROGRAMS = [*PROGRAMS.values(), UNKNOWN]


def test_offsets_are_unknown_without_the_sizes() -> None:
    check_accepted(
        UNKNOWN.replace("return %0 : tensor<1x5x?xf32>", "return").replace(
            "\n    -> tensor<1x5x?xf32> {", " {"
        )
    )
    op = ops_of(UNKNOWN)[0]
    assert list(infer(op.name, op.operand_types, op.properties)) == list(op.result_types)
