"""Upstream's tests of shape reification: what it computes for ``reify_return_type_shapes``.

The comments of such a test are a small program that computes the shape of a result from the
function's arguments. It is run here on many shapes, beside irkit's terms.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TypeAlias, cast

from xdsl.dialects.builtin import IndexType, IntegerType
from xdsl.ir import Block, SSAValue

from dialects.diagnostics import ReadError
from dialects.reader import parse_module
from dialects.reify import reify
from dialects.sizes import evaluate
from dialects.stablehlo.base import DYNAMIC
from dialects.stablehlo.tensors import element_type, shape
from tests.conformance.inference import asked, readable

Value: TypeAlias = "int | list[int]"
"""A number, or a shape."""
_CHECK = re.compile(r"^\s*//\s*CHECK(?:-[A-Z]+)?:\s*(.*)$", re.MULTILINE)
_DEFINED = re.compile(r"%\[\[(\w+):[^\]]*\]\]")
_USED = re.compile(r"%\[\[(\w+)\]\]")
_ASSIGNED = re.compile(r"%(\w+) = ([\w.]+) (.*?)(?: : .*)?$")
_ARGUMENT = re.compile(r"%(\w+): tensor")
_TRIALS = 60
_ENOUGH = 5
_LARGEST = 9
_INTEGER_FUNCTIONS: Mapping[str, Callable[[int, int], int]] = {
    "arith.addi": lambda a, b: a + b,
    "arith.divsi": lambda a, b: int(a / b),
    "arith.muli": lambda a, b: a * b,
    "arith.subi": lambda a, b: a - b,
}


def asks_for_shapes(text: str) -> bool:
    """Whether a program asks for shapes and has comments that compute them."""
    return "reify_return_type_shapes" in text and any(
        _ASSIGNED.match(line) or line.startswith(("return", "shape.")) for line in _lines(text)
    )


def reification_fault(text: str) -> str | None:
    """How irkit's shape of the result that is asked for differs from upstream's."""
    try:
        module = parse_module(readable(text)).module
        ((question, op),) = asked(module, "reify_return_type_shapes")
        (ours,) = reify(op)
    except ReadError as error:
        return error.diagnostic.message
    except NotImplementedError as error:
        return str(error)
    function = question.parent
    if not isinstance(function, Block):
        return "the question stands in no block"
    positions: dict[SSAValue, int] = {a: number for number, a in enumerate(function.args)}
    compared = 0
    for arguments in _trials(function, text):
        try:
            theirs = _computed(text, arguments)
        except ZeroDivisionError:
            continue
        if min(theirs, default=1) <= 0:
            continue  # these operands do not fit together
        shapes = [_shape_of(arguments.get(positions.get(o, -1))) for o in op.operands]
        elements = {
            number: arguments[positions[operand]][1]
            for number, operand in enumerate(op.operands)
            if operand in positions
        }
        found = [evaluate(size, shapes, elements) for size in ours]
        if found != theirs:
            return f"reified {found}, expected {theirs}, for arguments {arguments}"
        compared += 1
    return None if compared >= _ENOUGH else f"only {compared} shapes could be compared"


Argument: TypeAlias = "tuple[list[int], list[int]]"
"""The shape of a tensor, and its elements if it holds sizes."""


def _shape_of(argument: Argument | None) -> list[int]:
    return [] if argument is None else argument[0]


def _trials(function: Block, text: str) -> Iterator[Mapping[int, Argument]]:
    """Arguments with random sizes for what is unknown; some are 1 where shapes are broadcast."""
    numbers = random.Random(0)
    for _ in range(_TRIALS):
        common = numbers.randint(2, _LARGEST)
        broadcast = "shape.broadcast" in text

        def size(common: int = common, broadcast: bool = broadcast) -> int:
            return numbers.choice((1, common)) if broadcast else numbers.randint(1, _LARGEST)

        arguments: dict[int, Argument] = {}
        for number, argument in enumerate(function.args):
            dims = [size() if d == DYNAMIC else d for d in shape(argument)]
            holds_sizes = isinstance(element_type(argument), IndexType | IntegerType)
            values = (
                [numbers.randint(0, _LARGEST) for _ in range(dims[0])]
                if dims and holds_sizes
                else []
            )
            arguments[number] = dims, values
        yield arguments


# -- upstream's program ------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    """The comments' program, with plain names."""
    plain = (_USED.sub(r"%\1", _DEFINED.sub(r"%\1", line)) for line in _CHECK.findall(text))
    return [line.strip() for line in plain]


def _computed(text: str, arguments: Mapping[int, Argument]) -> list[int]:
    """The shape that upstream's program gives."""
    names: dict[str, Argument] = {f"arg{number}": value for number, value in arguments.items()}
    found = [name for line in _lines(text) if " = " not in line for name in _ARGUMENT.findall(line)]
    names.update(zip(found, arguments.values(), strict=False))
    values: dict[str, Value] = {}
    last: Value | Argument = []
    for line in _lines(text):
        if line.startswith("return %"):
            name = line.split()[1].removeprefix("%")
            last = values[name] if name in values else names[name][1]
        elif assigned := _ASSIGNED.match(line):
            last = values[assigned[1]] = _result(assigned[2], assigned[3], values, names)
        elif line.startswith("shape.shape_of"):
            last = _result("shape.shape_of", line.split()[1], values, names)
    return cast("list[int]", last)


def _result(
    name: str, text: str, values: Mapping[str, Value], arguments: Mapping[str, Argument]
) -> Value:
    operands = re.findall(r"%(\w+)", text)
    if name == "arith.constant":
        return int(text)
    if name == "tensor.dim":
        return arguments[operands[0]][0][_number(values[operands[1]])]
    if name == "tensor.extract":
        return arguments[operands[0]][1][_number(values[operands[1]])]
    if name == "shape.shape_of":
        return arguments[operands[0]][0]
    found = [values[operand] for operand in operands]
    if name == "tensor.from_elements":
        return list(map(_number, found))
    if name == "shape.broadcast":
        return _broadcast(cast("list[list[int]]", found))
    if name == "arith.cmpi" and text.startswith("slt"):
        return int(_number(found[0]) < _number(found[1]))
    if name == "arith.select":
        return found[1] if found[0] else found[2]
    return _INTEGER_FUNCTIONS[name](_number(found[0]), _number(found[1]))


def _number(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _broadcast(shapes: Sequence[Sequence[int]]) -> list[int]:
    groups = zip_longest(*(dims[::-1] for dims in shapes), fillvalue=1)
    return [next((size for size in sizes if size != 1), 1) for sizes in groups][::-1]
