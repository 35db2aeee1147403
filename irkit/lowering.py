"""``irkit.lower``: a forward to a file of StableHLO in one call."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dialects.byte_sink import ByteSink
from irkit.artifact.form import ArtifactForm
from irkit.buffered.graph import record_buffered
from irkit.builder import Builder
from irkit.interruption import doing
from irkit.names import check_name
from irkit.output_file import AtomicFile
from irkit.outputs import ForwardResult
from irkit.policy import ConstantsForm, Policy
from irkit.recording import Forward, PolicyLike, WeightsLike, as_policy, as_weights
from irkit.streaming.program import StreamedProgram

if TYPE_CHECKING:
    from irkit.weights import WeightSource


class Progress(Protocol):
    """Told what happens while a forward is lowered."""

    def scope(self, name: str) -> None:
        """A scope of the forward was entered."""
        ...

    def written(self, total: int) -> None:
        """``total`` bytes of output have been written."""
        ...


@dataclass(slots=True)
class LoweringResult:
    """What one lowering did. Sizes in bytes, times in seconds since the start."""

    policy: str
    form: ConstantsForm
    ops_recorded: int = 0
    ops_emitted: int = 0
    chunks: int = 0
    widest_cut: int = 0
    log_bytes: int = 0
    output_bytes: int = 0
    sha256: str = ""
    phases: list[tuple[str, float, float]] = field(
        default_factory=lambda: list[tuple[str, float, float]]()
    )

    @property
    def ops_pruned(self) -> int:
        """Operations that were recorded and not emitted."""
        return self.ops_recorded - self.ops_emitted


def lower(
    forward: Forward,
    out: str | PathLike[str] | ByteSink,
    *,
    policy: PolicyLike | None = None,
    weights: WeightsLike | None = None,
    constants: ConstantsForm | None = None,
    outputs: Sequence[str] | None = None,
    name: str = "main",
    progress: Progress | None = None,
    digest: bool = True,
) -> LoweringResult:
    """Records ``forward``, prunes it to ``outputs`` (all if None), and writes its text to ``out``.

    ``out`` is a path (``-`` for standard output), which appears whole or not at all, or anything
    with a ``write`` method. ``digest`` false spares the SHA-256 of the output. Settings are those
    of :func:`irkit.record`.
    Raises ``BuildError``, ``EscapeError``, ``PolicyError``, ``WeightError``, ``ArtifactError`` or
    ``OutputError``.
    """
    check_name("a module", name)
    chosen = as_policy(policy)
    source = as_weights(weights)
    try:
        form = ArtifactForm.choose(chosen, constants, source)
        result = LoweringResult(chosen.name, form.name)
        watched = forward if progress is None else _watch(forward, progress)
        run = _Run(watched, chosen, form, source, outputs, name, result)
        if isinstance(out, str | PathLike):
            path = Path(out) if str(out) != "-" else "-"
            with doing(lambda: f"writing {path}"), AtomicFile(path, digest=digest) as file:
                run.write(file if progress is None else _Counting(file, progress))
            result.output_bytes, result.sha256 = file.bytes_written, file.sha256
        else:
            counting = _Counting(out, progress)
            run.write(counting)
            result.output_bytes = counting.total
    finally:
        if source is not None and isinstance(weights, str | PathLike):
            source.close()
    return result


@dataclass(frozen=True, slots=True)
class _Run:
    """One lowering, settings chosen and sources open."""

    forward: Forward
    policy: Policy
    form: ArtifactForm
    weights: WeightSource | None
    outputs: Sequence[str] | None
    name: str
    result: LoweringResult

    def write(self, out: ByteSink) -> None:
        """Writes the module's text and fills in the result."""
        clock = _Clock(self.result)
        if self.policy.buffered:
            self._buffered(out, clock)
        else:
            self._streamed(out, clock)

    def _buffered(self, out: ByteSink, clock: _Clock) -> None:
        result = self.result
        with clock.phase("record"):
            program = record_buffered(self.forward, self.form, self.weights, self.name)
        result.ops_recorded = program.nodes
        with clock.phase("prune"):
            program = program.pruned(self.outputs)
        result.ops_emitted, result.chunks = program.nodes, 1
        with clock.phase("print"):
            text = program.text()
        with clock.phase("write"):
            out.write(text.encode())

    def _streamed(self, out: ByteSink, clock: _Clock) -> None:
        result = self.result
        with clock.phase("record"):
            program = StreamedProgram(
                self.forward, self.policy, self.form, self.weights, outputs=self.outputs
            )
        result.ops_recorded = program.operations_recorded
        try:
            with clock.phase("sweep"):
                program.sweep()
            result.ops_emitted = program.operations_emitted
            with clock.phase("emit"):
                program.write(out, self.name)
            result.chunks = program.tape.chunks
            result.widest_cut = program.widest_cut
            result.log_bytes = program.log.size
        finally:
            program.close()


class _Clock:
    def __init__(self, result: LoweringResult) -> None:
        self._result = result
        self._start = time.perf_counter()

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        begin = time.perf_counter() - self._start
        with doing(lambda: self._words(name)):
            yield
        self._result.phases.append((name, begin, time.perf_counter() - self._start))

    def _words(self, phase: str) -> str:
        result = self._result
        if phase in ("emit", "write"):
            return f"writing {result.ops_emitted:,} operations"
        return f"{_PRESENT[phase]} {result.ops_recorded:,} operations"


_PRESENT = {"record": "recording", "sweep": "pruning", "prune": "pruning", "print": "printing"}


class _Counting:
    """Passes bytes on and says how many."""

    def __init__(self, out: ByteSink, progress: Progress | None) -> None:
        self._out = out
        self._progress = progress
        self.total = 0

    def write(self, data: bytes | bytearray | memoryview, /) -> None:
        self._out.write(data)
        self.total += len(data)
        if self._progress is not None:
            self._progress.written(self.total)


def _watch(forward: Forward, progress: Progress) -> Forward:
    def watched(builder: Builder) -> ForwardResult:
        builder.on_scope = progress.scope
        return forward(builder)

    return watched
