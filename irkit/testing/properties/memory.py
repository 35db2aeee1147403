"""P3: memory is bounded by the policy and the widest cut, not by the length of the program."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, Operation, Region, SSAValue

from irkit.artifact.form import ArtifactForm
from irkit.policy import Policy
from irkit.recording import as_weights
from irkit.streaming.program import StreamedProgram
from irkit.streaming.tape import OPERAND_BYTES, OPERATION_BYTES
from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError
from irkit.testing.properties.witnesses import Witnesses
from passes.bounded_cache import attribute_bytes

FIXED = 48 << 20
"""Bytes of what is bounded by constants: the caches of signatures, templates, types and constants,
which fill where no operation is like another, the spool of private functions, and code."""
CHUNK_FACTOR = 4
"""An open chunk with what is made from it when it is closed (its record, its templates)."""
LOG_FACTOR = 2
"""A log in memory that grows or moves to disk is there twice for a moment."""
HANDLE_BYTES = 1_000
"""A value that the program can still read, with what sweep and emission know of it."""
SYMBOL_BYTES = 2_000
"""An argument, a parameter or an output, with its type and its name."""


_OBJECTS = (Operation, Block, Region, SSAValue)


@dataclass(frozen=True)
class Bound:
    """What a run may hold, in bytes, and its parts."""

    chunk: int
    log: int
    handles: int
    symbols: int
    functions: int

    @property
    def total(self) -> int:
        """``FIXED + 4 chunk + 2 log + 1000 handles + 2000 symbols + 4 functions``."""
        return (
            FIXED
            + CHUNK_FACTOR * (self.chunk + self.functions)
            + LOG_FACTOR * self.log
            + HANDLE_BYTES * self.handles
            + SYMBOL_BYTES * self.symbols
        )

    def __str__(self) -> str:
        return (
            f"{self.total} (largest chunk {self.chunk}, log {self.log}, {self.handles} handles, "
            f"{self.symbols} symbols, functions {self.functions})"
        )


def check(case: Case, witnesses: Witnesses) -> None:
    """From the first call until the text is written, tracked memory stays below the bound, and
    nothing of xDSL's is left after it.

    *Largest chunk* is the largest sum of what consecutive operations hold that the policy lets into
    one chunk: ``800 + 110`` an operand for each operation, nested ones included, and its constants;
    as many as ``operations`` or ``max_operations`` say, or ``chunk_bytes`` and one operation more.
    *Log* is ``log_memory_limit`` where the log is in memory. *Handles* are the values which the
    program can still read, at most as many as cross its widest cut; *symbols* are arguments,
    parameters and outputs.
    """
    witnesses.counts["runs measured"] += 1
    bound = bound_of(case)
    peak, left = _measured(case)
    if left:
        raise PropertyError(f"{len(left)} xDSL objects are left after the run: {_kinds(left)}")
    if peak > bound.total:
        raise PropertyError(f"the peak of tracked memory is {peak}, the policy's bound {bound}")


def bound_of(case: Case) -> Bound:
    """What lowering a case may hold."""
    program, policy = case.program, case.policy
    buffered = case.graph(case.reference, prune=False).buffered()
    main = list(buffered.block.ops)
    values = sum(len(op.results) for op in main)
    others = [op for op in buffered.module.body.block.ops if op is not buffered.main]
    return Bound(
        chunk=_largest_chunk(policy, [_held(op) for op in main]),
        log=policy.log_memory_limit if policy.log == "memory" else 0,
        handles=min(values, program.window or values),
        symbols=len(program.arguments) + len(program.weights()) + len(program.outputs),
        functions=sum(map(_held, others)),
    )


def _held(op: Operation) -> int:
    return sum(
        OPERATION_BYTES
        + OPERAND_BYTES * len(inner.operands)
        + sum(map(attribute_bytes, inner.properties.values()))
        for inner in op.walk()
    )


def _largest_chunk(policy: Policy, held: Sequence[int]) -> int:
    if policy.chunk_end == "bytes":
        return (policy.chunk_bytes or 0) + max(held, default=0)
    most = policy.max_operations
    if policy.chunk_end == "operations" and policy.operations is not None:
        most = min(most, policy.operations)
    window: deque[int] = deque()
    largest = total = 0
    for size in held:
        window.append(size)
        total += size
        if len(window) > most:
            total -= window.popleft()
        largest = max(largest, total)
    return largest


def _measured(case: Case) -> tuple[int, list[object]]:
    """The peak above what was held before, and the xDSL objects that the run left."""
    gc.collect()
    # What exists already is not listed by gc.get_objects() then.
    gc.freeze()
    tracemalloc.start()
    try:
        base = tracemalloc.get_traced_memory()[0]
        _run(case)
        peak = tracemalloc.get_traced_memory()[1] - base
        gc.collect()
        return peak, [o for o in gc.get_objects() if isinstance(o, _OBJECTS)]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


def _run(case: Case) -> None:
    weights = as_weights(None if case.form == "argument" else case.program.weights())
    form = ArtifactForm.choose(case.policy, case.form, weights)
    run = StreamedProgram(case.program, case.policy, form, weights, prune=case.prune)
    try:
        run.write(_Nowhere(), "main")
    finally:
        run.close()


class _Nowhere:
    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        """Takes bytes and forgets them."""


def _kinds(objects: Sequence[object]) -> str:
    """What the objects are; some have been taken apart, and cannot say more."""
    return ", ".join(sorted({type(o).__name__ for o in objects}))
