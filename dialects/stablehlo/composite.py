"""``composite``: an operation that is made of others.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#composite
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from xdsl.dialects.builtin import (
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    i32,
)
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.traits import SymbolTable

from dialects.asm import AsmPrinter
from dialects.attribute_text import quoted
from dialects.constraints import Constraint
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.regions import is_buffer, problem_row, types_text
from dialects.stablehlo.replica_groups import is_in_module
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_function_type,
    parse_operand_list,
)
from dialects.stablehlo.values import is_value_or_tuple

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_$]+)+")


def _values_row(id: str, what: str, types: str) -> Constraint[CompositeOp]:
    return Constraint(
        id,
        lambda op: all(is_value_or_tuple(t) and not is_buffer(t) for t in getattr(op, types)),
        lambda op: (
            f"{what} must be tensors, tokens or tuples, got {types_text(getattr(op, types))}"
        ),
    )


def _function_type(op: CompositeOp) -> FunctionType | None:
    """The type of the function that ``decomposition`` names, if there is one."""
    function = SymbolTable.lookup_symbol(op, op.decomposition)
    if function is None or function.name != "func.func":
        return None
    type_ = function.properties["function_type"]
    return type_ if isinstance(type_, FunctionType) else None


def _symbol_problem(op: CompositeOp) -> str | None:
    if op.decomposition.nested_references.data:
        return f"decomposition must be one symbol, got {op.decomposition}"
    if not is_in_module(op) or _function_type(op) is not None:
        return None
    return f"there is no function {op.decomposition} in the module"


def _types_problem(op: CompositeOp, what: str) -> str | None:
    type_ = _function_type(op) if is_in_module(op) else None
    if type_ is None:
        return None
    declared, found = (
        (type_.inputs, op.operand_types) if what == "inputs" else (type_.outputs, op.result_types)
    )
    if list(declared) == list(found):
        return None
    return f"the {what} are {types_text(found)}, those of {op.decomposition} {types_text(declared)}"


_ROWS: Sequence[Constraint[CompositeOp]] = (
    _values_row("I1", "inputs", "operand_types"),
    _values_row("O1", "results", "result_types"),
    Constraint(
        "C1",
        lambda op: _NAME.fullmatch(op.composite_name.data) is not None,
        lambda op: (
            f"name must be that of an operation in a namespace, such as my_namespace.my_op, "
            f"got {quoted(op.composite_name.data)}"
        ),
    ),
    problem_row("C2", _symbol_problem),
    problem_row("C3", lambda op: _types_problem(op, "inputs")),
    problem_row("C4", lambda op: _types_problem(op, "results")),
)
_DEFAULTS: dict[str, Attribute] = {
    "composite_attributes": DictionaryAttr({}),
    "version": IntegerAttr(0, i32),
}
"""What the pretty form leaves out."""


@irdl_op_definition
class CompositeOp(StableHLOOp):
    """Stands for the function ``decomposition``, which gives ``results`` for ``inputs``."""

    name = "stablehlo.composite"

    inputs = var_operand_def()
    composite_name = prop_def(StringAttr, prop_name="name")
    composite_attributes = opt_prop_def(DictionaryAttr)
    decomposition = prop_def(SymbolRefAttr)
    version = opt_prop_def(IntegerAttr.constr(i32))
    results_ = var_result_def()
    composite_regions = var_region_def()

    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS

    def print_asm(self, p: AsmPrinter) -> None:
        defaults = [k for k, v in _DEFAULTS.items() if self.properties.get(k) == v]
        # Upstream writes the space before operands even where there are none.
        p.write(f"{self.name} {quoted(self.composite_name.data)} {p.operands(self.operands)}")
        for i, region in enumerate(self.regions):
            p.write(", " if i else " (")
            p.region(region, header=True)
        if self.regions:
            p.write(")")
        p.write(f"{p.attr_dict(self, ('name', *defaults))} : {p.functional_type(self)}")

    @classmethod
    def parse(cls, parser: Parser) -> CompositeOp:
        given = {"name": StringAttr(parser.parse_str_literal())}
        operands = parse_operand_list(parser)
        regions: Sequence[Region] = (
            parser.parse_optional_comma_separated_list(parser.Delimiter.PAREN, parser.parse_region)
            or ()
        )
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, len(operands), None)
        return create(
            cls,
            parser,
            operands,
            types.inputs.data,
            types.outputs.data,
            properties,
            attributes,
            regions,
        )
