"""Digests of a module in a file, statement by statement, in bounded memory.

The digests are those of :mod:`irkit.verify.graph.module`, with one difference: a private symbol
that is used before its definition is known by its name there, and what it stands for counts
besides. Held are 16 bytes for each value of the function that is being read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import cast

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.traits import IsTerminator

from dialects.diagnostics import ReadError
from dialects.func import FuncOp
from dialects.long_literal import STAND_IN, LongLiteral
from irkit.reading.endings import EndOfReadingError
from irkit.reading.events import (
    FunctionEnd,
    FunctionStart,
    ModuleLevel,
    ModuleStart,
    Resources,
    Statement,
)
from irkit.reading.module_reader import ModuleReader
from irkit.verify.files import InputError, open_input
from irkit.verify.graph.attributes import AttributeDigests, bytes_digest
from irkit.verify.graph.module import ModuleDigests, header_digest, is_public
from irkit.verify.graph.operations import START, OperationDigests, keeps_its_place
from irkit.verify.hashing import DIGEST_BYTES, Digest, digest, part

_DIGEST_LENGTH = part(bytes(DIGEST_BYTES))[:-DIGEST_BYTES]


def streamed_digests(path: Path) -> ModuleDigests:
    """The digests of the module in a file; the module is verified as it is read.

    Raises :class:`~irkit.verify.files.InputError` for a file that cannot be read or that is not
    valid, and :class:`~irkit.reading.endings.UnfollowedError` for a layout that has to be read as
    a whole.
    """
    with open_input(path) as file:
        streamed = _StreamedModule()
        reader = ModuleReader(file, str(path), describe=streamed.describe, digest=True)
        try:
            for event in reader:
                if isinstance(event, ModuleStart) and streamed.in_module:
                    raise reader.unfollowed("a module inside of a module, or after one")
                streamed.take(event)
        except ReadError as error:
            reader.faults.append(error.diagnostic)
        except EndOfReadingError:
            pass
        except OSError as error:
            raise InputError(f"{path}: can not be read: {error.strerror}") from None
        if reader.faults:
            more = len(reader.faults) - 1
            and_more = f" (and {more} more; see `irkit check`)" if more else ""
            raise InputError(f"{min(reader.faults)}{and_more}")
        return streamed.digests()


def _blob_digest(blob: str, literals: Mapping[int, LongLiteral]) -> Digest:
    stand_in = STAND_IN.search(blob)
    if stand_in is None:
        digits = blob.removeprefix("0x").upper()
        return sha256(digits.encode()).digest()
    return bytes_digest(literals[int(stand_in[2])])


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a signature says to the digest of its statements; parts in the order of the digest."""

    op: Operation
    places: tuple[int, ...]
    """Which of the places where the text reads a value is which operand."""
    uses: tuple[SSAValue, ...]
    name: bytes
    properties: bytes
    """And attributes."""
    counts: bytes
    types: bytes
    results: int
    keeps_place: bool
    ends: bool
    literals: tuple[LongLiteral, ...]
    """Those of the operation at hand, which is that of the first statement."""


