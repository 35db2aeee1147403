"""Quantized tensors in every operation: its rows, its inference, and ``uniform_(de)quantize``."""

from __future__ import annotations

import random

import pytest
from constraint_programs import wrong_programs
from newer_upstream import newer_upstream_texts
from programs import our_refusals, our_text
from quantized_programs import ELEMENTS, TEMPLATES, Quantized, slots

from dialects.attribute_text import attribute_text
from dialects.reader import parse_module
from dialects.stablehlo.base import StableHLOOp

RIGHT = [
    Quantized("abs", ("tensor", "scaled")),
    Quantized("add", ("tensor", "scaled", "tensor")),
    Quantized("add", ("rows", "tensor", "scaled_rows")),
    Quantized("add", ("columns", "columns", "columns")),
    Quantized("all_gather", ("tensor", "tensor")),
    Quantized("all_reduce", ("tensor", "wide", "wide")),
    Quantized("batch_norm_inference", ("tensor", "scaled", "tensor")),
    Quantized("bitcast_convert", ("columns", "columns")),
    Quantized("bitcast_convert", ("tensor", "u8")),
    Quantized("broadcast_in_dim", ("rows", "scaled_rows")),
    Quantized("broadcast_in_dim", ("scaled", "scaled")),
    Quantized("clamp", ("scaled", "tensor", "scaled")),
    Quantized("compare", ("tensor", "scaled")),
    Quantized("concatenate", ("tensor", "tensor", "tensor")),
    Quantized("constant", ("columns",)),
    Quantized("constant", ("u8",)),
    Quantized("convolution", ("f32", "rows", "f32")),
    Quantized("convolution", ("tensor", "rows", "columns")),
    Quantized("convolution", ("tensor", "scaled", "widest")),
    Quantized("custom_call", ("rows", "columns")),
    Quantized("dot_general", ("f32", "rows", "f32")),
    Quantized("dot_general", ("tensor", "rows", "columns")),
    Quantized("dot_general", ("tensor", "scaled", "widest")),
    Quantized("dynamic_broadcast_in_dim", ("rows", "scaled_rows")),
    Quantized("dynamic_conv", ("tensor", "scaled", "widest")),
    Quantized("dynamic_reshape", ("rows", "rows")),
    Quantized("gather", ("tensor", "tensor")),
    Quantized("if", ("rows", "rows", "rows")),
    Quantized("pad", ("tensor", "tensor", "tensor")),
    Quantized("reduce", ("tensor", "tensor", "wide")),
    Quantized("reduce_window", ("tensor", "tensor", "wide")),
    Quantized("reshape", ("columns", "columns")),
    Quantized("select", ("tensor", "tensor", "scaled")),
    Quantized("tanh", ("tensor", "scaled")),
    Quantized("transpose", ("rows", "columns")),
    Quantized("transpose", ("narrow", "narrow")),
    Quantized("tuple", ("rows", "rows")),
    Quantized("uniform_dequantize", ("columns", "f32")),
    Quantized("uniform_dequantize", ("half", "f16")),
    Quantized("uniform_quantize", ("f16", "half")),
    Quantized("uniform_quantize", ("f32", "columns")),
    Quantized("uniform_quantize", ("rows", "wide")),
    Quantized("while", ("rows", "rows", "rows")),
]

