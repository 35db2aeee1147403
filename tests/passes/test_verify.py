"""Verifying a closed region."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import TensorType, f32, f64, i32, i64
from xdsl.ir import Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from dialects.chunk import YieldOp
from dialects.dense import dense_from_array
from dialects.stablehlo.binary import AddOp
from dialects.stablehlo.constant import ConstantOp
from dialects.stablehlo.control_flow import CaseOp, ReturnOp
from dialects.stablehlo.dynamic_shape import DynamicReshapeOp
from passes.verify import VerifyPass

F32 = TensorType(f32, [4])
F64 = TensorType(f64, [4])


def region(*ops) -> Region:
    block = Block(arg_types=[F32])
    for op in ops:
        block.add_op(op)
    return Region(block)


def test_valid_region_passes_unchanged() -> None:
    block = Block(arg_types=[F32])
    add = AddOp.create(operands=[block.args[0]] * 2, result_types=[F32])
    block.add_ops([add, YieldOp.create(operands=[add.results[0]])])
    assert not VerifyPass().run(Region(block)).modified


def test_a_wrong_type_is_refused_with_the_operation() -> None:
    block = Block(arg_types=[F32])
    add = AddOp.create(operands=[block.args[0]] * 2, result_types=[F64])
    block.add_ops([add, YieldOp.create()])
    with pytest.raises(VerifyException, match=r"stablehlo\.add"):
        VerifyPass().run(Region(block))


def test_a_signature_is_not_trusted_for_another() -> None:
    """Verifying a valid add first must not let an invalid one of other types pass."""
    verify = VerifyPass()
    for result, valid in ((F32, True), (F64, False)):
        block = Block(arg_types=[F32])
        add = AddOp.create(operands=[block.args[0]] * 2, result_types=[result])
        block.add_ops([add, YieldOp.create()])
        if valid:
            verify.run(Region(block))
        else:
            with pytest.raises(VerifyException):
                verify.run(Region(block))


def test_a_signature_is_not_trusted_where_values_decide() -> None:
    """An unknown shape lets any type pass, a constant one only its own."""
    sizes = TensorType(i64, [1])
    verify = VerifyPass()
    for constant, valid in ((None, True), (4, True), (5, False)):
        block = Block(arg_types=[F32, sizes])
        shape: SSAValue = block.args[1]
        if constant is not None:
            elements = dense_from_array(np.array([constant]), sizes)
            known = ConstantOp.create(result_types=[sizes], properties={"value": elements})
            block.add_op(known)
            shape = known.output
        reshape = DynamicReshapeOp.create(operands=[block.args[0], shape], result_types=[F32])
        block.add_ops([reshape, YieldOp.create()])
        if valid:
            verify.run(Region(block))
        else:
            with pytest.raises(VerifyException, match=r"\(C4\) output_shape \[5\]"):
                verify.run(Region(block))


def test_use_before_definition_is_refused() -> None:
    block = Block(arg_types=[F32])
    first = AddOp.create(operands=[block.args[0]] * 2, result_types=[F32])
    second = AddOp.create(operands=[first.results[0]] * 2, result_types=[F32])
    block.add_ops([second, first, YieldOp.create()])
    with pytest.raises(VerifyException, match="not defined before its use"):
        VerifyPass().run(Region(block))


def test_a_value_of_another_region_is_refused() -> None:
    other = Block(arg_types=[F32])
    block = Block(arg_types=[F32])
    add = AddOp.create(operands=[block.args[0], other.args[0]], result_types=[F32])
    block.add_ops([add, YieldOp.create()])
    with pytest.raises(VerifyException, match=r"^stablehlo\.add: operand 1, of type"):
        VerifyPass().run(Region(block))


def test_a_region_without_terminator_is_refused() -> None:
    block = Block(arg_types=[F32])
    block.add_op(AddOp.create(operands=[block.args[0]] * 2, result_types=[F32]))
    for one in (region(), Region(block)):
        with pytest.raises(VerifyException) as refused:
            VerifyPass().run(one)
        assert str(refused.value) == "a closed region needs a terminator as its last operation"


def case(reads: SSAValue, index: SSAValue, result: TensorType = F32) -> CaseOp:
    """A choice of one, whose branch adds what it reads to itself."""
    branch = Block()
    add = AddOp.create(operands=[reads, reads], result_types=[result])
    branch.add_ops([add, ReturnOp.create(operands=add.results)])
    return CaseOp.create(operands=[index], result_types=[result], regions=[Region(branch)])


def test_a_value_that_a_nested_region_reads_must_be_defined() -> None:
    other = Block(arg_types=[F32])
    block = Block(arg_types=[F32, TensorType(i32, [])])
    block.add_ops([case(other.args[0], block.args[1]), YieldOp.create()])
    with pytest.raises(VerifyException) as refused:
        VerifyPass().run(Region(block))
    assert str(refused.value) == (
        "stablehlo.case: a value read in its regions, of type tensor<4xf32>, is not defined before "
        "its use in this region"
    )


def test_operations_in_regions_are_verified() -> None:
    block = Block(arg_types=[F32, TensorType(i32, [])])
    block.add_ops([case(*block.args, F64), YieldOp.create()])
    with pytest.raises(VerifyException, match=r"stablehlo\.add"):
        VerifyPass().run(Region(block))


def test_a_signature_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    rows = AddOp.verify_

    def counted(self: AddOp) -> None:
        verified.append(self.name)
        rows(self)

    monkeypatch.setattr(AddOp, "verify_", counted)
    block = Block(arg_types=[F32])
    adds = [AddOp.create(operands=[block.args[0]] * 2, result_types=[F32]) for _ in range(3)]
    block.add_ops([*adds, YieldOp.create()])
    result = VerifyPass().run(Region(block))
    assert len(verified) == 1
    assert (result.modified, result.removed) == (False, 0)
