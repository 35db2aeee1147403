"""A weight as a dense literal, streamed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dialects.dense import HEX_ABOVE, dense_literal_of, splat_element
from dialects.element_storage import storage_size
from dialects.hex_text import HexWriter
from irkit.artifact.form import Parameter

if TYPE_CHECKING:
    from dialects.byte_sink import ByteSink
    from irkit.weights import WeightSource


def write_dense_literal(
    out: ByteSink, source: WeightSource, parameter: Parameter, buffer: bytearray
) -> None:
    """Writes ``dense<...>``, reading the weight once, in blocks of ``buffer``'s size.

    Upstream prints constants whose elements are all equal as one element, small ones as lists and
    the rest in hexadecimal; the first two are decided without holding more than a block.
    """
    size = storage_size(parameter.type.element_type)
    count = math.prod(parameter.type.get_shape())
    if count <= HEX_ABOVE:
        whole = memoryview(buffer)[: count * size]
        source.read_into(parameter.name, 0, whole)
        out.write(dense_literal_of(whole, parameter.type).encode())
        return
    view = memoryview(buffer)[: len(buffer) // size * size]
    total = count * size
    offset = 0
    element = b""
    hex_text: HexWriter | None = None
    while offset < total:
        block = view[: min(len(view), total - offset)]
        source.read_into(parameter.name, offset, block)
        if hex_text is None:
            if offset == 0:
                element = bytes(block[:size])
            if splat_element(block, size) != element:
                out.write(b'dense<"0x')
                hex_text = HexWriter(out)
                _repeat(hex_text, element, offset // size)
        if hex_text is not None:
            hex_text.feed(block)
        offset += len(block)
    if hex_text is None:
        out.write(dense_literal_of(element, parameter.type).encode())
    else:
        hex_text.flush()
        out.write(b'">')


def _repeat(hex_text: HexWriter, element: bytes, times: int) -> None:
    """The elements that went by while all were equal, which are not read again."""
    block = element * min(times, 1 << 16)
    while times > 0:
        now = min(times, 1 << 16)
        hex_text.feed(memoryview(block)[: now * len(element)])
        times -= now