class _StreamedModule:
    def __init__(self) -> None:
        self._attributes = AttributeDigests(self._symbol, {}, self._literal)
        self._literals: dict[int, LongLiteral] = {}
        """The literals of the statement at hand, by the numbers of its signature's."""
        self.in_module = False
        """Whether a module has begun; one is all that is followed."""
        self._module: dict[str, Attribute] = {}
        self._functions: dict[str, Digest] = {}
        self._signatures: dict[str, str] = {}
        self._other: dict[str, Digest] = {}
        self._private: dict[str, Digest] = {}
        self._asked: set[str] = set()
        self._places = 0
        self._operations = 0
        self._header = b""
        self._name = ""
        self._table = bytearray()
        self._state = START
        self._end = b""
        self._arguments: tuple[Digest, ...] = ()
        self._function: FuncOp | None = None

    def digests(self) -> ModuleDigests:
        """Of all that was taken."""
        named = {name: self._private[name] for name in self._asked if name in self._private}
        return ModuleDigests(
            self._functions,
            self._signatures,
            self._attributes.dictionary(self._module),
            self._other,
            named,
            self._operations,
        )

    def take(self, event: object) -> None:
        """The next event of the module."""
        match event:
            case Statement():
                self._statement(event)
            case ModuleStart():
                self.in_module = True
                self._module = dict(event.op.attributes)
            case FunctionStart():
                self._start(event.op)
            case FunctionEnd():
                assert self._function is not None
                self._finish(self._function)
            case ModuleLevel():
                self._beside(event.op)
            case Resources():
                for (dialect, name), blob in event.blobs.items():
                    self._other[f"resource {dialect} {name}"] = _blob_digest(blob, event.literals)
            case _:
                pass

    # -- functions ---------------------------------------------------------------------------

    def _start(self, op: FuncOp) -> None:
        self._function = op
        self._header = header_digest(op, self._attributes)
        arguments = op.body.blocks[0].args
        self._arguments = tuple(self._attributes.of(argument.type) for argument in arguments)
        self._table = bytearray(DIGEST_BYTES)
        for place, type_ in enumerate(self._arguments):
            self._table += digest(b"argument", b"%d %d %d" % (0, 0, place), type_)
        self._state, self._end = START, b""

    def _finish(self, op: FuncOp) -> None:
        block = digest(b"block", self._state, self._end, *self._arguments)
        self._define(op, digest(self._header, digest(b"region", block)))

    def _define(self, op: Operation, found: Digest) -> None:
        name = op.properties.get("sym_name")
        if not isinstance(name, StringAttr):
            # Order matters for what has no name to be told by.
            self._other[f"{op.name} {self._places}"] = found
        elif not is_public(op):
            self._private[name.data] = found
        elif isinstance(op, FuncOp):
            self._functions[name.data] = found
            self._signatures[name.data] = str(op.function_type)
            self._private[name.data] = found
        else:
            self._other[name.data] = self._private[name.data] = found
        self._places += 1

    def _beside(self, op: Operation) -> None:
        regions = (OperationDigests(self._attributes).region(region) for region in op.regions)
        found = digest(header_digest(op, self._attributes), *regions)
        self._define(op, found)

    def _symbol(self, name: str) -> Digest | None:
        found = self._private.get(name)
        if found is None:
            self._asked.add(name)
        return found

    # -- statements --------------------------------------------------------------------------

    def describe(
        self, op: Operation, uses: Sequence[SSAValue], literals: Sequence[LongLiteral]
    ) -> _Facts:
        """What all statements of a signature have in common."""
        places = {use: place for place, use in enumerate(uses)}
        types = [self._attributes.of(v.type) for v in (*op.operands, *op.results)]
        counts = b"%d %d %d" % (len(op.operands), len(op.results), len(op.successors))
        return _Facts(
            op,
            tuple(places[operand] for operand in op.operands if operand in places),
            tuple(uses),
            part(op.name.encode()),
            self._properties(op),
            part(counts),
            b"".join(map(part, types)),
            len(op.results),
            keeps_its_place(op),
            op.has_trait(IsTerminator),
            tuple(literals),
        )

    def _statement(self, statement: Statement) -> None:
        self._operations += 1
        facts = cast(_Facts, statement.signature.facts)
        table = self._table
        operands = statement.operands
        hashed = blake2b(facts.name, digest_size=DIGEST_BYTES)
        keeps_place = facts.keeps_place and not facts.ends
        hashed.update(part(self._state if keeps_place else b""))
        properties = facts.properties
        if facts.literals:
            pairs = zip(facts.literals, statement.literals, strict=True)
            self._literals = {known.number: literal for known, literal in pairs}
            properties = self._properties(facts.op)
        hashed.update(properties)
        hashed.update(facts.counts)
        for place in facts.places:
            start = DIGEST_BYTES * operands[place]
            hashed.update(_DIGEST_LENGTH + table[start : start + DIGEST_BYTES])
        hashed.update(facts.types)
        if facts.op.regions:
            self._hash_regions(hashed.update, facts, statement)
        made = hashed.digest()
        for index in range(facts.results):
            table += digest(b"result", made, b"%d" % index)
        if keeps_place:
            self._state = made
        if facts.ends:
            self._end = made

    def _properties(self, op: Operation) -> bytes:
        found = (op.properties, op.attributes)
        return b"".join(part(self._attributes.dictionary(each, op.name)) for each in found)

    def _literal(self, literal: LongLiteral) -> LongLiteral:
        return self._literals.get(literal.number, literal)

    def _hash_regions(
        self, update: Callable[[bytes], object], facts: _Facts, statement: Statement
    ) -> None:
        """The regions, with what they capture in this statement."""
        inner = OperationDigests(self._attributes)
        for use, value in zip(facts.uses, statement.operands, strict=True):
            start = DIGEST_BYTES * value
            inner.assume(use, bytes(self._table[start : start + DIGEST_BYTES]))
        for region in facts.op.regions:
            update(part(inner.region(region, 1)))
