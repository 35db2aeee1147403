"""Upstream's tests of type inference: the types that it prints for the result of an operation.

``hlo_test_infer.get_return_types`` asks for the types inferred for the operation that gave its
operand; ``types0 = ...``, ``types1 = ...`` in the comments have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import IndexType, StringAttr
from xdsl.ir import Attribute, Operation

from dialects.attribute_text import attribute_text
from dialects.constraints import ConstraintError
from dialects.diagnostics import ReadError
from dialects.reader import parse_module
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.shape_operands import CONSTANTS
from dialects.stablehlo.signature import with_element

_QUESTION = re.compile(r'"hlo_test_infer\.(\w+)"\(([^)]*)\)')
_EXPECTED = re.compile(r"\btypes(\d+) = (.*?),?(?=\s*types\d|\s*$)", re.MULTILINE)
_FREE_ELEMENTS = frozenset(("stablehlo.dot", "stablehlo.dot_general"))
"""Operations whose result may have any elements: to a question for components they give none."""
_ANY = re.compile(r"\{\{(.*?)\}\}")


def expected_types(text: str) -> list[list[str]]:
    """The types of each result, for each question in turn; ``{{...}}`` is a regular expression."""
    found: list[list[str]] = []
    for number, type_ in _EXPECTED.findall(text):
        if number == "0":
            found.append([])
        found[-1].append(type_)
    return found


def readable(text: str) -> str:
    """The program with calls instead of its questions, which irkit does not know."""
    return _QUESTION.sub(r'"stablehlo.custom_call"(\2) <{call_target_name = "\1"}>', text)


def inferred_types(text: str) -> list[list[str]]:
    """What irkit infers for each question, with the operands that are constants known.

    A question for components shows ``index`` where the elements do not follow from the operands.

    Raises ``ReadError`` for a program that cannot be read, ``ConstraintError`` for an operation
    whose operands allow no result, ``NotImplementedError`` where the types are not inferred.
    """
    return [
        [attribute_text(_shown(op, type_, _target(question))) for type_ in _inferred(op)]
        for question, op in asked(parse_module(readable(text)).module, "get_return_type")
    ]


def _inferred(op: Operation) -> Sequence[Attribute]:
    constants = {
        number: operand.owner.properties["value"]
        for number, operand in enumerate(op.operands)
        if isinstance(operand.owner, Operation) and operand.owner.name in CONSTANTS
    }
    if not isinstance(op, StableHLOOp):
        raise NotImplementedError(f"the result types of {op.name} are not inferred")
    return op.infer_with_constants(op.operand_types, op.properties, op.regions, constants)


def _shown(op: Operation, type_: Attribute, question: str) -> Attribute:
    if question == "get_return_type_components" and op.name in _FREE_ELEMENTS:
        return with_element(type_, IndexType())
    return type_


def inference_fault(text: str) -> str | None:
    """How the inferred types differ from the expected ones."""
    expected = expected_types(text)
    try:
        found = inferred_types(text)
    except ReadError as error:
        return error.diagnostic.message
    except ConstraintError as error:
        return str(error)
    except NotImplementedError as error:
        return str(error)
    if len(found) != len(expected):
        return f"{len(found)} questions, {len(expected)} answers"
    for ours, theirs in zip(found, expected, strict=True):
        if len(ours) < len(theirs) or not all(map(_matches, theirs, ours)):
            return f"inferred {', '.join(ours)}, expected {', '.join(theirs)}"
    return None


def _matches(expected: str, found: str) -> bool:
    pieces = _ANY.split(expected)
    pattern = "".join(p if i % 2 else re.escape(p) for i, p in enumerate(pieces))
    # A comment may go on to the brace that ends the attributes of upstream's answer.
    return any(re.fullmatch(pattern, shown) for shown in (found, found + "}"))


def asked(module: Operation, prefix: str) -> Iterator[tuple[Operation, Operation]]:
    """Each question whose name begins so, and the operation that it asks about."""
    for question in module.walk():
        if _target(question).startswith(prefix):
            op = question.operands[0].owner
            if isinstance(op, Operation):
                yield question, op


def _target(op: Operation) -> str:
    name = op.properties.get("call_target_name")
    return name.data if isinstance(name, StringAttr) else ""
