"""What there is to know about one operation, put together from its class and its rows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, cast

from xdsl.dialects.builtin import ArrayOfConstraint
from xdsl.irdl import OptionalDef, OptPropertyDef, ParamAttrConstraint, VariadicDef
from xdsl.irdl.constraints import (
    AnyOf,
    BaseAttr,
    EqAttrConstraint,
    RangeLengthConstraint,
    RangeOf,
)
from xdsl.traits import IsTerminator, Pure, RecursiveMemoryEffect

from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.registry import OPERATIONS
from irkit.errors import IRKitError
from irkit.spec_files import spec_folder
from irkit.specification import specification

_PREFIX = "stablehlo."
_EXAMPLE = re.compile(r'^  func\.func @"?([\w-]+)"?\(.*\n((?:    .*\n)*?)    return.*\n  \}$', re.M)

Checked = Literal["yes", "partly", "made", "no"]


class UnknownOperationError(IRKitError, LookupError):
    """There is no operation, or no constraint of it, of this name."""


@dataclass(frozen=True, slots=True)
class Part:
    """An operand, a property, a result or a region."""

    name: str
    kind: str
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class ConstraintLine:
    """One constraint in words, and whether irkit checks it."""

    id: str
    text: str
    checked: Checked
    """``made``: where an operation is made, and not where one is read."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class OperationPage:
    """One operation."""

    name: str
    summary: str
    link: str
    """The section of the specification, or nothing for an operation outside of it."""
    example: str
    operands: tuple[Part, ...]
    properties: tuple[Part, ...]
    results: tuple[Part, ...]
    regions: tuple[Part, ...]
    constraints: tuple[ConstraintLine, ...]
    inference: str
    effects: str
    syntax: str
    names: str

    def data(self) -> dict[str, Any]:
        """The page as plain data, for JSON."""
        return asdict(self)


def operation_names() -> list[str]:
    """All operations, without ``stablehlo.``, sorted."""
    return sorted(op.name.removeprefix(_PREFIX) for op in OPERATIONS)


def operation_page(name: str) -> OperationPage:
    """The page of an operation, named with or without ``stablehlo.``.

    Raises :class:`UnknownOperationError` with the closest names.
    """
    op = _find(name.removeprefix(_PREFIX))
    short = op.name.removeprefix(_PREFIX)
    spec = specification()
    definition = op.get_irdl_definition()
    asked = [row.title or spec.words(short, row.id) for row in op.CONSTRAINTS]
    kinds = {name: kind for name, _, kind in (text.partition(" is a ") for text in asked)}

    def part(name: str, declared: object, kind: str) -> Part:
        return Part(
            name.rstrip("_"),
            kinds.get(name) or kind,
            isinstance(declared, OptionalDef | OptPropertyDef),
            isinstance(declared, VariadicDef) and not isinstance(declared, OptionalDef),
        )

    return OperationPage(
        name=op.name,
        summary=_summary(op),
        link=f"{spec.source}#{short}" if short in spec.ops else "",
        example=_examples().get(short, ""),
        operands=tuple(part(name, d, _kind(d.constr)) for name, d in definition.operands),
        properties=tuple(
            part(name, d, _kind(d.constr)) for name, d in definition.properties.items()
        ),
        results=tuple(part(name, d, _kind(d.constr)) for name, d in definition.results),
        regions=tuple(part(name, d, "") for name, d in definition.regions),
        constraints=tuple(_constraints(op, short)),
        inference=_inference(op),
        effects=_effects(op),
        syntax="generic" if op.print_asm is StableHLOOp.print_asm else "pretty and generic",
        names=", ".join(f"%{name}" for name in (op.BLOCK_ARGUMENT_NAME, *op.RESULT_NAMES) if name),
    )


def constraint_line(page: OperationPage, id: str) -> ConstraintLine:
    """One constraint of the page.

    Raises :class:`UnknownOperationError` with the ids that there are.
    """
    wanted = id.strip("()")
    for line in page.constraints:
        if line.id.casefold() == wanted.casefold():
            return line
    known = ", ".join(line.id for line in page.constraints) or "none"
    raise UnknownOperationError(f"{page.name} has no constraint {wanted}; it has {known}")


def _find(name: str) -> type[StableHLOOp]:
    for op in OPERATIONS:
        if op.name == _PREFIX + name:
            return op
    close = difflib.get_close_matches(name.rpartition(".")[2], operation_names(), cutoff=0.75)
    hint = f"did you mean {' or '.join(close)}?" if close else "see `irkit explain --list`"
    shown = name if "." in name else _PREFIX + name
    raise UnknownOperationError(f"there is no operation {shown} of StableHLO; {hint}")


