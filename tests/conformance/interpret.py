"""``python -m tests.conformance.interpret``: upstream's modules, run by the interpreter.

The modules of ``testdata/`` (its folder ``quantized``, too; those of ``dynamic`` have no inputs)
and the programs of ``interpret/`` (upstream's ``tests/interpret/``) hold their inputs and what must
come out. Each is *right* (it ran, every check in it held, and it printed what its ``CHECK`` lines
say), *wrong* (not so), or *not run* (something in it is not known); those that upstream itself
disables (``RUN-DISABLED``) are counted apart.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from dialects.element_storage import ElementTypeError
from dialects.func import FuncOp
from dialects.reader import ReadError, parse_module
from irkit.interpreter import CheckError, EvaluationError, UnsupportedError, Value, run
from irkit.interpreter.shapes import shape_problem
from irkit.interpreter.value_text import value_text
from irkit.interpreter.values import dtype_of
from tests.conformance.corpus import folder

RECORDED = Path(__file__).with_name("interpreted.json")
_SEPARATOR = re.compile(r"^// -----.*$", re.MULTILINE)
_DISABLED = re.compile(r"^// RUN-DISABLED", re.MULTILINE | re.IGNORECASE)
_ARGUMENTS = re.compile(r'^// RUN: stablehlo-translate .*--args="\[(.*)\]"', re.MULTILINE)
_CHLO = re.compile(r"\bchlo\.")

_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_PRINTED = re.compile(r"^ *// CHECK(-NEXT)?(?:{LITERAL})?: *(.*)$", re.MULTILINE)

RIGHT, WRONG, NOT_RUN = "right", "wrong", "not run"


@dataclass(frozen=True, slots=True)
class Case:
    """One program, and where it stands."""

    kind: str
    """``testdata``, ``quantized`` or ``interpret``."""
    file: str
    line: int
    text: str
    disabled: bool
    arguments: str = ""
    """What upstream's command line gives ``main``, as the inside of an MLIR list."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case, why, and how long it took."""

    case: Case
    verdict: str
    cause: str
    seconds: float


class _TypesHold:
    """Refuses a result that is not of the type that its operation declares."""

    def before(self, op: Operation) -> None:
        pass

    def after(self, op: Operation, operands: Sequence[Value], results: Sequence[Value]) -> None:
        for result, value in zip(op.results, results, strict=True):
            if not isinstance(value, np.ndarray):
                continue
            found: np.ndarray[Any, Any] = value
            if found.dtype != dtype_of(result):
                raise CheckError(f"{op.name} gave {found.dtype}, not {result.type}", op)
            # A region that is evaluated on arrays has them where its types say scalars.
            scalars = not getattr(result.type, "get_shape", tuple)()
            problem = None if scalars else shape_problem(result.type, found.shape)
            if problem is not None:
                raise CheckError(f"the result of {op.name} {problem}", op)


def cases(corpus: Path) -> Iterator[Case]:
    """Every program of the corpus that upstream's interpreter is tested with."""
    testdata = corpus / "testdata"
    for kind, place in (
        ("testdata", testdata),
        ("quantized", testdata / "quantized"),
    ):
        for path in sorted(place.glob("*.mlir")):
            yield from _programs(path, kind)
    place = corpus / "interpret"
    if not place.is_dir():
        place = corpus / "tests" / "interpret"
    for path in sorted(place.rglob("*.mlir")):
        yield from _programs(path, "interpret")


def _programs(path: Path, kind: str) -> Iterator[Case]:
    text, start = path.read_text(), 0
    disabled = bool(_DISABLED.search(text))
    given = _ARGUMENTS.search(text)
    for match in [*_SEPARATOR.finditer(text), None]:
        piece = text[start : match.start() if match else len(text)]
        line = text.count("\n", 0, start) + 1
        if "func.func" in piece:
            yield Case(kind, path.name, line, piece, disabled, given[1] if given else "")
        start = match.end() if match else len(text)


def outcome(case: Case, vectorize: bool = True) -> Outcome:
    """Runs one case."""
    began = time.perf_counter()
    verdict, cause = _run(case, vectorize)
    return Outcome(case, verdict, cause, time.perf_counter() - began)


def _run(case: Case, vectorize: bool) -> tuple[str, str]:
    printed: list[str] = []
    try:
        parsed = parse_module(case.text, case.file)
        for function in _entries(parsed.module):
            results = run(
                parsed,
                _inputs(case),
                function=function.symbol,
                observers=[_TypesHold()],
                vectorize=vectorize,
                write=printed.append,
            )
            types = function.function_type.outputs.data
            printed += [f"{value_text(*pair)}\n" for pair in zip(results, types, strict=True)]
    except ReadError as error:
        return NOT_RUN, f"cannot be read: {error.diagnostic.message}"
    except ElementTypeError as error:
        return NOT_RUN, str(error)
    except UnsupportedError as error:
        return NOT_RUN, error.message.partition(": error: ")[2] or error.message
    except EvaluationError as error:
        return WRONG, error.message.partition(": error: ")[2] or error.message
    except _FAULTS as error:
        return WRONG, f"a fault of the interpreter: {type(error).__name__}: {error}"
    missing = _missing(case.text, "".join(printed))
    return (RIGHT, "") if missing is None else (WRONG, f"{missing!r} was not printed")


def _entries(module: ModuleOp) -> list[FuncOp]:
    """``main``, or in a program without it every function."""
    functions = [op for op in module.body.block.ops if isinstance(op, FuncOp)]
    return [f for f in functions if f.symbol == "main"] or functions


