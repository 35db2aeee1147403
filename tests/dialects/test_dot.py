"""``dot_general`` beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import mutated, our_text, refusal, upstream_accepts, upstream_text
from constraint_programs import WrongProgram, wrong_programs
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import TensorType, bf16, f32

from dialects.constraints import ConstraintError
from dialects.stablehlo.dimension_numbers import DotDimensionNumbersAttr, DotDimensions
from dialects.stablehlo.dot import DotGeneralOp

DOT = """
func.func @f(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> tensor<2x3x5xf32> {
  %0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1],
    precision = [DEFAULT, DEFAULT], algorithm = <lhs_precision_type = tf32,
    rhs_precision_type = tf32, accumulation_type = f32, lhs_component_count = 1,
    rhs_component_count = 1, num_primitive_operations = 3, allow_imprecise_accumulation = false>
    : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}
"""
ACCEPTED = {
    "everything": DOT,
    "generic": """
func.func @f(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> tensor<2x3x5xf32> {
  %0 = "stablehlo.dot_general"(%a, %b) <{dot_dimension_numbers = #stablehlo.dot<
      rhs_batching_dimensions = [0], lhs_batching_dimensions = [0],
      lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1]>,
      algorithm = #stablehlo.dot_algorithm<lhs_precision_type = f8E4M3FN,
      rhs_precision_type = f8E5M2, accumulation_type = f32, lhs_component_count = 1,
      rhs_component_count = 1, num_primitive_operations = 1,
      allow_imprecise_accumulation = true>}> {note = "kept"}
      : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  return %0 : tensor<2x3x5xf32>
}
""",
    "no batch": """
