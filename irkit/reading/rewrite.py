"""``irkit fmt`` and ``irkit prune`` on files of any size."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from xdsl.ir import Operation, SSAValue

from dialects.asm import AsmPrinter
from dialects.diagnostics import Diagnostic, ReadError
from dialects.func import FuncOp
from dialects.long_literal import STAND_IN, LongLiteral
from dialects.module_text import module_opening, used_resources, write_module, write_resources
from dialects.reader import ParsedModule, faults, parse_source
from irkit.interruption import doing
from irkit.module_pruning import (
    is_private_global,
    keep_outputs,
    main_function,
    prune_module,
    refuse_callers,
)
from irkit.output_file import AtomicFile
from irkit.reading.check import whole_text, with_snippets
from irkit.reading.compact_names import CompactNames
from irkit.reading.endings import UNPRINTABLE, EndOfReadingError, UnfollowedError
from irkit.reading.faithful import shows_all
from irkit.reading.files import open_text
from irkit.reading.module_log import DEAD, Beside, Function, ModuleLog, Record
from irkit.reading.rendering import Rendering, render
from irkit.reading.requests import grant
from irkit.reading.stores import digit_blocks
from irkit.reading.symbols import symbols_of
from passes.effects import Removability

GATHERED = 1 << 16
"""Characters gathered before they are written."""


def format_file(
    path: str | Path,
    output: str | Path,
    name: str | None = None,
    *,
    allow_unregistered: bool = False,
) -> None:
    """Writes the module in ``path`` in canonical form to ``output``; ``-`` for standard streams.

    What can be read is formatted, also where it is not valid; an operation whose short form
    cannot be written because it breaks a rule is refused with that rule. With
    ``allow_unregistered`` what belongs to unknown dialects is kept as it is. Raises
    :class:`~dialects.diagnostics.ReadError`, ``OSError`` and
    :class:`~irkit.output_file.OutputError`; then nothing is written.
    """
    with open_text(path) as file:
        shown = name or ("<stdin>" if str(path) == "-" else str(path))
        try:
            with _logged(file, shown, allow_unregistered=allow_unregistered) as log:
                _write(log, file, output)
        except UnfollowedError as error:
            source, literals = whole_text(file, shown, error)
            parsed = parse_source(source, literals, allow_unregistered=allow_unregistered)
            found = faults(parsed)
            try:
                if found and not shows_all(
                    parsed.module, literals, allow_unregistered=allow_unregistered
                ):
                    _refuse(found)
                _write_parsed(parsed, literals.find, file, output)
            except UNPRINTABLE:
                # Pretty forms rely on what the verifier checks.
                _refuse(found)
                raise


def prune_file(
    path: str | Path,
    output: str | Path,
    outputs: Sequence[str] | None = None,
    name: str | None = None,
    *,
    allow_unregistered: bool = False,
) -> None:
    """As :func:`format_file`, without the operations that no output of the module needs.

    ``outputs`` names what ``@main`` keeps returning (see :mod:`irkit.module_pruning`). A module
    that is not valid is refused. Raises also :class:`~irkit.module_pruning.OutputNameError`.
    """
    with open_text(path) as file:
        shown = name or ("<stdin>" if str(path) == "-" else str(path))
        try:
            with _logged(file, shown, prune=True, allow_unregistered=allow_unregistered) as log:
                _prune(log, outputs)
                _write(log, file, output)
        except UnfollowedError as error:
            source, literals = whole_text(file, shown, error)
            parsed = parse_source(source, literals, allow_unregistered=allow_unregistered)
            _refuse(faults(parsed))
            prune_module(parsed.module, outputs)
            _write_parsed(parsed, literals.find, file, output)


@contextmanager
def _logged(
    file: BinaryIO, name: str, *, prune: bool = False, allow_unregistered: bool
) -> Generator[ModuleLog]:
    log = ModuleLog(file, name, verify=prune, prune=prune, allow_unregistered=allow_unregistered)
    try:
        try:
            with doing(lambda: f"reading {name} (line {log.line:,})"):
                log.read()
        except ReadError as error:
            log.faults.append(error.diagnostic)
        except EndOfReadingError:
            pass
        _refuse(with_snippets(sorted(set(log.faults)), file))
        yield log
    finally:
        log.close()


def _refuse(found: list[Diagnostic]) -> None:
    if not found:
        return
    if len(found) == 1:
        raise ReadError(found[0])
    first = found[0]
    more = f"{first.message} (and {len(found) - 1} more; see `irkit check`)"
    raise ReadError(Diagnostic(first.name, first.line, first.column, more, first.snippet))


# -- pruning -----------------------------------------------------------------------------------


def _prune(log: ModuleLog, outputs: Sequence[str] | None) -> None:
    """Marks what is dead and drops the globals that nothing reads any more."""
    functions = [item for item in log.items if isinstance(item, Function)]
    declared = [
        item.op for item in log.items if isinstance(item, Beside) and isinstance(item.op, FuncOp)
    ]
    changed: FuncOp | None = None
    if outputs is not None:
        by_op = {function.op: function for function in functions}
        main = main_function([*by_op, *declared])
        kept = _keep(log, by_op[main], outputs) if main in by_op else keep_outputs(main, outputs)
        changed = main if kept else None
    read: set[str] = set()
    for function in functions:
        read |= _mark_dead(log, function)
        read.update(symbols_of(function.op))
    for item in log.items:
        if isinstance(item, Beside):
            read.update(symbols_of(item.op))
    if changed is not None:
        refuse_callers(changed, read)
    log.items = [
        item
        for item in log.items
        if not (
            isinstance(item, Beside)
            and is_private_global(item.op)
            and item.op.sym_name.data not in read
        )
    ]


def _keep(log: ModuleLog, function: Function, outputs: Sequence[str]) -> bool:
    """As :func:`~irkit.module_pruning.keep_outputs`."""
    block = function.op.body.blocks[0]
    if function.returned is None:
        return keep_outputs(function.op, outputs)
    op, uses = function.returned
    block.add_op(op)
    changed = keep_outputs(function.op, outputs)
    op.detach()
    last = next(log.backward(function))
    words = function.words
    del words[last.position :]
    kept = [uses.index(operand) for operand in op.operands]
    number = log.renderings.add(render(op, list(op.operands), (), Removability()))
    words.extend([number, *(last.operands[k] for k in kept), number])
    return changed


def _mark_dead(log: ModuleLog, function: Function) -> set[str]:
    """Marks the statements that nothing needs; gives the symbols that the others name."""
    needed = bytearray(function.values + 1)
    words = function.words
    symbols: set[str] = set()
    seen: set[int] = set()
    for record in log.backward(function):
        rendering = record.rendering
        first = record.first_result
        if rendering.removable and not any(needed[first : first + rendering.results]):
            words[record.position] |= DEAD
        else:
            for operand in _read(record):
                needed[operand] = 1
            if words[record.position] not in seen:
                seen.add(words[record.position])
                symbols.update(rendering.symbols)
    return symbols


def _read(record: Record) -> Sequence[int]:
    """The values that the text of a statement reads.

    Operations that were dropped from its regions may have read more.
    """
    rendering = record.rendering
    if not rendering.regions:
        return record.operands
    return [record.operands[hole] for hole in {*rendering.holes} if hole < rendering.uses]


# -- writing -----------------------------------------------------------------------------------


class _Writer:
    """Text to a file; stand-ins become the literals' digits, from the file they are in."""

    def __init__(
        self, out: AtomicFile, source: BinaryIO, find: Callable[[int], LongLiteral]
    ) -> None:
        self._out = out
        self._fd = source.fileno()
        self._find = find
        self._held: list[str] = []
        self._size = 0

    def text(self, text: str) -> None:
        """Writes a piece."""
        if "\udc00" in text:
            start = 0
            for match in STAND_IN.finditer(text):
                self._add(text[start : match.start()])
                literal = self._find(int(match[2]))
                self.digits(literal.offset, literal.digits)
                start = match.end()
            text = text[start:]
        self._add(text)

    def _add(self, text: str) -> None:
        self._held.append(text)
        self._size += len(text)
        if self._size > GATHERED:
            self.flush()

    def digits(self, offset: int, count: int) -> None:
        """Writes ``0x`` and so many digits of the source, in upper case."""
        self._add("0x")
        self.flush()
        for block in digit_blocks(self._fd, offset, count):
            self._out.write(block.upper())

    def flush(self) -> None:
        """Hands on what is held."""
        self._out.write("".join(self._held).encode())
        self._held.clear()
        self._size = 0


