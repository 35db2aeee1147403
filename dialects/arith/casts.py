"""Conversions of numbers, and of tensors and vectors of them.

xDSL's own take single numbers only.
Source: https://mlir.llvm.org/docs/Dialects/ArithOps/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from xdsl.dialects.arith import IntegerOverflowAttr
from xdsl.dialects.builtin import IntegerType
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, opt_prop_def
from xdsl.parser import Parser

from dialects.arith.elements import (
    Kind,
    containers_agree,
    element_or_self,
    is_float,
    is_index,
    is_signless,
)
from dialects.asm import AsmPrinter
from dialects.cast_op import CastOp
from dialects.stablehlo.signature import Row, Rows, Signature, row


def _rows(source: Kind, target: Kind, *more: Row) -> Rows:
    """What the operand and the result may be; both of one shape."""
    return (
        row(
            "operand",
            lambda s: source(element_or_self(s.operand_types[0])),
            lambda s: f"cannot convert {s.operand_types[0]}",
        ),
        row(
            "result",
            lambda s: target(element_or_self(s.result_types[0])),
            lambda s: f"cannot convert to {s.result_types[0]}",
        ),
        row(
            "shape",
            lambda s: containers_agree(s.operand_types[0], s.result_types[0]),
            lambda s: (
                f"operand and result must have one shape, "
                f"got {s.operand_types[0]} and {s.result_types[0]}"
            ),
        ),
        *more,
    )


def _widths(s: Signature) -> tuple[int, int]:
    return _width(s.operand_types[0]), _width(s.result_types[0])


def _width(type_: Attribute) -> int:
    match element_or_self(type_):
        case IntegerType() as element:
            return element.width.data
        case _:
            return 0


def _width_row(holds: Callable[[int, int], bool], wanted: str) -> Row:
    return row(
        "width",
        lambda s: holds(*_widths(s)),
        lambda s: f"the result must be {wanted} than the operand, got {_widths(s)} bits",
    )


_WIDER = _width_row(lambda source, target: source < target, "wider")
_NARROWER = _width_row(lambda source, target: source > target, "narrower")
_ONE_INDEX: Row = row(
    "index",
    lambda s: (
        is_index(element_or_self(s.operand_types[0]))
        != is_index(element_or_self(s.result_types[0]))
    ),
    lambda s: f"one side must be an index, got {s.operand_types[0]} and {s.result_types[0]}",
)


def _is_signless_or_index(type_: Attribute) -> bool:
    return is_signless(type_) or is_index(type_)


@irdl_op_definition
class ExtSIOp(CastOp):
    """To a wider integer, filling with the sign bit."""

    name = "arith.extsi"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_signless, is_signless, _WIDER)


@irdl_op_definition
class ExtUIOp(CastOp):
    """To a wider integer, filling with zeros."""

    name = "arith.extui"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_signless, is_signless, _WIDER)


@irdl_op_definition
class TruncIOp(CastOp):
    """To a narrower integer: its lower bits; ``overflow`` says which bits are known to be lost."""

    name = "arith.trunci"
    overflow_flags = opt_prop_def(IntegerOverflowAttr, prop_name="overflowFlags")
    CONSTRAINTS: ClassVar[Rows] = _rows(is_signless, is_signless, _NARROWER)

    def middle(self, p: AsmPrinter) -> str:
        flags = sorted(self.overflow_flags.data) if self.overflow_flags is not None else ()
        overflow = f" overflow<{', '.join(flags)}>" if flags else ""
        return overflow + p.attr_dict(self, ("overflowFlags",))

    @classmethod
    def parse_middle(cls, parser: Parser) -> dict[str, Attribute]:
        if parser.parse_optional_keyword("overflow") is None:
            return {}
        return {"overflowFlags": IntegerOverflowAttr(IntegerOverflowAttr.parse_parameter(parser))}


@irdl_op_definition
class SIToFPOp(CastOp):
    """A signed integer to the nearest floating-point number."""

    name = "arith.sitofp"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_signless, is_float)


@irdl_op_definition
class UIToFPOp(CastOp):
    """An unsigned integer to the nearest floating-point number."""

    name = "arith.uitofp"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_signless, is_float)


@irdl_op_definition
class FPToSIOp(CastOp):
    """A floating-point number rounded towards zero, as a signed integer."""

    name = "arith.fptosi"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_float, is_signless)


@irdl_op_definition
class FPToUIOp(CastOp):
    """A floating-point number rounded towards zero, as an unsigned integer."""

    name = "arith.fptoui"
    CONSTRAINTS: ClassVar[Rows] = _rows(is_float, is_signless)


@irdl_op_definition
class IndexCastOp(CastOp):
    """Between integers and indices, signed."""

    name = "arith.index_cast"
    CONSTRAINTS: ClassVar[Rows] = _rows(_is_signless_or_index, _is_signless_or_index, _ONE_INDEX)


@irdl_op_definition
class IndexCastUIOp(CastOp):
    """Between integers and indices, unsigned."""

    name = "arith.index_castui"
    CONSTRAINTS: ClassVar[Rows] = _rows(_is_signless_or_index, _is_signless_or_index, _ONE_INDEX)
