"""An operand or result of no element type is refused, wherever the rows ask for one.

The programs are made of the examples, one an operation: in generic syntax, with one type changed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache

from constraint_programs import WrongProgram
from programs import our_refusals
from xdsl.dialects.builtin import TensorType, f80
from xdsl.ir import Attribute, Operation

from dialects.attribute_text import attribute_text
from dialects.reader import parse_module
from dialects.stablehlo.base import StableHLOOp
from irkit.spec_files import spec_folder
from tests.witness.iree import tool

EXAMPLES = spec_folder("constraints") / "examples.mlir"
_FUNCTION = re.compile(
    r'sym_name = "([\w-]+)".*\n(?:  \^bb0\((.*)\):\n)?((?:.*\n)*?)    "func\.return"'
)
PLACES = {
    "inputs": 0,
    "val": 0,
    "operands": 0,
    "init_values": 1,
    "scatter_indices": 1,
    "updates": 2,
}
"""Where the examples have what a row names otherwise than the class does."""


@cache
def examples() -> dict[str, tuple[str, str]]:
    """By operation the arguments and the operation itself, as iree-opt writes them generically."""
    command = [tool("iree-opt"), "--mlir-print-op-generic", str(EXAMPLES)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {match[1]: (match[2] or "", match[3]) for match in _FUNCTION.finditer(text)}


@cache
def operations() -> dict[str, Operation]:
    """The operation of each example."""
    functions = parse_module(EXAMPLES.read_text()).module.body.block.ops
    firsts = [function.regions[0].block.first_op for function in functions]
    return {op.name.removeprefix("stablehlo."): op for op in firsts[:-1] if op is not None}


def changed(name: str, operands: Sequence[Attribute], results: Sequence[Attribute]) -> str:
    """The example with these types."""
    arguments, op = examples()[name]
    names = re.findall(r"%\w+", arguments)
    typed = ", ".join(
        f"{value}: {attribute_text(type_)}" for value, type_ in zip(names, operands, strict=True)
    )
    head = op.rstrip("\n").rpartition(" : (")[0]
    taken, given = (", ".join(map(attribute_text, types)) for types in (operands, results))
    return f"func.func @f({typed}) {{\n{head} : ({taken}) -> ({given})\n  return\n}}\n"


def variants() -> Iterator[WrongProgram]:
    """A program for each row that asks for the element type of an operand or a result."""
    for name, op in operations().items():
        cls = type(op)
        assert issubclass(cls, StableHLOOp)
        known = [label for label, _ in cls.get_irdl_definition().operands]
        for row in cls.CONSTRAINTS:
            label = row.title.partition(" ")[0]
            operands, results = [*op.operand_types], [*op.result_types]
            if row.id.startswith("O") and results:
                results[0] = without_element(results[0])
            elif row.id.startswith("I") and (label in known or label in PLACES):
                place = known.index(label) if label in known else PLACES[label]
                operands[place] = without_element(operands[place])
            if row.title and (operands, results) != ([*op.operand_types], [*op.result_types]):
                yield WrongProgram(name, row.id, changed(name, operands, results))


def without_element(type_: Attribute) -> Attribute:
    """A tensor of the same shape, of ``f80``, which is no element type of the dialect."""
    return TensorType(f80, type_.get_shape()) if isinstance(type_, TensorType) else type_


WRONG_PROGRAMS = [*variants()]
RIGHT_PROGRAMS = [EXAMPLES.read_text()]


def test_the_examples_are_right_in_generic_syntax() -> None:
    for name, op in operations().items():
        # The function that a composite stands for is not taken along.
        if name != "composite":
            assert our_refusals(changed(name, op.operand_types, op.result_types)) == []


def test_there_is_one_for_most_operations() -> None:
    assert len({program.op for program in WRONG_PROGRAMS}) > 80