def _summary(op: type[StableHLOOp]) -> str:
    first = (op.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(first.split()).replace("``", "`")


@cache
def _examples() -> dict[str, str]:
    text = (spec_folder("constraints") / "examples.mlir").read_text(encoding="utf-8")
    return {
        match[1]: "\n".join(line.removeprefix("    ") for line in match[2].splitlines())
        for match in _EXAMPLE.finditer(text)
    }


def _constraints(op: type[StableHLOOp], name: str) -> Iterator[ConstraintLine]:
    spec = specification()
    made = {row.id for row in op.MADE_CONSTRAINTS}
    rows = dict.fromkeys(row.id for row in (*op.CONSTRAINTS, *op.MADE_CONSTRAINTS))
    titles = {row.id: row.title for row in op.CONSTRAINTS if row.title}
    reasons = spec.undecidable.get(name, {})
    looser = {id: f"{what}, as upstream" for id, what in spec.looser.get(name, {}).items()}
    notes = {**spec.partly.get(name, {}), **looser}
    for id in sorted(
        {*rows, *(spec.row_id(name, id) for id in spec.ops.get(name, {}))}, key=_order
    ):
        text = spec.words(name, id) or titles.get(id, "")
        if id in reasons:
            yield ConstraintLine(id, text, "no", f"a module does not say: {reasons[id]}")
        elif id in made:
            note = "asked of new operations only: upstream's own programs break it"
            yield ConstraintLine(id, text, "made", note)
        elif id in notes:
            yield ConstraintLine(id, text, "partly", notes[id])
        else:
            yield ConstraintLine(id, text, "yes" if id in rows else "no")


def _order(id: str) -> tuple[int, int, str]:
    """Inputs, then results, then the numbered ones, then the others."""
    match = re.fullmatch(r"([IOC])(\d+)", id)
    return ("IOC".index(match[1]), int(match[2]), "") if match else (3, 0, id)


def _inference(op: type[StableHLOOp]) -> str:
    if op.has_trait(IsTerminator):
        return "there are no results"
    if not op.infers():
        return "the result types are given"
    return "the result types follow from operands, properties and regions"


def _effects(op: type[StableHLOOp]) -> str:
    if op.has_trait(IsTerminator):
        return "ends its block"
    if "has_side_effect" in op.get_irdl_definition().properties:
        return "those that has_side_effect declares"
    if op.has_trait(Pure):
        return "none; it is dropped where nothing reads its results"
    if op.has_trait(RecursiveMemoryEffect):
        return "those of the operations in its regions"
    return "it may have some, so it is never dropped"


_WORDS = {
    "builtin.tensor": "tensor",
    "builtin.tuple": "tuple",
    "dense": "constant tensor",
    "unit": "flag",
}


def _kind(constraint: object) -> str:
    """A word for what a declaration asks for, if it says something; the rows say more."""
    match constraint:
        case RangeLengthConstraint():
            return _kind(constraint.constraint)
        case RangeOf():
            return _kind(constraint.constr)
        case ArrayOfConstraint():
            return f"array of {_kind(constraint.elem_range_constraint)}"
        case BaseAttr():
            name = constraint.attr.name
            return _WORDS.get(name, name if name.startswith(_PREFIX) else name.rpartition(".")[2])
        case AnyOf():
            kinds = map(_kind, constraint.attr_constrs)
            return " or ".join(dict.fromkeys(kinds))
        case ParamAttrConstraint():
            return _parameter_kind(cast("ParamAttrConstraint[Any]", constraint))
        case _:
            return ""


def _parameter_kind(constraint: ParamAttrConstraint[Any]) -> str:
    """Of integers, floats and arrays: the type of the number or of the elements."""
    fixed = [str(c.attr) for c in constraint.param_constrs if isinstance(c, EqAttrConstraint)]
    element = fixed[0] if fixed else "integer"
    return f"array of {element}" if constraint.base_attr.name == "array" else element


# -- as text -----------------------------------------------------------------------------------


def page_text(page: OperationPage) -> str:
    """The page as lines for a terminal."""
    blocks = [f"{page.name}\n  {page.summary}"]
    if page.example:
        blocks.append("Example\n" + _indented(page.example.splitlines()))
    for title, rows in (
        ("Operands", [_part_cells(part) for part in page.operands]),
        ("Properties", [_part_cells(part) for part in page.properties]),
        ("Regions", [_part_cells(part) for part in page.regions]),
        ("Results", [_part_cells(part) for part in page.results]),
        ("Constraints", [(f"({line.id})", _line_text(line)) for line in page.constraints]),
    ):
        if rows:
            blocks.append(f"{title}\n" + _indented(_columns(rows)))
    facts = [("Inference", page.inference), ("Effects", page.effects), ("Syntax", page.syntax)]
    if page.names:
        facts.append(("Names", page.names))
    if page.link:
        facts.append(("Section", page.link))
    blocks.append("\n".join(_columns(facts)))
    return "\n\n".join(blocks)


def _part_cells(part: Part) -> tuple[str, str]:
    more = [part.kind, "optional" if part.optional else "", "any number" if part.variadic else ""]
    return part.name, ", ".join(filter(None, more))


def _line_text(line: ConstraintLine) -> str:
    label = {"yes": "", "partly": "partly checked: ", "made": "", "no": ""}[line.checked]
    return f"{line.text} [{label}{line.note}]" if line.note else line.text


def _columns(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(row[0]) for row in rows)
    return [f"{first:{width}}  {second}".rstrip() for first, second in rows]


def _indented(lines: Sequence[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
