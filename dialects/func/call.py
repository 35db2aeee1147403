"""``func.call`` and ``func.return``.

In the body of a function both are written without their dialect's name, as upstream does for the
function's own dialect; in the regions of other operations with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from xdsl.dialects.builtin import SymbolRefAttr
from xdsl.ir import Attribute, Operation
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    prop_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.traits import IsTerminator, Pure
from xdsl.utils.exceptions import VerifyException

from dialects.asm import AsmPrinter
from dialects.func.function import FuncOp


def short_name(op: Operation) -> str:
    """The operation's name as it is written where it stands."""
    parent = op.parent_op()
    if parent is None or isinstance(parent, FuncOp):
        return op.name.removeprefix("func.")
    return op.name


@irdl_op_definition
class CallOp(IRDLOperation):
    """Calls a function of the module by name."""

    name = "func.call"

    callee = prop_def(SymbolRefAttr)
    arguments = var_operand_def()
    results_ = var_result_def()

    def print_asm(self, p: AsmPrinter) -> None:
        """Writes ``call @f(%0) : (t) -> t``."""
        p.write(f"{short_name(self)} {p.attribute(self.callee)}({p.operands(self.operands)})")
        p.write(f"{p.attr_dict(self, ('callee',))} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        callee = SymbolRefAttr(parser.parse_symbol_name())
        operands = parser.parse_op_args_list()
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        position = parser.pos
        type_ = parser.parse_function_type()
        return cls.create(
            operands=parser.resolve_operands(operands, type_.inputs.data, position),
            result_types=type_.outputs.data,
            properties={"callee": callee},
            attributes=attributes,
        )


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """Ends a function with the values it gives."""

    name = "func.return"

    arguments = var_operand_def()

    traits = traits_def(IsTerminator(), Pure())

    def verify_(self) -> None:
        """The values are the results that the function's type names.

        Raises ``VerifyException`` with both lists of types.
        """
        parent = self.parent_op()
        if parent is None:
            return
        if not isinstance(parent, FuncOp):
            raise VerifyException(f"func.return: must stand in func.func, not in {parent.name}")
        declared, returned = parent.function_type.outputs.data, self.operand_types
        if tuple(returned) != tuple(declared):
            raise VerifyException(
                f"func.return: returns ({', '.join(map(str, returned))}), but @{parent.symbol} "
                f"declares ({', '.join(map(str, declared))})"
            )

    def print_asm(self, p: AsmPrinter) -> None:
        """Writes ``return %0, %1 : t, t``."""
        p.write(f"{short_name(self)}{p.attr_dict(self)}")
        if self.operands:
            p.write(f" {p.operands(self.operands)} : {p.types(self.operand_types)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        attributes = parser.parse_optional_attr_dict()
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        types: Sequence[Attribute] = ()
        if operands:
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        return cls.create(
            operands=parser.resolve_operands(operands or (), types, parser.pos),
            attributes=attributes,
        )
