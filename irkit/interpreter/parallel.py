"""Running one program as a grid of processes that communicate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dialects.reader import parse_module
from irkit.interpreter.engine import CustomCall, Observer
from irkit.interpreter.errors import EvaluationError
from irkit.interpreter.process import Process, ProcessGrid
from irkit.interpreter.process_groups import ProcessId
from irkit.interpreter.running import (
    ModuleLike,
    checked_inputs,
    entry_function,
    located,
    program_of,
)
from irkit.interpreter.values import Array, Value
from irkit.weights import WeightsLike


@dataclass(frozen=True)
class ParallelResults:
    """What the processes of a grid returned and wrote."""

    results: Sequence[Sequence[Value]]
    """The results of each process, in the order of the inputs."""
    outfeed: Sequence[tuple[ProcessId, Sequence[Array]]]
    """What ``outfeed`` wrote, with the replica and partition, in the order in which it ran."""


def run_parallel(
    module: ModuleLike,
    inputs: Sequence[Sequence[Any]],
    *,
    replicas: int = 1,
    partitions: int = 1,
    function: str = "main",
    infeed: Iterable[Sequence[Array]] = (),
    seed: int = 0,
    custom_calls: Mapping[str, CustomCall] | None = None,
    weights: WeightsLike | None = None,
    observers: Sequence[Observer] = (),
    vectorize: bool = True,
    write: Callable[[str], object] | None = None,
) -> ParallelResults:
    """Calls a function in ``replicas`` times ``partitions`` processes at once.

    ``inputs`` has the inputs of each process: all partitions of the first replica, then those of
    the next. ``infeed`` is what the operation of that name reads, the arrays of one operation after
    those of another; the processes share it. ``seed`` determines the numbers of ``rng``, other ones
    in each process. The rest is as in :func:`~irkit.interpreter.running.run`. The same arguments
    give the same results: processes take turns in a fixed order.

    Raises as :func:`~irkit.interpreter.running.run` does, and
    :class:`~irkit.interpreter.process.DeadlockError` where no process can go on, which tells for
    what each waits.
    """
    if len(inputs) != replicas * partitions:
        raise ValueError(
            f"inputs for {len(inputs)} processes, {replicas} replicas of {partitions} partitions "
            f"are {replicas * partitions}"
        )
    parsed = parse_module(module) if isinstance(module, str | bytes) else module
    grid = ProcessGrid(replicas, partitions, infeed=infeed)
    try:
        program = program_of(
            parsed,
            custom_calls=custom_calls,
            weights=weights,
            observers=observers,
            vectorize=vectorize,
            write=write,
        )
        entry = entry_function(program, function)
        arguments = {
            id: checked_inputs(entry, given)
            for id, given in zip(grid.process_ids, inputs, strict=True)
        }

        def run_one(process: Process) -> list[Value]:
            return program.run(entry.symbol, arguments[process.id], process)

        results = grid.run(run_one, seed=seed)
    except EvaluationError as error:
        raise located(error, parsed) from error.__cause__
    return ParallelResults([results[id] for id in grid.process_ids], grid.outfeed)
