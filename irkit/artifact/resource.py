"""The ``resource`` form: the section of blobs after the module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dialects.attribute_text import symbol_or_string
from dialects.element_storage import scalar_type, storage_size
from dialects.hex_text import HexWriter
from irkit.artifact.form import ArtifactError, Parameter

if TYPE_CHECKING:
    from dialects.byte_sink import ByteSink
    from irkit.weights import WeightSource


def key_of(parameter: Parameter) -> str:
    """The name of the parameter's resource.

    Raises ``ArtifactError`` for an empty one, whose bytes upstream would leave out.
    """
    if not parameter.name:
        raise ArtifactError("a tensor without a name can not be a resource")
    return parameter.name


def blob_header(parameter: Parameter) -> bytes:
    """The blob's first four bytes: the alignment of its elements, little-endian.

    Upstream forgets the alignment of a blob without elements, and writes 0.
    """
    if not parameter.bytes:
        return bytes(4)
    return storage_size(scalar_type(parameter.type.element_type)).to_bytes(4, "little")


def write_section(
    out: ByteSink, source: WeightSource, parameters: Sequence[Parameter], buffer: bytearray
) -> None:
    """Writes ``{-# dialect_resources: {builtin: {...}} #-}``, each weight read once in blocks."""
    out.write(b"\n{-#\n  dialect_resources: {\n    builtin: {\n")
    for index, parameter in enumerate(parameters):
        end = b'"\n' if index == len(parameters) - 1 else b'",\n'
        out.write(f'      {symbol_or_string(parameter.name)}: "0x'.encode())
        hex_text = HexWriter(out)
        hex_text.feed(memoryview(blob_header(parameter)))
        view = memoryview(buffer)
        for offset in range(0, parameter.bytes, len(view)):
            block = view[: min(len(view), parameter.bytes - offset)]
            source.read_into(parameter.name, offset, block)
            hex_text.feed(block)
        hex_text.flush()
        out.write(end)
    out.write(b"    }\n  }\n#-}\n")
