"""``util.global`` and ``util.global.load``."""

from __future__ import annotations

from typing import Self, cast

from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from xdsl.ir import Attribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure, SymbolOpInterface

from dialects.asm import AsmPrinter
from dialects.attribute_text import symbol_or_string
from dialects.dense import DenseAttr, dense_literal
from dialects.util.names import suggested_name
from dialects.util.parameter import ParameterAttr


@irdl_op_definition
class GlobalOp(IRDLOperation):
    """A module-level value with a name, here a weight that stays in its file.

    https://iree.dev/reference/mlir-dialects/Util/#utilglobal-utilglobalop
    """

    name = "util.global"

    sym_name = prop_def(StringAttr)
    sym_visibility = opt_prop_def(StringAttr)
    is_mutable = opt_prop_def(UnitAttr)
    type = prop_def(Attribute)
    initial_value = opt_prop_def(ParameterAttr | DenseIntOrFPElementsAttr)
    traits = traits_def(SymbolOpInterface())

    def print_asm(self, p: AsmPrinter) -> None:
        visibility = self.sym_visibility.data if self.sym_visibility is not None else "public"
        mutable = " mutable" if self.is_mutable is not None else ""
        p.write(f"{self.name} {visibility}{mutable} @{symbol_or_string(self.sym_name.data)}")
        p.write(p.attr_dict(self, self.properties))
        value = self.initial_value
        if isinstance(value, ParameterAttr):
            p.write(f" = {value.untyped_text()}")
        elif value is not None:
            p.write(f" = {dense_literal(value)}")
        p.write(f" : {p.attribute(self.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {}
        if (visibility := parser.parse_optional_visibility_keyword()) is not None:
            properties["sym_visibility"] = visibility
        if parser.parse_optional_keyword("mutable") is not None:
            properties["is_mutable"] = UnitAttr()
        properties["sym_name"] = parser.parse_symbol_name()
        attributes = parser.parse_optional_attr_dict()
        if parser.parse_optional_punctuation("=") is not None:
            value = parser.parse_attribute()
            if not isinstance(value, ParameterAttr | DenseIntOrFPElementsAttr):
                parser.raise_error(f"util.global cannot start as {value}")
            properties["initial_value"] = value
            properties["type"] = cast("ParameterAttr | DenseAttr", value).type
        else:
            parser.parse_punctuation(":")
            properties["type"] = parser.parse_type()
        return cls(properties=properties, attributes=attributes)


@irdl_op_definition
class LoadOp(IRDLOperation):
    """The value of a global.

    https://iree.dev/reference/mlir-dialects/Util/#utilglobalload-utilgloballoadop
    """

    name = "util.global.load"

    global_ = prop_def(SymbolRefAttr, prop_name="global")
    is_immutable = opt_prop_def(UnitAttr)
    result = result_def()
    traits = traits_def(Pure())

    @classmethod
    def of(cls, symbol: str, type: Attribute) -> Self:
        """A load of the global ``@symbol`` of the given type."""
        return cls(properties={"global": SymbolRefAttr(symbol)}, result_types=[type])

    def result_name(self) -> str:
        """The name that IREE suggests for the result: the global's, made an identifier."""
        return suggested_name(self.global_.root_reference.data)

    def print_asm(self, p: AsmPrinter) -> None:
        immutable = " immutable" if self.is_immutable is not None else ""
        p.write(f"{self.name}{immutable} {p.attribute(self.global_)}")
        p.write(p.attr_dict(self, self.properties))
        p.write(f" : {p.attribute(self.result.type)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {}
        if parser.parse_optional_keyword("immutable") is not None:
            properties["is_immutable"] = UnitAttr()
        properties["global"] = SymbolRefAttr(parser.parse_symbol_name())
        attributes = parser.parse_optional_attr_dict()
        parser.parse_punctuation(":")
        return cls(properties=properties, attributes=attributes, result_types=[parser.parse_type()])
