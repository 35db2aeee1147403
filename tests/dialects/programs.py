"""Whole programs of one operation, read and judged by irkit and by upstream."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from jaxlib.mlir import ir, passmanager
from xdsl.ir import Operation
from xdsl.traits import is_side_effect_free

from dialects.module_text import module_text
from dialects.reader import check_module, parse_module
from dialects.stablehlo.base import StableHLOOp
from dialects.stablehlo.registry import infer
from tests.witness import upstream


@cache
def _shared_context() -> ir.Context:
    return upstream.context()


def _context(text: str) -> ir.Context:
    """A context renames the resources of all modules but the first that is parsed in it."""
    return upstream.context() if "dense_resource" in text else _shared_context()


def program(arguments: Sequence[str], op: str, results: int = 1) -> str:
    """A function of ``%0``, ``%1``, ... with one operation, written without its results."""
    named = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(arguments))
    bound = f"%r:{results} = " if results > 1 else "%r = " if results else ""
    return f"func.func @f({named}) {{\n  {bound}{op}\n  return\n}}\n"


def several(cases: Sequence[tuple[Sequence[str], str]]) -> str:
    """A function of several operations, each numbering its own operands from ``%0``."""
    types: list[str] = []
    lines: list[str] = []
    for i, (arguments, op) in enumerate(cases):
        shifted = re.sub(r"%(\d+)", lambda m: f"%{int(m[1]) + len(types)}", op)  # noqa: B023
        lines.append(f"  %r{i} = {shifted}\n")
        types += arguments
    named = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(types))
    return f"func.func @f({named}) {{\n{''.join(lines)}  return\n}}\n"


def check_accepted(text: str) -> None:
    """Reads, verifies, prints, infers and prunes as upstream does, from both syntaxes."""
    expected = upstream_text(text)
    assert our_refusals(text) == []
    assert our_text(text) == expected
    assert our_text(upstream_generic(text)) == expected
    pruned = upstream_pruned(text)
    for op in ops_of(text):
        kept = re.search(rf"{re.escape(op.name)}\b", pruned) is not None
        assert is_side_effect_free(op) != kept, op.name
        assert isinstance(op, StableHLOOp)
        if op.infers() and "?" not in text:
            inferred = infer(op.name, op.operand_types, op.properties, op.regions)
            assert list(inferred) == list(op.result_types)


def check_refused(name: str, id: str, text: str) -> None:
    """The one refusal names operation and constraint, and upstream refuses too."""
    (message,) = our_refusals(text)
    assert message.startswith(f"stablehlo.{name}: ({id}) ")
    assert upstream_refusal(text) is not None


def upstream_text(text: str) -> str:
    """How upstream prints the program; fails where upstream does not take it."""
    with _context(text):
        return str(ir.Module.parse(text))


def upstream_generic(text: str) -> str:
    """The program in generic syntax."""
    with _context(text):
        return ir.Module.parse(text).operation.get_asm(print_generic_op_form=True)


def upstream_refusal(text: str) -> str | None:
    """What upstream says against the program, if anything."""
    with _context(text):
        try:
            ir.Module.parse(text)
        except ir.MLIRError as error:
            return str(error)
    return None


def upstream_pruned(text: str) -> str:
    """The program after upstream's ``trivial-dce``."""
    with _context(text):
        module = ir.Module.parse(text)
        passmanager.PassManager.parse("builtin.module(trivial-dce)").run(module.operation)
        return str(module)


def our_text(text: str) -> str:
    """How irkit prints the program."""
    parsed = parse_module(text)
    return module_text(parsed.module, parsed.resources)


def our_refusals(text: str) -> list[str]:
    """What irkit says against the program."""
    return [fault.message for fault in check_module(text)]


def ops_of(text: str) -> list[Operation]:
    """The operations of the program's function, but for its return."""
    (function,) = parse_module(text).module.body.block.ops
    return list(function.regions[0].blocks[0].ops)[:-1]
