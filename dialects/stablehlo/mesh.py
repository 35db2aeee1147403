"""Channels, and meshes of devices that stand for replica groups.

Source: https://github.com/openxla/stablehlo/blob/main/docs/spec.md, "Replica Group Mesh Axes"; the
forms are those of ``StablehloAttrs.td``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseIntOrFPElementsAttr,
    IndexType,
    IntegerType,
    SymbolRefAttr,
)
from xdsl.ir import Attribute, Data
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from dialects.attribute_text import attribute_text, quoted
from dialects.dense import DenseAttr
from dialects.stablehlo.dimension_numbers import parse_number

_BITS = 63


def parse_struct(
    parser: AttrParser,
    fields: Mapping[str, Callable[[AttrParser], Any]],
    optional: Sequence[str] = (),
) -> dict[str, Any]:
    """Reads ``<a = ..., b = ...>`` in any order, each field once; only ``optional`` may lack."""
    parser.parse_punctuation("<")
    return _rest_of_struct(parser, fields, optional)


def _rest_of_struct(
    parser: AttrParser,
    fields: Mapping[str, Callable[[AttrParser], Any]],
    optional: Sequence[str] = (),
) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def entry() -> None:
        position = parser.pos
        key = parser.parse_optional_identifier()
        if key is None or key not in fields or key in found:
            names = ", ".join(name for name in fields if name not in found)
            parser.raise_error(f"expected one of {names}", position, parser.pos)
        parser.parse_punctuation("=")
        found[key] = fields[key](parser)

    parser.parse_comma_separated_list(parser.Delimiter.NONE, entry)
    parser.parse_punctuation(">")
    missing = [name for name in fields if name not in found and name not in optional]
    if missing:
        parser.raise_error(f"{', '.join(missing)} missing")
    return found


def parse_i64(parser: AttrParser) -> int:
    """Reads a number of 64 bits with a sign."""
    position = parser.pos
    number = parse_number(parser)
    if not -(1 << _BITS) <= number < 1 << _BITS:
        parser.raise_error(f"{number} does not fit into 64 bits", position, parser.pos)
    return number


def _parse_name(parser: AttrParser) -> str:
    return parser.parse_str_literal()


# -- channels ----------------------------------------------------------------------------------

DEVICE_TO_DEVICE, DEVICE_TO_HOST, HOST_TO_DEVICE = 1, 2, 3
"""The ``channel_type`` of a channel between devices, or between a device and the host."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel's number (``channel_id``), and what it connects (``channel_type``)."""

    handle: int
    type: int = 0


@irdl_attr_definition
class ChannelHandleAttr(Data[Channel]):
    """``#stablehlo.channel_handle<handle = 1, type = 0>``."""

    name = "stablehlo.channel_handle"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Channel:
        return Channel(**parse_struct(parser, {"handle": parse_i64, "type": parse_i64}))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(f"<handle = {self.data.handle}, type = {self.data.type}>")


# -- meshes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeshAxis:
    """One axis of a mesh: its name, and how many devices are along it."""

    name: str
    size: int

    def text(self) -> str:
        """``<name = "x", size = 2>``."""
        return f"<name = {quoted(self.name)}, size = {self.size}>"


_AXIS = {"name": _parse_name, "size": parse_i64}


@irdl_attr_definition
class MeshAxisAttr(Data[MeshAxis]):
    """``#stablehlo.mesh_axis<name = "x", size = 2>``."""

    name = "stablehlo.mesh_axis"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> MeshAxis:
        return MeshAxis(**parse_struct(parser, _AXIS))

    def print_parameter(self, printer: Printer) -> None:
        printer.print_string(self.data.text())


@dataclass(frozen=True, slots=True)
class Mesh:
    """Devices laid out along axes; ``device_ids`` where they are not in order."""

    axes: tuple[MeshAxis, ...]
    device_ids: DenseAttr | None = None


def _device_ids(attribute: Attribute) -> DenseAttr | None:
    if not isinstance(attribute, DenseIntOrFPElementsAttr):
        return None
    ids = cast(DenseAttr, attribute)
    return ids if isinstance(ids.get_element_type(), IntegerType | IndexType) else None


