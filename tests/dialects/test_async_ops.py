"""``async_start``, ``async_done`` and the type of futures, beside upstream."""

from __future__ import annotations

import pytest
from beside_upstream import (
    faults,
    mutated,
    our_text,
    refusal,
    upstream_accepts,
    upstream_text,
)
from constraint_programs import WrongProgram
from xdsl.ir import Region
from xdsl.traits import is_side_effect_free

from dialects.constraints import ConstraintError
from dialects.reader import parse_module
from dialects.stablehlo.async_ops import AsyncDoneOp, AsyncStartOp
from dialects.stablehlo.registry import infer

STARTED = """
func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<2xf32> {
  %z = stablehlo.add %x, %x : tensor<4xf32>
  %0 = "stablehlo.async_start"(%z) ({
  ^bb0(%a: tensor<4xf32>):
    %1 = stablehlo.slice %a [0:2] : (tensor<4xf32>) -> tensor<2xf32>
    stablehlo.return %1 : tensor<2xf32>
  }) {note} : (tensor<4xf32>) -> !stablehlo.future<tensor<2xf32>>
  %2 = "stablehlo.async_start"(%y) ({
  ^bb0(%a: tensor<4xf32>):
    %3 = "stablehlo.all_reduce"(%a) <{replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
    ^bb0(%b: tensor<f32>, %c: tensor<f32>):
      %4 = stablehlo.add %b, %c : tensor<f32>
      stablehlo.return %4 : tensor<f32>
    }) : (tensor<4xf32>) -> tensor<4xf32>
    stablehlo.return %3 : tensor<4xf32>
  }) : (tensor<4xf32>) -> !stablehlo.future<tensor<4xf32>>
  %5 = "stablehlo.async_done"(%2) : (!stablehlo.future<tensor<4xf32>>) -> tensor<4xf32>
  %6 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>
  return %6 : tensor<2xf32>
}
"""
SLICE = "%1 = stablehlo.slice %a [0:2] : (tensor<4xf32>) -> tensor<2xf32>"
BODY = f"  ^bb0(%a: tensor<4xf32>):\n    {SLICE}"
START_REFUSED = [
    ("I1", "tensor<4xf32>", "tensor<4xf80>"),
    ("I2", "    stablehlo.return %1 : tensor<2xf32>\n", '    "func.return"() : () -> ()\n'),
    ("I2", "stablehlo.slice %a", "stablehlo.slice %z"),
    ("C1", SLICE, SLICE + "\n" + SLICE.replace("%1", "%q")),
    ("C1", "return %1 : tensor<2xf32>", "return"),
    ("C1", "return %1 : tensor<2xf32>", "return %1, %1 : tensor<2xf32>, tensor<2xf32>"),
    ("C2", SLICE, "%1 = stablehlo.custom_call @g(%a) : (tensor<4xf32>) -> tensor<2xf32>"),
    ("C2", SLICE, "%1 = stablehlo.constant dense<0.0> : tensor<2xf32>"),
    ("C3", BODY, BODY.replace("4xf32", "?xf32")),
    ("C3", 'async_start"(%z) ({\n  ^bb0(', 'async_start"(%z) ({\n  ^bb0(%d: tensor<f32>, '),
    ("C4", "future<tensor<2xf32>>", "future<tensor<3xf32>>"),
    ("C4", "future<tensor<2xf32>>", "future<tensor<?xf32>>"),
]
DONE_REFUSED = [
    ("I1", "(%2) : (!stablehlo.future<tensor<4xf32>>)", "(%y) : (tensor<4xf32>)"),
    ("C1", "future<tensor<4xf32>>) -> tensor<4xf32>", "future<tensor<4xf32>>) -> tensor<3xf32>"),
    ("O1", "future<tensor<4xf32>>) -> tensor<4xf32>", "future<tensor<4xf32>>) -> tensor<4xf80>"),
]


def test_text_is_upstreams() -> None:
    assert our_text(STARTED) == upstream_text(STARTED)


@pytest.mark.parametrize(
    ("name", "id", "old", "new"),
    [
        *(("async_start", *case) for case in START_REFUSED),
        *(("async_done", *case) for case in DONE_REFUSED),
    ],
)
def test_a_violated_constraint_is_named(name: str, id: str, old: str, new: str) -> None:
    wrong = mutated(STARTED, old, new)
    assert not upstream_accepts(wrong)
    assert any(f"stablehlo.{name}: ({id}) " in fault for fault in faults(wrong))


WRONG_PROGRAMS = [
    WrongProgram(name, id, mutated(STARTED, old, new))
    for name, cases in (("async_start", START_REFUSED), ("async_done", DONE_REFUSED))
    for id, old, new in cases
]
RIGHT_PROGRAMS = [STARTED]


def test_both_are_kept_where_nothing_reads_them() -> None:
    unread = mutated(STARTED, "return %6 : tensor<2xf32>", "return %a : tensor<2xf32>")
    unread = mutated(unread, "%y: tensor<4xf32>)", "%y: tensor<4xf32>, %a: tensor<2xf32>)")
    unread = mutated(unread, "^bb0(%a:", "^bb0(%i:").replace("(%a)", "(%i)")
    unread = unread.replace("slice %a", "slice %i")
    pruned = upstream_text(unread, prune=True)
    for op in parse_module(unread).module.walk():
        if isinstance(op, AsyncStartOp | AsyncDoneOp):
            assert not is_side_effect_free(op)
            assert op.name in pruned


def test_inference_looks_into_the_body() -> None:
    module = parse_module(STARTED).module
    for op in module.walk():
        if isinstance(op, AsyncStartOp | AsyncDoneOp):
            given = (op.operand_types, op.properties, op.regions)
            assert list(infer(op.name, *given)) == list(op.result_types)
        if isinstance(op, AsyncStartOp):
            for operands, regions, id in (
                (op.operand_types, (), "I2"),
                (op.operand_types, (Region(),), "I2"),
                ((), op.regions, "C3"),
            ):
                with pytest.raises(ConstraintError, match=id):
                    infer(op.name, operands, {}, regions)


@pytest.mark.parametrize(
    "type_",
    ["tensor<f32>", "tensor<?x2xi8>", "tensor<f32>, tensor<2xcomplex<f32>>"],
)
def test_futures_print_as_upstream(type_: str) -> None:
    text = f"func.func private @f(!stablehlo.future<{type_}>)"
    assert our_text(text) == upstream_text(text)


@pytest.mark.parametrize("type_", ["", "f32", "tensor<f32>, f32", "tensor<*xf32>", "tensor<f32>,"])
def test_wrong_futures_are_refused(type_: str) -> None:
    text = f"func.func private @f(!stablehlo.future<{type_}>)"
    assert "error" in refusal(text)
    assert not upstream_accepts(text)