def _missing(text: str, printed: str) -> str | None:
    """The first line of a program's ``CHECK`` lines that is not in what it printed, if one is not.

    Lines are searched for in order, those of ``CHECK-NEXT`` right after the one before.
    """
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    at = -1
    for match in _PRINTED.finditer(text):
        wanted, at = " ".join(match[2].split()), at + 1
        if not match[1]:
            while at < len(lines) and wanted not in lines[at]:
                at += 1
        if at >= len(lines) or wanted not in lines[at]:
            return wanted
    return None


def _inputs(case: Case) -> list[Any]:
    if not case.arguments:
        return []
    from dialects.dense import dense_array

    # The attributes are read as the constants of a module.
    lines = [
        f'"stablehlo.constant"() {{value = {text}}} : () -> {text.rpartition(" : ")[2]}'
        for text in re.split(r",\s*(?=dense)", case.arguments)
    ]
    parsed = parse_module("\n".join(f"%{i} = {line}" for i, line in enumerate(lines)))
    return [dense_array(op.properties["value"]) for op in parsed.module.body.block.ops]


@dataclass
class Counts:
    """How many cases of each kind there are, and what became of them."""

    total: Counter[str] = field(default_factory=Counter[str])
    verdicts: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    outcomes: list[Outcome] = field(default_factory=list[Outcome])

    def add(self, found: Outcome) -> None:
        """Counts one outcome; those of what upstream disables under a name of their own."""
        kind = found.case.kind + (", disabled upstream" if found.case.disabled else "")
        if _CHLO.search(found.case.text):
            kind += ", with chlo"
        self.total[kind] += 1
        self.verdicts.setdefault(kind, Counter())[found.verdict] += 1
        self.outcomes.append(found)

    def right(self) -> dict[str, int]:
        """The counts that may not fall."""
        return {kind: found[RIGHT] for kind, found in self.verdicts.items()}


def count(chosen: Iterable[Case], jobs: int = 1, vectorize: bool = True) -> Counts:
    """Runs the cases, ``jobs`` at a time."""
    counts = Counts()
    work = partial(outcome, vectorize=vectorize)
    if jobs == 1:
        for case in chosen:
            counts.add(work(case))
        return counts
    # Not by fork: a test runner has threads.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as executor:
        for found in executor.map(work, chosen, chunksize=8):
            counts.add(found)
    return counts


def recorded(corpus: Path) -> dict[str, int]:
    """The counts of right ones in the repository for the corpus of this name; none if there are
    none."""
    return _record().get(corpus.name, {})


def _record() -> dict[str, dict[str, int]]:
    return json.loads(RECORDED.read_text()) if RECORDED.exists() else {}


def lost(counts: Counts, record: dict[str, int]) -> list[str]:
    """The counts that have fallen below the record."""
    right = counts.right()
    return [
        f"{kind}: {right.get(kind, 0)} right, recorded {least}"
        for kind, least in record.items()
        if right.get(kind, 0) < least
    ]


def main() -> int:
    """Prints the counts; 1 where one has fallen below the record, 2 without a corpus."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.interpret", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--record", action="store_true", help="write the counts to the repository")
    parser.add_argument("--failures", action="store_true", help="list what is not right")
    parser.add_argument("--causes", action="store_true", help="list the causes with their counts")
    parser.add_argument("--slow", type=int, default=0, metavar="N", help="list the N slowest")
    parser.add_argument("--only", default="", help="only files whose name has this in it")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--scalar", action="store_true", help="regions element by element")
    arguments = parser.parse_args()
    corpus = folder()
    if corpus is None:
        print("no corpus: set STABLEHLO_TESTS to its folder", file=sys.stderr)
        return 2
    chosen = [case for case in cases(corpus) if arguments.only in case.file]
    began = time.perf_counter()
    counts = count(chosen, arguments.jobs, vectorize=not arguments.scalar)
    record = recorded(corpus)
    _print_table(counts, record)
    print(f"{len(chosen)} programs in {time.perf_counter() - began:.0f} s")
    bad = [found for found in counts.outcomes if found.verdict != RIGHT]
    if arguments.causes:
        for cause, number in Counter(_short(f) for f in bad).most_common():
            print(f"{number:6} {cause}")
    if arguments.failures:
        print(*(f"{f.case}: {f.verdict}: {f.cause}" for f in bad), sep="\n")
    for found in sorted(counts.outcomes, key=lambda f: -f.seconds)[: arguments.slow]:
        print(f"{found.seconds:8.2f} s {found.case}")
    if arguments.record:
        text = json.dumps({**_record(), corpus.name: counts.right()}, indent=2, sort_keys=True)
        RECORDED.write_text(text + "\n")
    if arguments.only:
        return 0
    fallen = lost(counts, record)
    for line in fallen:
        print(f"error: {line}", file=sys.stderr)
    return 1 if fallen else 0


def _short(found: Outcome) -> str:
    return f"{found.verdict}: {found.cause.splitlines()[0]}"


def _print_table(counts: Counts, record: dict[str, int]) -> None:
    width = max(map(len, counts.total), default=0)
    print(f"{'':{width}}  of these   right   wrong  not run  recorded")
    for kind, total in counts.total.items():
        found = counts.verdicts[kind]
        print(
            f"{kind:{width}}  {total:8}{found[RIGHT]:8}{found[WRONG]:8}{found[NOT_RUN]:9}"
            f"{record.get(kind, 0):10}"
        )


if __name__ == "__main__":
    sys.exit(main())
