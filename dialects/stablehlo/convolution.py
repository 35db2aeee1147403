"""``convolution``: windows of the input times the kernel.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#convolution
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    IntegerAttr,
    TensorType,
    i1,
    i64,
)
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
from dialects.constraints import Constraint
from dialects.stablehlo.attributes import PrecisionAttr
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.convolution_rows import INPUT_ROWS, RESULT_ROWS, inferred_shape
from dialects.stablehlo.dimension_numbers import (
    ConvDimensionNumbersAttr,
    dims_text,
    parse_conv_dimensions,
    parse_dims,
)
from dialects.stablehlo.inference import checked_probe
from dialects.stablehlo.syntax import (
    create,
    i64_array,
    parse_dictionary,
    parse_function_type,
    parse_operands,
)
from dialects.stablehlo.tensors import element_type
from dialects.stablehlo.windows import i1_array, integers, padding_attribute, padding_pairs


@irdl_op_definition
class ConvolutionOp(StableHLOOp):
    """Sums of products of the kernel with the windows of the input under it.

    The element type of the result is the caller's choice, as in
    :class:`~dialects.stablehlo.dot.DotGeneralOp`; inferred, it is that of the operands.
    """

    name = "stablehlo.convolution"

    lhs = operand_def(TensorType)
    rhs = operand_def(TensorType)
    window_strides = opt_prop_def(DenseArrayBase.constr(i64))
    padding = opt_prop_def(DenseIntOrFPElementsAttr)
    lhs_dilation = opt_prop_def(DenseArrayBase.constr(i64))
    rhs_dilation = opt_prop_def(DenseArrayBase.constr(i64))
    window_reversal = opt_prop_def(DenseArrayBase.constr(i1))
    dimension_numbers = prop_def(ConvDimensionNumbersAttr)
    feature_group_count = prop_def(IntegerAttr.constr(i64))
    batch_group_count = prop_def(IntegerAttr.constr(i64))
    precision_config = opt_prop_def(ArrayAttr[PrecisionAttr])
    result = result_def(TensorType)

    traits = traits_def(Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (*INPUT_ROWS, *RESULT_ROWS)

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return (TensorType(element_type(operands[0]), cls.infer_shape(operands, properties)),)

    @classmethod
    def infer_shape(
        cls, operands: Sequence[Attribute], properties: Mapping[str, Attribute]
    ) -> Sequence[int]:
        """The shape of the result, whatever its element type.

        Raises :class:`~dialects.constraints.ConstraintError` as ``infer`` does.
        """
        return inferred_shape(checked_probe(cls, operands, properties, INPUT_ROWS))

    def _verify_inferred(self) -> None:
        """Nothing besides (C25): the element type is free."""

    def print_asm(self, p: AsmPrinter) -> None:
        p.write(
            f"{self.name}({p.operands(self.operands)}) dim_numbers = "
            f"{self.dimension_numbers.data.text()}, window = {{{self._window_text()}}}"
        )
        p.write(f"{p.attr_dict(self, _SHOWN)} : {p.functional_type(self)}")

    def _window_text(self) -> str:
        pads = padding_pairs(self.padding)
        reverse = integers(self.window_reversal)
        parts = {
            "stride": _list_text(integers(self.window_strides)),
            "pad": None if pads is None else f"[{', '.join(map(dims_text, pads))}]",
            "lhs_dilate": _list_text(integers(self.lhs_dilation)),
            "rhs_dilate": _list_text(integers(self.rhs_dilation)),
            "reverse": (
                None
                if reverse is None
                else f"[{', '.join('true' if flag else 'false' for flag in reverse)}]"
            ),
        }
        return ", ".join(f"{key} = {text}" for key, text in parts.items() if text is not None)

    @classmethod
    def parse(cls, parser: Parser) -> ConvolutionOp:
        with parser.in_parens():
            operands = parse_operands(parser, 2)
        parser.parse_keyword("dim_numbers")
        parser.parse_punctuation("=")
        numbers = ConvDimensionNumbersAttr(parse_conv_dimensions(parser))
        parser.parse_punctuation(",")
        parser.parse_keyword("window")
        parser.parse_punctuation("=")
        properties: dict[str, Attribute] = {"dimension_numbers": numbers}
        with parser.in_braces():
            properties.update(_parse_window(parser))
        position = parser.pos
        properties, attributes = parse_dictionary(parser, cls, properties)
        _check_group_counts(parser, position, properties)
        types = parse_function_type(parser, 2)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )


_SHOWN = (
    "window_strides",
    "padding",
    "lhs_dilation",
    "rhs_dilation",
    "window_reversal",
    "dimension_numbers",
)
_WINDOW_KEYS = {
    "stride": "window_strides",
    "pad": "padding",
    "lhs_dilate": "lhs_dilation",
    "rhs_dilate": "rhs_dilation",
    "reverse": "window_reversal",
}


def _check_group_counts(parser: Parser, position: int, properties: Mapping[str, Attribute]) -> None:
    """Refuses counts below one where they are written, as upstream does."""
    for id, key in (("C21", "feature_group_count"), ("C22", "batch_group_count")):
        count = properties.get(key)
        if isinstance(count, IntegerAttr) and count.value.data <= 0:
            message = f"{ConvolutionOp.name}: ({id}) {key} {count.value.data} must be positive"
            parser.raise_error(message, position, parser.pos)


def _list_text(values: Sequence[int] | None) -> str | None:
    return None if values is None else dims_text(values)


def _parse_window(parser: Parser) -> dict[str, Attribute]:
    """Reads ``stride = [2, 2], pad = [[1, 1], [1, 1]], ...``: any of the keys, once each."""
    found: dict[str, Attribute] = {}
    while True:
        position = parser.pos
        key = parser.parse_optional_identifier()
        if key is None:
            return found
        if key not in _WINDOW_KEYS or _WINDOW_KEYS[key] in found:
            keys = ", ".join(k for k, name in _WINDOW_KEYS.items() if name not in found)
            parser.raise_error(f"expected one of {keys} in window", position, parser.pos)
        parser.parse_punctuation("=")
        found[_WINDOW_KEYS[key]] = _parse_window_entry(parser, key)
        if parser.parse_optional_punctuation(",") is None:
            return found


def _parse_window_entry(parser: Parser, key: str) -> Attribute:
    position = parser.pos
    if key == "pad":
        rows = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, lambda: parse_dims(parser)
        )
        pairs = [(row[0], row[1]) for row in rows if len(row) == 2]
        if len(pairs) != len(rows):
            parser.raise_error("expected two numbers in each row of pad", position, parser.pos)
        return padding_attribute(pairs)
    if key == "reverse":
        flags = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer)
        return i1_array(map(bool, flags))
    return i64_array(parse_dims(parser))
