"""The text of an operation with holes for the names of values, and where such texts are kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, Region, SSAValue

from dialects.asm import AsmPrinter
from irkit.errors import LogError
from irkit.streaming.nested_names import NestedNames, nested_names_of, result_names
from irkit.streaming.spool import Spool
from passes.bounded_cache import BoundedCache
from passes.effects import Removability
from passes.release import release_block, release_operation

RESULT = -1
"""The hole of the operation's own (first) result name."""

_MARK = "\x00"


@dataclass(frozen=True, slots=True)
class Template:
    """Everything that sweep and emission need of a signature."""

    pieces: tuple[str, ...]
    """Text before, between and after the holes, without indentation and line end."""

    holes: tuple[int, ...]
    """What fills each hole: ``RESULT``, an operand's number, ``operands + k - 1`` for the name of
    result k where each has one, or ``RESULT - 1 - k`` for the nested name k."""

    operands: int
    """Operands, then captured values."""

    results: int
    removable: bool
    suggestion: str | None
    """The result name the operation suggests (``cst``), or none if results are numbered."""

    nested: NestedNames | None
    """The names that its regions define, in numbering order."""

    names: tuple[str, ...] = ()
    """The name that it suggests for each of its results, or nothing if they share one."""

    @property
    def bytes(self) -> int:
        """What it holds, about."""
        return sum(map(len, self.pieces)) + 80 * len(self.pieces)


def render(op: Operation, captured: Sequence[SSAValue], effects: Removability) -> Template:
    """The template of ``op``; ``captured``, which its regions read, follow its operands."""
    if len({*map(id, op.operands), *map(id, captured)}) < len(op.operands) + len(captured):
        scratch = Block(arg_types=[o.type for o in op.operands])
        copy = _with_operands(op, scratch.args)
        rendered = _rendered(copy, captured, effects)
        copy.drop_all_references()
        release_operation(copy)
        release_block(scratch)
        return rendered
    return _rendered(op, captured, effects)


def _rendered(op: Operation, captured: Sequence[SSAValue], effects: Removability) -> Template:
    inputs: list[SSAValue] = [*op.operands, *captured]
    tokens = {id(value): f"{_MARK}{number}{_MARK}" for number, value in enumerate(inputs)}
    names = result_names(op)
    for index, result in enumerate(op.results):
        suffix = f"#{index}" if len(op.results) > 1 and not names else ""
        hole = len(inputs) + index - 1 if names and index else RESULT
        tokens[id(result)] = f"{_MARK}{hole}{_MARK}{suffix}"
    nested = None
    if op.regions:
        nested, inside = nested_names_of(op)
        for value, position, suffix in inside:
            tokens[id(value)] = f"{_MARK}{RESULT - 1 - position}{_MARK}{suffix}"
    text: list[str] = []
    printer = AsmPrinter(text.append, lambda value: tokens[id(value)], indent=2)
    printer.op(op)
    parts = "".join(text).split(_MARK)
    return Template(
        pieces=tuple(parts[0::2]),
        holes=tuple(map(int, parts[1::2])),
        operands=len(inputs),
        results=len(op.results),
        removable=effects.removable(op),
        suggestion=suggested_name(op),
        nested=nested,
        names=names,
    )


def _with_operands(op: Operation, operands: Sequence[SSAValue]) -> Operation:
    """A copy of ``op`` whose operand positions read different values.

    A template serves every operation of the signature, so ``add %0, %0`` must leave two holes.
    """
    regions = [Region() for _ in op.regions]
    values: dict[SSAValue, SSAValue] = {}
    for region, copy in zip(op.regions, regions, strict=True):
        region.clone_into(copy, value_mapper=values)
    return op.__class__.create(
        operands=operands,
        result_types=op.result_types,
        properties=op.properties,
        attributes=op.attributes,
        regions=regions,
    )


def suggested_name(op: Operation) -> str | None:
    """The name that the operation's dialect suggests for its results."""
    suggest: Callable[[], str | None] | None = getattr(op, "result_name", None)
    return None if suggest is None else suggest()


class TemplateStore:
    """Templates by the offset at which they were written; a bounded number stay decoded."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._decoded: BoundedCache[int, Template] = BoundedCache()

    @property
    def bytes_written(self) -> int:
        """Bytes of templates so far."""
        return self._spool.size

    def add(self, template: Template) -> int:
        """Stores a template and gives its offset."""
        nested = None if template.nested is None else template.nested.to_json()
        fields: Sequence[object] = (
            template.pieces,
            template.holes,
            template.operands,
            template.results,
            template.removable,
            template.suggestion,
            nested,
            template.names,
        )
        return self._spool.append(json.dumps(fields, separators=(",", ":")).encode())

    def get(self, offset: int) -> Template:
        """The template stored at ``offset``."""
        found = self._decoded.get(offset)
        if found is None:
            found = _decode(self._spool.read(offset))
            self._decoded.keep(offset, found, found.bytes)
        return found

    def close(self) -> None:
        """Frees memory and disk."""
        self._spool.close()


def _decode(data: bytes) -> Template:
    try:
        pieces, holes, operands, results, removable, suggestion, nested, names = json.loads(data)
        template = Template(
            tuple(pieces),
            tuple(holes),
            operands,
            results,
            removable,
            suggestion,
            None if nested is None else NestedNames.from_json(nested),
            tuple(names),
        )
    except (TypeError, ValueError, RecursionError) as error:
        raise LogError(f"a template of the op log does not read back: {error}") from None
    _check(template)
    return template


def _check(template: Template) -> None:
    """Refuses fields of other types: JSON has any."""
    numbers = (template.operands, template.results, *template.holes)
    texts = (*template.pieces, *template.names)
    if not (
        all(type(number) is int for number in numbers)
        and all(type(text) is str for text in texts)
        and type(template.removable) is bool
        and (template.suggestion is None or type(template.suggestion) is str)
    ):
        raise LogError("a template of the op log does not read back: a field is of another type")