@irdl_attr_definition
class MeshAttr(Data[Mesh]):
    """``#stablehlo.mesh<axes=[<name = "x", size = 2>]>``, with ``device_ids=dense<...>``."""

    name = "stablehlo.mesh"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> Mesh:
        def axis() -> MeshAxis:
            if parser.parse_optional_punctuation("<") is not None:
                return MeshAxis(**_rest_of_struct(parser, _AXIS))
            position = parser.pos
            attribute = parser.parse_attribute()
            if not isinstance(attribute, MeshAxisAttr):
                parser.raise_error("expected an axis of the mesh", position, parser.pos)
            return attribute.data

        with parser.in_angle_brackets():
            parser.parse_keyword("axes")
            parser.parse_punctuation("=")
            position = parser.pos
            axes = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, axis)
            if not axes:
                parser.raise_error("a mesh has at least one axis", position, parser.pos)
            ids: DenseAttr | None = None
            if parser.parse_optional_punctuation(",") is not None:
                parser.parse_keyword("device_ids")
                parser.parse_punctuation("=")
                position = parser.pos
                ids = _device_ids(parser.parse_attribute())
                if ids is None:
                    parser.raise_error("expected dense<...> of integers", position, parser.pos)
        return Mesh(tuple(axes), ids)

    def print_parameter(self, printer: Printer) -> None:
        axes = ", ".join(axis.text() for axis in self.data.axes)
        ids = self.data.device_ids
        tail = "" if ids is None else f", device_ids={attribute_text(ids)}"
        printer.print_string(f"<axes=[{axes}]{tail}>")


# -- replica groups ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AxisRef:
    """An axis of a mesh by name, or the part ``(pre_size)size`` of one."""

    name: str
    sub_axis_info: tuple[int, int] | None = None


def _parse_sub_axis(parser: AttrParser) -> tuple[int, int]:
    with parser.in_parens():
        pre_size = parse_i64(parser)
    return pre_size, parse_i64(parser)


@irdl_attr_definition
class AxisRefAttr(Data[AxisRef]):
    """``#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>``."""

    name = "stablehlo.axis_ref"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> AxisRef:
        fields = {"name": _parse_name, "sub_axis_info": _parse_sub_axis}
        return AxisRef(**parse_struct(parser, fields, ("sub_axis_info",)))

    def print_parameter(self, printer: Printer) -> None:
        info = self.data.sub_axis_info
        tail = "" if info is None else f", sub_axis_info = ({info[0]}){info[1]}"
        printer.print_string(f"<name = {quoted(self.data.name)}{tail}>")


@dataclass(frozen=True, slots=True)
class MeshAxes:
    """The groups along some axes of a mesh, which is given or is a symbol of the module."""

    mesh: MeshAttr | SymbolRefAttr
    axes: ArrayAttr[Attribute]

    def problem(self) -> str | None:
        """An axis that the mesh, where it is given, does not have."""
        if isinstance(self.mesh, SymbolRefAttr):
            return None
        known = [axis.name for axis in self.mesh.data.axes]
        for axis in self.axes:
            if not isinstance(axis, AxisRefAttr):
                return f"expected an axis of the mesh, got {axis}"
            if axis.data.name not in known:
                return f"the mesh has no axis {quoted(axis.data.name)}"
        return None


def _parse_mesh(parser: AttrParser) -> MeshAttr | SymbolRefAttr:
    position = parser.pos
    mesh = parser.parse_attribute()
    if isinstance(mesh, MeshAttr):
        return mesh
    if not isinstance(mesh, SymbolRefAttr) or mesh.nested_references.data:
        parser.raise_error("expected a mesh or one symbol", position, parser.pos)
    return mesh


def _parse_array(parser: AttrParser) -> ArrayAttr[Attribute]:
    position = parser.pos
    attribute = parser.parse_attribute()
    if not isinstance(attribute, ArrayAttr):
        parser.raise_error("expected [...]", position, parser.pos)
    return cast(ArrayAttr[Attribute], attribute)


@irdl_attr_definition
class ReplicaGroupMeshAxesAttr(Data[MeshAxes]):
    """``#stablehlo.replica_group_mesh_axes<mesh = @m, axes = [#stablehlo.axis_ref<...>]>``."""

    name = "stablehlo.replica_group_mesh_axes"

    @classmethod
    def parse_parameter(cls, parser: AttrParser) -> MeshAxes:
        position = parser.pos
        data = MeshAxes(**parse_struct(parser, {"mesh": _parse_mesh, "axes": _parse_array}))
        problem = data.problem()
        if problem is not None:
            parser.raise_error(problem, position, parser.pos)
        return data

    def print_parameter(self, printer: Printer) -> None:
        mesh, axes = attribute_text(self.data.mesh), attribute_text(self.data.axes)
        printer.print_string(f"<mesh = {mesh}, axes = {axes}>")
