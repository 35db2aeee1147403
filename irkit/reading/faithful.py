"""Whether the text of what is not valid says all of it: pretty forms rely on what is verified."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, Region, SSAValue

from dialects.diagnostics import ReadError, SourceText
from dialects.func import FuncOp
from dialects.long_literal import LiteralStore
from dialects.module_text import write_module
from dialects.reader import parse_source


def shows_all(module: ModuleOp, literals: LiteralStore, *, allow_unregistered: bool) -> bool:
    """Whether the module's text, read again, is the module.

    Raises what the printing of an invalid operation raises.
    """
    source = SourceText("", _text(module, generic=False))
    try:
        again = parse_source(source, literals, allow_unregistered=allow_unregistered)
    except ReadError:
        return False
    return _text(module, generic=True) == _text(again.module, generic=True)


def _text(module: ModuleOp, *, generic: bool) -> str:
    pieces: list[str] = []
    write_module(module, pieces.append, generic=generic)
    return "".join(pieces)


def alone(op: Operation, uses: Sequence[SSAValue]) -> ModuleOp:
    """A copy of the operation in a function whose arguments are what it reads."""
    block = Block(arg_types=[value.type for value in uses])
    block.add_op(op.clone(dict(zip(uses, block.args, strict=True))))
    return ModuleOp([FuncOp.of("alone", Region(block), ())])
