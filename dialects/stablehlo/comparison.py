"""``compare``, and the choices that follow from it: ``select`` and ``clamp``.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#compare, ``#select``, ``#clamp``
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import FunctionType, IntegerType
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.traits import Pure

from dialects.asm import AsmPrinter
from dialects.quant.agreement import elements_agree
from dialects.stablehlo.attributes import (
    ComparisonDirection,
    ComparisonDirectionAttr,
    ComparisonType,
    ComparisonTypeAttr,
    parse_case,
)
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.element_types import (
    ANY,
    BOOLEAN,
    COMPLEX,
    FLOATING_POINT,
    PER_TENSOR,
    SIGNED_INTEGER,
)
from dialects.stablehlo.signature import (
    Row,
    Rows,
    Signature,
    accepts,
    bounds_fit,
    merged_type,
    require,
    returns,
    row,
    shapes_fit,
    types_agree,
    with_element,
)
from dialects.stablehlo.syntax import (
    checked_function_type,
    create,
    parse_dictionary,
    parse_function_type,
    parse_operands,
    parse_same_types,
    same_types_text,
)
from dialects.stablehlo.tensors import element_type, shape, shapes_agree


def comparison_types(element: Attribute) -> Sequence[ComparisonType]:
    """What (C3) of ``compare`` allows for this element type."""
    if element in FLOATING_POINT:
        return ComparisonType.FLOAT, ComparisonType.TOTALORDER
    # Quantized numbers are compared as the floats that they stand for.
    if element in COMPLEX or element in PER_TENSOR:
        return (ComparisonType.FLOAT,)
    return (ComparisonType.SIGNED if element in SIGNED_INTEGER else ComparisonType.UNSIGNED,)


def _compare_type(s: Signature) -> ComparisonType:
    found = s.properties.get("compare_type")
    return found.data if isinstance(found, ComparisonTypeAttr) else ComparisonType.NOTYPE


_COMPARE_TYPE = row(
    "C3",
    # NOTYPE says that the element type decides.
    lambda s: (
        _compare_type(s)
        in (ComparisonType.NOTYPE, *comparison_types(element_type(s.operand_types[0])))
    ),
    lambda s: (
        f"compare_type must be {' or '.join(comparison_types(element_type(s.operand_types[0])))} "
        f"for elements of type {element_type(s.operand_types[0])}, got {_compare_type(s)}"
    ),
)


@irdl_op_definition
class CompareOp(StableHLOOp):
    """``lhs < rhs`` and its kin, elementwise.

    (C3), which type of comparison an element type takes, is asked of new operations, by ``infer``.
    Upstream never asks for it, and its own programs compare i32 as ``UNSIGNED`` and as
    ``TOTALORDER``: such a program can be read and printed.
    """

    name = "stablehlo.compare"

    lhs = operand_def()
    rhs = operand_def()
    comparison_direction = prop_def(ComparisonDirectionAttr)
    compare_type = opt_prop_def(ComparisonTypeAttr)
    result = result_def()
    traits = traits_def(Pure())

    TYPES: ClassVar[Rows] = (
        accepts("I1", "lhs", 0, ANY),
        accepts("I2", "rhs", 1, ANY),
        row(
            "C1",
            lambda s: elements_agree(*map(element_type, s.operand_types)),
            lambda s: (
                f"lhs and rhs must have the same element type, "
                f"got {element_type(s.operand_types[0])} and {element_type(s.operand_types[1])}"
            ),
        ),
        row(
            "C2",
            lambda s: (
                shapes_fit(map(shape, (*s.operand_types, *s.result_types)))
                and bounds_fit((*s.operand_types, *s.result_types))
            ),
            lambda s: (
                "lhs, rhs and result must have the same shape, got "
                + ", ".join(map(str, (*s.operand_types, *s.result_types)))
            ),
        ),
    )
    MADE_CONSTRAINTS: ClassVar[Rows] = (_COMPARE_TYPE,)
    INPUTS: ClassVar[Rows] = (*TYPES, *MADE_CONSTRAINTS)
    CONSTRAINTS: ClassVar[Rows] = (returns("O1", "result", BOOLEAN), *TYPES)

    def print_asm(self, p: AsmPrinter) -> None:
        lhs, rhs = self.operands
        direction = self.properties["comparison_direction"]
        assert isinstance(direction, ComparisonDirectionAttr)
        p.write(f"{self.name} {direction.data}, {p.name(lhs)}, {p.name(rhs)}")
        compare_type = self.properties.get("compare_type")
        if isinstance(compare_type, ComparisonTypeAttr):
            p.write(f", {compare_type.data}")
        p.write(p.attr_dict(self, ("comparison_direction", "compare_type")))
        p.write(f" : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        direction = parse_case(parser, ComparisonDirection, "comparison direction")
        given: dict[str, Attribute] = {"comparison_direction": ComparisonDirectionAttr(direction)}
        parser.parse_punctuation(",")
        operands = parse_operands(parser, 2)
        if parser.parse_optional_punctuation(",") is not None:
            order = parse_case(parser, ComparisonType, "comparison type")
            given["compare_type"] = ComparisonTypeAttr(order)
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [with_element(merged_type(operands), IntegerType(1))]

    def _verify_inferred(self) -> None:
        """The table has said all about the result; inferring it would ask for (C3)."""


_CHOICES_AGREE = row(
    "C2",
    lambda s: types_agree((*s.operand_types[1:], *s.result_types)),
    lambda s: (
        "on_true, on_false and result must have the same type, got "
        + ", ".join(map(str, (*s.operand_types[1:], *s.result_types)))
    ),
)


@irdl_op_definition
class SelectOp(StableHLOOp):
    """``on_true[i] if pred[i] else on_false[i]``; ``pred`` may be one boolean for all."""

    name = "stablehlo.select"

    pred = operand_def()
    on_true = operand_def()
    on_false = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    CONSTRAINTS: ClassVar[Rows] = (
        accepts("I1", "pred", 0, BOOLEAN),
        accepts("I2", "on_true", 1, ANY),
        accepts("I3", "on_false", 2, ANY),
        _CHOICES_AGREE,
        row(
            "C1",
            lambda s: (
                not shape(s.operand_types[0])
                or shapes_agree(shape(s.operand_types[0]), shape(s.operand_types[1]))
            ),
            lambda s: (
                f"pred must be a scalar or have the shape of on_true, "
                f"got {s.operand_types[0]} and {s.operand_types[1]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        pred, on_true, on_false = self.operands
        result = self.results[0].type
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        if on_true.type == result == on_false.type:
            p.write(p.types((pred.type, result)))
        else:
            p.write(p.functional_type(self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 3)
        properties, attributes = parse_dictionary(parser, cls)
        parser.parse_punctuation(":")
        position = parser.pos
        first = parser.parse_type()
        if isinstance(first, FunctionType):
            checked_function_type(parser, position, first, 3)
            types, result = first.inputs.data, first.outputs.data[0]
        else:
            if parser.parse_optional_punctuation(",") is None:
                parser.raise_error(
                    "expected ',' and the type of the choices after that of pred",
                    position,
                    parser.pos,
                )
            result = parser.parse_type()
            types = (first, result, result)
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.CONSTRAINTS, operands, properties)
        return [merged_type(operands[1:])]


def _bound(id: str, label: str, index: int) -> Row:
    return row(
        id,
        lambda s: (
            not shape(s.operand_types[index])
            or shapes_agree(shape(s.operand_types[index]), shape(s.operand_types[1]))
        ),
        lambda s: (
            f"{label} must be a scalar or have the shape of operand, "
            f"got {s.operand_types[index]} and {s.operand_types[1]}"
        ),
    )


@irdl_op_definition
class ClampOp(StableHLOOp):
    """``minimum(maximum(operand, min), max)``; each bound may be one number for all."""

    name = "stablehlo.clamp"

    min = operand_def()
    operand = operand_def()
    max = operand_def()
    result = result_def()
    traits = traits_def(Pure())

    INPUTS: ClassVar[Rows] = (
        accepts("I1", "min", 0, ANY),
        accepts("I2", "operand", 1, ANY),
        accepts("I3", "max", 2, ANY),
        _bound("C1", "min", 0),
        _bound("C2", "max", 2),
        row(
            "C3",
            lambda s: all(
                elements_agree(element_type(t), element_type(s.operand_types[1]))
                for t in s.operand_types
            ),
            lambda s: (
                "min, operand and max must have the same element type, got "
                + ", ".join(str(element_type(t)) for t in s.operand_types)
            ),
        ),
    )
    CONSTRAINTS: ClassVar[Rows] = (
        *INPUTS,
        row(
            "C4",
            lambda s: types_agree((s.operand_types[1], *s.result_types)),
            lambda s: (
                f"operand and result must have the same type, "
                f"got {s.operand_types[1]} and {s.result_types[0]}"
            ),
        ),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)} : ")
        p.write(same_types_text(p, self))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parse_operands(parser, 3)
        properties, attributes = parse_dictionary(parser, cls)
        types, result = parse_same_types(parser, 3)
        return create(cls, parser, operands, types, [result], properties, attributes)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        require(cls, cls.INPUTS, operands, properties)
        return [operands[1]]
