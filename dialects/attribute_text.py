"""Attributes and types as upstream MLIR prints them.

Builtin ones are written here; the attributes of dialects print themselves through xDSL's hooks
(``print_parameter``, ``print_parameters``), with what they nest written here again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from io import StringIO
from typing import Any, TypeAlias

from xdsl.dialects.builtin import (
    AffineMapAttr,
    AffineSetAttr,
    AnyFloat,
    ArrayAttr,
    BytesAttr,
    ComplexType,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    DenseResourceAttr,
    DictionaryAttr,
    FloatAttr,
    FunctionType,
    IndexType,
    IntegerAttr,
    IntegerType,
    NoneAttr,
    NoneType,
    Signedness,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    TupleType,
    UnitAttr,
    UnrankedTensorType,
)
from xdsl.ir import Attribute
from xdsl.printer import Printer

from dialects.affine_text import affine_map_text, affine_set_text
from dialects.dense import dense_literal, element_texts
from dialects.float_text import FLOAT_FORMATS, float_bits, float_text

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_$.]*", re.ASCII)
_ESCAPED = re.compile(rb'[^ -~]|["\\]')

Rename: TypeAlias = Callable[[Attribute], str | None]


_rename: ContextVar[Rename | None] = ContextVar("rename", default=None)


def attribute_text(attribute: Attribute) -> str:
    """The canonical text of an attribute or type."""
    write = _WRITERS.get(type(attribute), _dialect_text)
    rename = _rename.get()
    if rename is None:
        return write(attribute)
    # What is remembered of earlier calls has no aliases in it.
    return rename(attribute) or getattr(write, "__wrapped__", write)(attribute)


@contextmanager
def renaming(rename: Rename) -> Generator[None]:
    """Within, ``attribute_text`` writes what ``rename`` gives for an attribute (an alias), also for
    nested ones, and the attribute itself where that is ``None``."""
    token = _rename.set(rename)
    try:
        yield
    finally:
        _rename.reset(token)


def dictionary_text(items: Mapping[str, Attribute]) -> str:
    """``{a = 1 : i64, flag}``: entries sorted by name, unit attributes by name only."""
    return f"{{{', '.join([_entry(name, items[name]) for name in sorted(items)])}}}"


def _entry(name: str, value: Attribute) -> str:
    key = symbol_or_string(name)
    return key if isinstance(value, UnitAttr) else f"{key} = {attribute_text(value)}"


def symbol_or_string(name: str) -> str:
    """A bare identifier where the grammar allows it, else a quoted string.

    For the keys of dictionaries, the names of symbols (after ``@``) and of resources.
    """
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str | bytes) -> str:
    r"""A string literal: printable ASCII as it is, quotes and all other bytes as ``\22``."""
    data = text.encode() if isinstance(text, str) else text
    return '"' + _ESCAPED.sub(_escape, data).decode("ascii") + '"'


def _escape(match: re.Match[bytes]) -> bytes:
    return rb"\\" if match[0] == b"\\" else b"\\%02X" % match[0][0]


def shape_prefix(shape: Iterable[int]) -> str:
    """``2x?x`` before an element type; a negative dimension is unknown."""
    return "".join([f"{dim}x" if dim >= 0 else "?x" for dim in shape])


def function_type_text(inputs: Iterable[Attribute], outputs: Iterable[Attribute]) -> str:
    """``(tensor<f32>) -> tensor<f32>``; several results, none, or a function in parentheses."""
    results = list(outputs)
    shown = _list(results)
    if len(results) != 1 or isinstance(results[0], FunctionType):
        shown = f"({shown})"
    return f"({_list(inputs)}) -> {shown}"


def _list(attributes: Iterable[Attribute]) -> str:
    return ", ".join(map(attribute_text, attributes))


def _array_element(attribute: Attribute) -> str:
    """In an array upstream leaves out the types that a number has by default."""
    text = attribute_text(attribute)
    if isinstance(attribute, IntegerAttr):
        return text.removesuffix(" : i64")
    return text.removesuffix(" : f64") if isinstance(attribute, FloatAttr) else text


def _integer(attribute: IntegerAttr[Any]) -> str:
    type: IntegerType | IndexType = attribute.type
    value = attribute.value.data
    if type == _I1:
        return "true" if value else "false"
    return f"{value} : {attribute_text(type)}"


def _float(attribute: FloatAttr[Any]) -> str:
    type: AnyFloat = attribute.type
    format = FLOAT_FORMATS.get(type.name)
    if format is None:
        return _dialect_text(attribute)
    return f"{float_text(float_bits(attribute.value.data, format), format)} : {type.name}"


def _dense_array(attribute: DenseArrayBase[Any]) -> str:
    type: IntegerType | AnyFloat = attribute.elt_type
    texts = ", ".join(element_texts(attribute.data.data, type))
    return f"array<{attribute_text(type)}{': ' if texts else ''}{texts}>"


def _dense(attribute: DenseIntOrFPElementsAttr[Any]) -> str:
    return f"{dense_literal(attribute)} : {attribute_text(attribute.type)}"


def _resource(attribute: DenseResourceAttr) -> str:
    key = symbol_or_string(attribute.resource_handle.data)
    return f"dense_resource<{key}> : {attribute_text(attribute.type)}"


def _symbol(attribute: SymbolRefAttr) -> str:
    names = [attribute.root_reference, *attribute.nested_references.data]
    return "::".join([f"@{symbol_or_string(name.data)}" for name in names])


def _integer_type(type: IntegerType[Any, Any]) -> str:
    return f"{_SIGNS[type.signedness.data]}{type.width.data}"


@lru_cache(maxsize=4096)
def _tensor_type(type: TensorType[Any]) -> str:
    text = f"tensor<{shape_prefix(type.get_shape())}{attribute_text(type.element_type)}"
    if isinstance(type.encoding, NoneAttr):
        return text + ">"
    return f"{text}, {attribute_text(type.encoding)}>"


@lru_cache(maxsize=256)
def _function_type(type: FunctionType) -> str:
    return function_type_text(type.inputs.data, type.outputs.data)


_I1 = IntegerType(1)
_SIGNS = {Signedness.SIGNLESS: "i", Signedness.SIGNED: "si", Signedness.UNSIGNED: "ui"}

_Writer: TypeAlias = Callable[[Any], str]
_WRITERS: dict[type[Attribute], _Writer] = {
    TensorType: _tensor_type,
    IntegerAttr: _integer,
    FloatAttr: _float,
    StringAttr: lambda a: quoted(a.data),
    BytesAttr: lambda a: quoted(a.data),
    ArrayAttr: lambda a: f"[{', '.join(map(_array_element, a.data))}]",
    DictionaryAttr: lambda a: dictionary_text(a.data),
    UnitAttr: lambda a: "unit",
    SymbolRefAttr: _symbol,
    DenseArrayBase: _dense_array,
    DenseIntOrFPElementsAttr: _dense,
    DenseResourceAttr: _resource,
    IntegerType: _integer_type,
    IndexType: lambda a: "index",
    NoneType: lambda a: "none",
    ComplexType: lambda a: f"complex<{attribute_text(a.element_type)}>",
    TupleType: lambda a: f"tuple<{_list(a.types.data)}>",
    FunctionType: _function_type,
    AffineMapAttr: lambda a: f"affine_map<{affine_map_text(a.data)}>",
    AffineSetAttr: lambda a: f"affine_set<{affine_set_text(a.data)}>",
    UnrankedTensorType: lambda a: f"tensor<*x{attribute_text(a.element_type)}>",
}


class CanonicalPrinter(Printer):
    """xDSL's printer for a dialect's own attributes; what they nest is written canonically."""

    def print_attribute(self, attribute: Attribute) -> None:
        self.print_string(attribute_text(attribute))

    def print_float(self, value: float, type: AnyFloat) -> None:
        format = FLOAT_FORMATS[type.name]
        self.print_string(float_text(float_bits(value, format), format))

    def print_string_literal(self, string: str) -> None:
        self.print_string(quoted(string))

    def print_dialect_attribute(self, attribute: Attribute) -> None:
        """The attribute itself, by xDSL's rules for dialects."""
        super().print_attribute(attribute)


@lru_cache(maxsize=4096)
def _dialect_text(attribute: Attribute) -> str:
    out = StringIO()
    CanonicalPrinter(stream=out).print_dialect_attribute(attribute)
    return out.getvalue()
