"""Upstream's test files: where they are, and what their annotations ask for.

The folder is ``STABLEHLO_TESTS``, else ``../shared/conformance`` beside the repository. It has
``testdata/`` (modules with their inputs), ``verify/`` (right and wrong programs, separated by
``// -----``; ``expected-error`` marks a wrong one), ``infer/`` (the types that inference must give)
and ``print/`` (programs for the printer). Upstream's own folder ``stablehlo/`` will do as well:
there the last three are files of ``tests/``. Files are read where they lie.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_DEFAULT = _ROOT.parent / "shared" / "conformance"
_UPSTREAM = {
    "verify": (
        "future_type.mlir",
        "ops_chlo.mlir",
        "ops_dot_general_algorithms.mlir",
        "ops_sparse.mlir",
        "ops_stablehlo.mlir",
        "ops_stablehlo_bounded_dynamism.mlir",
        "ops_stablehlo_quantized.mlir",
        "print_types_invalid.mlir",
        "replica_groups_mesh_axes.mlir",
        "verify_*.mlir",
    ),
    "infer": ("infer_chlo.mlir", "infer_stablehlo.mlir"),
    "interpret": ("interpret/**/*.mlir",),
    "print": (
        "ops_*_roundtrip.mlir",
        "print_reduce.mlir",
        "print_stablehlo.mlir",
        "print_while.mlir",
    ),
}
"""The files of upstream's ``tests/`` that are of each kind."""
_SEPARATOR = re.compile(r"^// -----.*$", re.MULTILINE)
_ANNOTATION = re.compile(r"expected-error(?:-re)?\s*(@[^\s{]+)?\s*(?:\d+\s*)?\{\{")
_FUNCTION = re.compile(r"^func\.func\b", re.MULTILINE)


def folder() -> Path | None:
    """The corpus, if there is one.

    Raises ``FileNotFoundError`` where ``STABLEHLO_TESTS`` names something that is no folder.
    """
    given = os.environ.get("STABLEHLO_TESTS")
    if given:
        path = Path(given).resolve()
        if not path.is_dir():
            raise FileNotFoundError(f"STABLEHLO_TESTS={given} is not a folder")
        return path
    return _DEFAULT if _DEFAULT.is_dir() else None


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a file, and the lines of the program at which an error is expected."""

    file: str
    number: int
    line: int
    """The line of the file before the program's first one."""
    text: str
    expected: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}:{self.line + 1}"


def modules(corpus: Path) -> Iterator[Program]:
    """The modules of ``testdata/``, one a file."""
    for path in sorted((corpus / "testdata").glob("*.mlir")):
        yield Program(path.name, 0, 0, path.read_text())


def functions(corpus: Path) -> Iterator[Program]:
    """The functions of ``print/``, each as a program of its own."""
    for program in programs(corpus, "print"):
        starts = [match.start() for match in _FUNCTION.finditer(program.text)]
        for number, (start, end) in enumerate(pairwise([*starts, len(program.text)])):
            line = program.line + program.text.count("\n", 0, start)
            yield Program(program.file, number, line, program.text[start:end])


def files(corpus: Path, part: str) -> list[Path]:
    """The files of one kind, by name."""
    if (corpus / part).is_dir():
        return sorted((corpus / part).glob("*.mlir"))
    return sorted(path for name in _UPSTREAM[part] for path in (corpus / "tests").glob(name))


def programs(corpus: Path, part: str) -> Iterator[Program]:
    """The programs of ``verify/``, ``infer/``, ``interpret/`` or ``print/``."""
    for path in files(corpus, part):
        text, start, line = path.read_text(), 0, 0
        ends = [(match.start(), match.end()) for match in _SEPARATOR.finditer(text)]
        for number, (end, following) in enumerate([*ends, (len(text), len(text))]):
            piece = text[start:end]
            yield Program(path.name, number, line, piece, tuple(_expected(piece)))
            start, line = following, text.count("\n", 0, following)


def _expected(text: str) -> Iterator[int]:
    """The annotated lines, counted from 1: ``@+2``, ``@-1``, ``@below``, ``@above``, this one."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _ANNOTATION.finditer(line):
            where = (match[1] or "@+0").removeprefix("@")
            offset = {"below": 1, "above": -1, "unknown": 0}.get(where)
            yield number + (int(where) if offset is None else offset)