func.func @f(%a: tensor<3x4xbf16>, %b: tensor<4xbf16>) -> tensor<3xf32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [HIGH, HIGHEST]
    : (tensor<3x4xbf16>, tensor<4xbf16>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
""",
    "outer product of two element types": """
func.func @f(%a: tensor<3xi8>, %b: tensor<4xi32>) -> tensor<3x4xi32> {
  %0 = stablehlo.dot_general %a, %b, contracting_dims = [] x [], precision = [] {a, b = 1 : i32}
    : (tensor<3xi8>, tensor<4xi32>) -> tensor<3x4xi32>
  return %0 : tensor<3x4xi32>
}
""",
    "unknown dimensions": """
func.func @f(%a: tensor<?x3x?xf32>, %b: tensor<2x?x5xf32>) -> tensor<2x3x?xf32> {
  %0 = stablehlo.dot_general %a, %b, batching_dims = [0] x [0], contracting_dims = [2] x [1]
    : (tensor<?x3x?xf32>, tensor<2x?x5xf32>) -> tensor<2x3x?xf32>
  return %0 : tensor<2x3x?xf32>
}
""",
}
CONTRACTING = "contracting_dims = [2] x [1]"
BATCHING = "batching_dims = [0] x [0]"
REFUSED = [
    ("C1", BATCHING, "batching_dims = [0, 1] x [0]"),
    ("C2", CONTRACTING, "contracting_dims = [2] x [1, 2]"),
    ("C3", "batching_dims = [0] x [0]", "batching_dims = [2] x [0]"),
    ("C4", "batching_dims = [0] x [0]", "batching_dims = [0] x [1]"),
    ("C5", BATCHING, "batching_dims = [3] x [0]"),
    ("C6", CONTRACTING, "contracting_dims = [-1] x [1]"),
    ("C7", BATCHING, "batching_dims = [0] x [-1]"),
    ("C8", CONTRACTING, "contracting_dims = [2] x [3]"),
    ("C9", BATCHING, "batching_dims = [1] x [0]"),
    ("C10", CONTRACTING, "contracting_dims = [2] x [2]"),
    ("C11", "[DEFAULT, DEFAULT]", "[DEFAULT, DEFAULT, DEFAULT]"),
    ("C12", "2x3x5xf32", "2x5x3xf32"),
    ("C21", "[DEFAULT, DEFAULT]", "[DEFAULT, HIGH]"),
    ("C22", "lhs_component_count = 1", "lhs_component_count = 0"),
    ("C23", "rhs_component_count = 1", "rhs_component_count = -1"),
    ("C24", "num_primitive_operations = 3", "num_primitive_operations = 0"),
    ("I8", "lhs_precision_type = tf32", "lhs_precision_type = i8"),
    ("I9", "rhs_precision_type = tf32", "rhs_precision_type = i8"),
    ("I10", "accumulation_type = f32", "accumulation_type = i8"),
    ("algorithm", "num_primitive_operations = 3", "num_primitive_operations = 2"),
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_text_is_upstreams(name: str) -> None:
    assert our_text(ACCEPTED[name]) == upstream_text(ACCEPTED[name])


@pytest.mark.parametrize(("id", "old", "new"), REFUSED)
def test_a_violated_constraint_is_named(id: str, old: str, new: str) -> None:
    program = mutated(DOT, old, new)
    assert refusal(program) == id
    assert not upstream_accepts(program)


WRONG_PROGRAMS = [
    *wrong_programs("dot_general", [(id, mutated(DOT, old, new)) for id, old, new in REFUSED]),
    # It can be read; inference refuses it.
    WrongProgram(
        "dot_general", "C13", ACCEPTED["outer product of two element types"], stricter=True
    ),
]
RIGHT_PROGRAMS = [*ACCEPTED.values()]


@pytest.mark.parametrize(
    "text",
    [
        "contracting_dims = [2] x [1], precision = [LOW]",
        "contracting_dims = [2] [1]",
        "batching_dims = [0] x [0] contracting_dims = [2] x [1]",
        "contracting_dims = [2] x [1], algorithm = <lhs_precision_type = f32>",
    ],
)
def test_wrong_syntax_is_refused(text: str) -> None:
    types = "(tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>"
    program = f"""
func.func @f(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) {{
  %0 = stablehlo.dot_general %a, %b, {text} : {types}
  return
}}
"""
    assert "error" in refusal(program)
    assert not upstream_accepts(program)


def test_inference_takes_one_element_type_from_two_equal_ones() -> None:
    numbers = DotDimensionNumbersAttr(DotDimensions((), (), (1,), (0,)))
    properties = {"dot_dimension_numbers": numbers}
    lhs, rhs = TensorType(f32, [2, 3]), TensorType(f32, [3, 4])
    assert DotGeneralOp.infer((lhs, rhs), properties) == (TensorType(f32, [2, 4]),)
    with pytest.raises(ConstraintError, match=r"\(C13\).*f32 and bf16"):
        DotGeneralOp.infer((lhs, TensorType(bf16, [3, 4])), properties)
    with pytest.raises(ConstraintError, match=r"\(C10\)"):
        DotGeneralOp.infer((lhs, TensorType(f32, [4, 3])), properties)


@st.composite
def dots(draw: st.DrawFn) -> str:
    """A valid program: batches, contractions and the rest at places drawn at random."""
    sizes = st.integers(0, 3)
    counts = [draw(st.integers(0, 2)) for _ in range(4)]
    shared = [draw(sizes) for _ in range(counts[0] + counts[1])]
    sides: list[list[int]] = []
    places: list[list[int]] = []
    free: list[list[int]] = []
    for extra in counts[2:]:
        rank = len(shared) + extra
        order = draw(st.permutations(range(rank)))
        rest = [draw(sizes) for _ in range(extra)]
        shape = [0] * rank
        for place, size in zip(order, shared + rest, strict=True):
            shape[place] = size
        used = list(order[: len(shared)])
        sides.append(shape)
        places.append(used)
        free.append([size for i, size in enumerate(shape) if i not in used])
    batches = counts[0]
    result = shared[:batches] + free[0] + free[1]
    types = ["tensor<" + "".join(f"{d}x" for d in s) + "f32>" for s in (*sides, result)]
    lists = [(p[:batches], p[batches:]) for p in places]
    batching = f"batching_dims = {lists[0][0]} x {lists[1][0]}, " if batches else ""
    return f"""
func.func @f(%a: {types[0]}, %b: {types[1]}) -> {types[2]} {{
  %0 = stablehlo.dot_general %a, %b, {batching}contracting_dims = {lists[0][1]} x {lists[1][1]}
    : ({types[0]}, {types[1]}) -> {types[2]}
  return %0 : {types[2]}
}}
"""


@given(dots())
@settings(max_examples=40, deadline=None)
def test_any_valid_dot_is_accepted_and_printed_alike(program: str) -> None:
    assert our_text(program) == upstream_text(program)