WRONG = [
    ("C2", Quantized("abs", ("tensor", "wide"))),
    ("C2", Quantized("add", ("tensor", "tensor", "f32"))),
    ("C3", Quantized("add", ("tensor", "tensor", "wide"))),
    ("C4", Quantized("add", ("tensor", "tensor", "half"))),
    ("C5", Quantized("add", ("tensor", "tensor", "rows"))),
    ("C5", Quantized("add", ("rows", "tensor", "tensor"))),
    ("C6", Quantized("add", ("rows", "tensor", "columns"))),
    ("C7", Quantized("add", ("tensor", "rows", "columns"))),
    ("C5", Quantized("all_reduce", ("tensor", "half", "half"))),
    ("C2", Quantized("batch_norm_inference", ("tensor", "tensor", "wide"))),
    ("C1", Quantized("broadcast_in_dim", ("tensor", "scaled"))),
    ("C6", Quantized("broadcast_in_dim", ("rows", "columns"))),
    ("C3", Quantized("clamp", ("tensor", "wide", "tensor"))),
    ("C4", Quantized("clamp", ("tensor", "tensor", "wide"))),
    ("C1", Quantized("compare", ("tensor", "wide"))),
    ("C1", Quantized("concatenate", ("tensor", "scaled", "tensor"))),
    ("C1", Quantized("constant", ("wide",))),
    ("C28", Quantized("convolution", ("tensor", "tensor", "f32"))),
    ("C28", Quantized("convolution", ("tensor", "i8", "tensor"))),
    ("C29", Quantized("convolution", ("tensor", "columns", "tensor"))),
    ("C30", Quantized("convolution", ("tensor", "tensor", "rows"))),
    ("C31", Quantized("convolution", ("tensor", "wide", "tensor"))),
    ("C32", Quantized("convolution", ("tensor", "tensor", "half"))),
    ("C33", Quantized("convolution", ("tensor", "tensor", "columns"))),
    ("C34", Quantized("convolution", ("f32", "tensor", "f16"))),
    ("C14", Quantized("dot_general", ("tensor", "scaled", "f32"))),
    ("C15", Quantized("dot_general", ("tensor", "tensor", "tensor"))),
    ("C15", Quantized("dot_general", ("tensor", "shifted_rows", "tensor"))),
    ("C16", Quantized("dot_general", ("tensor", "columns", "tensor"))),
    ("C17", Quantized("dot_general", ("tensor", "wide_rows", "tensor"))),
    ("C18", Quantized("dot_general", ("tensor", "scaled", "half"))),
    ("C19", Quantized("dot_general", ("tensor", "scaled", "rows"))),
    ("C20", Quantized("dot_general", ("f32", "scaled", "f16"))),
    ("C6", Quantized("dynamic_broadcast_in_dim", ("rows", "columns"))),
    ("C28", Quantized("dynamic_conv", ("tensor", "tensor", "f32"))),
    ("C29", Quantized("dynamic_conv", ("tensor", "columns", "tensor"))),
    ("C30", Quantized("dynamic_conv", ("tensor", "tensor", "rows"))),
    ("C31", Quantized("dynamic_conv", ("tensor", "wide", "tensor"))),
    ("C32", Quantized("dynamic_conv", ("tensor", "tensor", "half"))),
    ("C33", Quantized("dynamic_conv", ("tensor", "tensor", "columns"))),
    ("C34", Quantized("dynamic_conv", ("f32", "tensor", "f16"))),
    ("C3", Quantized("dynamic_reshape", ("rows", "columns"))),
    ("C1", Quantized("pad", ("tensor", "tensor", "scaled"))),
    ("C6", Quantized("reduce", ("tensor", "half", "half"))),
    ("C6", Quantized("reduce", ("wide", "tensor", "tensor"))),
    ("C1", Quantized("reshape", ("tensor", "scaled"))),
    ("C3", Quantized("reshape", ("rows", "columns"))),
    ("C2", Quantized("select", ("tensor", "tensor", "wide"))),
    ("C1", Quantized("tanh", ("tensor", "wide"))),
    ("C1", Quantized("transpose", ("tensor", "scaled"))),
    ("C4", Quantized("transpose", ("rows", "rows"))),
    ("I1", Quantized("uniform_dequantize", ("f32", "f32"))),
    ("I1", Quantized("uniform_dequantize", ("signed", "f32"))),
    ("I1", Quantized("uniform_dequantize", ("row", "f32"))),
    ("I1", Quantized("uniform_dequantize", ("out", "f32"))),
    ("O1", Quantized("uniform_dequantize", ("tensor", "tensor"))),
    ("C2", Quantized("uniform_dequantize", ("tensor", "f16"))),
    ("I1", Quantized("uniform_quantize", ("i8", "tensor"))),
    ("O1", Quantized("uniform_quantize", ("f32", "f32"))),
    ("O1", Quantized("uniform_quantize", ("f32", "blocks"))),
    ("C2", Quantized("uniform_quantize", ("f32", "half"))),
    ("I1", Quantized("while", ("out", "out", "out"))),
]
OTHER_SHAPE = [
    (name, program.text.replace("tensor<2x2x", "tensor<4x", 1))
    for name, program in (
        ("uniform_quantize", Quantized("uniform_quantize", ("f32", "tensor"))),
        ("uniform_dequantize", Quantized("uniform_dequantize", ("tensor", "f32"))),
    )
]
BAD_RETURN = Quantized("if", ("tensor", "signed", "tensor")).text

