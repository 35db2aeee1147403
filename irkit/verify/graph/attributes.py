"""Digests of attributes: by meaning where two spellings mean the same, else by canonical text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    DenseIntOrFPElementsAttr,
    DenseResourceAttr,
    DictionaryAttr,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    i32,
    i64,
)
from xdsl.ir import Attribute

from dialects.attribute_text import attribute_text
from dialects.dense import DenseAttr, LiteralBytes, splat_element
from dialects.element_storage import storage_size
from dialects.long_literal import LONGEST_HELD, LongLiteral
from dialects.stablehlo.accuracy import DEFAULT_ACCURACY
from irkit.verify.hashing import Digest, digest

_FALSE = BoolAttr.from_bool(False)
_EMPTY = StringAttr("")

DEFAULTS: Mapping[tuple[str, str], Attribute] = {
    ("stablehlo.infeed", "infeed_config"): _EMPTY,
    ("stablehlo.outfeed", "outfeed_config"): _EMPTY,
    ("stablehlo.send", "is_host_transfer"): _FALSE,
    ("stablehlo.recv", "is_host_transfer"): _FALSE,
    ("stablehlo.cholesky", "lower"): _FALSE,
    ("stablehlo.composite", "composite_attributes"): DictionaryAttr({}),
    ("stablehlo.composite", "version"): IntegerAttr(0, i32),
    ("stablehlo.custom_call", "has_side_effect"): _FALSE,
    ("stablehlo.custom_call", "backend_config"): _EMPTY,
    ("stablehlo.custom_call", "api_version"): IntegerAttr(1, i32),
    ("stablehlo.custom_call", "called_computations"): ArrayAttr([]),
    ("stablehlo.custom_call", "output_operand_aliases"): ArrayAttr([]),
    ("stablehlo.gather", "indices_are_sorted"): _FALSE,
    ("stablehlo.dynamic_gather", "indices_are_sorted"): _FALSE,
    ("stablehlo.scatter", "indices_are_sorted"): _FALSE,
    ("stablehlo.scatter", "unique_indices"): _FALSE,
    ("stablehlo.sort", "dimension"): IntegerAttr(-1, i64),
    ("stablehlo.sort", "is_stable"): _FALSE,
}
"""What an absent property means (the specification's and upstream's default values)."""


def is_default(operation: str, name: str, value: Attribute) -> bool:
    """Whether a property says what its absence says."""
    return DEFAULTS.get((operation, name)) == value or (
        name == "result_accuracy" and value == DEFAULT_ACCURACY
    )


class AttributeDigests:
    """Digests attributes of one module.

    ``symbol`` gives the digest of what a symbol of the module stands for, or None where its name
    is all that is known; ``resources`` are the module's blobs (``0x...`` by dialect and name);
    ``literal`` gives the literal that counts in the place of one that stays in its file.
    """

    def __init__(
        self,
        symbol: Callable[[str], Digest | None],
        resources: Mapping[tuple[str, str], str],
        literal: Callable[[LongLiteral], LongLiteral] = lambda literal: literal,
    ) -> None:
        self._symbol = symbol
        self._resources = resources
        self._literal = literal

    def of(self, attribute: Attribute) -> Digest:
        """The digest of one attribute or type."""
        match attribute:
            case SymbolRefAttr():
                return self._reference(attribute)
            case ArrayAttr():
                return digest(b"array", *map(self.of, attribute.data))
            case DictionaryAttr():
                return self.dictionary(attribute.data)
            case DenseIntOrFPElementsAttr():
                return self._dense(cast(DenseAttr, attribute))
            case DenseResourceAttr():
                return self._resource(attribute)
            case _:
                return digest(b"text", attribute_text(attribute).encode())

    def dictionary(self, items: Mapping[str, Attribute], operation: str = "") -> Digest:
        """The digest of named attributes in any order; ``operation``'s defaults count as absent."""
        found = {
            name: self.of(value)
            for name, value in items.items()
            if not is_default(operation, name, value)
        }
        return digest(
            b"dictionary", *(p for name in sorted(found) for p in (name.encode(), found[name]))
        )

    def _reference(self, reference: SymbolRefAttr) -> Digest:
        known = self._symbol(reference.root_reference.data)
        nested = [name.data.encode() for name in reference.nested_references]
        if known is None:
            return digest(b"symbol", reference.root_reference.data.encode(), *nested)
        return digest(b"definition", known, *nested)

    def _dense(self, attribute: DenseAttr) -> Digest:
        data = attribute.data.data
        if isinstance(data, LiteralBytes):
            shown = attribute_text(attribute.type).encode()
            return digest(b"dense", shown, bytes_digest(self._literal(data.literal)))
        return dense_digest(attribute.type, data)

    def _resource(self, attribute: DenseResourceAttr) -> Digest:
        handle = attribute.resource_handle.data
        blob = self._resources.get(("builtin", handle))
        if blob is None:
            return digest(b"resource", handle.encode(), self.of(attribute.type))
        # Four bytes of alignment come first; what follows are the elements, each of them.
        data = bytes.fromhex(blob.removeprefix("0x"))[4:]
        type_: Any = attribute.type
        if len(data) != math.prod(type_.get_shape()) * storage_size(type_.element_type):
            return digest(b"resource of another size", self.of(type_), data)
        return dense_digest(type_, data)


def dense_digest(type: Any, data: bytes) -> Digest:
    """The digest of a constant from its raw little-endian elements, however they were written."""
    shown = attribute_text(type).encode()
    element = splat_element(data, storage_size(type.element_type)) if data else None
    if element is not None:
        return digest(b"dense", shown, digest(element))
    if 2 * len(data) > LONGEST_HELD:
        # As a reader digests a literal that it does not hold, whose elements are not all equal.
        return digest(b"dense", shown, sha256(data.hex().upper().encode()).digest())
    return digest(b"dense", shown, digest(data))


def bytes_digest(literal: LongLiteral) -> Digest:
    """The digest of a literal's digits, whatever they stand for."""
    if literal.digest is None:
        raise ValueError("the reader was not asked for digests of literals")
    return literal.digest
