"""``irkit.lower``: a forward to a file of StableHLO in one call."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Protocol

from irkit.artifact.form import ArtifactForm
from irkit.artifact.writer import ByteSink
from irkit.buffered.graph import record_buffered
from irkit.builder import Builder
from irkit.output_file import AtomicFile
from irkit.outputs import ForwardResult
from irkit.policy import ConstantsForm, Policy
from irkit.recording import Forward, PolicyLike, WeightsLike, as_policy, as_weights
from irkit.streaming.program import StreamedProgram


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
    chosen = as_policy(policy)
    source = as_weights(weights)
    form = ArtifactForm.choose(chosen, constants, source)
    result = LoweringResult(chosen.name, form.name)
    clock = _Clock(result)
    watched = forward if progress is None else _watch(forward, progress)
    if isinstance(out, str | PathLike):
        with AtomicFile(Path(out) if str(out) != "-" else "-", digest=digest) as file:
            sink = file if progress is None else _Counting(file, progress)
            _lower(watched, sink, chosen, form, source, outputs, name, result, clock)
        result.output_bytes, result.sha256 = file.bytes_written, file.sha256
    else:
        counting = _Counting(out, progress)
        _lower(watched, counting, chosen, form, source, outputs, name, result, clock)
        result.output_bytes = counting.total
    return result


def _lower(
    forward: Forward,
    out: ByteSink,
    policy: Policy,
    form: ArtifactForm,
    source: WeightsLike | None,
    outputs: Sequence[str] | None,
    name: str,
    result: LoweringResult,
    clock: _Clock,
) -> None:
    weights = as_weights(source)
    if policy.buffered:
        with clock.phase("record"):
            program, _ = record_buffered(forward, form, weights, name)
        result.ops_recorded = program.nodes
        with clock.phase("prune"):
            program = program.pruned(outputs)
        result.ops_emitted, result.chunks = program.nodes, 1
        with clock.phase("print"):
            text = program.text()
        with clock.phase("write"):
            out.write(text.encode())
        return
    with clock.phase("record"):
        streamed = StreamedProgram(forward, policy, form, weights, outputs=outputs)
    try:
        with clock.phase("sweep"):
            streamed.sweep()
        with clock.phase("emit"):
            streamed.write(out, name)
        result.ops_recorded = streamed.operations_recorded
        result.ops_emitted = streamed.operations_emitted
        result.chunks = streamed.tape.chunks
        result.widest_cut = streamed.widest_cut
        result.log_bytes = streamed.log.size
    finally:
        streamed.close()


class _Clock:
    def __init__(self, result: LoweringResult) -> None:
        self._result = result
        self._start = time.perf_counter()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = time.perf_counter() - self._start
        yield
        self._result.phases.append((name, begin, time.perf_counter() - self._start))


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
