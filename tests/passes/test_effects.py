"""Upstream's rule for what may go when nobody reads it."""

from __future__ import annotations

import pytest
from xdsl.dialects.builtin import StringAttr, TensorType, UnitAttr, f32
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.dialects.test import TestPureOp as PureOp
from xdsl.ir import Block, Operation, Region

from dialects.chunk import ParameterOp, YieldOp
from dialects.stablehlo.binary import AddOp
from dialects.stablehlo.control_flow import CaseOp
from passes.effects import Removability

F32 = TensorType(f32, [4])


def case(*inside: Operation) -> Operation:
    return CaseOp.create(regions=[Region(Block([op])) for op in inside], result_types=[F32])


def parameter(**properties) -> Operation:
    name = StringAttr("w")
    return ParameterOp.create(result_types=[F32], properties={"parameter": name, **properties})


PURE = AddOp.create(operands=Block(arg_types=[F32]).args * 2, result_types=[F32])

ANSWERS = {
    "no effect": (lambda: PURE.clone(), True),
    "a terminator": (lambda: YieldOp.create(), False),
    "effects unknown": (lambda: AnyOp.create(), False),
    "a property decides: declared": (lambda: parameter(declares=UnitAttr()), False),
    "a property decides: read": (lambda: parameter(), True),
    "nothing with effects inside": (lambda: case(PureOp.create()), True),
    "effects inside": (lambda: case(PureOp.create(), AnyOp.create()), False),
    "effects deep inside": (lambda: case(case(AnyOp.create())), False),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_removable(what: str) -> None:
    make, expected = ANSWERS[what]
    effects = Removability()
    assert [effects.removable(make()) for _ in range(2)] == [expected] * 2


def test_one_answer_is_not_given_for_another() -> None:
    effects = Removability()
    for make, expected in [*ANSWERS.values(), *reversed(ANSWERS.values())]:
        assert effects.removable(make()) is expected
