"""``irkit run``: a module on arrays, by the reference interpreter."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from irkit.cli.errors import FOUND

if TYPE_CHECKING:
    from dialects.func import FuncOp
    from dialects.reader import ParsedModule
    from irkit.interpreter import Observer, Value
    from irkit.interpreter.observers import Special
    from irkit.interpreter.peers import Peer

_MOST_PRINTED = 1000
"""Elements that are printed; of more, the shape and the range are."""


@click.command()
@click.argument("file")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=click.Path(),
    help="A .npy file, or an .npz with several arrays; once for each, in the order of arguments. "
    "With several processes, N:FILE is for process N alone; other files are for all.",
)
@click.option(
    "--random-seed",
    type=int,
    help="Random inputs that follow from this number; other ones in each process.",
)
@click.option("--replicas", type=click.IntRange(min=1), default=1, help="Run as so many replicas,")
@click.option(
    "--partitions",
    type=click.IntRange(min=1),
    default=1,
    help="each of so many partitions. Processes are numbered from 0: all partitions of the first "
    "replica, then those of the next. In the output, N/R is result R of process N.",
)
@click.option("--function", default="main", help="The function to call; main if not given.")
@click.option(
    "-o", "--output", help="An .npz (or .npy) for the results; they are printed if not given."
)
@click.option("--weights", type=click.Path(), help="The file with the external parameters.")
@click.option("--trace", is_flag=True, help="Write a line an operation to standard error.")
@click.option(
    "--break-on",
    multiple=True,
    type=click.Choice(["nan", "inf"]),
    help="Stop at the first operation that gives one.",
)
@click.option(
    "--on",
    "peers",
    multiple=True,
    type=click.Choice(["jax", "iree"]),
    help="Run it there too, and compare.",
)
@click.option(
    "--max-ulps",
    default=64,
    show_default=True,
    help="With --on: how many units in the last place, of itself or of the largest element of the "
    "result, an element may be away. Integers and booleans must be equal.",
)
def run(
    file: str,
    inputs: tuple[str, ...],
    random_seed: int | None,
    replicas: int,
    partitions: int,
    function: str,
    output: str | None,
    weights: str | None,
    trace: bool,
    break_on: tuple[str, ...],
    peers: tuple[str, ...],
    max_ulps: int,
) -> int:
    """Run the module in FILE (- for standard input) with the reference interpreter.

    Exit status 0 if it ran, 1 if a check in it failed, --break-on stopped it, or --on found
    a difference, 2 if it could not be run.
    """
    from dialects.diagnostics import ReadError
    from dialects.reader import faults, parse_module
    from irkit.interpreter import CheckError, EvaluationError, run_parallel
    from irkit.interpreter.observers import BreakError
    from irkit.interpreter.running import entry_function, located, program_of

    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    parsed = parse_module(data, "<stdin>" if file == "-" else file)
    found = faults(parsed)
    if found:
        raise ReadError(found[0])
    with ExitStack() as stack:
        observers = _observers(stack, parsed, trace, break_on)
        program = program_of(parsed, weights=weights, observers=observers)
        try:
            entry = entry_function(program, function)
            processes = replicas * partitions
            if processes > 1:
                if peers:
                    raise click.UsageError("--on runs one process, not several")
                parallel = run_parallel(
                    parsed,
                    _parallel_inputs(entry, inputs, random_seed, processes),
                    replicas=replicas,
                    partitions=partitions,
                    function=function,
                    weights=weights,
                    observers=observers,
                )
                _write_parallel(entry, parallel.results, partitions, output)
                return 0
            if peers:
                _require_tensors(entry)
            values = _inputs(entry, inputs, random_seed)
            results = program.run(entry.symbol, list(values))
        except (BreakError, CheckError) as error:
            stack.close()
            click.echo(str(located(error, parsed)), err=True)
            return FOUND
        except EvaluationError as error:
            raise located(error, parsed) from error.__cause__
    _write(entry, results, output)
    status = 0
    for peer in cast("tuple[Peer, ...]", peers):
        different = _compare(peer, parsed, entry, values, results, weights, max_ulps)
        status = max(status, FOUND if different else 0)
    return status


def _observers(
    stack: ExitStack, parsed: ParsedModule, trace: bool, break_on: Sequence[str]
) -> list[Observer]:
    from irkit.interpreter.observers import BreakOn, Progress, Trace

    found: list[Observer] = []
    if trace:
        found.append(Trace(sys.stderr.write, parsed.position))
    if break_on:
        found.append(BreakOn(cast("Sequence[Special]", break_on)))
    if not trace and sys.stderr.isatty():
        from irkit.cli.progress import OperationProgress
        from irkit.interpreter.registry import implementation

        evaluated = (implementation(op.name) for op in parsed.module.walk())
        progress = Progress(sum(found is not None for found in evaluated))
        stack.enter_context(OperationProgress("running", progress))
        found.append(progress)
    return found


def _inputs(entry: FuncOp, paths: Sequence[str], seed: int | None) -> list[Value]:
    from irkit.interpreter.inputs import random_inputs, read_inputs
    from irkit.interpreter.running import checked_inputs

    if seed is None:
        return checked_inputs(entry, read_inputs(paths, entry))
    if paths:
        raise click.UsageError("give --input or --random-seed, not both")
    return random_inputs(entry, seed)


_FOR_ONE = re.compile(r"(\d+):(.+)", re.DOTALL)


def _parallel_inputs(
    entry: FuncOp, paths: Sequence[str], seed: int | None, processes: int
) -> list[list[Value]]:
    """The inputs of each process."""
    if seed is not None:
        return [_inputs(entry, paths, seed + number) for number in range(processes)]
    chosen: list[list[str]] = [[] for _ in range(processes)]
    for path in paths:
        prefixed = _FOR_ONE.fullmatch(path)
        if prefixed is None:
            for files in chosen:
                files.append(path)
            continue
        number = int(prefixed[1])
        if number >= processes:
            raise click.UsageError(f"--input {path}: there are processes 0 to {processes - 1}")
        chosen[number].append(prefixed[2])
    return [_inputs(entry, files, None) for files in chosen]


def _write_parallel(
    entry: FuncOp, results: Sequence[Sequence[Value]], partitions: int, output: str | None
) -> None:
    if output is not None:
        from irkit.interpreter.inputs import parallel_outputs_file
        from irkit.output_file import AtomicFile

        content = parallel_outputs_file(results, output)
        with AtomicFile(output, digest=False) as file:
            file.write(content)
        return
    for number, of_one in enumerate(results):
        replica, partition = divmod(number, partitions)
        click.echo(f"process {number} (replica {replica}, partition {partition}):")
        for line in _printed(entry, of_one):
            click.echo(line)


def _write(entry: FuncOp, results: Sequence[Value], output: str | None) -> None:
    if output is not None:
        from irkit.interpreter.inputs import outputs_file
        from irkit.output_file import AtomicFile

        content = outputs_file(results, output)
        with AtomicFile(output, digest=False) as file:
            file.write(content)
        return
    for line in _printed(entry, results):
        click.echo(line)


def _printed(entry: FuncOp, results: Sequence[Value]) -> Iterator[str]:
    from irkit.interpreter.observers import described
    from irkit.interpreter.value_text import value_text

    for value, type_ in zip(results, entry.function_type.outputs.data, strict=True):
        small = getattr(value, "size", 0) <= _MOST_PRINTED
        yield value_text(value, type_) if small else described(value)


def _require_tensors(entry: FuncOp) -> None:
    """Refuses to have a function run elsewhere that takes or gives other values."""
    from dialects.attribute_text import attribute_text
    from dialects.stablehlo.tensors import is_tensor

    for type_ in (*entry.function_type.inputs.data, *entry.function_type.outputs.data):
        if not is_tensor(type_):
            raise click.UsageError(
                f"--on compares tensors, @{entry.symbol} has a {attribute_text(type_)}"
            )


def _compare(
    peer: Peer,
    parsed: ParsedModule,
    entry: FuncOp,
    values: Sequence[Value],
    results: Sequence[Value],
    weights: str | None,
    max_ulps: int,
) -> bool:
    """Whether the other implementation gives results that are further away than allowed."""
    from dialects.module_text import module_text
    from irkit.interpreter.peers import difference, run_peer
    from irkit.interpreter.values import arrays

    text = module_text(parsed.module, parsed.resources)
    theirs = run_peer(peer, text, arrays(values), function=entry.symbol, weights=weights)
    different = False
    for i, (ours, other) in enumerate(zip(arrays(results), theirs, strict=True)):
        found = difference(ours, other)
        click.echo(f"{peer}: result {i}: {found}")
        different |= not found.within(max_ulps)
    return different
