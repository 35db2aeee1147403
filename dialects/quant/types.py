"""``!quant.uniform``, read and printed as upstream does.

The type has its scale and zero point for a whole tensor, for each slice of one dimension, or
for each block of a tensor (sub-channel). Source: the StableHLO specification, section Types, whose
numbers ``(C1)`` to ``(C13)`` the messages quote; upstream takes a scale that is not a number, which
the specification (C6) does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from xdsl.ir import Attribute, Data, TypeAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from dialects.attribute_text import attribute_text
from dialects.quant.scales import (
    Blocks,
    is_float,
    parse_blocks,
    parse_parameter_list,
    parse_scale_and_zero_point,
    real_text,
    rounded,
    scale_problem,
    signed_bits,
)
from dialects.quant.storage import Storage, parse_bounded, parse_storage


@dataclass(frozen=True, slots=True)
class Uniform:
    """What a ``!quant.uniform`` type says: real number = (stored - zero point) * scale.

    ``dimension`` is there for per-axis quantization; for sub-channel quantization ``blocks`` (the
    quantized dimensions with the size of a block of each) and ``shape``, that of the nested lists
    of ``scales`` and ``zero_points``, which are flat here.
    """

    storage: Storage
    expressed: Attribute
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    dimension: int | None = None
    blocks: Blocks | None = None
    shape: tuple[int, ...] = ()

    def problem(self) -> str | None:
        """Why there is no such type, if so."""
        if (found := self.storage.problem()) is not None:
            return found
        if not is_float(self.expressed):
            return f"(C4) the expressed type must be a float, got {attribute_text(self.expressed)}"
        for scale in self.scales:
            if (found := scale_problem(scale, self.expressed)) is not None:
                return found
        return self._granularity_problem()

    def _granularity_problem(self) -> str | None:
        count = len(self.scales)
        if count != len(self.zero_points):
            return f"(C9) {count} scales for {len(self.zero_points)} zero points"
        if self.blocks is not None:
            if self.dimension is not None:
                return "blocks and a quantization dimension exclude each other"
            if not self.shape or math.prod(self.shape) != count or not count:
                return f"{count} scales for lists of the shape {list(self.shape)}"
            if any(axis < 0 for axis, _ in self.blocks):
                return f"quantized dimensions must not be negative, got {dict(self.blocks)}"
            if any(size <= 0 for _, size in self.blocks):
                return f"the sizes of blocks must be positive, got {dict(self.blocks)}"
            return None
        if self.dimension is None and count != 1:
            return f"(C10) {count} scales without a quantization dimension"
        if self.dimension is not None and (self.dimension < 0 or not count):
            return f"(C11) the quantization dimension must not be negative, got {self.dimension}"
        return None

    def text(self) -> str:
        """``i8:f32:0, {1.000000e-01:-30,2.000000e-01}``."""
        head = f"{self.storage.text()}:{attribute_text(self.expressed)}"
        if self.blocks is not None:
            sizes = ", ".join(f"{axis}:{size}" for axis, size in self.blocks)
            return f"{head}:{{{sizes}}}, {_nested(self._parameters(), self.shape)}"
        if self.dimension is not None:
            return f"{head}:{self.dimension}, {{{','.join(self._parameters())}}}"
        return f"{head}, {self._parameters()[0]}"

    def _parameters(self) -> list[str]:
        expressed = None if self.blocks is None else self.expressed
        pairs = zip(self.scales, self.zero_points, strict=True)
        return [f"{real_text(s, expressed)}{f':{z}' if z else ''}" for s, z in pairs]


def _nested(texts: Sequence[str], shape: Sequence[int]) -> str:
    for extent in reversed(shape):
        texts = [f"{{{', '.join(texts[i : i + extent])}}}" for i in range(0, len(texts), extent)]
    return texts[0]


@irdl_attr_definition
class UniformType(TypeAttribute, Data[Uniform]):
    """``!quant.uniform<i8:f32, 1.0:17>``, ``<i8:f32:0, {1.0:17}>``, ``<i8:f32:{0:2}, {1.0}>``."""

    name = "quant.uniform"

    @property
    def storage(self) -> Storage:
        """The type of the integers that are held, with their range."""
        return self.data.storage

    @property
    def expressed(self) -> Attribute:
        """The type of the real numbers that the integers stand for."""
        return self.data.expressed

    @property
    def per_tensor(self) -> bool:
        """Whether one scale and one zero point hold for all elements."""
        return self.data.dimension is None and self.data.blocks is None

    @property
    def per_axis(self) -> bool:
        """Whether each slice of one dimension has its own scale and zero point."""
        return self.data.dimension is not None

    @property
    def dimension(self) -> int:
        """The quantization dimension of a per-axis type.

        Raises ``ValueError`` for any other.
        """
        if self.data.dimension is None:
            raise ValueError(f"{self} has no quantization dimension")
        return self.data.dimension

    @property
    def scales(self) -> tuple[float, ...]:
        """One scale; per axis, one a slice."""
        return self.data.scales

    @property
    def zero_points(self) -> tuple[int, ...]:
        """One zero point for each scale."""
        return self.data.zero_points

    @property
    def has_zero_points_in_range(self) -> bool:
        """Whether the storage can hold each zero point (spec: C7), which the type does not ask."""
        storage = self.data.storage
        return all(storage.minimum <= zero <= storage.maximum for zero in self.data.zero_points)

    def verify(self) -> None:
        problem = self.data.problem()
        if problem is not None:
            raise VerifyException(f"{self.name}: {problem}")

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Uniform:
        start = parser.pos
        parser.parse_punctuation("<")
        storage = parse_storage(parser)
        parser.parse_punctuation(":")
        expressed = parse_expressed(parser)
        dimension: int | None = None
        blocks: Blocks | None = None
        if parser.parse_optional_punctuation(":") is not None:
            blocks = parse_blocks(parser)
            dimension = parse_bounded(parser, 32) if blocks is None else None
        parser.parse_punctuation(",")
        if dimension is None and blocks is None:
            scale, zero_point = parse_scale_and_zero_point(parser, expressed)
            data = Uniform(storage, expressed, (scale,), (zero_point,))
        else:
            listed = parse_parameter_list(parser, expressed)
            scales, zeros = tuple(listed.scales), tuple(listed.zero_points)
            data = Uniform(storage, expressed, scales, zeros, dimension)
            if blocks is not None:
                data = _in_blocks(data, blocks, listed.shape)
        parser.parse_punctuation(">")
        problem = data.problem()
        if problem is not None:
            parser.raise_error(problem, start, parser.pos)
        return data

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<{self.data.text()}>")


def _in_blocks(data: Uniform, blocks: Blocks, shape: Sequence[int]) -> Uniform:
    """Sub-channel parameters are held as tensors: of the expressed type, and of the storage's."""
    return replace(
        data,
        scales=tuple(rounded(scale, data.expressed) for scale in data.scales),
        zero_points=tuple(signed_bits(zero, data.storage.type) for zero in data.zero_points),
        blocks=blocks,
        shape=tuple(shape),
    )


def parse_expressed(parser: AttrParser) -> Attribute:
    """Reads the type of the numbers that quantized ones stand for."""
    start = parser.pos
    type = parser.parse_type()
    if not is_float(type):
        parser.raise_error(
            f"(C4) the expressed type must be a float, got {attribute_text(type)}",
            start,
            parser.pos,
        )
    return type
