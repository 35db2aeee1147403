"""``if``, ``case``, ``while`` and the ``return`` that ends every region of the dialect.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md#if, #case, #while
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    irdl_op_definition,
    operand_def,
    region_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.traits import IsTerminator, Pure, RecursiveMemoryEffect

from dialects.asm import AsmPrinter
from dialects.constraints import Constraint, ConstraintError
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.bounded_types import least_specific_type
from dialects.stablehlo.regions import (
    all_compatible,
    argument_types,
    is_buffer,
    problem_row,
    returned_types,
    structure_problem,
    types_text,
)
from dialects.stablehlo.syntax import create, parse_dictionary, parse_operand_list
from dialects.stablehlo.tensors import is_scalar_of
from dialects.stablehlo.values import values_row


@irdl_op_definition
class ReturnOp(StableHLOOp):
    """Ends a region with the values it gives."""

    name = "stablehlo.return"

    results_ = var_operand_def()

    traits = traits_def(IsTerminator(), Pure())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = (
        values_row("I1", "results", lambda s: s.operand_types),
    )

    def print_asm(self, p: AsmPrinter) -> None:
        # Upstream writes the space after the name even where nothing follows.
        p.write(f"{self.name} {p.operands(self.operands)}{p.attr_dict(self)}")
        if self.operands:
            p.write(f" : {p.types(o.type for o in self.operands)}")

    @classmethod
    def parse(cls, parser: Parser) -> ReturnOp:
        operands = parse_operand_list(parser)
        attributes = parser.parse_optional_attr_dict()
        types: Sequence[Attribute] = ()
        if operands:
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        return create(cls, parser, operands, types, (), attributes=attributes)


# -- if and case -------------------------------------------------------------------------------


def _branch_problem(branches: Iterable[Region]) -> str | None:
    for number, branch in enumerate(branches):
        if arguments := argument_types(branch):
            return f"branch {number} takes {types_text(arguments)}, expected no arguments"
    return None


def _outputs_problem(branches: Sequence[Region]) -> str | None:
    first = returned_types(branches[0])
    for number, branch in enumerate(branches):
        found = returned_types(branch)
        if not all_compatible(first, found):
            return f"branch 0 returns {types_text(first)} and branch {number} {types_text(found)}"
    return None


def _branch_types(branches: Sequence[Region]) -> list[Attribute]:
    groups = zip(*map(returned_types, branches), strict=True)
    return [least_specific_type(types) for types in groups]


def _results_problem(branches: Sequence[Region], declared: Sequence[Attribute]) -> str | None:
    expected = _branch_types(branches)
    if any(map(is_buffer, expected)) or not all_compatible(declared, expected):
        return (
            f"the results are {types_text(declared)} and the branches return {types_text(expected)}"
        )
    return None


def _infer_branches(
    name: str, ids: Sequence[str], branches: Sequence[Region]
) -> Sequence[Attribute]:
    arguments, outputs = ids
    for id, problem in (
        ("I2", structure_problem("branch", branches)),
        (arguments, _branch_problem(branches)),
        (outputs, _outputs_problem(branches)),
    ):
        if problem is not None:
            raise ConstraintError(name, id, problem)
    return _branch_types(branches)


_IF_ROWS: Sequence[Constraint[IfOp]] = (
    Constraint(
        "I1",
        lambda op: is_scalar_of(op.pred.type, 1),
        lambda op: f"pred must be tensor<i1>, got {op.pred.type}",
    ),
    problem_row("I2", lambda op: structure_problem("branch", op.regions)),
    problem_row("C1", lambda op: _branch_problem(op.regions)),
    problem_row("C2", lambda op: _outputs_problem(op.regions)),
    problem_row("C3", lambda op: _results_problem(op.regions, op.result_types)),
)


@irdl_op_definition
class IfOp(StableHLOOp):
    """Runs one of two branches; both may read values of the surrounding code."""

    name = "stablehlo.if"

    pred = operand_def()
    results_ = var_result_def()
    true_branch = region_def()
    false_branch = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _IF_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return _infer_branches(cls.name, ("C1", "C2"), regions)


_CASE_ROWS: Sequence[Constraint[CaseOp]] = (
    Constraint(
        "I1",
        lambda op: is_scalar_of(op.index.type, 32),
        lambda op: f"index must be tensor<i32>, got {op.index.type}",
    ),
    Constraint("C1", lambda op: len(op.regions) > 0, lambda op: "there are no branches"),
    problem_row("I2", lambda op: structure_problem("branch", op.regions)),
    problem_row("C2", lambda op: _branch_problem(op.regions)),
    problem_row("C3", lambda op: _outputs_problem(op.regions)),
    problem_row("C4", lambda op: _results_problem(op.regions, op.result_types)),
)


@irdl_op_definition
class CaseOp(StableHLOOp):
    """Runs the branch of the given number, the last one where the number is out of range."""

    name = "stablehlo.case"

    index = operand_def()
    results_ = var_result_def()
    branches = var_region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _CASE_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        if not regions:
            raise ConstraintError(cls.name, "C1", "there are no branches")
        return _infer_branches(cls.name, ("C2", "C3"), regions)


# -- while -------------------------------------------------------------------------------------


def _cond_problem(op: WhileOp) -> str | None:
    carried = [operand.type for operand in op.operands]
    arguments = argument_types(op.cond)
    if not all_compatible(carried, arguments):
        return f"cond takes {types_text(arguments)}, the operands are {types_text(carried)}"
    returned = returned_types(op.cond)
    if len(returned) != 1 or not is_scalar_of(returned[0], 1):
        return f"cond returns {types_text(returned)}, expected tensor<i1>"
    return None


def _body_problem(op: WhileOp) -> str | None:
    carried = [operand.type for operand in op.operands]
    for verb, types in (("takes", argument_types(op.body)), ("returns", returned_types(op.body))):
        if not all_compatible(carried, types):
            return f"body {verb} {types_text(types)}, the operands are {types_text(carried)}"
    return None


_WHILE_ROWS: Sequence[Constraint[WhileOp]] = (
    values_row("I1", "operands", lambda s: s.operand_types),
    problem_row("I2", lambda op: structure_problem("region", op.regions)),
    problem_row("C1", _cond_problem),
    problem_row("C2", _body_problem),
    Constraint(
        "C3",
        lambda op: all_compatible(op.result_types, [operand.type for operand in op.operands]),
        lambda op: (
            f"the results are {types_text(op.result_types)}, the operands "
            f"{types_text(operand.type for operand in op.operands)}"
        ),
    ),
)


@irdl_op_definition
class WhileOp(StableHLOOp):
    """Runs ``body`` on the carried values as long as ``cond`` gives true for them."""

    name = "stablehlo.while"
    BLOCK_ARGUMENT_NAME: ClassVar[str | None] = "iterArg"

    operand = var_operand_def()
    results_ = var_result_def()
    cond = region_def()
    body = region_def()

    traits = traits_def(RecursiveMemoryEffect())
    CONSTRAINTS: ClassVar[Sequence[Constraint[Any]]] = _WHILE_ROWS

    @classmethod
    def infer(
        cls,
        operands: Sequence[Attribute],
        properties: Mapping[str, Attribute],
        regions: Sequence[Region] = (),
    ) -> Sequence[Attribute]:
        return operands

    def print_asm(self, p: AsmPrinter) -> None:
        carried = ", ".join(
            f"{p.name(argument)} = {p.name(operand)}"
            for argument, operand in zip(self.body.block.args, self.operands, strict=True)
        )
        p.write(f"{self.name}({carried})")
        if self.operands:
            p.write(f" : {p.types(operand.type for operand in self.operands)}")
        p.write(p.attr_dict(self, keyword=True))
        p.newline()
        p.write("cond ")
        p.region(self.cond)
        p.write(" do ")
        p.region(self.body)

    @classmethod
    def parse(cls, parser: Parser) -> WhileOp:
        position = parser.pos

        def carried() -> tuple[Parser.UnresolvedArgument, UnresolvedOperand]:
            argument = parser.parse_argument(expect_type=False)
            parser.parse_punctuation("=")
            return argument, parser.parse_unresolved_operand()

        pairs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, carried)
        types: Sequence[Attribute] = ()
        if pairs:
            parser.parse_punctuation(":")
            types = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_type)
        operands = parser.resolve_operands([operand for _, operand in pairs], types, position)
        arguments = [
            argument.resolve(type_) for (argument, _), type_ in zip(pairs, types, strict=True)
        ]
        attributes: Mapping[str, Attribute] = {}
        if parser.parse_optional_keyword("attributes") is not None:
            _, attributes = parse_dictionary(parser, cls)
        parser.parse_keyword("cond")
        cond = parser.parse_region(arguments)
        parser.parse_keyword("do")
        body = parser.parse_region(arguments)
        return cls.create(
            operands=operands,
            result_types=types,
            attributes=attributes,
            regions=[cond, body],
        )
