"""The canonical text of a whole module: what upstream prints for it, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO

from xdsl.dialects.builtin import ArrayAttr, DenseResourceAttr, DictionaryAttr, ModuleOp
from xdsl.ir import Attribute, Operation

from dialects.aliases import has_aliases, header, name_aliases
from dialects.asm import AsmPrinter, GenericPrinter
from dialects.attribute_text import renaming, symbol_or_string
from dialects.long_literal import STAND_IN
from dialects.naming import name_values
from dialects.stablehlo.constant import ConstantOp

_EMPTY_BLOB = len("0x00000000")
"""Characters of a blob that has an alignment and nothing else."""

Write = Callable[[str], object]
Resources = Mapping[tuple[str, str], str]
"""``0x...`` blobs by dialect and name, as a reader gives them."""


def module_text(
    module: ModuleOp, resources: Resources | None = None, *, generic: bool = False
) -> str:
    """The module's text, with a line end after the last brace."""
    out = StringIO()
    write_module(module, out.write, resources, generic=generic)
    return out.getvalue()


def write_module(
    module: ModuleOp, write: Write, resources: Resources | None = None, *, generic: bool = False
) -> None:
    """Writes the module in pieces, one function named and written after the other.

    ``resources`` are the blobs of its ``dense_resource`` constants; those that it uses are written
    after it, in the order of first use, and aliases stand before it. ``generic`` writes every
    operation in the generic form, as upstream's ``-mlir-print-op-generic`` does.
    """

    def body(write: Write) -> None:
        if generic:
            names = name_values(module, suggests=False)
            GenericPrinter(write, names.__getitem__).op(module)
        elif _has_values(module):
            AsmPrinter(write, name_values(module).__getitem__).op(module)
        else:
            _write_op(module, write, 0)

    if has_aliases(module):
        aliases = name_aliases(lambda: body(len))
        write(header(aliases))
        with renaming(aliases.get):
            body(write)
    else:
        body(write)
    write("\n")
    if resources:
        write_resources(write, resources, used_resources(module))


def _has_values(module: ModuleOp) -> bool:
    """Whether there are values outside of functions, which are named before those inside."""
    return any(
        op.results or (isinstance(op, ModuleOp) and _has_values(op)) for op in module.body.block.ops
    )


def _write_op(op: Operation, write: Write, indent: int) -> None:
    if not isinstance(op, ModuleOp):
        AsmPrinter(write, name_values(op).__getitem__, indent).op(op)
        return
    AsmPrinter(write, str, indent).module_header(op)
    write("{")
    for child in op.body.block.ops:
        write("\n" + "  " * (indent + 1))
        _write_op(child, write, indent + 1)
    write("\n" + "  " * indent + "}")


def module_opening(module: ModuleOp | None) -> str:
    """``module @name attributes {...} {``, what precedes the module's operations."""
    pieces: list[str] = []
    AsmPrinter(pieces.append, str).module_header(ModuleOp([]) if module is None else module)
    return "".join(pieces) + "{"


def used_resources(module: Operation) -> list[tuple[str, str]]:
    """The resources that the text refers to, by dialect and name, in the order of first use."""
    found: dict[tuple[str, str], None] = {}
    for op in module.walk():
        # A constant's value stands after its attributes, whatever else there is before them.
        groups = [op.properties, op.attributes]
        for group in groups[::-1] if isinstance(op, ConstantOp) else groups:
            for name in sorted(group):
                found.update(dict.fromkeys(_resources_in(group[name])))
    return list(found)


def _resources_in(attribute: Attribute) -> Iterator[tuple[str, str]]:
    match attribute:
        case DenseResourceAttr():
            yield "builtin", attribute.resource_handle.data
        case ArrayAttr():
            for item in attribute:
                yield from _resources_in(item)
        case DictionaryAttr():
            for name in sorted(attribute.data):
                yield from _resources_in(attribute.data[name])
        case _:
            pass


def write_resources(write: Write, resources: Resources, used: Iterable[tuple[str, str]]) -> None:
    """The ``dialect_resources`` section, of those that are used and known."""
    by_dialect: dict[str, list[str]] = {}
    for dialect, key in used:
        if (dialect, key) in resources:
            by_dialect.setdefault(dialect, []).append(key)
    if not by_dialect:
        return
    write("\n{-#\n  dialect_resources: {\n")
    for i, (dialect, keys) in enumerate(by_dialect.items()):
        write(f"{',' if i else ''}    {dialect}: {{\n")
        for j, key in enumerate(keys):
            write(",\n" if j else "")
            # Upstream reads both cases of hexadecimal digits and writes capitals.
            blob = resources[dialect, key]
            if not STAND_IN.fullmatch(blob):
                blob = "0x" + blob.removeprefix("0x").upper()
                if len(blob) == _EMPTY_BLOB:
                    # Upstream forgets the alignment of a blob without elements.
                    blob = "0x00000000"
            write(f'      {symbol_or_string(key)}: "{blob}"')
        write("\n    }")
    write("\n  }\n#-}\n")
