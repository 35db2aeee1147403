"""What upstream prints of operations that xDSL defines: their names' suggestions and their form.

``arith``, ``tensor`` and their kin are xDSL's own definitions. They print themselves through xDSL's
printer, which is given upstream's texts of values, attributes and regions here; what upstream
suggests for the names of their results, xDSL does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, cast

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Attribute, Operation, Region, SSAValue

from dialects.attribute_text import CanonicalPrinter, attribute_text, dictionary_text

if TYPE_CHECKING:
    from dialects.asm import AsmPrinter

_OVERFLOW = re.compile(r"\A( \S+, \S+ overflow<nsw,)")
"""Upstream has a space between these flags, and none between those of fast mathematics."""

_RESULT_NAMES: Mapping[str, Sequence[str]] = {
    "arith.addui_extended": ("sum", "overflow"),
    "arith.mulsi_extended": ("low", "high"),
    "arith.mului_extended": ("low", "high"),
    "tensor.collapse_shape": ("collapsed",),
    "tensor.concat": ("concat",),
    "tensor.dim": ("dim",),
    "tensor.expand_shape": ("expanded",),
    "tensor.extract_slice": ("extracted_slice",),
    "tensor.insert_slice": ("inserted_slice",),
    "tensor.pad": ("padded",),
    "tensor.splat": ("splat",),
}


def result_names(op: Operation) -> Sequence[str]:
    """Suggested names of the results, each for itself; none to number them."""
    if op.name == "arith.constant":
        return (_constant_name(op.properties.get("value")),)
    return _RESULT_NAMES.get(op.name, ())


def _constant_name(value: Attribute | None) -> str:
    """``c1_i32``, ``c0`` for an index, ``true``, and ``cst`` for what is no integer."""
    if not isinstance(value, IntegerAttr):
        return "cst"
    text = attribute_text(cast("Attribute", value))
    if text in ("true", "false"):
        return text
    number, _, type_ = text.partition(" : ")
    return f"c{number}" if type_ == "index" else f"c{number}_{type_}"


def has_form(op: Operation) -> bool:
    """Whether the operation has a form of its own in xDSL."""
    return type(op).print is not Operation.print


def write_form(p: AsmPrinter, op: Operation) -> None:
    """Writes the operation's own form."""
    out = StringIO()
    op.print(_FormPrinter(p, out))
    p.write(op.name + _OVERFLOW.sub(r"\1 ", out.getvalue()))


class _FormPrinter(CanonicalPrinter):
    """xDSL's printer of one operation: values, attributes and regions as upstream has them."""

    def __init__(self, p: AsmPrinter, out: StringIO) -> None:
        super().__init__(stream=out)
        self._p = p

    def print_ssa_value(self, value: SSAValue) -> str:
        name = self._p.name(value)
        self.print_string(name)
        return name

    def print_attr_dict(self, attr_dict: Mapping[str, Attribute]) -> None:
        self.print_string(dictionary_text(attr_dict))

    def print_region(
        self,
        region: Region,
        print_entry_block_args: bool = True,
        print_empty_block: bool = True,
        print_block_terminators: bool = True,
    ) -> None:
        write, self._p.write = self._p.write, self.print_string
        try:
            self._p.region(
                region, header=print_entry_block_args, terminator=print_block_terminators
            )
        finally:
            self._p.write = write
