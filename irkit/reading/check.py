"""Every fault of a module in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dialects.diagnostics import Diagnostic, ReadError, SourceText
from dialects.reader import faults, parse_source
from irkit.interruption import doing
from irkit.reading.condense import CondensedText
from irkit.reading.endings import LONGEST_WHOLE, EndOfReadingError, UnfollowedError
from irkit.reading.files import open_text
from irkit.reading.lines import Lines
from irkit.reading.module_reader import ModuleReader
from irkit.reading.stores import FileLiterals


def check_file(
    path: str | Path, name: str | None = None, *, allow_unregistered: bool = False
) -> Iterator[Diagnostic]:
    """The faults of the module in ``path``, in the order of the text; none if it is valid.

    ``-`` is standard input. ``name`` is what the diagnostics call the file, its path by default.
    With ``allow_unregistered`` what belongs to unknown dialects is no fault (see
    :mod:`dialects.unknown_ops`). Raises ``OSError`` if the file can not be read.
    """
    with open_text(path) as file:
        shown = name or ("<stdin>" if str(path) == "-" else str(path))
        yield from check_text(file, shown, allow_unregistered=allow_unregistered)


def check_text(file: BinaryIO, name: str, *, allow_unregistered: bool = False) -> list[Diagnostic]:
    """As :func:`check_file`, of a seekable file."""
    reader = ModuleReader(file, name, allow_unregistered=allow_unregistered)
    try:
        with doing(lambda: f"reading {name} (line {reader.lines.number:,})"):
            for _ in reader:
                pass
    except UnfollowedError as error:
        return _check_whole(file, name, error, allow_unregistered)
    except ReadError as error:
        reader.faults.append(error.diagnostic)
    except EndOfReadingError:
        pass
    return with_snippets(sorted(set(reader.faults)), file)


def with_snippets(found: list[Diagnostic], file: BinaryIO) -> list[Diagnostic]:
    """The faults, those that were found when their line was gone with the line."""
    wanted = {fault.line for fault in found if not fault.snippet}
    if not wanted:
        return found
    file.seek(0)
    lines = Lines(iter(CondensedText(file, found[0].name)), found[0].name)
    sources: dict[int, SourceText] = {}
    while lines.has(0) and len(sources) < len(wanted):
        if lines.number in wanted:
            sources[lines.number] = lines.source(1)
        lines.index += 1
    placed = [
        fault
        if fault.snippet or fault.line not in sources
        else sources[fault.line].diagnostic(fault.column - 1, fault.message)
        for fault in found
    ]
    return sorted(set(placed))


def _check_whole(
    file: BinaryIO, name: str, otherwise: UnfollowedError, allow_unregistered: bool
) -> list[Diagnostic]:
    """The faults as they are found when all of the text is read at once."""
    try:
        source, literals = whole_text(file, name, otherwise)
        return faults(parse_source(source, literals, allow_unregistered=allow_unregistered))
    except ReadError as error:
        return [error.diagnostic]


def whole_text(
    file: BinaryIO, name: str, otherwise: UnfollowedError
) -> tuple[SourceText, FileLiterals]:
    """All of the text, without its long literals.

    Raises ``ReadError``; with the diagnostic of ``otherwise`` where the text is too long for that.
    """
    file.seek(0)
    condensed = CondensedText(file, name)
    pieces: list[str] = []
    size = 0
    for piece in condensed:
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_WHOLE:
            raise ReadError(otherwise.diagnostic)
    return SourceText(name, "".join(pieces)), FileLiterals(file, condensed.literals)
