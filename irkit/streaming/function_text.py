"""The text around a function's body, known only when recording has ended."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text, quoted, symbol_or_string
from dialects.func import FuncOp
from dialects.naming import name_values

NAME_ATTRIBUTE = "irkit.name"
"""Discardable attribute of arguments and results: the name that the forward gave them."""

Named = tuple[str | None, TensorType[Attribute]]
"""A name, if there is one, and a type."""


def module_header(module_name: str) -> str:
    """``module @name {``."""
    return f"module @{symbol_or_string(module_name)} {{\n"


def function_header(arguments: Sequence[Named], results: Sequence[Named]) -> str:
    """The line of the public function ``@main``, ending in ``{``."""
    shown = ", ".join(
        f"%arg{i}: {attribute_text(type_)}{_name(name)}"
        for i, (name, type_) in enumerate(arguments)
    )
    returned = [f"{attribute_text(type_)}{_name(name)}" for name, type_ in results]
    if not returned:
        arrow = ""
    elif len(returned) == 1 and results[0][0] is None:
        arrow = f" -> {returned[0]}"
    else:
        arrow = f" -> ({', '.join(returned)})"
    return f"  func.func public @main({shown}){arrow} {{\n"


def return_line(names: Sequence[str], types: Sequence[TensorType[Attribute]]) -> str:
    """``return %5, %arg0 : tensor<...>, tensor<...>``."""
    if not names:
        return "    return\n"
    shown = ", ".join(attribute_text(type_) for type_ in types)
    return f"    return {', '.join(names)} : {shown}\n"


FUNCTION_END = "  }\n"
MODULE_END = "}\n"


def function_text(function: FuncOp) -> str:
    """A whole private function, as it stands in a module."""
    parts: list[str] = []
    AsmPrinter(parts.append, name_values(function).__getitem__, indent=1).op(function)
    return f"  {''.join(parts)}\n"


def _name(name: str | None) -> str:
    return "" if name is None else f" {{{NAME_ATTRIBUTE} = {quoted(name)}}}"
