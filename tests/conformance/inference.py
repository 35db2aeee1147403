"""Upstream's tests of type inference: the types that it prints for the result of an operation.

``hlo_test_infer.get_return_types`` asks for the types inferred for the operation that gave its
operand; ``types0 = ...``, ``types1 = ...`` in the comments have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation

from dialects.attribute_text import attribute_text
from dialects.constraints import ConstraintError
from dialects.diagnostics import ReadError
from dialects.reader import parse_module
from dialects.stablehlo.registry import infer

_QUESTION = re.compile(r'"hlo_test_infer\.(\w+)"\(([^)]*)\)')
_EXPECTED = re.compile(r"\btypes(\d+) = (.*?),?(?=\s*types\d|\s*$)", re.MULTILINE)
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
    """What irkit infers for each question.

    Raises ``ReadError`` for a program that cannot be read, ``ConstraintError`` for an operation
    whose operands allow no result, ``NotImplementedError`` where the types are not inferred.
    """
    return [
        [
            attribute_text(type_)
            for type_ in infer(op.name, op.operand_types, op.properties, op.regions)
        ]
        for op in _asked(parse_module(readable(text)).module)
    ]


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
    return re.fullmatch(pattern, found) is not None


def _asked(module: Operation) -> Iterator[Operation]:
    for op in module.walk():
        target = op.properties.get("call_target_name")
        if isinstance(target, StringAttr) and target.data.startswith("get_return_type"):
            asked = op.operands[0].owner
            if isinstance(asked, Operation):
                yield asked
