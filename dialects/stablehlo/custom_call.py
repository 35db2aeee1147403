"""``custom_call``: an operation that only its implementation knows.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#custom_call, and for layouts and
buffers, which the specification does not number, upstream's verifier.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, ClassVar, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    IndexType,
    IntegerAttr,
    MemRefType,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    TupleType,
    UnrankedTensorType,
    i1,
    i32,
)
from xdsl.ir import Attribute, Operation
from xdsl.irdl import (
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.traits import EffectInstance, MemoryEffect, MemoryEffectKind

from dialects.asm import AsmPrinter
from dialects.attribute_text import symbol_or_string
from dialects.constraints import Constraint
from dialects.stablehlo.attributes import CustomCallApiVersion
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.dimension_numbers import OutputOperandAliasAttr, dims_text
from dialects.stablehlo.regions import problem_row, types_text
from dialects.stablehlo.syntax import (
    create,
    parse_dictionary,
    parse_function_type,
    parse_operand_list,
)
from dialects.stablehlo.tensors import element_type, shape, shapes_agree, tuple_of
from dialects.stablehlo.values import is_call_value, values_row


class DeclaredEffect(MemoryEffect):
    """Every effect if ``has_side_effect`` is true, none otherwise."""

    @classmethod
    def get_effects(cls, op: Operation) -> Set[EffectInstance]:
        flag = op.properties.get("has_side_effect")
        return _EVERY_EFFECT if isinstance(flag, IntegerAttr) and flag.value.data else frozenset()


_EVERY_EFFECT = frozenset(
    EffectInstance(kind)
    for kind in (
        MemoryEffectKind.ALLOC,
        MemoryEffectKind.FREE,
        MemoryEffectKind.WRITE,
        MemoryEffectKind.READ,
    )
)


# -- layouts -----------------------------------------------------------------------------------


def _layout_problem(op: CustomCallOp) -> str | None:
    if op.operand_layouts is None and op.result_layouts is None:
        return None
    if op.operand_layouts is None or op.result_layouts is None:
        return "give operand_layouts and result_layouts both or neither"
    results = op.result_types
    if len(results) == 1 and isinstance(results[0], TupleType):
        results = results[0].types.data
    operands = [value.type for value in op.inputs]
    return _layouts_problem("operand", operands, op.operand_layouts) or _layouts_problem(
        "result", results, op.result_layouts
    )


def _layouts_problem(
    label: str, types: Sequence[Attribute], layouts: ArrayAttr[Attribute]
) -> str | None:
    if len(types) != len(layouts):
        return f"{len(layouts)} {label} layouts for the {label}s {types_text(types)}"
    for i, (type_, layout) in enumerate(zip(types, layouts, strict=True)):
        if not isinstance(layout, DenseIntOrFPElementsAttr) or not isinstance(
            layout.get_element_type(), IndexType
        ):
            return f"layout {layout} of {label} {i} is not dense<...> : tensor<Nxindex>"
        order = [int(v) for v in layout.get_values()]
        if isinstance(type_, TupleType):
            return f"{label} {i} is a tuple; tuples have no layout"
        if isinstance(type_, UnrankedTensorType):
            continue
        rank = len(type_.get_shape()) if isinstance(type_, TensorType | MemRefType) else 0
        if sorted(order) != list(range(rank)):
            return f"layout {dims_text(order)} of {label} {i} does not order {type_}"
    return None


# -- aliases -----------------------------------------------------------------------------------


def _part(type_: Attribute, path: Sequence[int]) -> Attribute | None:
    """The element of nested tuples at the end of a path of indices."""
    for index in path:
        if not isinstance(type_, TupleType) or not 0 <= index < len(type_.types):
            return None
        type_ = type_.types.data[index]
    return type_


def _output(op: CustomCallOp) -> Attribute:
    """The one result's type, or a tuple of them all."""
    results = op.result_types
    return results[0] if len(results) == 1 else tuple_of(results)


def _aliases(op: CustomCallOp) -> Sequence[OutputOperandAliasAttr]:
    return () if op.output_operand_aliases is None else op.output_operand_aliases.data


def _alias_problem(op: CustomCallOp) -> str | None:
    for attribute in _aliases(op):
        alias = attribute.data
        if not 0 <= alias.operand_index < len(op.inputs):
            return f"operand_index {alias.operand_index} is not in [0, {len(op.inputs)})"
        operand = op.inputs[alias.operand_index].type
        source = _part(operand, alias.operand_tuple_indices)
        target = _part(_output(op), alias.output_tuple_indices)
        if source is None:
            return (
                f"operand_tuple_indices {dims_text(alias.operand_tuple_indices)} lead nowhere "
                f"in {operand}"
            )
        if target is None:
            return (
                f"output_tuple_indices {dims_text(alias.output_tuple_indices)} lead nowhere "
                f"in {types_text(op.result_types)}"
            )
        if source != target:
            return f"the aliased operand is {source} and the output {target}"
    return None


# -- buffers -----------------------------------------------------------------------------------


