"""Writing an artifact: lines of text, and weights block by block where the form asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dialects.asm import AsmPrinter
from dialects.attribute_text import attribute_text, symbol_or_string
from dialects.byte_sink import ByteSink
from dialects.util import GlobalOp, LoadOp
from irkit.artifact import resource
from irkit.artifact.external import global_op, load_op
from irkit.artifact.form import ArtifactForm, Parameter
from irkit.artifact.inline import write_dense_literal

if TYPE_CHECKING:
    from irkit.weights import WeightSource

BLOCK_BYTES = 1 << 20
"""Bytes of a weight in memory at once."""


class ArtifactWriter:
    """The parts of a module that depend on the artifact form; parameters go by their position."""

    def __init__(
        self,
        out: ByteSink,
        form: ArtifactForm,
        parameters: Sequence[Parameter],
        weights: WeightSource | None,
    ) -> None:
        self._out = out
        self._form = form
        self._parameters = parameters
        self._weights = weights
        self._resources: list[Parameter] = []
        self._buffer = bytearray(0)

    def text(self, text: str) -> None:
        """Lines as they are."""
        self._out.write(text.encode())

    def prologue(self, header: str, live: Sequence[int]) -> None:
        """The module's first line, and what stands before its functions."""
        self.text(header)
        for position in live:
            parameter = self._parameters[position]
            if self._form.of(parameter) == "external":
                self.text(f"  {_text(global_op(parameter))}\n")

    def parameter(self, position: int, name: str) -> None:
        """The line that defines a parameter under the name of a value."""
        parameter = self._parameters[position]
        form = self._form.of(parameter)
        if form == "external":
            self.text(f"    {name} = {_text(load_op(parameter))}\n")
            return
        self.text(f"    {name} = stablehlo.constant ")
        if form == "resource":
            self._resources.append(parameter)
            self.text(f"dense_resource<{symbol_or_string(resource.key_of(parameter))}>")
        else:
            write_dense_literal(self._out, self._source(), parameter, self._block())
        self.text(f" : {attribute_text(parameter.type)}\n")

    def epilogue(self) -> None:
        """What stands after the module: the bytes of resources, in order of first use."""
        if self._resources:
            resource.write_section(self._out, self._source(), self._resources, self._block())

    def _source(self) -> WeightSource:
        assert self._weights is not None, "checked when the form was chosen"
        return self._weights

    def _block(self) -> bytearray:
        if not self._buffer:
            self._buffer = bytearray(BLOCK_BYTES)
        return self._buffer


def _text(op: GlobalOp | LoadOp) -> str:
    """The operation without its results' names."""
    parts: list[str] = []
    op.print_asm(AsmPrinter(parts.append, str))
    return "".join(parts)
