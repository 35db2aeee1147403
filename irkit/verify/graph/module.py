"""Digests of whole modules: what their public functions compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.ir import Attribute, Operation

from dialects.func import FuncOp
from irkit.verify.graph.attributes import AttributeDigests
from irkit.verify.graph.operations import OperationDigests, Watch
from irkit.verify.hashing import Digest, digest

Resources = Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class ModuleDigests:
    """What a module is compared by."""

    functions: Mapping[str, Digest]
    """Public functions by name."""
    signatures: Mapping[str, str]
    """Their types, as text."""
    attributes: Digest
    """The module's own attributes."""
    other: Mapping[str, Digest] = field(default_factory=dict[str, Digest])
    """Public symbols that are no functions."""
    named: Mapping[str, Digest] = field(default_factory=dict[str, Digest])
    """What stands behind the names by which symbols were known where they were used: those that
    are defined further on, or that refer to themselves."""
    operations: int = field(default=0, compare=False)
    """How many statements were read, where they were."""


def module_digests(
    module: ModuleOp, resources: Resources | None = None, watch: Watch | None = None
) -> ModuleDigests:
    """Digests a module.

    Private symbols count by what they stand for where they are used; the module's own name does
    not count. ``watch`` is told of the operations of public functions, and of private ones when
    they are first used. Raises :class:`~irkit.verify.graph.operations.UnreadableGraphError`.
    """
    return ModuleDigester(module, resources, watch).digests()


class ModuleDigester:
    """Digests of a module and of its parts."""

    def __init__(
        self, module: ModuleOp, resources: Resources | None = None, watch: Watch | None = None
    ) -> None:
        self._module = module
        self.attributes = AttributeDigests(self._symbol, resources or {})
        """Digests attributes, symbols by what they stand for."""
        self._watch = watch
        self._symbols = {
            name.data: op
            for op in module.body.ops
            if isinstance(name := op.properties.get("sym_name"), StringAttr)
        }
        self._known: dict[str, Digest | None] = {}
        self._unfinished: set[str] = set()
        """Symbols that were used before their digest was known: they refer to themselves."""

    def functions(self) -> dict[str, FuncOp]:
        """The public functions that have a body, by name."""
        return {
            op.symbol: op
            for op in self._module.body.ops
            if isinstance(op, FuncOp) and not op.is_declaration and is_public(op)
        }

    def digests(self) -> ModuleDigests:
        """Of everything that can be seen of the module from outside."""
        functions: dict[str, Digest] = {}
        signatures: dict[str, str] = {}
        other: dict[str, Digest] = {}
        for place, op in enumerate(self._module.body.ops):
            name = op.properties.get("sym_name")
            if not isinstance(name, StringAttr):
                # Order matters for what has no name to be told by.
                other[f"{op.name} {place}"] = self._definition(op)
            elif is_public(op):
                found = self._symbol(name.data) or self._definition(op)
                if isinstance(op, FuncOp):
                    functions[name.data] = found
                    signatures[name.data] = str(op.function_type)
                else:
                    other[name.data] = found
        attributes = self.attributes.dictionary(self._module.attributes)
        named = {name: self._known[name] or b"" for name in self._unfinished}
        return ModuleDigests(functions, signatures, attributes, other, named)

    def _symbol(self, name: str) -> Digest | None:
        """What a symbol stands for; none for one that is not here or that refers to itself."""
        if name not in self._symbols:
            return None
        if name not in self._known:
            self._known[name] = None
            self._known[name] = self._definition(self._symbols[name])
        known = self._known[name]
        if known is None:
            self._unfinished.add(name)
        return known

    def header(self, op: Operation) -> Digest:
        """The digest of a definition without its regions and its name."""
        return header_digest(op, self.attributes)

    def _definition(self, op: Operation) -> Digest:
        regions = (OperationDigests(self.attributes, self._watch).region(r) for r in op.regions)
        return digest(self.header(op), *regions)


def difference_beside_bodies(left: ModuleDigester, right: ModuleDigester) -> str | None:
    """What differs of two modules besides the bodies of their public functions, if anything does.

    A tier that compares bodies alone may call no modules equal for which this has an answer.
    """
    a, b = left.digests(), right.digests()
    if (a.attributes, a.other, a.signatures, a.named) != (
        b.attributes,
        b.other,
        b.signatures,
        b.named,
    ):
        return "the modules differ in more than the bodies of public functions"
    functions = left.functions(), right.functions()
    for name, function in functions[0].items():
        if left.header(function) != right.header(functions[1][name]):
            return f"the attributes of @{name} differ"
    return None


def header_digest(op: Operation, attributes: AttributeDigests) -> Digest:
    """The digest of a symbol's definition without its regions and, where it says all, its name."""
    properties: dict[str, Attribute] = {
        name: value
        for name, value in op.properties.items()
        if name not in ("sym_name", "sym_visibility") and not _nothing(value)
    }
    if "sym_name" in op.properties and not _says_all(op):
        properties["sym_name"] = op.properties["sym_name"]
    return digest(
        op.name.encode(),
        attributes.dictionary(properties, op.name),
        attributes.dictionary(op.attributes, op.name),
    )


def _says_all(op: Operation) -> bool:
    """Whether two such definitions mean the same thing, whatever their names.

    Not where somebody else defines it, or may write to it.
    """
    if isinstance(op, FuncOp):
        return not op.is_declaration
    is_constant = "initial_value" in op.properties and "is_mutable" not in op.properties
    return op.name == "util.global" and is_constant


def is_public(op: Operation) -> bool:
    """Whether a symbol can be seen from outside of its module."""
    visibility = op.properties.get("sym_visibility")
    return not isinstance(visibility, StringAttr) or visibility.data == "public"


def _nothing(value: Attribute) -> bool:
    """Whether an attribute list says nothing: ``[{}, {}]``."""
    return isinstance(value, ArrayAttr) and all(
        isinstance(item, DictionaryAttr) and not item.data
        for item in cast("ArrayAttr[Attribute]", value).data
    )