def _known_call_problem(op: CustomCallOp) -> str | None:
    """What the calls that make, pin and unpin buffers ask of their types."""
    target = op.call_target_name.data
    operands, results = [value.type for value in op.inputs], op.result_types
    if target == "CreateBuffer":
        if operands or [*map(type, results)] != [MemRefType]:
            return f"CreateBuffer takes nothing and gives one memref, got {types_text(results)}"
        return None
    kinds = {"Pin": (TensorType, MemRefType), "Unpin": (MemRefType, TensorType)}.get(target)
    if kinds is None:
        return _buffer_problem(op)
    if [*map(type, operands)] != [kinds[0]] or [*map(type, results)] != [kinds[1]]:
        return (
            f"{target} takes one {kinds[0].name} and gives one {kinds[1].name}, got "
            f"{types_text(operands)} -> {types_text(results)}"
        )
    left, right = (_shape_and_element(type_) for type_ in (operands[0], results[0]))
    if not shapes_agree(left[0], right[0]) or left[1] != right[1]:
        return f"{target} can not make {results[0]} of {operands[0]}"
    return None


def _shape_and_element(type_: Attribute) -> tuple[Sequence[int], Attribute]:
    if isinstance(type_, MemRefType):
        memref = cast(MemRefType[Attribute], type_)
        return memref.get_shape(), memref.element_type
    return shape(type_), element_type(type_)


def _leaves(
    type_: Attribute, path: tuple[int, ...] = ()
) -> list[tuple[tuple[int, ...], Attribute]]:
    if not isinstance(type_, TupleType):
        return [(path, type_)]
    return [leaf for i, t in enumerate(type_.types) for leaf in _leaves(t, (*path, i))]


def _buffer_problem(op: CustomCallOp) -> str | None:
    """Each buffer result is aliased, no buffer is aliased twice."""
    outputs: set[tuple[int, ...]] = set()
    operands: set[tuple[int, tuple[int, ...]]] = set()
    for attribute in _aliases(op):
        alias = attribute.data
        operand = op.inputs[alias.operand_index].type
        if not isinstance(_part(operand, alias.operand_tuple_indices), MemRefType):
            continue
        source = (alias.operand_index, alias.operand_tuple_indices)
        if alias.output_tuple_indices in outputs or source in operands:
            return f"a buffer is in output_operand_aliases twice: {attribute}"
        outputs.add(alias.output_tuple_indices)
        operands.add(source)
    for path, leaf in _leaves(_output(op)):
        if isinstance(leaf, MemRefType) and path not in outputs:
            return f"the buffer output {dims_text(path)} is not in output_operand_aliases"
    return None


# -- the operation -----------------------------------------------------------------------------


def api_version(op: CustomCallOp) -> int:
    """The calling convention, ``API_VERSION_ORIGINAL`` where none is given."""
    if op.api_version is None:
        return CustomCallApiVersion.API_VERSION_ORIGINAL
    return op.api_version.value.data


def _config_problem(op: CustomCallOp) -> str | None:
    if op.backend_config is None:
        return None
    version = api_version(op)
    typed = version == CustomCallApiVersion.API_VERSION_TYPED_FFI
    if isinstance(op.backend_config, DictionaryAttr) is typed:
        return None
    kind = "dictionary" if typed else "string"
    return f"backend_config must be a {kind} with api_version {version}, got {op.backend_config}"


_ROWS: Sequence[Constraint[CustomCallOp]] = (
    values_row("I1", "inputs", lambda s: s.operand_types, is_call_value),
    values_row("O1", "results", lambda s: s.result_types, is_call_value),
    Constraint(
        "I5",
        lambda op: api_version(op) in tuple(CustomCallApiVersion),
        lambda op: f"api_version {api_version(op)} is unknown",
    ),
    problem_row("layouts", _layout_problem),
    problem_row("I7", _alias_problem),
    problem_row("I4", _config_problem),
    problem_row("buffers", _known_call_problem),
)
_DEFAULTS: dict[str, Attribute] = {
    "has_side_effect": IntegerAttr.from_bool(False),
    "api_version": CustomCallApiVersion.API_VERSION_ORIGINAL.attribute(),
    "called_computations": ArrayAttr(()),
    "output_operand_aliases": ArrayAttr(()),
}
"""What the pretty form leaves out."""


@irdl_op_definition
class CustomCallOp(StableHLOOp):
    """Calls ``call_target_name`` on ``inputs``; only its implementation knows what comes out."""

    name = "stablehlo.custom_call"

    inputs = var_operand_def()
    call_target_name = prop_def(StringAttr)
    has_side_effect = opt_prop_def(IntegerAttr.constr(i1))
    backend_config = opt_prop_def(StringAttr | DictionaryAttr)
    api_version = opt_prop_def(IntegerAttr.constr(i32))
    called_computations = opt_prop_def(ArrayAttr[SymbolRefAttr])
    operand_layouts = opt_prop_def(ArrayAttr)
    result_layouts = opt_prop_def(ArrayAttr)
    output_operand_aliases = opt_prop_def(ArrayAttr[OutputOperandAliasAttr])
    result_tilings = opt_prop_def(ArrayAttr)
    results_ = var_result_def()

    traits = traits_def(DeclaredEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _ROWS

    def print_asm(self, p: AsmPrinter) -> None:
        defaults = [k for k, v in _DEFAULTS.items() if self.properties.get(k) == v]
        p.write(
            f"{self.name} @{symbol_or_string(self.call_target_name.data)}"
            f"({p.operands(self.operands)})"
            f"{p.attr_dict(self, ('call_target_name', *defaults))} : {p.functional_type(self)}"
        )

    @classmethod
    def parse(cls, parser: Parser) -> CustomCallOp:
        target = parser.parse_symbol_name()
        with parser.in_parens():
            operands = parse_operand_list(parser)
        given = {"call_target_name": target}
        properties, attributes = parse_dictionary(parser, cls, given)
        types = parse_function_type(parser, len(operands), None)
        return create(
            cls, parser, operands, types.inputs.data, types.outputs.data, properties, attributes
        )
