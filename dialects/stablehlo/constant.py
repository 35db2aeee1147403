"""``constant``: a tensor whose elements stand in the program.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#constant
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, DenseResourceAttr, IntegerType
from xdsl.ir import Attribute, Region
from xdsl.irdl import irdl_op_definition, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.traits import ConstantLike, Pure

from dialects.asm import AsmPrinter
from dialects.dense_parser import parse_elements
from dialects.quant.types import UniformType
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import ANY_OR_PER_AXIS, NOT_QUANTIZED
from dialects.stablehlo.shape import static_result
from dialects.stablehlo.signature import Rows, Signature, returns, row, with_element
from dialects.stablehlo.syntax import create, parse_dictionary
from dialects.stablehlo.tensors import element_type


def value_type(value: Attribute) -> Attribute:
    """The type of a ``dense<...>`` or ``dense_resource<...>`` attribute.

    Raises ``TypeError`` for any other attribute.
    """
    if isinstance(value, DenseIntOrFPElementsAttr | DenseResourceAttr):
        return value.type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    raise TypeError(f"expected dense<...> or dense_resource<...>, got {value}")


def _value_type(s: Signature) -> Attribute:
    return value_type(s.properties["value"])


def _held_type(type_: Attribute) -> Attribute:
    """The type of the elements that stand for a tensor: if it is quantized, of its storage."""
    element = element_type(type_)
    return with_element(type_, element.storage.type) if isinstance(element, UniformType) else type_


class ElementsOp(StableHLOOp, ABC):
    """``d.constant dense<...> : t``: the elements of ``value``, in the program or its resources."""

    value = prop_def(DenseIntOrFPElementsAttr | DenseResourceAttr)
    output = result_def()
    traits = traits_def(ConstantLike(), Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        returns("O1", "output", ANY_OR_PER_AXIS),
        static_result("O1"),
        row(
            "C1",
            lambda s: _value_type(s) == _held_type(s.result_types[0]),
            lambda s: (
                f"value must be a {_held_type(s.result_types[0])} for an output of "
                f"{s.result_types[0]}, got {_value_type(s)}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        value = self.properties["value"]
        if value_type(value) != self.results[0].type:
            # No pretty form can show two types.
            p.write(
                f"{self.name}() <{{value = {p.attribute(value)}}}>{p.attr_dict(self, ('value',))}"
            )
            p.write(f" : {p.functional_type(self)}")
            return
        p.write(f"{self.name}{p.attr_dict(self, ('value',))} ")
        p.write(p.attribute(value))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        if parser.parse_optional_punctuation("(") is not None:
            parser.parse_punctuation(")")
            given = parser.parse_optional_properties_dict()
            properties, attributes = parse_dictionary(parser, cls, given)
            parser.parse_punctuation(":")
            type_ = parser.parse_function_type()
            return create(cls, parser, (), (), type_.outputs.data, properties, attributes)
        _, attributes = parse_dictionary(parser, cls)
        position = parser.pos
        value = parse_elements(parser)
        type_ = value_type(value)
        if not NOT_QUANTIZED.accepts(type_):
            parser.raise_error(
                f"a constant must be a {NOT_QUANTIZED}, got {type_}", position, parser.pos
            )
        return create(cls, parser, (), (), [type_], {"value": value}, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return [value_type(properties["value"])]


@irdl_op_definition
class ConstantOp(ElementsOp):
    """The elements of ``value``."""

    name = "stablehlo.constant"

    def _verify_inferred(self) -> None:
        """Nothing besides (C1): the elements of a quantized tensor are given as its storage."""

    def result_name(self) -> str:
        return "c" if isinstance(element_type(self.results[0].type), IntegerType) else "cst"
