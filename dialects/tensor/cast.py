"""``tensor.cast``; xDSL's does not compare element types.

Source: https://mlir.llvm.org/docs/Dialects/TensorOps/#tensorcast-tensorcastop
"""

from __future__ import annotations

from typing import ClassVar

from xdsl.irdl import irdl_op_definition

from dialects.cast_op import CastOp as CastOpBase
from dialects.stablehlo.signature import Rows, Signature, row
from dialects.stablehlo.tensors import is_tensor, shape, shapes_agree
from dialects.stablehlo.unranked import element_of, is_any_tensor


def _types(s: Signature) -> str:
    return f"{s.operand_types[0]} to {s.result_types[0]}"


def _shapes_agree(s: Signature) -> bool | None:
    source, target = s.operand_types[0], s.result_types[0]
    if not is_tensor(source) or not is_tensor(target):
        return None
    return shapes_agree(shape(source), shape(target))


@irdl_op_definition
class CastOp(CastOpBase):
    """The same tensor, of whose shape more or less is known."""

    name = "tensor.cast"

    CONSTRAINTS: ClassVar[Rows] = (
        row(
            "tensors",
            lambda s: is_any_tensor(s.operand_types[0]) and is_any_tensor(s.result_types[0]),
            lambda s: f"only tensors are cast, not {_types(s)}",
        ),
        row(
            "elements",
            lambda s: element_of(s.operand_types[0]) == element_of(s.result_types[0]),
            lambda s: f"a cast keeps the element type, not {_types(s)}",
        ),
        row(
            "shape",
            _shapes_agree,
            lambda s: f"what is known of the shape must agree, not {_types(s)}",
        ),
    )

    def result_name(self) -> str:
        return "cast"