RIGHT_PROGRAMS = [program.text for program in RIGHT]
WRONG_PROGRAMS = [
    program for id, case in WRONG for program in wrong_programs(case.op, [(id, case.text)])
]
WRONG_PROGRAMS += wrong_programs("return", [("I1", BAD_RETURN)])
for _name, _text in OTHER_SHAPE:
    WRONG_PROGRAMS += wrong_programs(_name, [("C1", _text.replace("(tensor<2x2x", "(tensor<4x"))])

NOT_AS_SPECIFIED = {
    "dynamic_broadcast_in_dim",
    "dynamic_conv",
    "dynamic_reshape",
    "reduce",
    "reduce_window",
}
"""Where upstream takes fewer or more element types than the specification says."""


def is_judged_as_specified(case: Quantized) -> bool:
    """Whether upstream asks of such a program what the specification asks."""
    if case.op == "select":
        # It infers the result from choices that must have one scale.
        return case.elements[0] == case.elements[1]
    if case.op == "add":
        # It takes the granularity of lhs for that of the result.
        rows = {"rows", "columns", "scaled_rows", "shifted_rows", "wide_rows"}
        return case.elements[0] in rows or case.elements[1] not in rows
    return case.op not in NOT_AS_SPECIFIED


def test_right_programs_are_printed_as_upstream_prints_them() -> None:
    assert [our_refusals(text) for text in RIGHT_PROGRAMS] == [[]] * len(RIGHT_PROGRAMS)
    assert [our_text(text) for text in RIGHT_PROGRAMS] == newer_upstream_texts(RIGHT_PROGRAMS)


@pytest.mark.parametrize(("id", "case"), WRONG, ids=lambda value: str(value)[:60])
def test_a_violated_constraint_is_named(id: str, case: Quantized) -> None:
    messages = our_refusals(case.text)
    assert messages[0].startswith(f"stablehlo.{case.op}: ({id}) "), messages


def test_upstream_refuses_what_is_wrong() -> None:
    texts = [program.text for program in WRONG_PROGRAMS]
    assert newer_upstream_texts(texts) == [None] * len(texts)


@pytest.mark.parametrize("seed", range(3))
def test_random_programs_are_judged_as_upstream_judges_them(seed: int) -> None:
    chosen = random.Random(seed)
    names = [*ELEMENTS]
    cases: list[Quantized] = []
    for op in sorted(TEMPLATES):
        for _ in range(6):
            elements = [chosen.choice(names)] * slots(op)
            for _ in range(chosen.randrange(len(elements) + 1)):
                elements[chosen.randrange(len(elements))] = chosen.choice(names)
            cases.append(Quantized(op, tuple(elements)))
    cases = [*filter(is_judged_as_specified, cases)]
    upstream = newer_upstream_texts([case.text for case in cases])
    ours = [None if our_refusals(case.text) else our_text(case.text) for case in cases]
    differing = [case for case, a, b in zip(cases, ours, upstream, strict=True) if a != b]
    assert differing == []
    assert sum(text is not None for text in upstream) > 50


INFERRED = [
    (Quantized("add", ("tensor", "scaled", "tensor")), "tensor"),
    (Quantized("add", ("tensor", "rows", "rows")), "rows"),
    (Quantized("tanh", ("narrow", "narrow")), "narrow"),
    (Quantized("transpose", ("rows", "columns")), "columns"),
    (Quantized("transpose", ("tensor", "tensor")), "tensor"),
    (Quantized("dot_general", ("f32", "rows", "f32")), "f32"),
    (Quantized("uniform_dequantize", ("columns", "f32")), "f32"),
    (Quantized("compare", ("tensor", "scaled")), "i1"),
]


@pytest.mark.parametrize(("case", "element"), INFERRED, ids=str)
def test_result_types_follow_from_quantized_operands(case: Quantized, element: str) -> None:
    declared = f"tensor<2x2x{ELEMENTS[element]}>"
    expected = parse_module(f"func.func private @f({declared})\n").module.body.block.first_op
    (function,) = parse_module(case.text).module.body.block.ops
    op = function.regions[0].block.first_op
    assert isinstance(op, StableHLOOp)
    (inferred,) = op.infer(op.operand_types, op.properties, op.regions)
    assert attribute_text(inferred) in str(expected)