def _write_parsed(
    parsed: ParsedModule,
    find: Callable[[int], LongLiteral],
    source: BinaryIO,
    output: str | Path,
) -> None:
    with doing(lambda: f"writing {output}"), AtomicFile(output, digest=False) as out:
        writer = _Writer(out, source, find)
        write_module(parsed.module, writer.text, parsed.resources)
        writer.flush()


def _write(log: ModuleLog, source: BinaryIO, output: str | Path) -> None:
    with doing(lambda: f"writing {output}"), AtomicFile(output, digest=False) as out:
        writer = _Writer(out, source, log.named_literals.__getitem__)
        writer.text(module_opening(log.header))
        resources = _resources_of(log.header)
        for item in log.items:
            resources.update(_resources_of(item.op))
            if isinstance(item, Beside):
                writer.text("\n  ")
                AsmPrinter(writer.text, str, 1).op(item.op)
            else:
                _write_function(log, item, writer, resources)
        writer.text("\n}\n")
        if log.resources:
            write_resources(writer.text, log.resources, resources)
        writer.flush()


def _resources_of(op: Operation | None) -> dict[tuple[str, str], None]:
    """The resources that the attributes of a module, a function or what stands beside it name."""
    return {} if op is None else dict.fromkeys(used_resources(op))


def _write_function(
    log: ModuleLog,
    function: Function,
    writer: _Writer,
    resources: dict[tuple[str, str], None],
) -> None:
    op = function.op
    numbers: dict[SSAValue, int] = {value: k for k, value in enumerate(op.body.blocks[0].args)}
    pieces: list[str] = ["\n  "]
    AsmPrinter(pieces.append, lambda value: f"%arg{numbers[value]}", 1).op(op)
    head = "".join(pieces)
    writer.text(head[: head.rindex("{")] + "{\n")
    names = CompactNames(function.arguments)
    nested = False
    for record in log.forward(function):
        names.skip_to(record.first_result)
        for request, count in zip(record.rendering.names, record.rendering.counts, strict=True):
            names.result(request, count)
        nested = nested or bool(record.rendering.regions)
    final = names.at_end() if nested else None
    text = names.text
    for record in log.forward(function):
        rendering = record.rendering
        fillers = [text(operand) for operand in record.operands]
        value = record.first_result
        for count in rendering.counts:
            fillers.append(text(value).partition("#")[0])
            value += count
        if final is not None and rendering.regions:
            fillers += [""] * (rendering.filled - len(fillers))
            grant(rendering.regions, final, fillers)
        if rendering.resources:
            resources.update(dict.fromkeys(rendering.resources))
        if record.literals:
            _write_with_literals(log, record.literals, rendering, fillers, writer)
        else:
            writer.text(rendering.format % tuple([fillers[hole] for hole in rendering.holes]))
    writer.text("  }")


def _write_with_literals(
    log: ModuleLog,
    literals: Sequence[int],
    rendering: Rendering,
    fillers: list[str],
    writer: _Writer,
) -> None:
    """Writes a statement whose last holes are literals that are not held."""
    marks = [f"\udc00{k}\udc00" for k in range(len(literals))]
    line = rendering.format % tuple([[*fillers, *marks][hole] for hole in rendering.holes])
    for k, piece in enumerate(line.split("\udc00")):
        if k % 2:
            index = literals[int(piece)]
            writer.digits(log.literal_offsets[index], log.literal_digits[index])
        else:
            writer.text(piece)
