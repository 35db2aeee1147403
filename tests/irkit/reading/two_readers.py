"""What the reader of whole modules makes of a text, for comparison with the one by statements."""

from __future__ import annotations

import io
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from dialects.diagnostics import Diagnostic, ReadError
from dialects.module_text import module_text
from dialects.reader import check_module, faults, parse_module
from irkit.module_pruning import prune_module
from irkit.reading.check import check_text
from irkit.reading.endings import UNPRINTABLE
from irkit.reading.rewrite import format_file, prune_file


def checked(text: str | bytes, folder: Path, name: str = "m.mlir") -> list[Diagnostic]:
    """The faults as they are found statement by statement."""
    path = folder / "checked.mlir"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with path.open("rb", buffering=0) as file:
        assert isinstance(file, io.FileIO)
        return check_text(file, name)


def check_agrees(text: str | bytes, folder: Path) -> str | None:
    """How the two differ in the faults they find, if they do.

    A text that cannot be read has one fault for the one, and may have more for the other.
    """
    whole = check_module(text, "m.mlir")
    by_statements = checked(text, folder)
    if whole == by_statements:
        return None
    try:
        parse_module(text, "m.mlir")
    except ReadError:
        if all(fault in by_statements for fault in whole):
            return None
    return f"{[*map(str, whole)]} against {[*map(str, by_statements)]}"


def _says_all(text: str, module: ModuleOp) -> bool:
    """Whether the text of an invalid module is read as that module."""
    try:
        again = parse_module(text).module
    except ReadError:
        return False
    return module_text(again, generic=True) == module_text(module, generic=True)


def rewriting_agrees(text: str | bytes, folder: Path) -> str | None:
    """How the two differ in what they print, formatted or pruned, if they do."""
    source, target = folder / "in.mlir", folder / "out.mlir"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    try:
        parsed = parse_module(text, "m.mlir")
    except ReadError:
        return None
    try:
        expected = module_text(parsed.module, parsed.resources)
        if faults(parsed) and not _says_all(expected, parsed.module):
            expected = None
    except UNPRINTABLE:
        expected = None
    try:
        format_file(source, target, "m.mlir")
    except ReadError:
        if expected is not None:
            return "not formatted"
    else:
        if target.read_text() != expected:
            return "formatted otherwise"
    if not faults(parsed):
        prune_module(parsed.module)
        prune_file(source, target, None, "m.mlir")
        if target.read_text() != module_text(parsed.module, parsed.resources):
            return "pruned otherwise"
        return None
    try:
        prune_file(source, target, None, "m.mlir")
    except ReadError:
        return None
    return "pruned, though it is not valid"
